internal import Codec
package import Ledger

extension NodeClient {
    /// Who the validators of later epochs are, proven from genesis; nil where they never changed, or
    /// where the node does not serve it. `Verification` checks it.
    package func successionProof() async throws(ClientError) -> SuccessionProof? {
        let proof = try await ClientError.orNil { () async throws(ClientError) in
            try await transport.canonical(
                SuccessionProof.self, "/v1/validators/succession",
                limit: transport.limits.bulkBytes
            ).value
        }
        guard let proof, !proof.steps.isEmpty else { return nil }
        return proof
    }
}
