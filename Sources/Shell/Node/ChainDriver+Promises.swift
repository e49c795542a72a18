import APISchema
import BallotCryptography
import Codec
import Consensus
import Cryptography
import Elections
import Ledger
import NodeAPI

/// What this validator promises: that a ballot is in the log soon.
extension ChainDriver {
    /// Promises a ballot, once, where the promise can be kept: not on a state that is long past, not
    /// near the end of its window, and a credential's first ballot only while the registrar's count
    /// covers all that are promised.
    func promise(_ id: Bytes32) {
        guard let ownPlace, let entry = mempool[id], entry.promise == nil,
            let ballot = entry.verified?.ballot, isFresh, mayPromise(ballot, of: entry)
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
                heartbeatMilliseconds: chain.genesis.parameters.heartbeatMilliseconds,
                precisionMilliseconds: chain.genesis.parameters.precisionMilliseconds)
    }

    /// Whether the style still has time, and its count covers this ballot besides those that were
    /// promised before it.
    private func mayPromise(_ ballot: Ballot, of entry: MempoolEntry) -> Bool {
        let header = ballot.header
        do throws(StateFault) {
            var catalog = head.catalog
            let account = try ElectionQueries(head.state).styleAccount(
                electionID: header.electionID, style: header.style, catalog: &catalog)
            guard let style = account, admissionPoint().time < style.promisesUntil else {
                return false
            }
            // What was stored before a restart counts among the promised already.
            let promised =
                mempool.promisedFirstBallots(of: header.electionID, style: header.style)
                - (entry.mayBePromised && header.sequence == 1 ? 1 : 0)
            return PromiseRule.isCovered(
                sequence: header.sequence, cast: style.cast, promised: promised,
                issued: style.issued)
        } catch {
            fail(error)
            return false
        }
    }
}
