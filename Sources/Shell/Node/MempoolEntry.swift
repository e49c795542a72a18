import BallotCryptography
package import Codec
package import Elections
import Ledger

/// A transaction that was admitted and is in no final block.
package struct MempoolEntry: Sendable {
    package let id: Bytes32
    let bytes: [UInt8]
    let sender: AdmissionSender
    /// The order of arrival.
    let number: UInt64
    let arrival: Instant
    package internal(set) var verified: VerifiedBallot?
    /// The header of a ballot.
    let ballot: BallotHeader?
    /// Whether it waits for the registrar's count: it is in no block until then.
    package internal(set) var isWaiting: Bool
    /// Since when it waits for the count.
    var waitsSince: Instant
    /// The promise that was given, canonical.
    package internal(set) var promise: [UInt8]?
    /// Whether it comes from the store, and this process has not checked it yet.
    package internal(set) var isUnchecked = false
    /// The number of its place among those that wait to be judged again.
    var recheck: UInt64?
    var isRecheckUrgent = false
    /// How often a leader's state refused it. It is left out until it is judged again.
    package internal(set) var refusals = 0
    var isSuspended = false

    /// Whether a leader may include it now.
    package var isReady: Bool { !isWaiting && !isSuspended && !isUnchecked }

    /// Whether this validator promised it, or may have before a restart: promises are not stored, and a
    /// broken one is evidence against this validator. So a ballot from the store counts as promised.
    package var mayBePromised: Bool { promise != nil || sender == .restored && ballot != nil }

    /// Whether leaders' states refused it so often that every state will. What was promised goes only
    /// when a final state refuses it.
    package var isGivenUp: Bool { refusals >= NodeLimits.refusals && !mayBePromised }
}

/// A ballot style of an election.
package struct StyleName: Hashable, Comparable, Sendable {
    package let electionID: Bytes32
    package let style: UInt32

    package init(electionID: Bytes32, style: UInt32) {
        self.electionID = electionID
        self.style = style
    }

    init(_ header: BallotHeader) {
        self.init(electionID: header.electionID, style: header.style)
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.electionID, lhs.style) < (rhs.electionID, rhs.style)
    }
}

extension MempoolEntry {
    var style: StyleName? { ballot.map { StyleName($0) } }

    /// The style of a credential's first ballot, which takes one of the registrar's count.
    var firstBallotStyle: StyleName? { ballot?.sequence == 1 ? style : nil }
}
