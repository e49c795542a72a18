import APISchema
import BallotCryptography
import Codec
import Consensus
import Cryptography
import Elections
import Ledger
import Logging
import NodeAPI
import PeerNetwork
import Storage

/// Where a transaction comes from, and who waits for its answer.
enum AdmissionSource: Sendable {
    case client(address: String, CheckedContinuation<SubmissionResult, Never>)
    /// Passed on by a peer for its client.
    case relay(Bytes32, number: UInt64)
    /// Pushed by the validator that admitted it.
    case validator(Bytes32)
    /// Stored before a restart.
    case restored
    /// Of this node itself.
    case own

    /// Whether the mempool bounds what this sender may hold.
    var isBounded: Bool {
        switch self {
        case .restored, .own: false
        case .client, .relay, .validator: true
        }
    }

    /// The name that fairness between senders goes by.
    var name: String {
        switch self {
        case .client(let address, _): address
        case .relay(let peer, _): "peer \(peer)"
        case .validator(let peer): "validator \(peer)"
        case .restored: "restored"
        case .own: "own"
        }
    }
}

/// A transaction that is to be judged.
struct AdmissionRequest: Sendable {
    let id: Bytes32
    let bytes: [UInt8]
    let source: AdmissionSource
}

/// A transaction and what the checks made of it.
struct JudgedTransaction: Sendable {
    let request: AdmissionRequest
    let admission: Admission
    let verified: VerifiedBallot?
    /// Whether there is time enough to promise a ballot.
    let mayPromise: Bool
}

/// The way of a transaction into the mempool.
extension ChainDriver {
    /// Judges a client's transaction and keeps it, or passes it on to a validator.
    func submit(_ bytes: [UInt8], id: Bytes32, address: String) async -> SubmissionResult {
        await withCheckedContinuation { continuation in
            guarded {
                take(
                    AdmissionRequest(
                        id: id, bytes: bytes, source: .client(address: address, continuation)))
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
        guard isMember else {
            relay(request)
            return
        }
        do throws(MempoolRefusal) {
            try mempool.checkRoom(
                for: request.bytes.count, from: request.source.name, reserved: checks.count)
            guard checks.hasRoom(for: request.source.name) else { throw .sourceFull }
        } catch {
            answer(request, .failure(Self.failure(error)))
            return
        }
        checks.take(request.source.name)
        if !admissions.offer(request) {
            checks.release(request.source.name)
            answer(request, .failure(Self.failure(.full)))
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
        for bytes in try PushedTransactions(canonicalBytes: frame.payload).transactions {
            counters.transactionsPushed += 1
            let id = Transaction.id(of: bytes)
            guard mempool[id] == nil else {
                counters.pushedDuplicates += 1
                continue
            }
            take(AdmissionRequest(id: id, bytes: bytes, source: .validator(frame.peer)))
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
        (head, max(clock.now().clock, head.time.adding(milliseconds: 1)))
    }

    /// Takes judged transactions: those that were admitted are in the store already.
    func admit(_ judged: [JudgedTransaction]) {
        guarded {
            var fresh: [[UInt8]] = []
            var dropped: [Bytes32] = []
            for item in judged {
                if case .restored = item.request.source {
                } else {
                    checks.release(item.request.source.name)
                }
                if admit(item, dropped: &dropped), item.request.isOurs {
                    fresh.append(item.request.bytes)
                }
            }
            push(fresh)
            if !dropped.isEmpty { try store.removeFromMempool(dropped) }
            announcePending()
            try drain()
        }
        if stoppedBeforeInput { refuseStopped(judged.map(\.request)) }
    }

    /// Answers those whom a stopping node leaves without a judgement.
    func refuseStopped(_ requests: [AdmissionRequest]) {
        for request in requests {
            answer(
                request, .failure(.unavailable("The node has stopped.", retryAfterSeconds: 30)))
        }
    }

    /// Answers one judged transaction; whether it is in the mempool now and was not before.
    private func admit(_ item: JudgedTransaction, dropped: inout [Bytes32]) -> Bool {
        let request = item.request
        switch item.admission {
        case .duplicate:
            countDuplicate(request)
            dropped.append(request.id)
            answer(
                request,
                .success(SubmissionAnswer(transactionID: request.id, status: "final")))
            return false
        case .refused(let refusal):
            counters.transactionsRefused += 1
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
        let isNew = mempool[request.id] == nil
        var isWaiting = false
        if case .waiting = item.admission { isWaiting = true }
        do throws(MempoolRefusal) {
            try mempool.insert(
                id: request.id, bytes: request.bytes, source: request.source.name,
                verified: item.verified, isWaiting: isWaiting, at: clock.now().instant,
                bySource: request.source.isBounded)
        } catch {
            // What was stored before a restart stays there: it may have been promised.
            if case .restored = request.source { return false }
            dropped.append(request.id)
            answer(request, .failure(Self.failure(error)))
            return false
        }
        if isNew {
            counters.transactionsAdmitted += 1
        } else {
            countDuplicate(request)
        }
        if !isWaiting, item.mayPromise, request.wantsPromise { promise(request.id) }
        if let known = answerKnown(request.id) { answer(request, known) }
        return isNew
    }

    /// Promises a ballot, once, where the promise can be kept: not on a state that is long past, and
    /// a credential's first ballot only while the registrar's count covers all that are promised.
    private func promise(_ id: Bytes32) {
        guard let ownPlace, let entry = mempool[id], entry.promise == nil,
            let ballot = entry.verified?.ballot, isFresh, isCovered(ballot)
        else { return }
        let promise = SignedPromise(
            ballot, received: head.height,
            promised: Height(head.height.rawValue + NodeLimits.promisedBlocks),
            validator: ownPlace, domain: chain.domain
        ) { keys.node.sign($0) }
        mempool.setPromise(promise.canonicalBytes, of: id)
    }

    private var isFresh: Bool {
        replica?.status.isVoting == true
            && PromiseRule.isFresh(
                head: head.time, now: clock.now().clock,
                heartbeatMilliseconds: chain.genesis.parameters.heartbeatMilliseconds)
    }

    /// Whether the style's count covers this ballot besides those that were promised before it.
    private func isCovered(_ ballot: Ballot) -> Bool {
        let header = ballot.header
        guard header.sequence == 1 else { return true }
        do throws(StateFault) {
            let account = try ElectionQueries(head.state).styleAccount(
                electionID: header.electionID, style: header.style)
            guard let style = account else { return false }
            return PromiseRule.isCovered(
                sequence: header.sequence, cast: style.cast,
                promised: mempool.promisedFirstBallots(
                    of: header.electionID, style: header.style), issued: style.issued)
        } catch {
            fail(error)
            return false
        }
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

    /// Judges waiting transactions again on the new state: what was counted is ready now, what the
    /// state refuses for good is dropped.
    func recheckMempool(after blocks: [ExecutedBranch]) throws {
        guard mempool.count > 0 else {
            quotaAlarms = []
            return
        }
        if blocks.contains(where: { $0.executed.events.contains(where: \.mayReleaseBallots) }) {
            mempool.suspectWaiting()
        }
        let now = clock.now()
        let age = NodeLimits.recheckMilliseconds * 1000
        let limit = Instant(
            microseconds: now.instant.microseconds > age ? now.instant.microseconds - age : 1)
        let due = mempool.judged(before: limit, count: NodeLimits.rechecks)
        guard !due.isEmpty else {
            watchQuota(at: now.instant)
            return
        }
        let (point, time) = admissionPoint()
        var check = try AdmissionCheck(
            chain: chain, state: point.state, catalog: point.catalog, time: time)
        var dropped: [Bytes32] = []
        for entry in due {
            switch try check.check(entry.bytes, id: entry.id, verified: entry.verified) {
            case .admitted: mempool.setJudged(entry.id, isWaiting: false, at: now.instant)
            case .waiting: mempool.setJudged(entry.id, isWaiting: true, at: now.instant)
            case .duplicate: dropped.append(entry.id)
            case .refused(let refusal):
                logger.info(
                    "a waiting transaction is dropped",
                    metadata: [
                        "transaction": "\(entry.id)", "reason": "\(refusal)",
                        "promised": "\(entry.promise != nil)",
                    ])
                dropped.append(entry.id)
            }
        }
        drop(dropped)
        watchQuota(at: now.instant)
    }

    /// Forgets transactions that cannot become final.
    func drop(_ ids: [Bytes32]) {
        guard !ids.isEmpty else { return }
        for id in ids { mempool.remove(id) }
        do {
            try store.removeFromMempool(ids)
        } catch {
            fail(error)
        }
    }

    func isPending(_ id: Bytes32) -> Bool { mempool[id] != nil }

    private static func failure(_ refusal: MempoolRefusal) -> ServiceFailure {
        switch refusal {
        case .full:
            .busy(
                "The node holds as many waiting transactions as it may. Send the same bytes again "
                    + "later, or to another node.", retryAfterSeconds: 5)
        case .sourceFull:
            .tooMany(
                "This address holds its share of waiting transactions. Send the same bytes again "
                    + "later.", retryAfterSeconds: 5)
        case .waitingFull:
            .busy(
                "Too many ballots wait for the registrar's count. Send the same bytes again later.",
                retryAfterSeconds: 10)
        case .otherBallotWaits(let other):
            .refused(
                code: RefusalCode.sequence.name,
                "Another ballot of this credential waits to be in the log (\(other)). Wait until "
                    + "it is, then continue from it.")
        }
    }
}

extension AdmissionRequest {
    /// Whether this node answers for the transaction: it pushes it to the others.
    fileprivate var isOurs: Bool {
        switch source {
        case .client, .relay, .restored, .own: true
        case .validator: false
        }
    }

    fileprivate var wantsPromise: Bool {
        switch source {
        case .client, .relay: true
        case .validator, .restored, .own: false
        }
    }
}

extension ElectionEvent {
    /// Whether ballots that waited for the registrar's count may be ready after it.
    fileprivate var mayReleaseBallots: Bool {
        if case .issueCount = self { return true }
        return false
    }
}

extension ChainDriver {
    /// Ends the node's work: no input is taken any more, and nobody is left without an answer.
    func shutDown() {
        hasStopped = true
        stoppedBeforeInput = true
        admissions.finish()
        executions.finish()
        answers.finish()
        for number in relays.keys.sorted() {
            guard let relay = relays.removeValue(forKey: number) else { continue }
            refuseStopped([relay.request])
        }
        broadcaster.finish()
    }
}
