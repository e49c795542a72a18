package import APISchema
package import Codec
internal import Ledger
internal import NIOHTTP1
internal import TransparencyLog

extension NodeClient {
    /// Submits a transaction's canonical bytes. The same bytes may be submitted again at any time.
    ///
    /// That a node says `accepted` or `final` proves nothing: only a receipt does.
    /// - Throws: `.refused` with the rule's code where no node that can be reached accepts it.
    package func submit(_ transaction: [UInt8]) async throws(ClientError) -> SubmissionAnswer {
        let call = Transport.Call(
            method: .POST, path: "/v1/transactions", body: transaction,
            contentType: "application/octet-stream", limit: 64 << 10)
        return try await transport.ask(call) { answer in
            let submission = try ForeignJSON.decode(SubmissionAnswer.self, from: answer.body)
            guard submission.transactionID == Transaction.id(of: transaction) else {
                throw AnswerFault("it names another transaction")
            }
            return submission
        }
    }

    /// Where a transaction is, as a node says it; nil where no node that can be reached knows it.
    package func transactionStatus(
        _ id: Bytes32
    ) async throws(ClientError) -> TransactionStatus? {
        try await ClientError.orNil { () async throws(ClientError) in
            try await transport.json(
                TransactionStatus.self, "/v1/transactions/\(id)"
            ) { status throws(AnswerFault) in
                guard status.transactionID == id else {
                    throw AnswerFault("it names another transaction")
                }
                return status
            }
        }
    }

    /// A transaction's canonical bytes, which hash to the id.
    package func transactionBytes(_ id: Bytes32) async throws(ClientError) -> [UInt8] {
        try await transport.bytes(
            "/v1/transactions/\(id)/bytes", limit: Limits.entryBytes
        ) { body in
            guard Transaction.id(of: body) == id else {
                throw AnswerFault("the bytes do not hash to the id")
            }
            return body
        }
    }

    /// Submits and waits until a node says that the transaction is final, which proves nothing:
    /// `ReplayingClient.ProvenSubmission` waits for a receipt that holds.
    ///
    /// - Throws: `.timedOut` if it is not final in time; it may become so later.
    package func submitAndWait(
        _ transaction: [UInt8], timeout: Duration = .seconds(60)
    ) async throws(ClientError) -> TransactionStatus {
        _ = try await submit(transaction)
        return try await waitUntilFinal(transaction, timeout: timeout)
    }

    /// Waits until a node says that a submitted transaction is final, as `submitAndWait` does. It is
    /// submitted again while it is not: the node that took it may have stopped.
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
                preferAnother()
                _ = try await submit(transaction)
                submitted = now
            }
            try await rest(for: pause)
            pause = min(pause * 3 / 2, .seconds(1))
        }
    }

    /// The receipt of a final transaction: a tlog-proof whose leaf is the transaction.
    ///
    /// - Parameter check: what it must pass to be believed, as by `Verification.ReceiptCheck`; its
    ///   result is returned.
    /// - Throws: `.refused` with `NOT_FINAL` while no certified checkpoint covers it.
    package func receipt<Result>(
        _ id: Bytes32, check: (_ receipt: [UInt8]) throws -> Result
    ) async throws(ClientError) -> Result {
        try await transport.bytes(
            "/v1/transactions/\(id)/receipt", limit: 64 << 10
        ) { body in
            guard let proof = try? LogProof(parsing: body) else {
                throw AnswerFault("it is not a tlog-proof")
            }
            if let extra = proof.extra {
                guard ReceiptExtra(extra)?.transactionID == id else {
                    throw AnswerFault("the receipt is another entry's")
                }
            }
            return try check(body)
        }
    }

    /// The receipt, waiting until a certified checkpoint covers the transaction. That the checkpoint
    /// is certified is not checked.
    package func waitForReceipt(
        _ id: Bytes32, timeout: Duration = .seconds(60)
    ) async throws(ClientError) -> [UInt8] {
        let start = ContinuousClock.now
        var pause = Duration.milliseconds(100)
        while true {
            do throws(ClientError) {
                return try await receipt(id) { $0 }
            } catch {
                guard error.refusalCode == "NOT_FINAL" || error.refusalCode == "NOT_FOUND" else {
                    throw error
                }
                guard ContinuousClock.now - start < timeout else {
                    throw .timedOut(waitingFor: "the receipt of transaction \(id)")
                }
            }
            // A node that is behind, or that says so, must not be the last word.
            if pause >= .seconds(1) { preferAnother() }
            try await rest(for: pause)
            pause = min(pause * 3 / 2, .seconds(1))
        }
    }
}
