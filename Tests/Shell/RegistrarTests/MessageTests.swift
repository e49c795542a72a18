import Codec
import Cryptography
import Ledger
import NetworkAddresses
import Registrar
import Testing

/// What the registrar says to people has words of its own, never a value of the program.
@Suite struct MessageTests {
    static let errors: [any Error & CustomStringConvertible] = [
        DatabaseFailure.unknownVersion(9), DatabaseFailure.corrupt("roll"),
        DatabaseFailure.wrongKey, DatabaseFailure.inUse,
        DatabaseFailure.failed(code: 13, problem: "database or disk is full"),
        IssuerFailure.otherRegistrar, IssuerFailure.otherIssuingKey(style: 1),
        IssuerFailure.otherChain, RollFailure.otherElection(name: "x\u{1B}[2J\ny"),
        RollFailure.otherRegister,
        IssuingRefusal.unknownElection, IssuingRefusal.notCounted, IssuingRefusal.wrongIdentity,
        IssuingRefusal.blocked(retryAfterSeconds: 1), IssuingRefusal.guessed(retryAfterSeconds: 1),
        IssuingRefusal.beforeIssuing(Fixture.start), IssuingRefusal.afterClose(Fixture.closes),
        IssuingRefusal.phase("The vote is closed."), IssuingRefusal.issued,
        IssuingRefusal.blindedMessage, IssuingRefusal.chainUnknown("No block comes."),
        IssuingRefusal.busy, BlindIssuingError.blindedMessageRefused,
        BlindIssuingError.keyRefused, BlindIssuingError.backendFailed,
    ]

    @Test func everyErrorIsSaidInWords() {
        for error in Self.errors {
            let text = error.description
            let mirror = Mirror(reflecting: error)
            if mirror.displayStyle == .enum, let label = mirror.children.first?.label {
                #expect(!text.contains(label), "\(text)")
            }
            for trace in ["Registrar.", "Ledger.", "Optional(", "rawValue", "errno"] {
                #expect(!text.contains(trace), "\(text)")
            }
            #expect(!text.unicodeScalars.contains("\u{1B}"))
        }
    }
}
