package import Codec
import Hashing

/// A text in one language (BCP 47 tag, as in `ru`).
package struct LocalizedText: Hashable, Codable, Sendable {
    package let language: String
    package let text: String

    package init(language: String, text: String) {
        self.language = language
        self.text = text
    }
}

/// One choice of a contest.
package struct ElectionOption: Hashable, Codable, Sendable {
    package let id: String
    package let name: [LocalizedText]

    package init(id: String, name: [LocalizedText]) {
        self.id = id
        self.name = name
    }
}

/// A question with options in ballot order, of which a voter selects from `minimum` to `maximum`.
package struct Contest: Hashable, Codable, Sendable {
    package let id: String
    package let question: [LocalizedText]
    package let options: [ElectionOption]
    package let minimum: UInt32
    package let maximum: UInt32
    /// Whether a blank ballot ("against all") is a choice of its own that is counted.
    package let countedBlank: Bool

    package init(
        id: String, question: [LocalizedText], options: [ElectionOption], minimum: UInt32,
        maximum: UInt32, countedBlank: Bool
    ) {
        self.id = id
        self.question = question
        self.options = options
        self.minimum = minimum
        self.maximum = maximum
        self.countedBlank = countedBlank
    }
}

/// A kind of ballot: where it is voted, on what, when, and under which issuing key.
package struct BallotStyle: Hashable, Sendable {
    /// Names the style in ballots; unique in the document.
    package let number: UInt32
    package let name: [LocalizedText]
    package let region: String
    /// The number of the tally unit that ballots of this style are counted in.
    package let tallyUnit: UInt32
    /// Indices into the document's contests, rising.
    package let contests: [UInt32]
    /// IANA name; for display and for the check of the two wall times below.
    package let timeZone: String
    package let startOfIssuing: Timestamp
    package let opens: Timestamp
    package let closes: Timestamp
    /// `YYYY-MM-DDTHH:MM:SS` in `timeZone`.
    package let opensLocal: String
    package let closesLocal: String
    /// The RSA-3072 modulus of the style's issuing key, 384 bytes, big-endian; e = 65537.
    package let issuingKey: [UInt8]

    package init(
        number: UInt32, name: [LocalizedText], region: String, tallyUnit: UInt32,
        contests: [UInt32], timeZone: String, startOfIssuing: Timestamp, opens: Timestamp,
        closes: Timestamp, opensLocal: String, closesLocal: String, issuingKey: [UInt8]
    ) {
        self.number = number
        self.name = name
        self.region = region
        self.tallyUnit = tallyUnit
        self.contests = contests
        self.timeZone = timeZone
        self.startOfIssuing = startOfIssuing
        self.opens = opens
        self.closes = closes
        self.opensLocal = opensLocal
        self.closesLocal = closesLocal
        self.issuingKey = issuingKey
    }
}

/// Ballots that are summed and decrypted together.
package struct TallyUnit: Hashable, Codable, Sendable {
    package let number: UInt32
    package let name: [LocalizedText]
    /// The unit that this one is counted with if the ballots of either are fewer than the document's
    /// minimum.
    package let mergesInto: UInt32?

    package init(number: UInt32, name: [LocalizedText], mergesInto: UInt32?) {
        self.number = number
        self.name = name
        self.mergesInto = mergesInto
    }
}

/// What happens to a dealer whose share a complaint shows to be bad (`ballot.md` 1.4 D4).
package enum ComplaintPolicy: UInt8, Sendable, CaseIterable {
    /// The ceremony begins again under the next number without that trustee.
    case restart = 1
    /// The ceremony goes on without that dealer's part.
    case proceed = 2
}

/// Ends of the key ceremony's steps in chain time. A step also ends when all have acted.
package struct CeremonyDeadlines: Hashable, Codable, Sendable {
    package let registration: Timestamp
    package let commitment: Timestamp
    package let dealing: Timestamp
    /// Complaints and confirmations.
    package let confirmation: Timestamp

    package init(
        registration: Timestamp, commitment: Timestamp, dealing: Timestamp,
        confirmation: Timestamp
    ) {
        self.registration = registration
        self.commitment = commitment
        self.dealing = dealing
        self.confirmation = confirmation
    }
}

/// Everything about an election that its commission decides before it is created. Its SHA-256 names
/// the election until the key ceremony has made the election id.
package struct ElectionDocument: Hashable, Codable, Sendable {
    package let chainID: Bytes32
    package let kind: ChainKind
    /// Short name for commands and addresses: a-z, 0-9 and `-`.
    package let name: String
    package let title: [LocalizedText]
    package let contests: [Contest]
    package let styles: [BallotStyle]
    /// How long after a style's close a ballot may still enter a block.
    package let graceMilliseconds: UInt32
    /// 1: the first ballot counts. Above: the last of at most so many counts.
    package let ballotsPerVoter: UInt32
    package let tallyUnits: [TallyUnit]
    /// A unit with fewer counted ballots is merged before anything is decrypted.
    package let minimumTallyUnit: UInt32
    package let trustees: [Member]
    /// t: how many trustees decrypt; above half of them.
    package let threshold: UInt32
    /// How many must confirm and rehearse before the election can open.
    package let confirmations: UInt32
    package let complaintPolicy: ComplaintPolicy
    package let deadlines: CeremonyDeadlines
    package let commission: Commission
    package let registrar: Member

    package init(
        chainID: Bytes32, kind: ChainKind, name: String, title: [LocalizedText],
        contests: [Contest], styles: [BallotStyle], graceMilliseconds: UInt32,
        ballotsPerVoter: UInt32, tallyUnits: [TallyUnit], minimumTallyUnit: UInt32,
        trustees: [Member], threshold: UInt32, confirmations: UInt32,
        complaintPolicy: ComplaintPolicy, deadlines: CeremonyDeadlines, commission: Commission,
        registrar: Member
    ) {
        self.chainID = chainID
        self.kind = kind
        self.name = name
        self.title = title
        self.contests = contests
        self.styles = styles
        self.graceMilliseconds = graceMilliseconds
        self.ballotsPerVoter = ballotsPerVoter
        self.tallyUnits = tallyUnits
        self.minimumTallyUnit = minimumTallyUnit
        self.trustees = trustees
        self.threshold = threshold
        self.confirmations = confirmations
        self.complaintPolicy = complaintPolicy
        self.deadlines = deadlines
        self.commission = commission
        self.registrar = registrar
    }

    /// SHA-256 of the canonical encoding.
    package var hash: Bytes32 { SHA256.digest(canonicalBytes) }

    package func style(numbered number: UInt32) -> BallotStyle? {
        styles.first { $0.number == number }
    }

    /// K: the largest number of decryptable cells (options and a counted blank) of any contest.
    package var keyCount: Int {
        contests.map { $0.options.count + ($0.countedBlank ? 1 : 0) }.max() ?? 0
    }
}
