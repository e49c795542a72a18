import APISchema
import Codec
import Ledger
import ProcessHarness

extension Walk {
    /// Reaches a stage, and fails where the walk has left it behind already.
    func require(_ stage: Stage) async throws {
        try await reach(stage)
        guard !isBeyond(stage) else {
            throw HarnessFailure("The walk is beyond the stage '\(stage)', which this test needs.")
        }
    }

    /// The election's document.
    func document() async throws -> ElectionDocument {
        try ElectionDocument(
            canonicalBytes: try await HTTP.get(try electionURL + "/document").body)
    }

    /// Posts a transaction's bytes to a node.
    func submit(_ bytes: [UInt8], to node: String) async throws -> HTTP.Answer {
        try await HTTP.post(try network.url(node) + "/v1/transactions", bytes)
    }

    /// Waits until the observer has a transaction as final.
    func waitUntilFinal(_ id: Bytes32) async throws {
        let observer = try network.url(TestNetwork.observer)
        try await eventually("transaction \(id) is final") {
            let answer = try await HTTP.get(observer + "/v1/transactions/\(id)")
            guard answer.status == 200 else { return false }
            return try answer.json(TransactionStatus.self).status == "final"
        }
    }
}
