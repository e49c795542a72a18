// LedgerClient: the client side of the HTTP interfaces of a node and of a registrar, for the tools.
// What a server says is checked against what was asked for before it is returned; what only
// certificates and proofs can show is `Verification`'s. It knows no key and no secret.

package import APISchema
internal import PlainText

/// Why a request had no usable answer.
package enum ClientError: Error, Hashable, Sendable {
    /// Not an `http://` or `https://` address of a server.
    case badAddress(String)
    /// Not an address to send a secret to: it names another machine over plain `http://`.
    case insecure(String)
    /// Not a name, document hash or id of an election.
    case badReference(String)
    /// No server could be reached in time; what happened at each, the last attempt.
    case unreachable([String])
    /// A server refused the request; trying again with the same request does not help.
    case refused(APIFailure)
    /// An answer that an honest server does not give.
    case badAnswer(server: String, problem: String)
    /// Several servers answered, none as an honest one would; each with what is wrong.
    case allBad([String])
    /// It was accepted, but what was waited for did not come in time.
    case timedOut(waitingFor: String)
    case cancelled

    /// The stable code of a refusal, as in `E_PROOF`; nil for another kind of error.
    package var refusalCode: String? {
        if case .refused(let failure) = self { failure.code } else { nil }
    }

    /// Whether servers answered, and none as an honest one would.
    package var isBadAnswer: Bool {
        switch self {
        case .badAnswer, .allBad: true
        case .badAddress, .insecure, .badReference, .unreachable, .refused, .timedOut, .cancelled:
            false
        }
    }

    /// Whether nobody answered or nothing came of it in time: the same may succeed later.
    package var isTemporary: Bool {
        switch self {
        case .unreachable, .timedOut: true
        case .badAddress, .insecure, .badReference, .refused, .badAnswer, .allBad, .cancelled:
            false
        }
    }
}

extension ClientError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badAddress(let text):
            "`\(text)` is not the address of a server; write it as in http://127.0.0.1:8080"
        case .insecure(let text):
            "`\(text.plainLine)` is not encrypted: everybody on the way would read the access code. Use "
                + "the registrar's https:// address"
        case .badReference(let text):
            "`\(text)` does not name an election; give its short name, or the 64 hexadecimal digits "
                + "of its document hash or election id"
        case .unreachable(let attempts):
            "no server gave an answer: " + attempts.joined(separator: "; ")
        case .refused(let failure):
            "\(failure.message) (\(failure.code))"
        case .badAnswer(let server, let problem):
            "\(server) gave an answer that does not hold: \(problem); try another server"
        case .allBad(let answers):
            "no server gave an answer that holds: " + answers.joined(separator: "; ")
                + "; try another server"
        case .timedOut(let subject):
            "\(subject) did not come in time; ask again later, nothing is lost"
        case .cancelled:
            "the request was cancelled"
        }
    }
}
