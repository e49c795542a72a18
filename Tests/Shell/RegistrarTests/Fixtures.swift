import APISchema
import BallotCryptography
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Ledger
import LedgerClient
import Logging
import NetworkAddresses
import Registrar
import Synchronization

/// A directory that is gone when the last reference goes.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/veche-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // What the system cleans anyway.
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }
}

enum Fixture {
    /// RSA keys take a second each: one registrar serves all tests.
    static let secrets: RegistrarSecrets = {
        do {
            return try RegistrarSecrets.generate(styles: [1, 2])
        } catch {
            preconditionFailure("keys are made")
        }
    }()

    static let chainID = Bytes32([UInt8](repeating: 7, count: 32)[...])
    static let electionID = Bytes32([UInt8](repeating: 9, count: 32)[...])
    static let start = Timestamp(milliseconds: 1_800_000_000_000)
    static let opens = start.adding(milliseconds: 60_000)
    static let closes = start.adding(milliseconds: 3_600_000)
    static let during = start.adding(milliseconds: 120_000)
    static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    static func document(
        secrets: RegistrarSecrets = secrets, name: String = "probe"
    ) -> ElectionDocument {
        let text = [LocalizedText(language: "en", text: "Probe")]
        let styles = secrets.issuingKeys.sorted { $0.key < $1.key }.map { number, key in
            BallotStyle(
                number: number, name: text, region: "r\(number)", tallyUnit: 1, contests: [0],
                timeZone: "UTC", startOfIssuing: start, opens: opens, closes: closes,
                opensLocal: "2027-01-15T08:01:00", closesLocal: "2027-01-15T09:00:00",
                issuingKey: key.modulus)
        }
        func member(_ number: UInt8) -> Member {
            Member(name: "m\(number)", key: Bytes32([UInt8](repeating: number, count: 32)[...]))
        }
        return ElectionDocument(
            chainID: chainID, kind: .training, name: name, title: text,
            contests: [
                Contest(
                    id: "c", question: text,
                    options: [
                        ElectionOption(id: "a", name: text), ElectionOption(id: "b", name: text),
                    ], minimum: 1, maximum: 1, countedBlank: true)
            ],
            styles: styles, graceMilliseconds: 30_000, ballotsPerVoter: 1,
            tallyUnits: [TallyUnit(number: 1, name: text, mergesInto: nil)], minimumTallyUnit: 1,
            trustees: [member(1), member(2), member(3)], threshold: 2, confirmations: 3,
            complaintPolicy: .restart,
            deadlines: CeremonyDeadlines(
                registration: start, commitment: start, dealing: start, confirmation: start),
            commission: Commission(members: [member(4)], threshold: 1),
            registrar: Member(name: "registrar", key: secrets.signingKey.publicKey))
    }

    /// `count` voters `v0`, `v1`, ... with the codes `passcode-0`, ... in style 1, the last in style 2.
    static func register(_ count: Int = 5) throws -> Register {
        var text = "voter,code,style\n"
        for number in 0..<count {
            text += "v\(number),passcode-\(number),\(number == count - 1 ? 2 : 1)\n"
        }
        return try Register([UInt8](text.utf8), styles: [1, 2])
    }

    static func identity(_ number: Int) -> VoterIdentity {
        VoterIdentity(voter: "v\(number)", code: "passcode-\(number)")
    }

    /// A voter's request, from a seed.
    static func request(_ seed: UInt8, style: UInt32 = 1) throws -> CredentialRequest {
        guard let modulus = secrets.issuingKeys[style]?.modulus else {
            preconditionFailure("the fixture's styles are 1 and 2")
        }
        return try CredentialRequest(
            seed: Bytes32([UInt8](repeating: seed, count: 32)[...]), electionID: electionID,
            style: style, modulus: modulus, arithmetic: SodiumArithmetic())
    }

    static func message(
        _ request: CredentialRequest, from identity: VoterIdentity
    ) -> CredentialRequestMessage {
        CredentialRequestMessage(
            identity: identity, blindedMessage: Hexadecimal.encode(request.blindedMessage))
    }
}

/// A chain in memory, as far as a registrar sees one.
final class MemoryChain: ElectionChain {
    struct State {
        var time = Fixture.during
        var height: UInt64 = 1
        var phase = "open"
        var electionID: Bytes32? = Fixture.electionID
        var rolls: [UInt32: [RollLeafStatus]] = [:]
        var publishedRolls: Set<UInt32> = []
        var issued: [UInt32: UInt32] = [:]
        var publishedLeaves: [UInt32: [[UInt32]]] = [:]
        var counts: [IssueCount] = []
        var submitted: [Bytes32] = []
        var isReachable = true
        /// Styles whose counts it refuses.
        var refusedCounts: Set<UInt32> = []
        /// Says that it took a transaction, and drops it.
        var dropsTransactions = false
        var knowsEverythingAsFinal = false
        /// Never answers.
        var isSilent = false
        /// How often the election's state was asked for.
        var questions = 0
    }

    let state = Mutex(State())
    let document: ElectionDocument
    /// Totals as they arrive.
    let totals: AsyncStream<UInt32>
    private let arrived: AsyncStream<UInt32>.Continuation

    init(document: ElectionDocument) {
        self.document = document
        (totals, arrived) = AsyncStream.makeStream(of: UInt32.self)
    }

    private func reach() async throws(ClientError) {
        if state.withLock({ $0.isSilent }) {
            let (silence, _) = AsyncStream.makeStream(of: Never.self)
            for await _ in silence {}
            throw .cancelled
        }
        guard state.withLock({ $0.isReachable }) else { throw .unreachable(["nobody"]) }
    }

    func head() async throws(ClientError) -> ChainHead {
        try await reach()
        return state.withLock { ChainHead(height: $0.height, time: $0.time) }
    }

    func election() async throws(ClientError) -> ElectionStatus {
        try await reach()
        return state.withLock { state in
            state.questions += 1
            return ElectionStatus(
                summary: ElectionSummary(
                    name: document.name, document: document.hash, electionID: state.electionID,
                    title: document.title, phase: state.phase),
                ceremony: 1,
                styles: document.styles.map {
                    StyleStatus(
                        number: $0.number, region: $0.region, opens: $0.opens, closes: $0.closes,
                        listed: UInt32(state.rolls[$0.number]?.count ?? 0),
                        issued: state.issued[$0.number] ?? 0, cast: 0)
                })
        }
    }

    func roll(style: UInt32, from: UInt32) async throws(ClientError) -> RollView {
        try await reach()
        return state.withLock { state in
            let leaves = state.rolls[style] ?? []
            return RollView(
                style: style, total: UInt32(leaves.count), from: from,
                leaves: [RollLeafStatus](leaves.dropFirst(Int(from)).prefix(3)))
        }
    }

    func submit(_ transaction: [UInt8]) async throws(ClientError) {
        try await reach()
        guard let decoded = try? Transaction(canonicalBytes: transaction) else {
            throw .refused(APIFailure(code: "BAD_REQUEST", message: ""))
        }
        let refusal: String? = state.withLock { state in
            if state.dropsTransactions { return nil }
            switch decoded {
            case .roll(let signed):
                guard isSigned(signed, .roll) else { return "E_AUTH" }
                state.publishedRolls.insert(signed.body.style)
                state.rolls[signed.body.style, default: []] += signed.body.leaves.map {
                    RollLeafStatus(commitment: $0, status: "counted", issued: false)
                }
            case .issueCount(let signed):
                guard isSigned(signed, .issueCount) else { return "E_AUTH" }
                let count = signed.body
                guard !state.refusedCounts.contains(count.style) else { return "E_QUOTA" }
                guard count.total > state.issued[count.style] ?? 0 else { return "E_QUOTA" }
                state.issued[count.style] = count.total
                state.counts.append(count)
                arrived.yield(count.total)
            case .issuedLeaves(let signed):
                guard isSigned(signed, .issuedLeaves) else { return "E_AUTH" }
                let batch = signed.body
                let before = state.publishedLeaves[batch.style, default: []].flatMap { $0 }
                guard
                    before.count + batch.leaves.count <= Int(state.issued[batch.style] ?? 0)
                else { return "E_QUOTA" }
                guard Set(before).isDisjoint(with: batch.leaves) else { return "E_ISSUED" }
                state.publishedLeaves[batch.style, default: []].append(batch.leaves)
            default: return "E_VERSION"
            }
            state.submitted.append(Transaction.id(of: transaction))
            return nil
        }
        if let refusal { throw .refused(APIFailure(code: refusal, message: refusal)) }
    }

    private func isSigned<Body>(_ signed: Signed<Body>, _ tag: EntryTag) -> Bool {
        signed.isSigned(
            by: document.registrar.key, tag: tag,
            in: SigningDomain(kind: document.kind, chainID: document.chainID),
            verifier: Ed25519Verifier())
    }

    func submitAndWait(_ transaction: [UInt8]) async throws(ClientError) {
        try await submit(transaction)
    }

    func isFinal(_ transactionID: Bytes32) async throws(ClientError) -> Bool {
        try await reach()
        return state.withLock {
            $0.knowsEverythingAsFinal || $0.submitted.contains(transactionID)
        }
    }

    /// The chain as a registrar that just asked sees it.
    func snapshot() async throws -> ChainSnapshot {
        ChainSnapshot(time: state.withLock { $0.time }, election: try await election())
    }
}

/// A registrar with a roll that is on the chain.
struct Office {
    let directory: TemporaryDirectory
    let document: ElectionDocument
    let database: RegistrarDatabase
    let chain: MemoryChain
    let issuer: Issuer
    let wallTime: WallTime
    var configuration: RegistrarConfiguration

    final class WallTime: Sendable {
        private let value = Mutex(Timestamp(milliseconds: 1_800_000_000_000))
        var now: Timestamp { value.withLock { $0 } }
        func advance(seconds: UInt64) {
            value.withLock { $0 = $0.adding(milliseconds: seconds * 1000) }
        }
    }

    init(voters: Int = 5) async throws {
        try await self.init(register: try Fixture.register(voters))
    }

    init(register text: String) async throws {
        try await self.init(register: try Register([UInt8](text.utf8), styles: [1, 2]))
    }

    private init(register: Register) async throws {
        directory = try TemporaryDirectory()
        document = Fixture.document()
        database = try RegistrarDatabase(
            path: directory.file("registrar.sqlite"), secrets: Fixture.secrets)
        chain = MemoryChain(document: document)
        wallTime = WallTime()
        configuration = RegistrarConfiguration(name: "test")
        configuration.issuedLeavesMinimum = 2
        configuration.issuedLeavesIntervalSeconds = 600
        configuration.failuresPerVoter = 3
        configuration.failuresPerVoterFromAll = 30
        configuration.failuresPerNetwork = 8
        try await database.makeRoll(of: document, register: register)
        _ = try await RollPublication(
            database: database,
            transactions: RegistrarTransactions(
                document: document, key: Fixture.secrets.signingKey)
        ).publish(on: chain) { _, _, _ in }
        issuer = try Self.issuer(document, database, configuration, wallTime)
    }

    static func issuer(
        _ document: ElectionDocument, _ database: RegistrarDatabase,
        _ configuration: RegistrarConfiguration, _ wallTime: WallTime
    ) throws -> Issuer {
        try Issuer(
            document: document, secrets: Fixture.secrets, database: database,
            configuration: configuration, wallTime: { wallTime.now })
    }

    /// The registrar's process started again, or a second one beside the first.
    func another() throws -> (database: RegistrarDatabase, issuer: Issuer) {
        let database = try RegistrarDatabase(
            path: directory.file("registrar.sqlite"), secrets: Fixture.secrets)
        return (database, try Self.issuer(document, database, configuration, wallTime))
    }

    func credential(_ number: Int, seed: UInt8, style: UInt32 = 1) async throws -> CredentialAnswer
    {
        try await issuer.credential(
            Fixture.message(
                try Fixture.request(seed, style: style), from: Fixture.identity(number)),
            from: AddressGroup("192.0.2.1"), election: "probe", chain: try await chain.snapshot())
    }

    func publisher(
        _ database: RegistrarDatabase? = nil, batchLimit: Int = Limits.issuedLeaves
    ) -> IssuePublisher {
        let database = database ?? self.database
        return IssuePublisher(
            document: document, chain: chain,
            watch: ChainWatch(
                document: document, chain: chain, database: database, logger: Fixture.logger),
            database: database,
            transactions: RegistrarTransactions(
                document: document, key: Fixture.secrets.signingKey),
            configuration: configuration, logger: Fixture.logger, batchLimit: batchLimit)
    }
}
