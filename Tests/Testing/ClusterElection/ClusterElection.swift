// ClusterElection: what an election of a running network needs, from its document to its ballots,
// made in one process that plays everybody.
import BallotCryptography
import Codec
package import Cryptography
package import Elections
import Hashing
package import Ledger
import Ristretto
import TransparencyLog

/// One election of a cluster: the transactions of everybody who takes part, made in memory by the
/// rules that the chain will apply. Every key is new but those of the chain's commission.
package struct ClusterElection {
    static let trustees: [UInt32] = [1, 2, 3]
    private static let style: UInt32 = 1
    private static let arithmetic = SodiumArithmetic()
    private static let encryption = ChaCha20Poly1305.self

    /// What the chain's commission creates.
    package let document: ElectionDocument
    package let chain: ChainContext
    private let commission: [Ed25519SigningKey]
    private let members = (0..<3).map { _ in Ed25519SigningKey.generate() }
    private let trusteeKeys = trustees.map { _ in Ed25519SigningKey.generate() }
    private let secrets = trustees.map { _ in TrusteeSecret(seed: ClusterElection.randomSeed()) }
    private let registrar = Ed25519SigningKey.generate()
    private let issuing: BlindIssuingKey
    private var random = SystemRandom()
    /// The state after what `preparation` gave so far.
    package private(set) var state = MemoryState()
    package private(set) var head: ExecutedBlock
    private var time: Timestamp

    /// The window is counted from `start`; everything before it takes a few blocks.
    ///
    /// - Parameters:
    ///   - name: another one for an election that is tried again on the same chain.
    ///   - options: ids of the only contest's options, of which a voter chooses one.
    ///   - countsBlank: whether a voter may choose none of them.
    package init(
        name: String = "cluster", options: [String] = ["anna", "boris"], countsBlank: Bool = true,
        genesis: Genesis, commission: [Ed25519SigningKey], start: Timestamp, opens: UInt64,
        closes: UInt64, grace: UInt32
    ) throws {
        self.commission = commission
        issuing = try BlindIssuingKey.generate()
        chain = ChainContext(genesis: genesis)
        head = GenesisState.execute(chain)
        state.apply(head.changes)
        time = genesis.time
        func texts(_ text: String) -> [LocalizedText] {
            [LocalizedText(language: "en", text: text)]
        }
        func at(_ milliseconds: UInt64) -> Timestamp { start.adding(milliseconds: milliseconds) }
        document = ElectionDocument(
            chainID: chain.chainID, kind: genesis.kind, name: name, title: texts("Cluster"),
            contests: [
                Contest(
                    id: "mayor", question: texts("Who?"),
                    options: options.map { ElectionOption(id: $0, name: texts($0)) },
                    minimum: 1, maximum: 1, countedBlank: countsBlank)
            ],
            styles: [
                BallotStyle(
                    number: Self.style, name: texts("All"), region: "North", tallyUnit: 1,
                    contests: [0], timeZone: "Europe/Moscow", startOfIssuing: start,
                    opens: at(opens), closes: at(closes), opensLocal: "2027-01-15T08:00:00",
                    closesLocal: "2027-01-15T20:00:00", issuingKey: issuing.modulus)
            ], graceMilliseconds: grace, ballotsPerVoter: 1,
            tallyUnits: [TallyUnit(number: 1, name: texts("North"), mergesInto: nil)],
            minimumTallyUnit: 1,
            trustees: trusteeKeys.enumerated().map { index, key in
                Member(name: "trustee \(index + 1)", key: key.publicKey)
            }, threshold: 2, confirmations: 3, complaintPolicy: .restart,
            deadlines: CeremonyDeadlines(
                registration: at(opens - 4), commitment: at(opens - 3), dealing: at(opens - 2),
                confirmation: at(opens - 1)),
            commission: Commission(
                members: members.enumerated().map { index, key in
                    Member(name: "member \(index + 1)", key: key.publicKey)
                }, threshold: 2),
            registrar: Member(name: "registrar", key: registrar.publicKey))
    }

    private static func randomSeed() -> Bytes32 {
        Bytes32(exactly: SystemRandom.bytes(32)) ?? .zero
    }

    private var election: Bytes32 { document.hash }
    private var queries: ElectionQueries { ElectionQueries(state) }

    private func required<Value>(_ value: Value?, _ what: String) throws -> Value {
        guard let value else { throw MissingRecord(what: what) }
        return value
    }

    // MARK: - What prepares it

    /// The transactions that lead to an election with `voters` issued credentials, in stages: each
    /// may be sent when the one before it is final.
    package mutating func preparation(voters: Int) throws -> [[[UInt8]]] {
        var stages: [[[UInt8]]] = []
        stages.append(try apply([try creation()]))
        stages.append(try apply(try everyTrustee { try $0.registration($1) }))
        stages.append(try apply(try everyTrustee { try $0.commitment($1) }))
        stages.append(try apply(try everyTrustee { try $0.dealing($1) }))
        stages.append(try apply(try everyTrustee { try $0.confirmation($1) }))
        stages.append(try apply(try everyTrustee { try $0.rehearsal($1) }))
        stages.append(try apply(roll(voters: voters)))
        time = document.styles[0].startOfIssuing
        stages.append(
            try apply([
                .issueCount(
                    signed(
                        IssueCount(
                            election: election, style: Self.style, total: UInt32(voters)),
                        tag: .issueCount, by: registrar))
            ]))
        return stages
    }

    /// Applies a block of transactions; gives their bytes.
    private mutating func apply(_ transactions: [Transaction]) throws -> [[UInt8]] {
        time = time.adding(milliseconds: 1)
        var executor = try BlockExecutor(
            chain: chain, parent: state, catalog: head.catalog, height: head.height.next,
            time: time, parentHash: .zero)
        let all = transactions.map(\.canonicalBytes)
        for bytes in all { try executor.apply(Entry(bytes)) }
        head = try executor.finish()
        state.apply(head.changes)
        return all
    }

    private func signed<Body: CanonicalCodable>(
        _ body: Body, tag: EntryTag, by key: Ed25519SigningKey
    ) -> Signed<Body> {
        let message = Transaction.signedMessage(tag: tag, body: body, in: chain.domain)
        return Signed(chainID: chain.chainID, body: body, signature: key.sign(message))
    }

    private func creation() throws -> Transaction {
        let body = CreateElection(document: document)
        let message = Transaction.signedMessage(
            tag: .createElection, body: body, in: chain.domain)
        let approvals = commission.prefix(Int(chain.genesis.commission.threshold)).enumerated().map
        { index, key in
            Approval(member: UInt16(index), signature: key.sign(message))
        }
        return .createElection(
            try required(
                Approved(chainID: chain.chainID, body: body, approvals: approvals), "approval"))
    }

    private func roll(voters: Int) -> [Transaction] {
        let leaves = (0..<voters).map { SHA256.digest([UInt8]("leaf \($0)".utf8)) }.sorted()
        var frontier = Frontier()
        for leaf in leaves { frontier.append(leaf: LogHash.leaf(leaf.bytes)) }
        let root = frontier.root
        let starts = stride(from: 0, to: max(1, voters), by: Limits.rollLeaves)
        return starts.enumerated().map { part, start in
            let end = min(start + Limits.rollLeaves, voters)
            let body = RollPart(
                election: election, style: Self.style, part: UInt32(part), total: UInt32(voters),
                root: root, leaves: [Bytes32](leaves[start..<end]))
            return .roll(signed(body, tag: .roll, by: registrar))
        }
    }

    // MARK: - Trustees

    private mutating func everyTrustee(
        _ make: (inout ClusterElection, UInt32) throws -> Transaction
    ) throws -> [Transaction] {
        var transactions: [Transaction] = []
        for trustee in Self.trustees { transactions.append(try make(&self, trustee)) }
        return transactions
    }

    private func secret(_ trustee: UInt32) -> TrusteeSecret { secrets[Int(trustee) - 1] }

    private func message(
        _ step: CeremonyStep, _ trustee: UInt32, _ payload: some CanonicalCodable
    ) -> Transaction {
        .ceremony(
            step,
            signed(
                CeremonyMessage(
                    election: election, ceremony: 1, trustee: trustee,
                    payload: payload.canonicalBytes), tag: step.tag,
                by: trusteeKeys[Int(trustee) - 1]))
    }

    private var ceremony: CeremonyStatus {
        get throws { try required(try queries.ceremony(election), "ceremony") }
    }

    private func messages<Payload: CanonicalCodable>(
        _ type: Payload.Type, _ step: CeremonyStep
    ) throws -> [(index: UInt32, payload: Payload)] {
        let status = try ceremony
        return try queries.ceremonyMessages(election, ceremony: 1, step: step).map {
            (status.index(of: $0.trustee) ?? 0, try Payload(canonicalBytes: $0.payload))
        }
    }

    private mutating func registration(_ trustee: UInt32) throws -> Transaction {
        let payload = secret(trustee).registration(
            trustee: trustee, parameters: try ceremony.parameters, arithmetic: Self.arithmetic,
            random: &random)
        return message(.registration, trustee, payload)
    }

    private func commitment(_ trustee: UInt32) throws -> Transaction {
        let parameters = try ceremony.parameters
        let payload = secret(trustee).dealer(trustee: trustee, parameters: parameters)
            .commitment(dealer: trustee, parameters: parameters, arithmetic: Self.arithmetic)
        return message(.commitment, trustee, payload)
    }

    private mutating func dealing(_ trustee: UInt32) throws -> Transaction {
        let parameters = try ceremony.parameters
        let keys = try messages(TrusteeRegistration.self, .registration)
            .map(\.payload.communicationKey)
        let payload = try secret(trustee).dealer(trustee: trustee, parameters: parameters)
            .dealing(
                dealer: trustee, parameters: parameters, communicationKeys: keys,
                arithmetic: Self.arithmetic, encryption: Self.encryption, random: &random)
        return message(.dealing, trustee, payload)
    }

    private mutating func keyShare(_ trustee: UInt32) throws -> TrusteeKeyShare {
        let status = try ceremony
        let qualified = status.qualifiedIndices
        let dealings = try messages(Dealing.self, .dealing)
            .filter { qualified.contains($0.index) }
            .map { QualifiedDealing(dealer: $0.index, dealing: $0.payload) }
        return try secret(trustee).keyShare(
            of: dealings, trustee: trustee, parameters: status.parameters,
            arithmetic: Self.arithmetic, encryption: Self.encryption, random: &random)
    }

    private var keys: ElectionKeys {
        get throws { try required(try queries.keys(election), "keys") }
    }

    private mutating func confirmation(_ trustee: UInt32) throws -> Transaction {
        let payload = try keyShare(trustee).confirmation(
            qualified: try ceremony.qualifiedIndices, keys: try keys,
            arithmetic: Self.arithmetic, random: &random)
        return message(.confirmation, trustee, payload)
    }

    private mutating func rehearsal(_ trustee: UInt32) throws -> Transaction {
        let electionID = try required(try ceremony.electionID, "the election's id")
        let keys = try keys
        let payload = try keyShare(trustee).decrypt(
            .rehearsal(electionID: electionID, keys: keys), keys: keys,
            arithmetic: Self.arithmetic, random: &random)
        return message(.rehearsal, trustee, payload)
    }

    // MARK: - Voters

    /// Ballots of as many voters, each with a credential of its own.
    package func ballots(_ count: Int) throws -> [[UInt8]] {
        let voters = try self.voters()
        return try (0..<count).map { try voters.ballot($0) }
    }

    /// The voters, once the preparation is final.
    package func voters() throws -> ClusterVoters {
        let electionID = try required(try queries.status(election)?.electionID, "the id")
        let rules = try document.ballotRules(
            style: Self.style, electionID: electionID, keys: try keys)
        return ClusterVoters(
            rules: rules, issuing: issuing, options: document.contests[0].options.count)
    }
}

/// A record that the rules promise is not there.
struct MissingRecord: Error {
    let what: String
}
