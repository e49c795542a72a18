import Admission
import Codec
import Consensus
import Ledger

/// A batch of transactions that is being judged.
struct OpenJudgement: Sendable {
    let purpose: JudgePurpose
    /// The transactions and their senders' places, in order.
    let checks: [PendingCheck]
    /// The height of the state that they are judged on.
    let height: Height
}

enum JudgePurpose: Hashable, Sendable {
    /// They were submitted or pushed, and are checked in turns of their senders.
    case submitted
    /// They were stored before a restart.
    case restored
    /// They wait, and are judged again.
    case again
}

/// The way of a transaction into the mempool: to its checks, to the store, to its answer.
extension ChainMachine {
    /// Submits a transaction of this node's own.
    mutating func submitOwn(_ bytes: [UInt8]) {
        submit(AdmissionRequest(Entry(bytes), source: .own))
    }

    /// Answers a transaction that is here already, or has it checked.
    mutating func submit(_ request: AdmissionRequest) {
        if let entry = mempool[request.id] {
            countDuplicate(request)
            guard entry.isStored else {
                awaitingStore[request.id, default: []].append(request)
                return
            }
            // One that came by another way, or before a restart, was not promised yet.
            if request.wantsPromise, entry.isReady { promise(request.id) }
            return answer(request, outcome(of: request.id))
        }
        if recentlyFinal[request.id] != nil {
            countDuplicate(request)
            return answer(request, .final)
        }
        let sender = request.source.sender
        // What other validators accepted, and what this node itself says, is no new acceptance.
        if isBacklogged(for: request, with: 0) {
            return answer(request, Self.deferred(.backlog))
        }
        do throws(MempoolRefusal) {
            try mempool.checkRoom(
                for: request.entry.bytes.count, from: sender, reserved: (checks.count, checks.bytes)
            )
        } catch {
            return answer(request, Self.outcome(error))
        }
        do throws(CheckRefusal) {
            let displaced = try checks.add(
                request, of: request.entry.bytes.count, from: sender, at: now.instant)
            for check in displaced { answer(check.item, Self.deferred(.nodeFull)) }
        } catch {
            answer(request, Self.outcome(error))
        }
    }

    /// A transaction that another validator pushed was here before.
    private mutating func countDuplicate(_ request: AdmissionRequest) {
        if case .validator = request.source { counters.pushedDuplicates += 1 }
    }

    /// The answer for a transaction of the mempool: the same as the first time.
    private func outcome(of id: Bytes32) -> SubmissionOutcome {
        guard let entry = mempool[id] else { return .final }
        return entry.isWaiting
            ? .waiting(promise: entry.promise) : .accepted(promise: entry.promise)
    }

    mutating func receive(
        _ pushed: PushedTransactions, from key: Bytes32, _ peer: ConnectedPeer
    ) {
        guard peer.validator != nil else {
            // A future validator may know before us that it is one.
            if formerValidators.contains(key) { return }
            return refuseStranger(key, "transactions pushed by a node that is no validator")
        }
        guard isMember else { return }
        for transaction in pushed.transactions {
            counters.transactionsPushed += 1
            guard mempool[transaction.id] == nil else {
                counters.pushedDuplicates += 1
                continue
            }
            submit(AdmissionRequest(transaction, source: .validator(key)))
        }
    }

    mutating func receive(
        _ submission: RelayedSubmission, from key: Bytes32, _ peer: ConnectedPeer
    ) {
        let request = AdmissionRequest(
            submission.transaction, source: .relay(key, number: submission.number))
        submissions[key, default: 0] += 1
        guard isMember else {
            return answer(
                request, .deferred(.noMember, retrySeconds: AdmissionLimits.stoppedRetrySeconds))
        }
        guard submissions[key, default: 0] <= AdmissionLimits.submissionsPerPeer else {
            return answer(request, .deferred(.peerBusy, retrySeconds: 2))
        }
        submit(request)
    }

    /// Has the next batches checked, as many as may be under way at once.
    mutating func startChecks() {
        guard !hasStopped else { return }
        while checks.hasNext,
            now.instant >= nextBatch || checks.waiting >= AdmissionLimits.gathered,
            judging.values.count(where: { $0.purpose == .submitted })
                < AdmissionLimits.batchesAtOnce
        {
            let batch = admit(checks.take(upTo: AdmissionLimits.batch))
            nextBatch = now.instant.adding(milliseconds: AdmissionLimits.gatherMilliseconds)
            if !batch.isEmpty { judge(batch, .submitted, at: present) }
        }
    }

    /// Whether this validator takes no more from clients until more has become final. What other validators
    /// accepted, and what this node itself says, is no new acceptance.
    private mutating func isBacklogged(for request: AdmissionRequest, with coming: Int) -> Bool {
        guard request.wantsPromise, isMember else { return false }
        let capacity = pace.capacity(at: now.instant)
        return mempool.paced(share: capacity / validators.count) + coming >= capacity
    }

    /// Leaves those of a batch for which there is room by the pace of finality. Senders took turns until
    /// here, so whoever floods this node takes no room from others.
    private mutating func admit(_ batch: [PendingCheck]) -> [PendingCheck] {
        var coming = judging.values.reduce(0) { sum, open in
            open.purpose == .submitted
                ? sum + open.checks.count(where: \.item.wantsPromise) : sum
        }
        return batch.filter { check in
            guard isBacklogged(for: check.item, with: coming) else {
                if check.item.wantsPromise { coming += 1 }
                return true
            }
            _ = checks.settle(check, hasFailed: false, at: now.instant)
            answer(check.item, Self.deferred(.backlog))
            return false
        }
    }

    /// The time of a block that would be made now.
    var present: Timestamp { max(now.clock, head.earliestNext) }

    /// Has transactions judged on the state after the newest final block.
    mutating func judge(_ batch: [PendingCheck], _ purpose: JudgePurpose, at time: Timestamp) {
        nextJudgement += 1
        judging[nextJudgement] = OpenJudgement(
            purpose: purpose, checks: batch, height: head.height)
        emit(
            .judge(
                JudgeTask(
                    number: nextJudgement,
                    items: batch.map {
                        JudgeItem(
                            entry: $0.item.entry, sender: $0.sender, isSuspect: $0.isSuspect,
                            prepared: mempool[$0.item.id]?.prepared)
                    },
                    state: head.state, time: time,
                    passesOn: !isMember && purpose == .submitted)))
    }

    mutating func take(_ judged: JudgedTransactions<Application>) {
        guard let open = judging.removeValue(forKey: judged.number) else { return }
        let judgements = Array(zip(open.checks, judged.judgements))
        for (_, judgement) in judgements {
            // Final blocks since then are in the accounts already.
            if let slot = judgement.slot, let account = judgement.account,
                accounts[slot.style] == nil
            {
                accounts[slot.style] = account
            }
        }
        switch open.purpose {
        case .submitted:
            var kept: [Entry] = []
            for (check, judgement) in judgements {
                settle(check, hasFailed: judgement.blamesSender)
                if isMember {
                    if admit(check, judgement) { kept.append(check.item.entry) }
                } else {
                    passOn(check.item, judgement)
                }
            }
            keep(kept)
        case .restored:
            takeRestored(judgements)
            startRestoredChecks()
        case .again:
            takeRechecked(judgements)
            if mempool.hasUrgentRechecks { recheckMempool(after: []) }
        }
        announcePending()
    }

    /// Gives back the places of a judged transaction, and charges a failed check to its sender.
    private mutating func settle(_ check: PendingCheck, hasFailed: Bool) {
        if hasFailed { counters.checksFailed += 1 }
        if check.isSuspect { counters.checkedAlone += 1 }
        for moved in checks.settle(check, hasFailed: hasFailed, at: now.instant) {
            let seconds = checks.seconds(of: moved.sender)
            answer(moved.item, .deferred(.suspect, retrySeconds: seconds))
        }
    }

    /// Takes a judged transaction into the mempool, or answers it.
    ///
    /// - Returns: whether it is in the mempool now, was not before, and is to be stored.
    private mutating func admit(
        _ check: PendingCheck, _ judgement: Judgement<Application.Prepared>
    ) -> Bool {
        let request = check.item
        // It may have come another way, or become final, while it was judged. Only what a final state
        // says takes it out again.
        if mempool[request.id] != nil || recentlyFinal[request.id] != nil {
            submit(request)
            return false
        }
        var isWaiting = false
        switch judgement.outcome {
        case .final:
            countDuplicate(request)
            answer(request, .final)
            return false
        case .refused(let refusal):
            counters.transactionsRefused += 1
            answer(request, .refused(code: refusal.code, reason: refusal.reason))
            return false
        case .admitted: break
        case .waiting: isWaiting = true
        }
        do throws(MempoolRefusal) {
            try mempool.insert(
                request.entry, from: check.sender, prepared: judgement.prepared,
                preparedBytes: memorySize(of: judgement), slot: judgement.slot,
                isWaiting: isWaiting,
                isStored: false, at: now.instant)
        } catch {
            answer(request, Self.outcome(error))
            return false
        }
        counters.transactionsAdmitted += 1
        awaitingStore[request.id] = [request]
        return true
    }

    func memorySize(of judgement: Judgement<Application.Prepared>) -> Int {
        judgement.prepared.map { application.memorySize(of: $0) } ?? 0
    }

    /// Has transactions of the mempool stored.
    private mutating func keep(_ entries: [Entry]) {
        guard !entries.isEmpty else { return }
        nextKeep += 1
        keeping[nextKeep] = entries.map(\.id)
        for entry in entries { mempool.setStoring(entry.id, by: nextKeep) }
        emit(.keep(number: nextKeep, entries))
    }

    /// Answers and pushes transactions that are durable now.
    mutating func kept(_ number: UInt64) {
        var fresh: [Entry] = []
        var gone: [Bytes32] = []
        for id in keeping.removeValue(forKey: number) ?? [] {
            guard let entry = mempool[id] else {
                // It became final, or was dropped, before the store had it, and was answered then.
                gone.append(id)
                continue
            }
            // One that was dropped and came again is durable when its own turn has come: what forgets the
            // first one may still be on its way.
            guard entry.storing == number else { continue }
            mempool.setStored(id, at: now.instant)
            let requests = awaitingStore.removeValue(forKey: id) ?? []
            if mempool[id]?.isReady ?? false, requests.contains(where: \.wantsPromise) {
                promise(id)
            }
            for request in requests { answer(request, outcome(of: id)) }
            mempool.keepPrepared(id)
            if requests.first?.isOurs ?? false { fresh.append(entry.entry) }
        }
        if !gone.isEmpty { emit(.forget(gone)) }
        push(fresh)
        announcePending()
    }

    /// Answers all that wait for a transaction to be durable.
    mutating func answerAwaiting(_ id: Bytes32, _ outcome: SubmissionOutcome) {
        for request in awaitingStore.removeValue(forKey: id) ?? [] { answer(request, outcome) }
    }

    mutating func answer(_ request: AdmissionRequest, _ outcome: SubmissionOutcome) {
        switch request.source {
        case .client(_, let client):
            emit(.answer(client, transactionID: request.id, outcome))
        case .relay(let key, let number):
            let left = submissions[key, default: 0] - 1
            submissions[key] = left > 0 ? left : nil
            let answer = RelayedAnswer(
                number: number, transactionID: request.id, outcome: outcome)
            emit(.send(.answer(answer), to: [key]))
        case .validator, .restored, .own: break
        }
    }

    /// Tells the replica since when the oldest transaction waits.
    mutating func announcePending() {
        let oldest = mempool.readySince()
        if oldest == nil || !isMember {
            repushDue = nil
        } else if repushDue == nil {
            repushDue = now.instant.adding(milliseconds: repushDelay)
        }
        feed { $0.pendingTransactions(since: oldest, at: $1) }
    }

    /// Forgets transactions that cannot become final, and tells those that wait for them to be stored.
    mutating func drop(_ ids: [Bytes32], _ outcome: (Bytes32) -> SubmissionOutcome) {
        var stored: [Bytes32] = []
        for id in ids {
            if mempool[id]?.isStored ?? false { stored.append(id) }
            mempool.remove(id)
            answerAwaiting(id, outcome(id))
        }
        if !stored.isEmpty { emit(.forget(stored)) }
    }

    /// Forgets final transactions of blocks that no judgement under way lies below.
    mutating func forgetOldTransactions() {
        let lowest = judging.values.map(\.height).min() ?? head.height
        let age =
            head.height.rawValue > ChainLimits.rememberedBlocks
            ? head.height.rawValue - ChainLimits.rememberedBlocks : 0
        let kept = min(lowest.rawValue, age)
        recentlyFinal = recentlyFinal.filter { $0.value.rawValue > kept }
    }

    static func deferred(_ deferral: Deferral) -> SubmissionOutcome {
        .deferred(deferral, retrySeconds: AdmissionLimits.busyRetrySeconds)
    }

    private static func outcome(_ refusal: MempoolRefusal) -> SubmissionOutcome {
        switch refusal {
        case .full: deferred(.nodeFull)
        case .sourceFull: deferred(.shareTaken)
        case .waitingFull:
            .deferred(.countAwaited, retrySeconds: 2 * AdmissionLimits.busyRetrySeconds)
        case .otherBallotWaits(let other):
            .refused(
                code: "E_SEQ",
                reason: "Another ballot of this credential waits to be in the log (\(other)). Wait "
                    + "until it is, then continue from it.")
        }
    }

    private static func outcome(_ refusal: CheckRefusal) -> SubmissionOutcome {
        switch refusal {
        case .full: deferred(.nodeFull)
        case .senderFull: deferred(.shareTaken)
        case .suspect(let seconds): .deferred(.suspect, retrySeconds: seconds)
        }
    }
}
