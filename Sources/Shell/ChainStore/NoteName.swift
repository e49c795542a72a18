/// What stands in the notes of the store.
package enum NoteName {
    package static let stateDigest = "state-digest"
    package static let cosigned = "cosigned-size"
    package static let checkpoint = "checkpoint"
    package static let fork = "fork-evidence"
    /// The round in which this validator had signed when the newest block was stored.
    package static let signedRound = "signed-round"
}
