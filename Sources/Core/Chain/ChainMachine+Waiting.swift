package import Admission
import Codec
import Consensus
package import Ledger

/// What becomes of waiting transactions as the chain goes on, and after a restart.
extension ChainMachine {
    /// Takes into the mempool what was stored before a restart. It is judged later; until then it is in
    /// no block of ours, but keeps its credential's place, and its part of the registrar's count: it
    /// may have been promised.
    mutating func restore(_ transactions: [RestoredTransaction]) {
        for transaction in transactions {
            mempool.restore(transaction.entry, slot: transaction.slot, at: now.instant)
        }
    }

    /// Has the next restored transactions judged. What was promised goes only by what the final state
    /// says, not by this node's clock.
    mutating func startRestoredChecks() {
        guard !hasStopped, !judging.values.contains(where: { $0.purpose == .restored }) else {
            return
        }
        let batch = mempool.takeUnchecked(count: AdmissionLimits.batch).map { entry in
            PendingCheck(
                item: AdmissionRequest(entry.entry, source: .restored),
                sender: .restored, size: entry.bytes.count)
        }
        if !batch.isEmpty { judge(batch, .restored, at: head.earliestNext) }
    }

    mutating func takeRestored(
        _ judgements: [(PendingCheck, Judgement<Application.Prepared>)]
    ) {
        var dropped: [Bytes32: SubmissionOutcome] = [:]
        for (check, judgement) in judgements {
            let id = check.item.id
            guard mempool[id]?.isUnchecked ?? false else { continue }
            switch judgement.outcome {
            case .admitted, .waiting:
                mempool.setChecked(
                    id, judgement.prepared, preparedBytes: memorySize(of: judgement),
                    isWaiting: judgement.outcome == .waiting, at: now.instant)
            case .final: dropped[id] = .final
            case .refused(let refusal):
                counters.transactionsRefused += 1
                dropped[id] = .refused(code: refusal.code, reason: refusal.reason)
            }
        }
        // They were pushed when they were admitted. This validator includes them itself, in any case.
        drop(dropped.keys.sorted()) { dropped[$0] ?? .final }
    }

    /// Has waiting transactions judged again on the new state: what was counted is ready now, what the
    /// state refuses for good is dropped.
    mutating func recheckMempool(after blocks: [Branch<Application>]) {
        guard mempool.count > 0 else {
            overdueStyles = []
            return
        }
        if blocks.contains(where: \.facts.releasesBallots) { mempool.suspectWaiting() }
        watchQuota()
        guard !judging.values.contains(where: { $0.purpose == .again }) else { return }
        let age = AdmissionLimits.recheckMilliseconds * 1000
        let limit = Instant(
            microseconds: now.instant.microseconds > age ? now.instant.microseconds - age : 1)
        let due = mempool.takeJudged(before: limit, count: AdmissionLimits.rechecks)
        // What was promised goes only by what the final state says, not by this node's clock.
        judgeAgain(due.filter(\.mayBePromised), at: head.earliestNext)
        judgeAgain(due.filter { !$0.mayBePromised }, at: present)
    }

    private mutating func judgeAgain(
        _ entries: [MempoolEntry<Application.Prepared>], at time: Timestamp
    ) {
        guard !entries.isEmpty else { return }
        let batch = entries.map { entry in
            PendingCheck(
                item: AdmissionRequest(entry.entry, source: .own),
                sender: .own, size: entry.bytes.count)
        }
        judge(batch, .again, at: time)
    }

    mutating func takeRechecked(
        _ judgements: [(PendingCheck, Judgement<Application.Prepared>)]
    ) {
        var dropped: [Bytes32: SubmissionOutcome] = [:]
        for (check, judgement) in judgements {
            guard let entry = mempool[check.item.id] else { continue }
            switch judgement.outcome {
            case .admitted, .waiting:
                mempool.setPrepared(
                    entry.id, judgement.prepared, bytes: memorySize(of: judgement))
                mempool.setJudged(
                    entry.id, isWaiting: judgement.outcome == .waiting, at: now.instant)
            case .final: dropped[entry.id] = .final
            case .refused(let refusal):
                emit(.report(.dropped(entry.id, refusal, wasPromised: entry.mayBePromised)))
                dropped[entry.id] = .refused(code: refusal.code, reason: refusal.reason)
            }
        }
        drop(dropped.keys.sorted()) { dropped[$0] ?? .final }
    }

    /// How many ballots of each style have waited for the registrar's count for too long: the
    /// registrar stands still, or issued more than it counts.
    package func overdueBallots(at now: Instant) -> [StyleName: Int] {
        guard mempool.waitingCount > 0 else { return [:] }
        let age = AdmissionLimits.quotaMilliseconds * 1000
        guard now.microseconds >= age else { return [:] }
        return mempool.waitingBallots(since: Instant(microseconds: now.microseconds - age))
    }

    /// Reports each style once for as long as ballots of it are overdue.
    private mutating func watchQuota() {
        let overdue = overdueBallots(at: now.instant)
        for (style, count) in overdue.sorted(by: { $0.key < $1.key })
        where overdueStyles.insert(style).inserted {
            counters.alarms += 1
            emit(.report(.ballotsOverdue(style, count: count)))
        }
        overdueStyles.formIntersection(overdue.keys)
    }
}

/// What this validator promises: that a ballot is in the log soon (PROTOCOL 8.6).
extension ChainMachine {
    /// Promises a ballot, once, where the promise can be kept: not on a state that is long past, not
    /// near the end of its window, and a credential's first ballot only while the registrar's count
    /// covers all that are promised.
    mutating func promise(_ id: Bytes32) {
        guard let ownPlace, let signer, let entry = mempool[id], entry.promise == nil,
            let prepared = entry.prepared, isFresh, mayPromise(entry)
        else { return }
        let promise = application.promise(
            prepared, received: head.height,
            promised: Height(head.height.rawValue + AdmissionLimits.promisedBlocks),
            validator: ownPlace
        ) { signer.signPromise($0) }
        if let promise { mempool.setPromise(promise, of: id) }
    }

    private var isFresh: Bool {
        isVoting
            && PromiseRule.isFresh(
                head: head.time, now: now.clock,
                heartbeatMilliseconds: genesis.parameters.heartbeatMilliseconds,
                precisionMilliseconds: genesis.parameters.precisionMilliseconds)
    }

    /// Whether the style still has time, and its count covers this ballot besides those that were
    /// promised before it.
    private func mayPromise(_ entry: MempoolEntry<Application.Prepared>) -> Bool {
        guard let slot = entry.slot, let account = accounts[slot.style],
            present < account.promisesUntil
        else { return false }
        // What was stored before a restart counts among the promised already.
        let promised =
            mempool.promisedFirstBallots(of: slot.style)
            - (entry.mayBePromised && slot.sequence == 1 ? 1 : 0)
        return PromiseRule.isCovered(
            sequence: slot.sequence, cast: account.cast, promised: promised,
            issued: account.issued)
    }
}
