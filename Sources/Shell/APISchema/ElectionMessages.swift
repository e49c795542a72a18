package import Codec
package import Ledger

/// An election in a list.
package struct ElectionSummary: Codable, Hashable, Sendable {
    package let name: String
    /// SHA-256 of the document: names the election in commands and addresses, as its name does.
    package let document: Bytes32
    /// Present once the key ceremony is done.
    package let electionID: Bytes32?
    package let title: [LocalizedText]
    /// `announced`, `keyCeremony`, `rehearsed`, `rollPublished`, `open`, `closed`, `decrypting`, `tallied`,
    /// `signed`, `final` or `aborted`.
    package let phase: String

    package init(
        name: String, document: Bytes32, electionID: Bytes32? = nil, title: [LocalizedText],
        phase: String
    ) {
        self.name = name
        self.document = document
        self.electionID = electionID
        self.title = title
        self.phase = phase
    }
}

/// Numbers of one ballot style.
package struct StyleStatus: Codable, Hashable, Sendable {
    package let number: UInt32
    package let region: String
    package let opens: Timestamp
    /// The close in force, extensions included.
    package let closes: Timestamp
    /// Counted voters of the roll, ballots issued, credentials that have cast.
    package let listed: UInt32
    package let issued: UInt32
    package let cast: UInt32

    package init(
        number: UInt32, region: String, opens: Timestamp, closes: Timestamp, listed: UInt32,
        issued: UInt32, cast: UInt32
    ) {
        self.number = number
        self.region = region
        self.opens = opens
        self.closes = closes
        self.listed = listed
        self.issued = issued
        self.cast = cast
    }
}

/// An election's present state.
package struct ElectionStatus: Codable, Hashable, Sendable {
    package let summary: ElectionSummary
    /// Number of the present key ceremony.
    package let ceremony: UInt32
    package let styles: [StyleStatus]
    /// Why it was aborted.
    package let abortReason: String?
    /// The block that holds the transaction which created it.
    package let createdAt: UInt64?

    package init(
        summary: ElectionSummary, ceremony: UInt32, styles: [StyleStatus],
        abortReason: String? = nil, createdAt: UInt64? = nil
    ) {
        self.summary = summary
        self.ceremony = ceremony
        self.styles = styles
        self.abortReason = abortReason
        self.createdAt = createdAt
    }
}

/// One trustee's object of the key ceremony or of the closing.
package struct TrusteeMessage: Codable, Hashable, Sendable {
    /// From 1.
    package let trustee: UInt32
    /// Canonical bytes, hexadecimal.
    package let payload: String
    /// The transaction that carries it, whose signature proves who sent it.
    package let transaction: Bytes32?

    package init(trustee: UInt32, payload: String, transaction: Bytes32? = nil) {
        self.trustee = trustee
        self.payload = payload
        self.transaction = transaction
    }
}

/// The key ceremony as the chain holds it; payloads are BallotCryptography's canonical objects.
package struct CeremonyView: Codable, Hashable, Sendable {
    package let number: UInt32
    /// `registration`, `commitment`, `dealing`, `confirmation`, `rehearsal` or `done`.
    package let step: String
    package let setupID: Bytes32
    package let threshold: UInt32
    package let keyCount: UInt32
    /// Trustees that take part in this ceremony.
    package let trustees: [UInt32]
    package let registrations: [TrusteeMessage]
    package let commitments: [TrusteeMessage]
    package let dealings: [TrusteeMessage]
    package let complaints: [TrusteeMessage]
    package let confirmations: [TrusteeMessage]
    package let rehearsals: [TrusteeMessage]
    /// Dealers whose parts make the keys, once dealing ended.
    package let qualified: [UInt32]
    /// ElectionKeys in canonical bytes, hexadecimal, once known.
    package let keys: String?
    package let electionID: Bytes32?

    package init(
        number: UInt32, step: String, setupID: Bytes32, threshold: UInt32, keyCount: UInt32,
        trustees: [UInt32], registrations: [TrusteeMessage], commitments: [TrusteeMessage],
        dealings: [TrusteeMessage], complaints: [TrusteeMessage], confirmations: [TrusteeMessage],
        rehearsals: [TrusteeMessage], qualified: [UInt32], keys: String? = nil,
        electionID: Bytes32? = nil
    ) {
        self.number = number
        self.step = step
        self.setupID = setupID
        self.threshold = threshold
        self.keyCount = keyCount
        self.trustees = trustees
        self.registrations = registrations
        self.commitments = commitments
        self.dealings = dealings
        self.complaints = complaints
        self.confirmations = confirmations
        self.rehearsals = rehearsals
        self.qualified = qualified
        self.keys = keys
        self.electionID = electionID
    }
}

/// A credential key's last ballot.
package struct CredentialStatus: Codable, Hashable, Sendable {
    package let sequence: UInt32
    package let ballotID: Bytes32

    package init(sequence: UInt32, ballotID: Bytes32) {
        self.sequence = sequence
        self.ballotID = ballotID
    }
}

/// One leaf of a style's roll.
package struct RollLeafStatus: Codable, Hashable, Sendable {
    package let commitment: Bytes32
    /// `counted`, `withdrawn`, `paper`, `deceased` or `error`.
    package let status: String
    package let issued: Bool

    package init(commitment: Bytes32, status: String, issued: Bool) {
        self.commitment = commitment
        self.status = status
        self.issued = issued
    }
}

/// A stretch of one style's roll.
package struct RollView: Codable, Hashable, Sendable {
    package let style: UInt32
    package let total: UInt32
    package let from: UInt32
    package let leaves: [RollLeafStatus]

    package init(style: UInt32, total: UInt32, from: UInt32, leaves: [RollLeafStatus]) {
        self.style = style
        self.total = total
        self.from = from
        self.leaves = leaves
    }
}

/// One (tally unit, contest) pair at the closing.
package struct UnitView: Codable, Hashable, Sendable {
    /// From 1 (`ballot.md` 1.10).
    package let unit: UInt32
    /// The tally unit that its ballots are reported under, and units merged into it.
    package let tallyUnit: UInt32
    package let merged: [UInt32]
    /// Index into the document's contests.
    package let contest: UInt32
    /// Ballots in the sum.
    package let counted: UInt32
    /// EncryptedTotal in canonical bytes, hexadecimal.
    package let total: String
    package let partialDecryptions: [TrusteeMessage]
    /// Counts per option in document order, then the blank if it is counted; nil until decrypted.
    package let counts: [UInt64]?

    package init(
        unit: UInt32, tallyUnit: UInt32, merged: [UInt32], contest: UInt32, counted: UInt32,
        total: String, partialDecryptions: [TrusteeMessage], counts: [UInt64]? = nil
    ) {
        self.unit = unit
        self.tallyUnit = tallyUnit
        self.merged = merged
        self.contest = contest
        self.counted = counted
        self.total = total
        self.partialDecryptions = partialDecryptions
        self.counts = counts
    }
}

/// The closing as the chain holds it.
package struct TallyView: Codable, Hashable, Sendable {
    package let electionID: Bytes32
    package let phase: String
    package let units: [UnitView]
    /// SHA-256 of the result protocol, once it is complete.
    package let protocolHash: Bytes32?
    /// Members (from 0) that signed the protocol, and those that dissent with their texts.
    package let signers: [UInt16]
    package let dissents: [Dissent]

    package init(
        electionID: Bytes32, phase: String, units: [UnitView], protocolHash: Bytes32? = nil,
        signers: [UInt16], dissents: [Dissent]
    ) {
        self.electionID = electionID
        self.phase = phase
        self.units = units
        self.protocolHash = protocolHash
        self.signers = signers
        self.dissents = dissents
    }
}

/// A member's dissent from the result protocol.
package struct Dissent: Codable, Hashable, Sendable {
    package let member: UInt16
    package let text: String

    package init(member: UInt16, text: String) {
        self.member = member
        self.text = text
    }
}
