/// The bounds of cosigning, each with its reason.
package enum CosigningLimits {
    /// Sizes of checkpoints for which one validator's cosignatures are kept: one a second, and a node
    /// that hears of none for so long has other troubles.
    package static let sizes = 32
    /// Contradicting cosignatures of one validator that are reported: more prove nothing more.
    package static let reports = 64
    /// Milliseconds after which the newest final block has rested and its log is cosigned.
    package static let restMilliseconds: UInt64 = 500
    /// Milliseconds between repetitions of cosignatures that are still too few.
    package static let repeatMilliseconds: UInt64 = 2000
    /// Final sizes whose roots are kept, to compare with what a quorum certifies: a quorum is some
    /// blocks behind or ahead.
    package static let roots = 256
}
