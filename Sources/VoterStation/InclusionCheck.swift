internal import Codec
internal import Cryptography
package import Ledger
package import TransparencyLog
internal import Verification

/// Checks that a transaction of any kind is in the log that a quorum of the validators vouches for.
package struct InclusionCheck: Sendable {
    /// Where it is.
    package struct Place: Hashable, Sendable {
        /// The entry's place in the log, from 0.
        package let index: UInt64
        /// How many entries the log had when the cosigners signed.
        package let logSize: UInt64
    }

    private let policy: TrustPolicy

    /// - Throws: `GenesisRejection`.
    package init(genesis: Genesis) throws {
        self.policy = try genesis.checkpointPolicy()
    }

    /// Checks a receipt, a C2SP tlog-proof, against the transaction's bytes.
    ///
    /// - Throws: the reason not to believe it.
    package func check(
        receipt: [UInt8], transaction: [UInt8]
    ) throws(LogProofError) -> Place {
        let proof = try LogProof(parsing: receipt)
        let certified = try proof.verify(
            leaf: LogHash.leaf(transaction), policy: self.policy, with: Ed25519Verifier())
        return Place(index: proof.index, logSize: certified.checkpoint.size)
    }
}
