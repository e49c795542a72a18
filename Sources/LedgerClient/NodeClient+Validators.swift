internal import Codec
package import Ledger

extension NodeClient {
    /// Who the validators of later epochs are, proven from genesis; nil where they never changed, or
    /// where the node does not serve it, as a mirror of files does not. `Verification` checks it: to
    /// keep it back makes later certificates unverifiable, not verified.
    package func successionProof() async throws(ClientError) -> SuccessionProof? {
        do throws(ClientError) {
            let proof = try await transport.canonical(
                SuccessionProof.self, "/v1/validators/succession",
                limit: transport.limits.bulkBytes
            ).value
            return proof.steps.isEmpty ? nil : proof
        } catch {
            guard ["NOT_FOUND", "HTTP_404"].contains(error.refusalCode) else { throw error }
            return nil
        }
    }
}
