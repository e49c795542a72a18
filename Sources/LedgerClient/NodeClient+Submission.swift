package import APISchema
package import Codec
internal import Ledger
internal import NIOHTTP1
internal import TransparencyLog

extension NodeClient {
    /// Submits a transaction's canonical bytes. The same bytes may be submitted again at any time.
    ///
    /// - Throws: `.refused` with the rule's code where it can never be accepted as things are.
    package func submit(_ transaction: [UInt8]) async throws(ClientError) -> SubmissionAnswer {
        let answer = try await transport.send(
            Transport.Call(
                method: .POST, path: "/v1/transactions", body: transaction,
                contentType: "application/octet-stream", limit: 64 << 10,
                confirmsRefusal: true))
        let submission = try transport.decode(SubmissionAnswer.self, from: answer)
        guard submission.transactionID == Transaction.id(of: transaction) else {
            throw .badAnswer(server: answer.server, problem: "it names another transaction")
        }
        return submission
    }

    /// Where a transaction is; nil where the node does not know it.
    package func transactionStatus(
        _ id: Bytes32
    ) async throws(ClientError) -> TransactionStatus? {
        try await ClientError.orNil { () async throws(ClientError) in
            let (server, status) = try await transport.json(
                TransactionStatus.self, "/v1/transactions/\(id)")
            guard status.transactionID == id else {
                throw .badAnswer(server: server, problem: "it names another transaction")
            }
            return status
        }
    }

    /// A transaction's canonical bytes, which hash to the id.
    package func transactionBytes(_ id: Bytes32) async throws(ClientError) -> [UInt8] {
        let answer = try await transport.bytes(
            "/v1/transactions/\(id)/bytes", limit: Limits.entryBytes)
        guard Transaction.id(of: answer.body) == id else {
            throw .badAnswer(server: answer.server, problem: "the bytes do not hash to the id")
        }
        return answer.body
    }

    /// Submits and waits until the transaction is final.
    ///
    /// - Throws: `.timedOut` if it is not final in time; it may become so later.
    package func submitAndWait(
        _ transaction: [UInt8], timeout: Duration = .seconds(60)
    ) async throws(ClientError) -> TransactionStatus {
        _ = try await submit(transaction)
        return try await waitUntilFinal(transaction, timeout: timeout)
    }

    /// Waits until a submitted transaction is final. It is submitted again while it is not: the node
    /// that took it may have stopped.
    ///
    /// - Throws: `.timedOut` if it is not final in time; it may become so later.
    package func waitUntilFinal(
        _ transaction: [UInt8], timeout: Duration = .seconds(60)
    ) async throws(ClientError) -> TransactionStatus {
        let id = Transaction.id(of: transaction)
        let start = ContinuousClock.now
        var submitted = start
        var pause = Duration.milliseconds(100)
        while true {
            if let status = try await transactionStatus(id), status.status == "final" {
                return status
            }
            let now = ContinuousClock.now
            guard now - start < timeout else {
                throw .timedOut(waitingFor: "the finality of transaction \(id)")
            }
            if now - submitted > .seconds(5) {
                transport.preferAnother()
                _ = try await submit(transaction)
                submitted = now
            }
            try await transport.rest(for: pause)
            pause = min(pause * 3 / 2, .seconds(1))
        }
    }

    /// The receipt of a final transaction: a tlog-proof whose leaf is the transaction. That its
    /// checkpoint is certified is for `Verification` to check.
    ///
    /// - Throws: `.refused` with `NOT_FINAL` while no certified checkpoint covers it.
    package func receipt(_ id: Bytes32) async throws(ClientError) -> [UInt8] {
        let answer = try await transport.bytes("/v1/transactions/\(id)/receipt", limit: 64 << 10)
        let proof: LogProof
        do {
            proof = try LogProof(parsing: answer.body)
        } catch {
            throw .badAnswer(server: answer.server, problem: "it is not a tlog-proof")
        }
        if let extra = proof.extra {
            guard ReceiptExtra(extra)?.transactionID == id else {
                throw .badAnswer(server: answer.server, problem: "the receipt is another entry's")
            }
        }
        return answer.body
    }

    /// The receipt, waiting until a certified checkpoint covers the transaction.
    package func waitForReceipt(
        _ id: Bytes32, timeout: Duration = .seconds(60)
    ) async throws(ClientError) -> [UInt8] {
        let start = ContinuousClock.now
        var pause = Duration.milliseconds(100)
        while true {
            do throws(ClientError) {
                return try await receipt(id)
            } catch {
                guard error.refusalCode == "NOT_FINAL" || error.refusalCode == "NOT_FOUND" else {
                    throw error
                }
                guard ContinuousClock.now - start < timeout else {
                    throw .timedOut(waitingFor: "the receipt of transaction \(id)")
                }
            }
            // A node that is behind, or that says so, must not be the last word.
            if pause >= .seconds(1) { transport.preferAnother() }
            try await transport.rest(for: pause)
            pause = min(pause * 3 / 2, .seconds(1))
        }
    }
}
