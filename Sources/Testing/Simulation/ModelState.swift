import Admission
import Codec
import Ledger

/// Whose turn a model ballot takes. A voter has one style.
struct ModelBallot: Hashable, Sendable {
    let style: UInt8
    let voter: UInt16
    /// From 1 on.
    let sequence: UInt8

    /// The last ballot that a voter may cast.
    static let lastSequence: UInt8 = 3

    var slot: BallotSlot {
        var key = [UInt8](repeating: 7, count: Bytes32.size)
        (key[0], key[1], key[2]) = (UInt8(voter & 0xFF), UInt8(voter >> 8), style)
        return BallotSlot(
            credential: CredentialName(electionID: .zero, key: Bytes32(key[...])),
            style: StyleName(electionID: .zero, style: UInt32(style)), sequence: UInt32(sequence))
    }
}

/// A transaction of the model: ballots with windows, quotas and turns, and what concerns the validators.
enum ModelTransaction: Hashable, Sendable {
    /// Anything that is included once.
    case plain
    /// An order that changes the validators, and a new validator's word that it is ready.
    case membership
    case ballot(ModelBallot)
    /// How many voters of a style the registrar's count covers from now on.
    case count(style: UInt8, issued: UInt16)

    /// The first byte of a transaction that no honest validator accepts.
    static let invalidMark: UInt8 = 0xFF
    static let plainMark: UInt8 = 1
    static let secretMark: UInt8 = 2
    static let changeMark: UInt8 = 3
    static let readyMark: UInt8 = 4
    static let ballotMark: UInt8 = 5
    static let countMark: UInt8 = 6

    /// Nil for bytes that are no transaction.
    init?(_ bytes: [UInt8]) {
        switch bytes.first {
        case Self.plainMark, Self.secretMark: self = .plain
        case Self.changeMark, Self.readyMark: self = .membership
        case Self.ballotMark:
            // The last byte tells two ballots of one turn apart.
            guard bytes.count == 6, bytes[4] > 0 else { return nil }
            self = .ballot(
                ModelBallot(
                    style: bytes[1], voter: UInt16(bytes[2]) | UInt16(bytes[3]) << 8,
                    sequence: bytes[4]))
        case Self.countMark:
            guard bytes.count == 4 else { return nil }
            self = .count(style: bytes[1], issued: UInt16(bytes[2]) | UInt16(bytes[3]) << 8)
        default: return nil
        }
    }

    /// Whose turn a stored transaction takes; nil for one that is no ballot.
    static func slot(of entry: Entry) -> BallotSlot? {
        if case .ballot(let ballot)? = ModelTransaction(entry.bytes) { ballot.slot } else { nil }
    }

    static func ballot(_ ballot: ModelBallot, salt: UInt8) -> [UInt8] {
        [
            ballotMark, ballot.style, UInt8(ballot.voter & 0xFF), UInt8(ballot.voter >> 8),
            ballot.sequence, salt,
        ]
    }

    static func count(style: UInt8, issued: UInt16) -> [UInt8] {
        [countMark, style, UInt8(issued & 0xFF), UInt8(issued >> 8)]
    }
}

/// When ballots of a style are taken, in chain time.
struct ModelWindow: Sendable {
    let opens: Timestamp
    let closes: Timestamp

    /// Milliseconds before the close from which no ballot is promised any more.
    static let margin: UInt64 = 3000

    /// The styles of every run: one that is always open, one that closes early, one that opens late.
    static let all: [ModelWindow] = [
        ModelWindow(openAfter: 0, closeAfter: 1_000_000),
        ModelWindow(openAfter: 0, closeAfter: 6000),
        ModelWindow(openAfter: 3000, closeAfter: 12_000),
    ]

    private init(openAfter opens: UInt64, closeAfter closes: UInt64) {
        self.opens = SimulatedChain.start.adding(milliseconds: opens)
        self.closes = SimulatedChain.start.adding(milliseconds: closes)
    }

    func contains(_ time: Timestamp) -> Bool { opens <= time && time < closes }

    var promisesUntil: Timestamp { Timestamp(milliseconds: closes.milliseconds - Self.margin) }
}

/// What a style comes to.
struct ModelStyle: Hashable, Sendable {
    var issued: UInt16 = 0
    var cast: UInt16 = 0
}

/// A voter of a style.
struct ModelVoter: Hashable, Sendable {
    let style: UInt8
    let voter: UInt16
}

/// What blocks come to: the state after some block, as values.
struct ModelRecords: Sendable {
    var styles: [UInt8: ModelStyle] = [:]
    /// The number of each voter's last ballot.
    var voters: [ModelVoter: UInt8] = [:]
    var included: Set<Bytes32> = []
    var membership: SimulatedMembership

    mutating func apply(_ changes: ModelChanges) {
        styles.merge(changes.styles) { $1 }
        voters.merge(changes.voters) { $1 }
        included.formUnion(changes.included)
        membership = changes.membership
    }
}

/// What a block does to the records before it.
struct ModelChanges: Sendable {
    var styles: [UInt8: ModelStyle] = [:]
    var voters: [ModelVoter: UInt8] = [:]
    var included: Set<Bytes32> = []
    var membership: SimulatedMembership
    var raisedCounts = false
}

/// Why the model refuses a transaction.
enum ModelRefusal: Error, Hashable, Sendable {
    /// Its bytes are none.
    case form
    /// It has a false proof.
    case proof
    case duplicate
    case window
    case turn
    case quota
    case membership

    /// As a node of the real application says it.
    var refusal: TransactionRefusal {
        let code =
            switch self {
            case .form: "E_LENGTH"
            case .proof: "E_PROOF"
            case .duplicate: "E_DUPLICATE"
            case .window: "E_PHASE"
            case .turn: "E_SEQ"
            case .quota: "E_QUOTA"
            case .membership: "E_PARAM"
            }
        return TransactionRefusal(
            code: code, reason: description, blamesSender: self == .proof,
            isLasting: self == .form)
    }
}

extension ModelRefusal: CustomStringConvertible {
    var description: String {
        switch self {
        case .form: "the bytes are no transaction"
        case .proof: "the proof is false"
        case .duplicate: "the chain holds it"
        case .window: "the style is not open"
        case .turn: "it is not the voter's turn"
        case .quota: "the count does not cover it"
        case .membership: "a change out of turn"
        }
    }
}

/// A block that is being executed on a final state and the blocks above it.
struct ModelExecutor {
    let base: ModelRecords
    let above: [SimulatedExecution]
    let time: Timestamp
    /// How many validators there are, in the set or not.
    let candidates: Int
    private(set) var changes: ModelChanges

    init(
        on base: ModelRecords, above: [SimulatedExecution], time: Timestamp, candidates: Int,
        membership: SimulatedMembership
    ) {
        self.base = base
        self.above = above
        self.time = time
        self.candidates = candidates
        changes = ModelChanges(membership: membership)
    }

    func style(_ number: UInt8) -> ModelStyle {
        if let style = changes.styles[number] { return style }
        for execution in above.reversed() {
            if let style = execution.changes.styles[number] { return style }
        }
        return base.styles[number] ?? ModelStyle()
    }

    private func lastSequence(of voter: ModelVoter) -> UInt8 {
        if let sequence = changes.voters[voter] { return sequence }
        for execution in above.reversed() {
            if let sequence = execution.changes.voters[voter] { return sequence }
        }
        return base.voters[voter] ?? 0
    }

    func isIncluded(_ id: Bytes32) -> Bool {
        changes.included.contains(id) || base.included.contains(id)
            || above.contains { $0.changes.included.contains(id) }
    }

    /// Applies a transaction, or leaves everything as it was.
    mutating func apply(_ entry: Entry) throws(ModelRefusal) {
        if entry.bytes.first == ModelTransaction.invalidMark { throw .proof }
        guard let transaction = ModelTransaction(entry.bytes) else { throw .form }
        guard !isIncluded(entry.id) else { throw .duplicate }
        switch transaction {
        case .plain: break
        case .membership:
            guard changes.membership.apply(entry.bytes, of: candidates) else { throw .membership }
        case .ballot(let ballot): try cast(ballot)
        case .count(let number, let issued):
            var style = style(number)
            guard Int(number) < ModelWindow.all.count, issued > style.issued else { throw .turn }
            style.issued = issued
            changes.styles[number] = style
            changes.raisedCounts = true
        }
        changes.included.insert(entry.id)
    }

    private mutating func cast(_ ballot: ModelBallot) throws(ModelRefusal) {
        guard Int(ballot.style) < ModelWindow.all.count else { throw .form }
        guard ModelWindow.all[Int(ballot.style)].contains(time) else { throw .window }
        let voter = ModelVoter(style: ballot.style, voter: ballot.voter)
        guard ballot.sequence == lastSequence(of: voter) + 1,
            ballot.sequence <= ModelBallot.lastSequence
        else { throw .turn }
        if ballot.sequence == 1 {
            var style = style(ballot.style)
            guard style.cast < style.issued else { throw .quota }
            style.cast += 1
            changes.styles[ballot.style] = style
        }
        changes.voters[voter] = ballot.sequence
    }
}
