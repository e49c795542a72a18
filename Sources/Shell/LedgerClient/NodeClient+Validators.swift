internal import Codec
package import Ledger

extension NodeClient {
    /// Who the validators of later epochs are, proven from genesis; nil where they never changed, or
    /// where the node does not serve it, as a mirror of files does not. To keep it back makes later
    /// certificates unverifiable, not verified: ask each node.
    ///
    /// - Parameter check: what the proof must pass to be believed, as by `Verification`.
    package func successionProof(
        check: (SuccessionProof) throws -> Void
    ) async throws(ClientError) -> SuccessionProof? {
        do throws(ClientError) {
            return try await transport.canonical(
                SuccessionProof.self, "/v1/validators/succession",
                limit: transport.limits.bulkBytes
            ) { proof in
                guard !proof.steps.isEmpty else { return nil }
                try check(proof)
                return proof
            }
        } catch {
            guard ["NOT_FOUND", "HTTP_404"].contains(error.refusalCode) else { throw error }
            return nil
        }
    }
}
