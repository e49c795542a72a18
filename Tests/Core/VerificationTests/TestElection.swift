import BallotCryptography
import Codec
import Cryptography
import Elections
import Hashing
import Ledger
import Ristretto
import Testing
import TransparencyLog

/// A whole election on a test chain: one style, one contest of three options, three trustees of whom
/// two decrypt, two members of the commission.
struct TestElection {
    var chain: TestChain
    let document: ElectionDocument
    let issuingKey: BlindIssuingKey
    private var random = SeededRandom(seed: 1)
    private var keyShares: [TrusteeKeyShare] = []
    private(set) var ballots: [[UInt8]] = []
    private(set) var voterKeys: [Bytes32] = []

    static let voters = 5
    private static let trustees: [UInt32] = [1, 2, 3]
    private static let arithmetic = ConstantTimeArithmetic()

    var election: Bytes32 { self.document.hash }
    var queries: ElectionQueries { ElectionQueries(self.chain.state) }

    /// Creates the election; nothing else has happened yet.
    init() throws {
        self.chain = TestChain()
        self.issuingKey = try IssuingKey.load()
        let start = self.chain.genesis.time
        func minutes(_ count: UInt64) -> Timestamp { start.adding(milliseconds: count * 60_000) }
        func text(_ text: String) -> [LocalizedText] {
            [LocalizedText(language: "en", text: text)]
        }
        let style = BallotStyle(
            number: 1, name: text("all"), region: "here", tallyUnit: 1, contests: [0],
            timeZone: "UTC", startOfIssuing: minutes(20), opens: minutes(20),
            closes: minutes(40), opensLocal: "", closesLocal: "",
            issuingKey: self.issuingKey.modulus)
        let options = ["a", "b", "c"].map { ElectionOption(id: $0, name: text($0)) }
        self.document = ElectionDocument(
            chainID: self.chain.context.chainID, kind: .training, name: "choice",
            title: text("A choice"),
            contests: [
                Contest(
                    id: "main", question: text("Which?"), options: options, minimum: 1,
                    maximum: 1, countedBlank: false)
            ],
            styles: [style], graceMilliseconds: 10_000, ballotsPerVoter: 1,
            tallyUnits: [TallyUnit(number: 1, name: text("all"), mergesInto: nil)],
            minimumTallyUnit: 1,
            trustees: Self.trustees.map {
                Member(name: "trustee \($0)", key: key("trustee \($0)").publicKey)
            }, threshold: 2, confirmations: 3, complaintPolicy: .restart,
            deadlines: CeremonyDeadlines(
                registration: minutes(2), commitment: minutes(4), dealing: minutes(6),
                confirmation: minutes(8)),
            commission: Commission(
                members: [
                    Member(name: "chair", key: key("chair").publicKey),
                    Member(name: "clerk", key: key("clerk").publicKey),
                ], threshold: 2),
            registrar: Member(name: "registrar", key: key("registrar").publicKey))
        let create = Transaction.createElection(
            try self.chain.approved(
                .createElection, CreateElection(document: self.document),
                by: ["chain 1", "chain 2"]))
        try self.chain.add([create.canonicalBytes])
    }

    // Stages that many tests begin at, each made once.

    /// The key ceremony is finished and the roll is published.
    static let prepared = Result {
        var election = try TestElection()
        try election.holdCeremony()
        try election.publishRoll()
        return election
    }

    /// Four of five voters have voted.
    static let voted = Result {
        var election = try prepared.get()
        try election.vote()
        return election
    }

    /// The result is signed.
    static let finished = Result {
        var election = try voted.get()
        try election.close()
        try election.decrypt(trustees: [1, 3, 2])
        try election.signResult()
        return election
    }

    private func secret(_ trustee: UInt32) -> TrusteeSecret {
        TrusteeSecret(seed: SHA256.digest([0x73, UInt8(trustee)]))
    }

    private func ceremony() throws -> CeremonyStatus {
        try #require(try self.queries.ceremony(self.election))
    }

    private mutating func post(
        _ step: CeremonyStep, _ payloads: [(trustee: UInt32, payload: [UInt8])]
    ) throws {
        try self.chain.add(
            payloads.map { trustee, payload in
                let message = CeremonyMessage(
                    election: self.election, ceremony: 1, trustee: trustee, payload: payload)
                return Transaction.ceremony(
                    step, self.chain.signed(step.tag, message, by: "trustee \(trustee)")
                ).canonicalBytes
            })
    }

    /// Key generation and rehearsal by all trustees.
    mutating func holdCeremony() throws {
        let parameters = try self.ceremony().parameters
        let arithmetic = Self.arithmetic
        var registrations: [(UInt32, [UInt8])] = []
        var communicationKeys: [Bytes32] = []
        for trustee in Self.trustees {
            let registration = self.secret(trustee).registration(
                trustee: trustee, parameters: parameters, arithmetic: arithmetic,
                random: &self.random)
            communicationKeys.append(registration.communicationKey)
            registrations.append((trustee, registration.canonicalBytes))
        }
        try self.post(.registration, registrations)
        try self.post(
            .commitment,
            Self.trustees.map { trustee in
                let dealer = self.secret(trustee).dealer(trustee: trustee, parameters: parameters)
                return (
                    trustee,
                    dealer.commitment(
                        dealer: trustee, parameters: parameters, arithmetic: arithmetic
                    ).canonicalBytes
                )
            })
        var dealings: [QualifiedDealing] = []
        for trustee in Self.trustees {
            let dealer = self.secret(trustee).dealer(trustee: trustee, parameters: parameters)
            dealings.append(
                QualifiedDealing(
                    dealer: trustee,
                    dealing: try dealer.dealing(
                        dealer: trustee, parameters: parameters,
                        communicationKeys: communicationKeys, arithmetic: arithmetic,
                        encryption: ChaCha20Poly1305.self, random: &self.random)))
        }
        try self.post(.dealing, dealings.map { ($0.dealer, $0.dealing.canonicalBytes) })
        for trustee in Self.trustees {
            self.keyShares.append(
                try self.secret(trustee).keyShare(
                    of: dealings, trustee: trustee, parameters: parameters,
                    arithmetic: arithmetic, encryption: ChaCha20Poly1305.self,
                    random: &self.random))
        }
        try self.confirmAndRehearse()
    }

    private mutating func confirmAndRehearse() throws {
        let keys = try #require(try self.queries.keys(self.election))
        let status = try self.ceremony()
        let electionID = try #require(status.electionID)
        var confirmations: [(UInt32, [UInt8])] = []
        for share in self.keyShares {
            let confirmation = try share.confirmation(
                qualified: status.qualifiedIndices, keys: keys, arithmetic: Self.arithmetic,
                random: &self.random)
            confirmations.append((share.trustee, confirmation.canonicalBytes))
        }
        try self.post(.confirmation, confirmations)
        let unit = DecryptionUnit.rehearsal(electionID: electionID, keys: keys)
        var rehearsals: [(UInt32, [UInt8])] = []
        for share in self.keyShares {
            let decryption = try share.decrypt(
                unit, keys: keys, arithmetic: Self.arithmetic, random: &self.random)
            rehearsals.append((share.trustee, decryption.canonicalBytes))
        }
        try self.post(.rehearsal, rehearsals)
    }

    mutating func publishRoll() throws {
        let leaves = (1...Self.voters).map {
            RollPart.leaf(
                chainID: self.chain.context.chainID, salt: SHA256.digest([UInt8($0)]),
                voter: "voter \($0)")
        }.sorted()
        var frontier = Frontier()
        for leaf in leaves { frontier.append(leaf: LogHash.leaf(leaf.bytes)) }
        let part = RollPart(
            election: self.election, style: 1, part: 0, total: UInt32(leaves.count),
            root: frontier.root, leaves: leaves)
        try self.chain.add([
            Transaction.roll(self.chain.signed(.roll, part, by: "registrar")).canonicalBytes
        ])
    }

    /// A ballot of voter `voter` for `option`, with the certificate.
    mutating func ballot(
        voter: Int, option: Int, sequence: UInt32 = 1, previous: Bytes32 = .zero
    ) throws -> [UInt8] {
        let keys = try #require(try self.queries.keys(self.election))
        let electionID = try #require(try self.queries.status(self.election)?.electionID)
        let request = try CredentialRequest(
            seed: SHA256.digest([UInt8(voter)]), electionID: electionID, style: 1,
            modulus: self.issuingKey.modulus, arithmetic: Self.arithmetic)
        let certificate = try request.finalize(
            self.issuingKey.blindSign(request.blindedMessage), verifier: CredentialVerifier())
        let rules = try BallotRules(
            electionID: electionID, style: 1,
            contests: [BallotContest(index: 0, shape: self.document.contests[0].shape())],
            keys: keys)
        let encrypted = try EncryptedBallot(
            [.options([option])], rules: rules, credential: request.key, sequence: sequence,
            previous: previous, arithmetic: Self.arithmetic, random: &self.random)
        let wire = encrypted.cast(arithmetic: Self.arithmetic, random: &self.random)
        self.voterKeys.append(request.key.publicKey)
        // Later ballots carry none.
        let carried = sequence == 1 ? certificate : []
        return Transaction.ballot(BallotTransaction(wire: wire, certificate: carried))
            .canonicalBytes
    }

    /// Four of five voters vote: a, b, b, c.
    mutating func vote(publishingLeaves: Bool = true) throws {
        let opens = self.document.styles[0].opens
        try self.chain.add(milliseconds: opens.milliseconds - self.chain.time.milliseconds)
        let count = IssueCount(election: self.election, style: 1, total: 4)
        try self.chain.add([
            Transaction.issueCount(self.chain.signed(.issueCount, count, by: "registrar"))
                .canonicalBytes
        ])
        for (voter, option) in [0, 1, 1, 2].enumerated() {
            self.ballots.append(try self.ballot(voter: voter + 1, option: option))
        }
        try self.chain.add([self.ballots[0]])
        try self.chain.add([self.ballots[1], self.ballots[2], self.ballots[3]])
        guard publishingLeaves else { return }
        let leaves = IssuedLeaves(election: self.election, style: 1, leaves: [0, 1, 3, 4])
        try self.chain.add([
            Transaction.issuedLeaves(self.chain.signed(.issuedLeaves, leaves, by: "registrar"))
                .canonicalBytes
        ])
    }

    mutating func close() throws {
        let closes = self.document.styles[0].closes.adding(milliseconds: 10_000)
        try self.chain.add(milliseconds: closes.milliseconds - self.chain.time.milliseconds)
    }

    mutating func decrypt(trustees: [UInt32]) throws {
        let keys = try #require(try self.queries.keys(self.election))
        let electionID = try #require(try self.queries.status(self.election)?.electionID)
        let unit = try #require(try self.queries.units(self.election).first)
        let sum = DecryptionUnit(electionID: electionID, unit: unit.unit, total: unit.total)
        for trustee in trustees {
            let share = try self.keyShares[Int(trustee) - 1].decrypt(
                sum, keys: keys, arithmetic: Self.arithmetic, random: &self.random)
            let message = PartialDecryptionMessage(
                election: self.election, trustee: trustee, unit: unit.unit,
                payload: share.canonicalBytes)
            try self.chain.add([
                Transaction.partialDecryption(
                    self.chain.signed(.partialDecryption, message, by: "trustee \(trustee)")
                ).canonicalBytes
            ])
        }
    }

    /// One member agrees, the other dissents.
    mutating func signResult() throws {
        let bytes = try #require(try self.queries.resultProtocol(self.election))
        let signatures = [("chair", nil), ("clerk", "too late")]
        for (member, (name, dissent)) in signatures.enumerated() {
            let signature = ProtocolSignature(
                election: self.election, member: UInt16(member), protocolHash: SHA256.digest(bytes),
                protocolSignature: key(name).sign(bytes), dissent: dissent)
            try self.chain.add([
                Transaction.protocolSignature(
                    self.chain.signed(.protocolSignature, signature, by: name)
                ).canonicalBytes
            ])
        }
    }
}
