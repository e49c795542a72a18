import BallotCryptography
import Codec
import Cryptography
import Elections
import Hashing
import Ledger
import Ristretto

/// Random bytes of a seed.
struct SeededRandom: RandomSource {
    private var counter: UInt64 = 0
    private let seed: [UInt8]

    init(_ seed: String) { self.seed = [UInt8](seed.utf8) }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var out: [UInt8] = []
        while out.count < count {
            self.counter += 1
            var writer = ByteWriter()
            writer.write(raw: self.seed)
            writer.write(self.counter)
            out += SHA512.hash(writer.bytes)
        }
        return [UInt8](out.prefix(count))
    }
}

func seed(_ text: String) -> Bytes32 { SHA256.digest([UInt8](text.utf8)) }

func signer(_ name: String) -> Ed25519SigningKey { Ed25519SigningKey(seed: seed(name)) }

func member(_ name: String) -> Member { Member(name: name, key: signer(name).publicKey) }

/// Times of the tests' elections in milliseconds after the chain's beginning.
enum Hour {
    static let origin: UInt64 = 1_800_000_000_000
    static let created: UInt64 = 10
    static let registration: UInt64 = 10_000
    static let commitment: UInt64 = 20_000
    static let dealing: UInt64 = 30_000
    static let confirmation: UInt64 = 40_000
    static let issuing: UInt64 = 50_000
    static let opens: UInt64 = 60_000
    static let closes: UInt64 = 100_000
    static let grace: UInt64 = 5_000
    static let after: UInt64 = closes + grace

    static func time(_ offset: UInt64) -> Timestamp {
        Timestamp(milliseconds: origin + offset)
    }
}

/// A chain with an election, driven block by block.
struct World {
    let chain: ChainContext
    private(set) var state = MemoryState()
    private(set) var head: ExecutedBlock
    var document: ElectionDocument
    /// The events of all blocks.
    private(set) var events: [ElectionEvent] = []
    var random = SeededRandom("world")

    static let trustees = 5
    static let threshold: UInt32 = 3
    static let voters: [UInt32: Int] = [1: 4, 2: 3, 3: 2]

    init(_ change: (inout DocumentParts) -> Void = { _ in }) {
        let genesis = Genesis(
            kind: .training, name: "test", time: Hour.time(0), origin: "test.example/1",
            logKey: signer("log").publicKey,
            validators: ValidatorSet(
                (0..<4).map {
                    Validator(
                        name: "v\($0)", consensusKey: signer("consensus \($0)").publicKey,
                        cosigningKey: signer("cosigning \($0)").publicKey,
                        nodeKey: signer("node \($0)").publicKey)
                }),
            commission: Commission(
                members: ["chain 0", "chain 1", "chain 2"].map(member), threshold: 2),
            parameters: Parameters())
        self.chain = ChainContext(genesis: genesis)
        self.head = GenesisState.execute(self.chain)
        var parts = DocumentParts(chainID: self.chain.chainID)
        change(&parts)
        self.document = parts.document
        self.state.apply(self.head.changes)
    }

    var election: Bytes32 { self.document.hash }
    var queries: ElectionQueries { ElectionQueries(self.state) }

    var status: ElectionStatus {
        get throws { try self.queries.status(self.election) ?? { throw Missing("status") }() }
    }

    struct Missing: Error {
        let what: String
        init(_ what: String) { self.what = what }
    }

    func executor(at offset: UInt64) throws -> BlockExecutor {
        try BlockExecutor(
            chain: self.chain, parent: self.state, catalog: self.head.catalog,
            height: self.head.height.next, time: Hour.time(offset),
            parentHash: seed("block \(self.head.height.rawValue)"))
    }

    /// Makes a block; every transaction must apply.
    @discardableResult
    mutating func block(
        at offset: UInt64, _ transactions: [Transaction] = []
    ) throws -> ExecutedBlock {
        var executor = try self.executor(at: offset)
        for transaction in transactions {
            let bytes = transaction.canonicalBytes
            try executor.apply(Entry(bytes))
        }
        self.head = try executor.finish()
        self.state.apply(self.head.changes)
        self.events += self.head.events
        return self.head
    }

    /// What the next block would say to a transaction; nil if it applies.
    func refusal(at offset: UInt64, _ transaction: Transaction) throws -> Refusal? {
        try self.refusal(at: offset, bytes: transaction.canonicalBytes)
    }

    func refusal(at offset: UInt64, bytes: [UInt8]) throws -> Refusal? {
        var executor = try self.executor(at: offset)
        do throws(ExecutionFailure) {
            try executor.apply(Entry(bytes))
            return nil
        } catch {
            switch error {
            case .refused(let refusal): return refusal
            case .fault(let fault): throw fault
            }
        }
    }

    /// Overwrites a record with what no software writes.
    mutating func damage(_ key: StateKey) { self.overwrite(key, [0xFF]) }

    /// Overwrites a record, not the tree of the digest.
    mutating func overwrite(_ key: StateKey, _ value: [UInt8]) {
        self.state.apply(StateChanges([key: value]))
    }

    /// The key of a part of a roll (table 31).
    func partKey(style: UInt32, part: UInt32) -> StateKey {
        var writer = ByteWriter()
        writer.write(raw: [0x01, 0x31])
        writer.write(self.election)
        writer.write(style)
        writer.write(part)
        return StateKey(writer.bytes)
    }

    func code(at offset: UInt64, _ transaction: Transaction) throws -> RefusalCode? {
        try self.refusal(at: offset, transaction)?.code
    }
}

/// A document that tests bend.
struct DocumentParts {
    var chainID: Bytes32
    var kind = ChainKind.training
    var name = "demo"
    var contests: [Contest] = [
        Contest(
            id: "mayor", question: texts("Who?"), options: options("anna", "boris"), minimum: 1,
            maximum: 1, countedBlank: true),
        Contest(
            id: "council", question: texts("Which?"), options: options("x", "y", "z"), minimum: 0,
            maximum: 2, countedBlank: false),
    ]
    var styles: [BallotStyle] = []
    var ballotsPerVoter: UInt32 = 3
    var tallyUnits = [
        TallyUnit(number: 1, name: texts("North"), mergesInto: nil),
        TallyUnit(number: 2, name: texts("South"), mergesInto: 3),
        TallyUnit(number: 3, name: texts("East"), mergesInto: nil),
    ]
    var minimumTallyUnit: UInt32 = 2
    var trustees = (1...World.trustees).map { member("trustee \($0)") }
    var threshold = World.threshold
    var confirmations: UInt32 = 4
    var complaintPolicy = ComplaintPolicy.restart
    var registrar = member("registrar")
    var grace = UInt32(Hour.grace)
    var registrationDeadline = Hour.registration

    init(chainID: Bytes32) {
        self.chainID = chainID
        self.styles = [
            Self.style(1, unit: 1, contests: [0, 1]), Self.style(2, unit: 2, contests: [0]),
            Self.style(3, unit: 3, contests: [0]),
        ]
    }

    static func texts(_ text: String) -> [LocalizedText] {
        [LocalizedText(language: "en", text: text), LocalizedText(language: "ru", text: "Да")]
    }

    static func options(_ ids: String...) -> [ElectionOption] {
        ids.map { ElectionOption(id: $0, name: texts($0)) }
    }

    static func style(
        _ number: UInt32, unit: UInt32, contests: [UInt32], opens: UInt64 = Hour.opens,
        key: Int? = nil
    ) -> BallotStyle {
        BallotStyle(
            number: number, name: texts("Style \(number)"), region: "Region \(number)",
            tallyUnit: unit, contests: contests, timeZone: "Europe/Moscow",
            startOfIssuing: Hour.time(Hour.issuing), opens: Hour.time(opens),
            closes: Hour.time(Hour.closes), opensLocal: "2027-01-15T08:00:00",
            closesLocal: "2027-01-15T20:00:00",
            issuingKey: IssuingKeys.all[key ?? Int(number) - 1].modulus)
    }

    var document: ElectionDocument {
        ElectionDocument(
            chainID: self.chainID, kind: self.kind, name: self.name, title: Self.texts("Test"),
            contests: self.contests, styles: self.styles, graceMilliseconds: self.grace,
            ballotsPerVoter: self.ballotsPerVoter, tallyUnits: self.tallyUnits,
            minimumTallyUnit: self.minimumTallyUnit, trustees: self.trustees,
            threshold: self.threshold, confirmations: self.confirmations,
            complaintPolicy: self.complaintPolicy,
            deadlines: CeremonyDeadlines(
                registration: Hour.time(self.registrationDeadline),
                commitment: Hour.time(Hour.commitment), dealing: Hour.time(Hour.dealing),
                confirmation: Hour.time(Hour.confirmation)),
            commission: Commission(
                members: ["member 0", "member 1", "member 2"].map(member), threshold: 2),
            registrar: self.registrar)
    }
}
