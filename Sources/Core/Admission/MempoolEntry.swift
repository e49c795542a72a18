package import Codec
package import Ledger

/// A transaction that was admitted and is in no final block.
///
/// `Prepared` is what its checks made of it: decoded, its proof checked.
package struct MempoolEntry<Prepared: Sendable>: Sendable {
    package let entry: Entry
    let sender: AdmissionSender
    /// The order of arrival.
    let number: UInt64
    let arrival: Instant
    package internal(set) var prepared: Prepared?
    /// How many bytes of memory that takes, and whether they count.
    var preparedBytes = 0
    var keepsPrepared = false
    /// Whose turn it takes, for a ballot.
    package let slot: BallotSlot?
    /// Whether the store has it, so that a restart loses it no more.
    package internal(set) var isStored: Bool
    /// The number of the write that is to store it.
    package internal(set) var storing: UInt64?
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
    /// The number of its place among those that are ready; nil where it is not.
    var readyPlace: UInt64?
    /// How often a leader's state refused it. It is left out until it is judged again.
    package internal(set) var refusals = 0
    var isSuspended = false

    package var id: Bytes32 { entry.id }
    package var bytes: [UInt8] { entry.bytes }

    /// Whether a leader may include it now.
    package var isReady: Bool { !isWaiting && !isSuspended && !isUnchecked && isStored }

    /// Whether this validator promised it, or may have before a restart: promises are not stored, and a
    /// broken one is evidence against this validator. So a ballot from the store counts as promised.
    package var mayBePromised: Bool { promise != nil || sender == .restored && slot != nil }

    /// Whether leaders' states refused it so often that every state will. What was promised goes only
    /// when a final state refuses it.
    package var isGivenUp: Bool { refusals >= AdmissionLimits.refusals && !mayBePromised }
}

/// A credential key in its election.
package struct CredentialName: Hashable, Sendable {
    package let electionID: Bytes32
    package let key: Bytes32

    package init(electionID: Bytes32, key: Bytes32) {
        self.electionID = electionID
        self.key = key
    }
}

/// Whose turn a ballot takes: the credential's, in its style, for the so many-th time.
package struct BallotSlot: Hashable, Sendable {
    package let credential: CredentialName
    package let style: StyleName
    /// From 1 on.
    package let sequence: UInt32

    package init(credential: CredentialName, style: StyleName, sequence: UInt32) {
        self.credential = credential
        self.style = style
        self.sequence = sequence
    }
}

/// What a promise of a style's ballots rests on: its quota, and until when ballots are promised.
package struct PromiseAccount: Hashable, Sendable {
    /// How many credentials the registrar's count covers.
    package let issued: UInt32
    /// How many credentials have a ballot in the chain.
    package let cast: UInt32
    package let promisesUntil: Timestamp

    package init(issued: UInt32, cast: UInt32, promisesUntil: Timestamp) {
        self.issued = issued
        self.cast = cast
        self.promisesUntil = promisesUntil
    }
}

/// A ballot style of an election.
package struct StyleName: Hashable, Comparable, Sendable {
    package let electionID: Bytes32
    package let style: UInt32

    package init(electionID: Bytes32, style: UInt32) {
        self.electionID = electionID
        self.style = style
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.electionID, lhs.style) < (rhs.electionID, rhs.style)
    }
}

extension MempoolEntry {
    var style: StyleName? { slot?.style }

    /// The style of a credential's first ballot, which takes one of the registrar's count.
    var firstBallotStyle: StyleName? { slot?.sequence == 1 ? style : nil }
}
