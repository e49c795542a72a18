// Registrar: the voter register of one election, its commitment on the chain, and the blind issuing
// of credentials. It holds personal data in its own encrypted database and never sees a ballot; the
// chain learns salted commitments, totals and shuffled batches of leaf numbers, never a voter or a
// time of a request.

package import APISchema
internal import BallotCryptography
package import Ledger

/// Why a voter gets no answer to a request.
package enum IssuingRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another election than the one served here.
    case unknownElection
    /// The voter's leaf is no longer counted.
    case notCounted
    /// The register does not list the voter, or the code is another one: the answer does not say which,
    /// so that nobody learns from it who is listed.
    case wrongIdentity
    /// Too many wrong codes for this voter from this network; nobody else's requests are concerned.
    case blocked(retryAfterSeconds: Int)
    /// Too many wrong codes for this voter from all networks together.
    case guessed(retryAfterSeconds: Int)
    case beforeIssuing(Timestamp)
    case afterClose(Timestamp)
    /// The election is not at the stage at which ballots are issued.
    case phase(String)
    /// A credential was issued for another request of the voter.
    case issued
    case blindedMessage
    /// The chain's state or time is not known at the moment.
    case chainUnknown(String)
    case busy

    /// The HTTP status that goes with it.
    var status: Int {
        switch self {
        case .unknownElection: 404
        case .notCounted, .beforeIssuing, .afterClose, .phase, .issued,
            .blindedMessage:
            422
        case .wrongIdentity: 403
        case .blocked, .guessed: 429
        case .chainUnknown, .busy: 503
        }
    }

    package var description: String { failure.message }

    /// What the voter is told.
    package var failure: APIFailure {
        switch self {
        case .unknownElection:
            APIFailure(
                code: "NOT_FOUND",
                message: "This registrar does not serve that election; /v1/status names the one.")
        case .notCounted:
            refusal(
                .roll,
                "This voter's entry in the roll was changed and no ballot is issued for it; "
                    + "ask the registrar's office.")
        case .wrongIdentity:
            refusal(
                .authorization,
                "The roll lists no voter with this reference and this access code. Check both and try "
                    + "again, or ask the registrar's office.")
        case .blocked(let seconds):
            refusal(
                .rate,
                "Too many wrong access codes for this voter came from this network; wait and try again.",
                retryAfterSeconds: seconds)
        case .guessed(let seconds):
            refusal(
                .rate,
                "Too many wrong access codes for this voter came from several networks; wait and try "
                    + "again, and tell the registrar's office.",
                retryAfterSeconds: seconds)
        case .beforeIssuing(let start):
            refusal(.phase, "Ballots of this style are issued from \(start.words) on.")
        case .afterClose(let close):
            refusal(.phase, "The vote closed at \(close.words); no more ballots are issued.")
        case .phase(let text):
            refusal(.phase, text)
        case .issued:
            refusal(
                .issued,
                "A credential was issued to this voter for another request. Continue on the device "
                    + "that made it; if that was not you, tell the registrar's office.")
        case .blindedMessage:
            refusal(
                .blind,
                "The blinded message must be 384 bytes whose number is above 1 and below the "
                    + "issuing key's modulus less 1.")
        case .chainUnknown(let text):
            APIFailure(code: "UNAVAILABLE", message: text, retryAfterSeconds: 2)
        case .busy:
            APIFailure(
                code: "BUSY", message: "Too many requests at once; try again.",
                retryAfterSeconds: 2)
        }
    }

    private func refusal(
        _ code: RefusalCode, _ message: String, retryAfterSeconds: Int? = nil
    ) -> APIFailure {
        APIFailure(code: code.name, message: message, retryAfterSeconds: retryAfterSeconds)
    }
}
