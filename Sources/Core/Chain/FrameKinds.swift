package import Codec

/// Every kind of message that only nodes say to each other, beside those of consensus and
/// synchronization.
package enum FrameKinds {
    package static let all: [EncodingKind] = [
        EncodingKind("CheckpointLines", CheckpointLines.self),
        EncodingKind("OldRelayedAnswer", OldRelayedAnswer.self),
        EncodingKind("PushedTransactions", PushedTransactions.self),
        EncodingKind("RelayedAnswer", RelayedAnswer.self),
        EncodingKind("RelayedSubmission", RelayedSubmission.self),
    ]
}
