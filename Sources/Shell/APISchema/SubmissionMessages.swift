// APISchema: the messages of the HTTP interfaces, shared by the servers (NodeAPI, Registrar) and the
// client (LedgerClient). Bytes are hexadecimal text, times ISO 8601 in UTC. It knows neither server
// nor client library.

package import Codec
package import Ledger

/// The answer to any request that failed: what was wrong, for a program and for a person.
package struct APIFailure: Codable, Hashable, Sendable {
    /// A stable code: `E_*` of the protocol's refusals, or one of `NOT_FOUND`, `NOT_FINAL`, `BAD_REQUEST`,
    /// `TOO_LARGE`, `BUSY`, `UNAVAILABLE`.
    package let code: String
    /// One or two sentences: what was wrong, where, what to do.
    package let message: String
    /// When to try again, if trying again can help.
    package let retryAfterSeconds: Int?

    package init(code: String, message: String, retryAfterSeconds: Int? = nil) {
        self.code = code
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// What became of a submitted transaction.
package struct SubmissionAnswer: Codable, Hashable, Sendable {
    package let transactionID: Bytes32
    /// `accepted`: kept and passed on; `waiting`: kept until the registrar's count covers it, without a
    /// promise; `final`: in the log already.
    package let status: String
    /// The validator's signed promise for a ballot (canonical bytes, hexadecimal).
    package let promise: String?

    package init(transactionID: Bytes32, status: String, promise: String? = nil) {
        self.transactionID = transactionID
        self.status = status
        self.promise = promise
    }
}

/// Where a transaction is.
package struct TransactionStatus: Codable, Hashable, Sendable {
    package let transactionID: Bytes32
    /// `unknown`, `pending` or `final`.
    package let status: String
    package let height: UInt64?
    /// The entry's index in the log.
    package let index: UInt64?
    /// The block's time.
    package let time: Timestamp?

    package init(
        transactionID: Bytes32, status: String, height: UInt64? = nil, index: UInt64? = nil,
        time: Timestamp? = nil
    ) {
        self.transactionID = transactionID
        self.status = status
        self.height = height
        self.index = index
        self.time = time
    }
}
