import Codec
import Elections
import Ledger
import Logging
import Storage

/// What becomes of waiting transactions as the chain goes on, and after a restart.
extension ChainDriver {
    /// Takes into the mempool what was stored before a restart. It is judged later, away from the
    /// driver; until then it is in no block of ours, but keeps its credential's place, and its part of
    /// the registrar's count: it may have been promised.
    func restore(_ records: [MempoolRecord]) {
        guarded {
            let now = clock.now().instant
            for record in records { mempool.restore(record.id, record.bytes, at: now) }
        }
    }

    /// Restored transactions that are still to be judged, at most `count`.
    func uncheckedTransactions(count: Int) -> [PendingCheck] {
        guard !hasStopped else { return [] }
        return mempool.takeUnchecked(count: count).map { entry in
            PendingCheck(
                item: AdmissionRequest(id: entry.id, bytes: entry.bytes, source: .restored),
                sender: .restored, size: entry.bytes.count)
        }
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
        let due = mempool.takeJudged(before: limit, count: NodeLimits.rechecks)
        guard !due.isEmpty else {
            watchQuota(at: now.instant)
            return
        }
        // What was promised goes only by what the final state says, not by this node's clock.
        let promised = due.filter(\.mayBePromised)
        let others = due.filter { !$0.mayBePromised }
        let dropped =
            try recheck(promised, at: head.earliestNext, now: now.instant)
            + recheck(others, at: admissionPoint().time, now: now.instant)
        drop(dropped)
        watchQuota(at: now.instant)
    }

    /// Judges transactions for a block of a time; gives those that cannot become final.
    private func recheck(
        _ entries: [MempoolEntry], at time: Timestamp, now: Instant
    ) throws -> [Bytes32] {
        guard !entries.isEmpty else { return [] }
        var check = try AdmissionCheck(
            chain: chain, state: head.state, catalog: head.catalog, time: time)
        var dropped: [Bytes32] = []
        for entry in entries {
            switch try check.check(entry.bytes, id: entry.id, verified: entry.verified) {
            case .admitted: mempool.setJudged(entry.id, isWaiting: false, at: now)
            case .waiting: mempool.setJudged(entry.id, isWaiting: true, at: now)
            case .duplicate: dropped.append(entry.id)
            case .refused(let refusal):
                logger.info(
                    "a waiting transaction is dropped",
                    metadata: [
                        "transaction": "\(entry.id)", "reason": "\(refusal)",
                        "promised": "\(entry.mayBePromised)",
                    ])
                dropped.append(entry.id)
            }
        }
        return dropped
    }
}

extension ElectionEvent {
    /// Whether ballots that waited for the registrar's count may be ready after it.
    fileprivate var mayReleaseBallots: Bool {
        if case .issueCount = self { return true }
        return false
    }
}
