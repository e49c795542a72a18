package import BallotCryptography
package import Codec
package import Ledger

/// Where an election stands (`design.md` section 3).
package enum ElectionPhase: String, Hashable, Sendable, CaseIterable {
    case announced
    case keyCeremony
    /// The key ceremony is finished; a roll is missing.
    case rehearsed
    /// All rolls are complete; no style is open yet, or none any more before the grace is over.
    case rollPublished
    /// At least one style takes ballots.
    case open
    case closed
    /// At least one share has come, not all units are counted.
    case decrypting
    case tallied
    /// A member of the commission has signed or dissented.
    case signed
    /// The commission's threshold agrees with the result.
    case final
    case aborted
}

/// One line of a list of elections.
package struct ElectionSummary: Hashable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    package let name: String
    package let title: [LocalizedText]
    package let phase: ElectionPhase
    package let electionID: Bytes32?
}

/// Where one election stands, with its styles.
package struct ElectionStatus: Hashable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    /// Final from the end of the key ceremony on, nil before.
    package let electionID: Bytes32?
    package let name: String
    package let kind: ChainKind
    package let phase: ElectionPhase
    package let createdAt: Height
    package let createdTime: Timestamp
    /// The number of the present or last key ceremony.
    package let ceremony: UInt32
    /// The first time at which no style takes ballots any more.
    package let closesFinally: Timestamp
    /// Why the election was aborted, nil if it was not.
    package let abortReason: String?
    package let styles: [StyleStatus]
    /// Units that are still to be counted, after the close.
    package let unitsOpen: UInt32
    /// SHA-256 of the result protocol.
    package let resultHash: Bytes32?
    /// Members who signed the protocol without and with a dissent.
    package let agreeing: UInt32
    package let dissenting: UInt32
}

/// A style's window and accounting: cast <= issued <= listed.
package struct StyleStatus: Hashable, Sendable {
    package let number: UInt32
    package let startOfIssuing: Timestamp
    package let opens: Timestamp
    /// The effective close: the registrar stops issuing.
    package let closes: Timestamp
    /// Close and grace: the first block time that is too late for a ballot.
    package let acceptsUntil: Timestamp
    /// When nodes stop promising: half the grace, at most 10 s, earlier.
    package let promisesUntil: Timestamp
    package let isOpen: Bool
    package let isRollComplete: Bool
    /// Leaves of the roll.
    package let rollTotal: UInt32
    /// RFC 6962 root over the leaves, from the first part of the roll on.
    package let rollRoot: Bytes32?
    /// Leaves that may vote.
    package let listed: UInt32
    /// The issue count.
    package let issued: UInt32
    /// Leaves published as issued.
    package let leavesIssued: UInt32
    /// Credentials seen in ballots.
    package let cast: UInt32
}

/// One attempt at the key ceremony. Trustees are named by their number in the document.
package struct CeremonyStatus: Hashable, Sendable {
    package let number: UInt32
    package let stage: CeremonyStage
    /// When the step ends at the latest; nil when the attempt is over.
    package let stageEnds: Timestamp?
    package let participants: [UInt32]
    package let parameters: CeremonyParameters
    package let registered: [UInt32]
    /// Who has committed.
    package let dealers: [UInt32]
    /// Who has dealt; from the confirmation on, QUAL.
    package let qualified: [UInt32]
    package let confirmed: [UInt32]
    package let rehearsed: [UInt32]
    /// How many must confirm and rehearse.
    package let required: Int
    /// The id of the present keys, from the confirmation on.
    package let electionID: Bytes32?

    /// The number that the cryptography knows a trustee by: its place among the participants,
    /// from 1.
    package func index(of trustee: UInt32) -> UInt32? {
        self.participants.firstIndex(of: trustee).map { UInt32($0) + 1 }
    }

    /// QUAL in the numbers of the cryptography.
    package var qualifiedIndices: [UInt32] { self.qualified.compactMap { self.index(of: $0) } }
}

/// An accepted message of the key ceremony, or an accepted partial decryption.
package struct TrusteeObject: Hashable, Sendable {
    /// The number in the document.
    package let trustee: UInt32
    package let payload: [UInt8]
    package let transaction: Bytes32
    /// Of a complaint: whether it was justified; nil for everything else.
    package let isJustified: Bool?
}

/// A voter's place on the roll.
package struct RollLeaf: Hashable, Sendable {
    package let commitment: Bytes32
    package let status: RollStatus
    package let isIssued: Bool
}

/// What a credential has cast last.
package struct CredentialStatus: Hashable, Sendable {
    package let style: UInt32
    package let sequence: UInt32
    package let ballotID: Bytes32
    package let tracker: Bytes32
    package let transaction: Bytes32
}

/// A unit of decryption.
package struct UnitStatus: Sendable {
    /// Numbered from 1 in document order.
    package let unit: UInt32
    /// The contest's index in the document.
    package let contest: UInt32
    /// The tally units whose ballots are in it.
    package let tallyUnits: [UInt32]
    /// The unit that took this one's ballots, nil for one that is decrypted itself.
    package let mergedInto: UInt32?
    package let total: EncryptedTotal
    /// Trustees (document numbers) with a valid share, in order of arrival.
    package let shares: [UInt32]
    /// Votes of each option, then of the counted blank.
    package let counts: [UInt64]?

    /// Whether trustees are asked for shares.
    package var needsShares: Bool { self.mergedInto == nil && self.counts == nil }
}

/// A member's accepted signature over the result protocol.
package struct SignatureObject: Hashable, Sendable {
    package let signature: ProtocolSignature
    package let transaction: Bytes32
}
