package import APISchema

/// Why a request was not answered, as the client sees it.
package struct ServiceFailure: Error, Hashable, Sendable {
    /// What kind of failure, which is the HTTP status.
    package enum Kind: Int, Sendable, CaseIterable {
        case badRequest = 400
        case notFound = 404
        case wrongMethod = 405
        case tooSlow = 408
        case conflict = 409
        case gone = 410
        case tooLarge = 413
        case refused = 422
        case tooMany = 429
        case broken = 500
        case unavailable = 503
    }

    package let kind: Kind
    package let failure: APIFailure

    package init(kind: Kind, failure: APIFailure) {
        self.kind = kind
        self.failure = failure
    }

    /// The request itself is malformed.
    package static func badRequest(_ message: String) -> ServiceFailure {
        ServiceFailure(
            kind: .badRequest, failure: APIFailure(code: "BAD_REQUEST", message: message))
    }

    package static func notFound(_ message: String) -> ServiceFailure {
        ServiceFailure(kind: .notFound, failure: APIFailure(code: "NOT_FOUND", message: message))
    }

    /// The address does not know the request's method.
    package static func wrongMethod(_ message: String) -> ServiceFailure {
        ServiceFailure(
            kind: .wrongMethod, failure: APIFailure(code: "WRONG_METHOD", message: message))
    }

    /// What is asked for will never exist: the election was aborted.
    package static func aborted(_ message: String) -> ServiceFailure {
        ServiceFailure(kind: .gone, failure: APIFailure(code: "ABORTED", message: message))
    }

    /// What is asked for will exist once the chain has moved on.
    package static func notFinal(_ message: String, retryAfterSeconds: Int) -> ServiceFailure {
        ServiceFailure(
            kind: .conflict,
            failure: APIFailure(
                code: "NOT_FINAL", message: message, retryAfterSeconds: retryAfterSeconds))
    }

    package static func tooLarge(_ message: String) -> ServiceFailure {
        ServiceFailure(kind: .tooLarge, failure: APIFailure(code: "TOO_LARGE", message: message))
    }

    /// The request did not arrive in time.
    package static func tooSlow(_ message: String) -> ServiceFailure {
        ServiceFailure(kind: .tooSlow, failure: APIFailure(code: "TOO_SLOW", message: message))
    }

    /// The ledger's rules refuse the transaction; `code` is one of `E_*`.
    package static func refused(code: String, _ message: String) -> ServiceFailure {
        ServiceFailure(kind: .refused, failure: APIFailure(code: code, message: message))
    }

    /// One source has used up its share.
    package static func tooMany(_ message: String, retryAfterSeconds: Int) -> ServiceFailure {
        ServiceFailure(
            kind: .tooMany,
            failure: APIFailure(
                code: "BUSY", message: message, retryAfterSeconds: retryAfterSeconds))
    }

    /// The node is full.
    package static func busy(_ message: String, retryAfterSeconds: Int) -> ServiceFailure {
        ServiceFailure(
            kind: .unavailable,
            failure: APIFailure(
                code: "BUSY", message: message, retryAfterSeconds: retryAfterSeconds))
    }

    /// The node cannot do this now.
    package static func unavailable(_ message: String, retryAfterSeconds: Int) -> ServiceFailure {
        ServiceFailure(
            kind: .unavailable,
            failure: APIFailure(
                code: "UNAVAILABLE", message: message, retryAfterSeconds: retryAfterSeconds))
    }

    /// A fault of the node that is no fault of the request.
    package static let broken = ServiceFailure(
        kind: .broken,
        failure: APIFailure(
            code: "UNAVAILABLE", message: "The node failed to answer; its log says why."))
}

extension ServiceFailure: CustomStringConvertible {
    package var description: String { "\(failure.message) (\(failure.code))" }
}
