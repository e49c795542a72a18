import BallotCryptography
import CeremonyStation
import Codec
import Cryptography
import DocumentFiles
import Elections
import Foundation
import Hashing
import Ledger
import Ristretto
import Testing
import TransparencyLog

func signer(_ name: String) -> Ed25519SigningKey {
    Ed25519SigningKey(seed: SHA256.digest([UInt8](name.utf8)))
}

func member(_ name: String) -> Member { Member(name: name, key: signer(name).publicKey) }

func texts(_ text: String) -> [LocalizedText] { [LocalizedText(language: "en", text: text)] }

func genesis(_ name: String = "test") -> Genesis {
    Genesis(
        kind: .training, name: name, time: Timestamp(milliseconds: 1_800_000_000_000),
        origin: "test.example/1", logKey: signer("log").publicKey,
        validators: ValidatorSet(
            (1...4).map {
                Validator(
                    name: "validator-\($0)", consensusKey: signer("consensus \($0)").publicKey,
                    cosigningKey: signer("cosigning \($0)").publicKey,
                    nodeKey: signer("node \($0)").publicKey)
            }),
        commission: Commission(
            members: ["Anna", "Boris", "Clara"].map(member), threshold: 2),
        parameters: Parameters())
}

/// Random bytes of a seed.
struct SeededRandom: RandomSource {
    private var counter: UInt64

    init(seed: UInt64) { counter = seed << 32 }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            counter += 1
            var writer = ByteWriter()
            writer.write(counter)
            bytes += SHA256.digest(writer.bytes).bytes
        }
        return [UInt8](bytes.prefix(count))
    }
}

/// A chain with one election of five trustees, of whom three decrypt, driven block by block.
struct StationWorld {
    let chain: ChainContext
    let document: ElectionDocument
    private(set) var state = MemoryState()
    private(set) var head: ExecutedBlock
    private var random = SeededRandom(seed: 1)

    static let trustees = (1...5).map { "Trustee \($0)" }
    private static let arithmetic = SodiumArithmetic()

    /// The chain with the election created, all steps of the key ceremony to come.
    init(policy: ComplaintPolicy = .restart) throws {
        let genesis = genesis()
        chain = ChainContext(genesis: genesis)
        head = GenesisState.execute(chain)
        document = try Self.document(genesis, policy: policy)
        state.apply(head.changes)
        var proposal = CommissionProposal(creating: document)
        for name in ["Anna", "Boris"] {
            try proposal.sign(
                with: signer(name), commission: genesis.commission, domain: genesis.domain)
        }
        try add([try proposal.transaction(chainID: genesis.chainID)])
    }

    static func document(
        _ genesis: Genesis, policy: ComplaintPolicy = .restart
    ) throws -> ElectionDocument {
        func minutes(_ count: UInt64) -> Timestamp {
            genesis.time.adding(milliseconds: count * 60_000)
        }
        let opens = minutes(20)
        let closes = minutes(40)
        return ElectionDocument(
            chainID: genesis.chainID, kind: .training, name: "choice", title: texts("A choice"),
            contests: [
                Contest(
                    id: "main", question: texts("Which?"),
                    options: ["a", "b"].map { ElectionOption(id: $0, name: texts($0)) },
                    minimum: 1, maximum: 1, countedBlank: true)
            ],
            styles: [
                BallotStyle(
                    number: 1, name: texts("all"), region: "here", tallyUnit: 1, contests: [0],
                    timeZone: "Europe/Moscow", startOfIssuing: opens, opens: opens,
                    closes: closes, opensLocal: try WallTime.text(of: opens, in: "Europe/Moscow"),
                    closesLocal: try WallTime.text(of: closes, in: "Europe/Moscow"),
                    issuingKey: try IssuingKey.load().modulus)
            ],
            graceMilliseconds: 1000, ballotsPerVoter: 1,
            tallyUnits: [TallyUnit(number: 1, name: texts("all"), mergesInto: nil)],
            minimumTallyUnit: 1, trustees: trustees.map(member), threshold: 3, confirmations: 4,
            complaintPolicy: policy,
            deadlines: CeremonyDeadlines(
                registration: minutes(4), commitment: minutes(8), dealing: minutes(12),
                confirmation: minutes(16)),
            commission: Commission(members: ["Anna", "Boris", "Clara"].map(member), threshold: 2),
            registrar: member("Registrar"))
    }

    var election: Bytes32 { document.hash }
    var queries: ElectionQueries { ElectionQueries(state) }

    // MARK: - Blocks

    private func executor(after milliseconds: UInt64) throws -> BlockExecutor {
        try BlockExecutor(
            chain: chain, parent: state, catalog: head.catalog, height: head.height.next,
            time: head.time.adding(milliseconds: milliseconds), parentHash: .zero)
    }

    /// Makes a block; every transaction must apply.
    mutating func add(_ transactions: [Transaction], after milliseconds: UInt64 = 1000) throws {
        var executor = try executor(after: milliseconds)
        for transaction in transactions {
            let bytes = transaction.canonicalBytes
            try executor.apply(Entry(bytes))
        }
        head = try executor.finish()
        state.apply(head.changes)
    }

    /// Makes an empty block at a time of the document.
    mutating func advance(to time: Timestamp) throws {
        try add([], after: time.milliseconds - head.time.milliseconds)
    }

    /// The code with which the next block would refuse a transaction; nil if it applies.
    func refusal(_ transaction: Transaction) throws -> RefusalCode? {
        var executor = try executor(after: 1000)
        let bytes = transaction.canonicalBytes
        do throws(ExecutionFailure) {
            try executor.apply(Entry(bytes))
            return nil
        } catch {
            switch error {
            case .refused(let refusal): return refusal.code
            case .fault(let fault): throw fault
            }
        }
    }

    // MARK: - Stations

    static func keys(_ trustee: Int) -> TrusteeKeys {
        TrusteeKeys(
            identity: signer("Trustee \(trustee)"),
            seed: SHA256.digest([UInt8]("share \(trustee)".utf8)))
    }

    func station(_ trustee: Int) throws -> TrusteeStation {
        try TrusteeStation(
            genesis: chain.genesis, queries: queries, election: election,
            keys: Self.keys(trustee))
    }

    /// All trustees take one step in one block.
    mutating func step(_ take: (TrusteeStation) throws -> Transaction) throws {
        let transactions = try (1...5).map { try take(try station($0)) }
        try add(transactions)
    }

    /// The ceremony up to the stage in which dealings are checked and confirmed.
    mutating func deal() throws {
        try step { try $0.registration() }
        try step { try $0.commitment() }
        try step { try $0.dealing() }
    }

    mutating func holdCeremony() throws {
        try deal()
        try step { try $0.confirmation() }
        try step { try $0.rehearsal() }
    }

    // MARK: - Ballots

    /// The roll, three issued ballots, all three cast, and the time of the close.
    mutating func voteAndClose() throws {
        let leaves = (1...3).map {
            RollPart.leaf(
                chainID: chain.chainID, salt: SHA256.digest([UInt8($0)]), voter: "voter \($0)")
        }.sorted()
        var frontier = Frontier()
        for leaf in leaves { frontier.append(leaf: LogHash.leaf(leaf.bytes)) }
        let part = RollPart(
            election: election, style: 1, part: 0, total: 3, root: frontier.root, leaves: leaves)
        try add([.roll(registrar(.roll, part))])
        try advance(to: document.styles[0].opens)
        try add([
            .issueCount(
                registrar(.issueCount, IssueCount(election: election, style: 1, total: 3)))
        ])
        for voter in 1...3 { try add([try ballot(voter: voter, option: voter % 2)]) }
        try advance(to: document.styles[0].closes.adding(milliseconds: 2000))
    }

    private func registrar<Body: CanonicalCodable & Hashable & Sendable>(
        _ tag: EntryTag, _ body: Body
    ) -> Signed<Body> {
        Signed(
            chainID: chain.chainID, body: body,
            signature: signer("Registrar").sign(
                Transaction.signedMessage(tag: tag, body: body, in: chain.domain)))
    }

    private mutating func ballot(voter: Int, option: Int) throws -> Transaction {
        let keys = try #require(try queries.keys(election))
        let electionID = try #require(try queries.status(election)?.electionID)
        let issuing = try IssuingKey.load()
        let request = try CredentialRequest(
            seed: SHA256.digest([UInt8(voter)]), electionID: electionID, style: 1,
            modulus: issuing.modulus, arithmetic: Self.arithmetic)
        let certificate = try request.finalize(
            issuing.blindSign(request.blindedMessage), verifier: CredentialVerifier())
        let rules = try BallotRules(
            electionID: electionID, style: 1,
            contests: [BallotContest(index: 0, shape: document.contests[0].shape())], keys: keys)
        let encrypted = try EncryptedBallot(
            [.options([option])], rules: rules, credential: request.key, sequence: 1,
            previous: .zero, arithmetic: Self.arithmetic, random: &random)
        return .ballot(
            BallotTransaction(
                wire: encrypted.cast(arithmetic: Self.arithmetic, random: &random),
                certificate: certificate))
    }
}

/// A directory that is gone when the test ends.
func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
        "veche-station-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try body(directory.path)
}
