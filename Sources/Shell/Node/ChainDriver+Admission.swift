import APISchema
import BallotCryptography
import Codec
import Consensus
import Cryptography
import Elections
import Ledger
import Logging
import NetworkAddresses
import NodeAPI
import PeerNetwork
import Storage

/// The way of a transaction into the mempool, or through an observer to a validator.
extension ChainDriver {
    /// Judges a client's transaction and keeps it, or passes it on to a validator.
    func submit(
        _ bytes: [UInt8], id: Bytes32, from group: AddressGroup
    ) async -> SubmissionResult {
        await withCheckedContinuation { continuation in
            guarded {
                take(
                    AdmissionRequest(id: id, bytes: bytes, source: .client(group, continuation)))
                try drain()
            }
            if hasStopped { resumeStopped(continuation) }
        }
    }

    /// The continuation may have been answered before the node stopped; only an unanswered one is
    /// still known to nobody. `guarded` ignores inputs after the stop, so that is the case here.
    private func resumeStopped(_ continuation: CheckedContinuation<SubmissionResult, Never>) {
        guard stoppedBeforeInput else { return }
        continuation.resume(
            returning: .failure(
                .unavailable("The node has stopped.", retryAfterSeconds: 30)))
    }

    /// Submits a transaction of this node's own.
    func submitOwn(_ bytes: [UInt8]) {
        take(AdmissionRequest(id: Transaction.id(of: bytes), bytes: bytes, source: .own))
    }

    private func take(_ request: AdmissionRequest) {
        // One that came by another way, or before a restart, was not promised yet.
        if request.wantsPromise, let entry = mempool[request.id], entry.isReady {
            promise(request.id)
        }
        if let known = answerKnown(request.id) {
            countDuplicate(request)
            answer(request, known)
            return
        }
        let sender = request.source.sender
        do throws(MempoolRefusal) {
            let places = admissions.read { (count: $0.count, bytes: $0.bytes) }
            try mempool.checkRoom(for: request.bytes.count, from: sender, reserved: places)
        } catch {
            answer(request, .failure(Self.failure(error)))
            return
        }
        let now = clock.now().instant
        let outcome = admissions.change { queue -> Result<[PendingCheck], CheckRefusal> in
            do throws(CheckRefusal) {
                return .success(
                    try queue.add(request, of: request.bytes.count, from: sender, at: now))
            } catch {
                return .failure(error)
            }
        }
        switch outcome {
        case .success(let displaced):
            for check in displaced { answer(check.item, .failure(Self.full)) }
        case .failure(let refusal): answer(request, .failure(Self.failure(refusal)))
        case nil: refuseStopped([request])
        }
    }

    /// A transaction that another validator pushed was here before.
    private func countDuplicate(_ request: AdmissionRequest) {
        if case .validator = request.source { counters.pushedDuplicates += 1 }
    }

    /// The answer for a transaction that is final or waits already: the same as the first time.
    private func answerKnown(_ id: Bytes32) -> SubmissionResult? {
        if let entry = mempool[id] {
            return .success(
                SubmissionAnswer(
                    transactionID: id, status: entry.isWaiting ? "waiting" : "accepted",
                    promise: entry.promise.map(Hexadecimal.encode)))
        }
        do {
            guard try store.logIndex(ofTransaction: id) != nil else { return nil }
            return .success(SubmissionAnswer(transactionID: id, status: "final"))
        } catch {
            fail(error)
            return .failure(.broken)
        }
    }

    func receiveTransactions(
        _ frame: InboundFrame, from peer: ConnectedPeer
    ) throws(CodecError) {
        guard peer.validator != nil else {
            // Who is to be a validator may know before us that it is one.
            if formerValidators.contains(frame.peer) { return }
            refuseStranger(frame.peer, "transactions pushed by a node that is no validator")
            return
        }
        guard isMember else { return }
        for entry in try PushedTransactions(canonicalBytes: frame.payload).entries {
            counters.transactionsPushed += 1
            guard mempool[entry.id] == nil else {
                counters.pushedDuplicates += 1
                continue
            }
            take(AdmissionRequest(id: entry.id, bytes: entry.bytes, source: .validator(frame.peer)))
        }
    }

    func receiveSubmission(
        _ frame: InboundFrame, from peer: ConnectedPeer
    ) throws(CodecError) {
        let submission = try RelayedSubmission(canonicalBytes: frame.payload)
        let source = AdmissionSource.relay(frame.peer, number: submission.number)
        let request = AdmissionRequest(
            id: Transaction.id(of: submission.bytes), bytes: submission.bytes, source: source)
        peers[frame.peer]?.submissions += 1
        guard isMember else {
            answer(
                request,
                .failure(
                    .unavailable(
                        "This node is no validator and passes nothing on for others.",
                        retryAfterSeconds: 30)))
            return
        }
        guard peer.submissions < NodeLimits.submissionsPerPeer else {
            answer(
                request,
                .failure(
                    .tooMany("Too many submissions at once.", retryAfterSeconds: 2)))
            return
        }
        take(request)
    }

    /// What the checks judge on: the state of the newest final block.
    func admissionPoint() -> (point: ChainPoint, time: Timestamp) {
        (head, max(clock.now().clock, head.earliestNext))
    }

    /// Notes that transactions are being judged, until `admit` takes them; whether this node keeps
    /// those that are admitted.
    func beginChecks(of batch: [PendingCheck]) -> Bool {
        for check in batch { checksUnderWay.begin(check.item.id) }
        return isMember
    }

    /// Takes judged transactions: those that were admitted are in the store already, unless this node
    /// is an observer and keeps none.
    func admit(_ judged: [JudgedTransaction], areStored: Bool) {
        guarded {
            var fresh: [Entry] = []
            var dropped: [Bytes32] = []
            for item in judged { checksUnderWay.end(item.request.id) }
            for item in judged {
                settle(item)
                guard areStored else {
                    passOn(item)
                    continue
                }
                if admit(item, dropped: &dropped), item.request.isOurs {
                    fresh.append(Entry(id: item.request.id, bytes: item.request.bytes))
                }
            }
            push(fresh)
            try removeFromStore(dropped)
            announcePending()
            try drain()
        }
        if stoppedBeforeInput { refuseStopped(judged.map(\.request)) }
    }

    /// Gives back the places of a judged transaction, and charges a failed check to its sender.
    private func settle(_ item: JudgedTransaction) {
        if case .restored = item.request.source { return }
        if item.hasFailed { counters.checksFailed += 1 }
        if item.check.isSuspect { counters.checkedAlone += 1 }
        let now = clock.now().instant
        let moved =
            admissions.change { $0.settle(item.check, hasFailed: item.hasFailed, at: now) } ?? []
        for check in moved {
            let seconds = admissions.read { $0.seconds(of: check.sender) }
            answer(check.item, .failure(Self.failure(.suspect(seconds: seconds))))
        }
    }

    /// Passes a client's transaction on to a validator. One that no state admits goes no further: the
    /// validators would charge its failed check to this node, which stands for all of its clients.
    private func passOn(_ item: JudgedTransaction) {
        switch item.admission {
        case .refused(let refusal) where item.isNeverAdmitted:
            counters.transactionsRefused += 1
            answer(item.request, .failure(.refused(code: refusal.code.name, refusal.reason)))
        case .admitted, .waiting, .duplicate, .refused: relay(item.request)
        }
    }

    /// Answers those whom a stopping node leaves without a judgement.
    func refuseStopped(_ requests: [AdmissionRequest]) {
        for request in requests {
            answer(
                request, .failure(.unavailable("The node has stopped.", retryAfterSeconds: 30)))
        }
    }

    /// Answers one judged transaction; whether it is in the mempool now and was not before, or not yet
    /// checked.
    private func admit(_ item: JudgedTransaction, dropped: inout [Bytes32]) -> Bool {
        let request = item.request
        var isRestored = false
        if case .restored = request.source { isRestored = true }
        switch item.admission {
        case .duplicate:
            countDuplicate(request)
            mempool.remove(request.id)
            dropped.append(request.id)
            answer(
                request,
                .success(SubmissionAnswer(transactionID: request.id, status: "final")))
            return false
        case .refused(let refusal):
            // One that is here, or final, came another way while it was judged. Only what a final state
            // says takes it out again.
            if !isRestored, let known = answerKnown(request.id) {
                countDuplicate(request)
                answer(request, known)
                return false
            }
            counters.transactionsRefused += 1
            mempool.remove(request.id)
            dropped.append(request.id)
            answer(
                request, .failure(.refused(code: refusal.code.name, refusal.reason)))
            return false
        case .admitted, .waiting:
            // It may have become final while it was judged.
            if mempool[request.id] == nil, let known = answerKnown(request.id) {
                countDuplicate(request)
                dropped.append(request.id)
                answer(request, known)
                return false
            }
            return insert(item, dropped: &dropped)
        }
    }

    private func insert(_ item: JudgedTransaction, dropped: inout [Bytes32]) -> Bool {
        let request = item.request
        var isWaiting = false
        if case .waiting = item.admission { isWaiting = true }
        let now = clock.now().instant
        var isNew = false
        if let entry = mempool[request.id] {
            isNew = entry.isUnchecked
            if isNew {
                mempool.setChecked(request.id, item.verified, isWaiting: isWaiting, at: now)
            } else {
                countDuplicate(request)
            }
        } else {
            isNew = true
            do throws(MempoolRefusal) {
                try mempool.insert(
                    id: request.id, bytes: request.bytes, from: item.check.sender,
                    verified: item.verified, isWaiting: isWaiting, at: now)
            } catch {
                dropped.append(request.id)
                answer(request, .failure(Self.failure(error)))
                return false
            }
            counters.transactionsAdmitted += 1
        }
        if !isWaiting, request.wantsPromise { promise(request.id) }
        if let known = answerKnown(request.id) { answer(request, known) }
        return isNew
    }

    private func answer(_ request: AdmissionRequest, _ result: SubmissionResult) {
        switch request.source {
        case .client(_, let continuation): continuation.resume(returning: result)
        case .relay(let peer, let number):
            if let count = peers[peer]?.submissions, count > 0 {
                peers[peer]?.submissions = count - 1
            }
            let answer = RelayedAnswer(number: number, result: result)
            network.send(FrameType.answer.rawValue, answer.canonicalBytes, to: peer, as: .bulk)
        case .validator, .restored, .own: break
        }
    }

    /// Tells the replica since when the oldest transaction waits.
    func announcePending() {
        let now = clock.now()
        let oldest = mempool.oldestArrival()
        feed { $0.pendingTransactions(since: oldest, at: now) }
    }

    /// Forgets transactions that cannot become final.
    func drop(_ ids: [Bytes32]) {
        guard !ids.isEmpty else { return }
        for id in ids { mempool.remove(id) }
        do {
            try removeFromStore(ids)
        } catch {
            fail(error)
        }
    }

    /// Removes the stored copies of transactions that are neither in the mempool nor under check.
    private func removeFromStore(_ ids: [Bytes32]) throws {
        let unused = checksUnderWay.unused(ids, in: mempool)
        if !unused.isEmpty { try store.removeFromMempool(unused) }
    }

    func isPending(_ id: Bytes32) -> Bool { mempool[id] != nil }

    private static func failure(_ refusal: MempoolRefusal) -> ServiceFailure {
        switch refusal {
        case .full: full
        case .sourceFull: shareTaken
        case .waitingFull:
            .busy(
                "Too many ballots wait for the registrar's count. Send the same bytes again later.",
                retryAfterSeconds: 2 * NodeLimits.busyRetrySeconds)
        case .otherBallotWaits(let other):
            .refused(
                code: RefusalCode.sequence.name,
                "Another ballot of this credential waits to be in the log (\(other)). Wait until "
                    + "it is, then continue from it.")
        }
    }

    private static func failure(_ refusal: CheckRefusal) -> ServiceFailure {
        switch refusal {
        case .full: full
        case .senderFull: shareTaken
        case .suspect(let seconds):
            .tooMany(
                "Transactions from this network failed their checks, so few more of it are taken for "
                    + "now. Send the same bytes again later, or to another node.",
                retryAfterSeconds: seconds)
        }
    }

    private static var full: ServiceFailure {
        .busy(
            "The node holds as many waiting transactions as it may. Send the same bytes again "
                + "later, or to another node.", retryAfterSeconds: NodeLimits.busyRetrySeconds)
    }

    private static var shareTaken: ServiceFailure {
        .tooMany(
            "This network holds its share of waiting transactions. Send the same bytes again "
                + "later.", retryAfterSeconds: NodeLimits.busyRetrySeconds)
    }
}

extension ChainDriver {
    /// Ends the node's work: no input is taken any more, and nobody is left without an answer.
    func shutDown() {
        hasStopped = true
        stoppedBeforeInput = true
        refuseStopped(admissions.finish { $0.removeAll() }.map(\.item))
        executions.finish()
        answers.finish()
        for number in relays.keys.sorted() {
            guard let relay = relays.removeValue(forKey: number) else { continue }
            refuseStopped([relay.request])
        }
        broadcaster.finish()
    }
}
