import BallotCryptography
import Codec
package import Elections
package import Ledger

/// What the chain would say to a transaction that nobody has signed yet, by the rules that every node
/// runs.
package enum LedgerJudgement {
    /// Takes every signature for valid: those that are judged here are still to come.
    private struct SignaturesToCome: SignatureVerifier {
        func isValid(_ signature: Bytes64, of message: [UInt8], by publicKey: Bytes32) -> Bool {
            true
        }
    }

    /// Why the next block would refuse the transaction once it is signed; nil if it would not.
    package static func refusal(
        of transaction: Transaction, genesis: Genesis, state: MemoryState, now: Timestamp
    ) throws -> Refusal? {
        let chain = ChainContext(
            genesis: genesis,
            verifiers: Verifiers(
                signatures: SignaturesToCome(), credentials: Verifiers.standard.credentials,
                encryption: Verifiers.standard.encryption))
        var check = try AdmissionCheck(
            chain: chain, state: state, catalog: ElectionCatalog(), time: now)
        let bytes = transaction.canonicalBytes
        switch try check.check(Entry(bytes)) {
        case .admitted: return nil
        case .waiting(let refusal), .refused(let refusal): return refusal
        case .duplicate(let height):
            return Refusal(.duplicate, "it is in block \(height.rawValue) already")
        }
    }

    /// What a judgement by this machine's clock is worth.
    static func clockWarnings(_ queries: ElectionQueries, now: Timestamp) throws -> [String] {
        let newest = try queries.head().time
        // A chain without transactions makes a block every ten minutes at the least.
        guard
            newest > now.adding(milliseconds: 60_000)
                || newest.adding(milliseconds: 1_200_000) < now
        else { return [] }
        return [
            "this machine's clock says \(now), and the newest block is of \(newest). Either the clock"
                + " is wrong, or the chain stands still, or the node hides blocks."
        ]
    }
}
