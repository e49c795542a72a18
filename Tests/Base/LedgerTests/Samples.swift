import Codec
import Hashing
import Ledger

/// A generator that gives the same numbers each time (SplitMix64).
struct Noise: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: Int) { self.state = UInt64(seed) }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    /// The same bytes with some changed, taken out or put in.
    mutating func mutated(_ good: [UInt8]) -> [UInt8] {
        var bytes = good
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            guard !bytes.isEmpty else { return bytes }
            let place = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<6, using: &self) {
            case 0, 1, 2: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 3: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &self) ?? 0
            case 4: bytes.remove(at: place)
            default: bytes.insert(UInt8.random(in: 0...255, using: &self), at: place)
            }
        }
        return bytes
    }
}

func digest(_ text: String) -> Bytes32 { SHA256.digest([UInt8](text.utf8)) }

func signature(_ text: String) -> Bytes64 {
    Bytes64((digest(text).bytes + digest(text).bytes)[...])
}

/// A signature scheme for tests: the signature of a key is a hash.
struct HashSignatures: SignatureVerifier {
    static func sign(_ message: [UInt8], by key: Bytes32) -> Bytes64 {
        let half = SHA256.digest(key.bytes, message)
        return Bytes64((half.bytes + half.bytes)[...])
    }

    func isValid(_ signature: Bytes64, of message: [UInt8], by publicKey: Bytes32) -> Bool {
        signature == Self.sign(message, by: publicKey)
    }
}

/// One usable value of each kind.
enum Samples {
    static let validators = ValidatorSet(
        (0..<4).map {
            Validator(
                name: "v\($0)", consensusKey: digest("c\($0)"), cosigningKey: digest("s\($0)"),
                nodeKey: digest("n\($0)"))
        })

    static func genesis(_ change: (inout GenesisParts) -> Void = { _ in }) -> Genesis {
        var parts = GenesisParts()
        change(&parts)
        return Genesis(
            kind: .training, name: parts.name, time: Timestamp(milliseconds: 1_800_000_000_000),
            origin: parts.origin, logKey: parts.logKey, validators: parts.validators,
            commission: parts.commission, parameters: parts.parameters)
    }

    static let commission = Commission(
        members: (0..<3).map { Member(name: "member \($0)", key: digest("m\($0)")) }, threshold: 2)

    static let header = BlockHeader(
        chainID: digest("chain"), epoch: Epoch(1), height: Height(70), view: View(6),
        parentView: View(4), parentHash: digest("parent"),
        time: Timestamp(milliseconds: 1_800_000_000_123), proposer: ValidatorIndex(3),
        transactionCount: 2, bodyBytes: 5,
        bodyRoot: Block.bodyRoot(
            ids: [[1, 2], [3, 4, 5]].map(Transaction.id(of:))), logSize: 99,
        logRoot: digest("log"), stateDigestAfterParent: digest("state"),
        validatorsHash: digest("set"), nextValidatorsHash: digest("next"))

    static let block = Block(header: header, transactions: [[1, 2], [3, 4, 5]])

    static let proposal = Proposal(
        round: Round(epoch: Epoch(1), view: View(6)), parentView: View(4),
        blockHash: header.hash)

    static let subjects: [VoteSubject] = [
        .notarize(proposal), .finalize(proposal), .nullify(proposal.round),
    ]

    static func vote(_ subject: VoteSubject, signer: UInt16 = 2) -> SignedVote {
        SignedVote(
            subject: subject, signer: ValidatorIndex(signer), signature: signature("vote"))
    }

    /// A proposal of another block in the same round.
    static let otherProposal = Proposal(
        round: proposal.round, parentView: View(4), blockHash: digest("other"))

    /// Evidence of each kind.
    static let contradictions: [EquivocationEvidence] = [
        EquivocationEvidence(vote(.notarize(proposal)), vote(.notarize(otherProposal))),
        EquivocationEvidence(vote(.finalize(proposal)), vote(.finalize(otherProposal))),
        EquivocationEvidence(vote(.finalize(proposal)), vote(.nullify(proposal.round))),
    ].compactMap { $0 }

    static func signed<Body>(_ body: Body) -> Signed<Body> {
        Signed(chainID: digest("chain"), body: body, signature: signature("signed"))
    }

    static func approved<Body>(_ body: Body) -> Approved<Body>? {
        Approved(
            chainID: digest("chain"), body: body,
            approvals: [
                Approval(member: 0, signature: signature("a")),
                Approval(member: 2, signature: signature("b")),
            ])
    }

    /// At least one transaction of each kind.
    static let transactions: [Transaction] = {
        let election = digest("election")
        var list: [Transaction] = []
        if let create = approved(CreateElection(document: DocumentParts().document)) {
            list.append(.createElection(create))
        }
        if let change = approved(ChangeValidators(number: 3, validators: validators)) {
            list.append(.changeValidators(change))
        }
        list.append(
            .validatorReady(
                signed(
                    ValidatorReady(number: 3, setHash: digest("set"), index: ValidatorIndex(2)))))
        if let extend = approved(
            ExtendWindow(
                election: election, styles: [1, 5],
                closes: Timestamp(milliseconds: 1_800_000_360_000), reason: "очередь"))
        {
            list.append(.extendWindow(extend))
        }
        if let abort = approved(AbortElection(election: election, reason: "a fire")) {
            list.append(.abortElection(abort))
        }
        for step in CeremonyStep.allCases {
            list.append(
                .ceremony(
                    step,
                    signed(
                        CeremonyMessage(
                            election: election, ceremony: 2, trustee: 3, payload: [1, 2, 3]))))
        }
        list.append(
            .roll(
                signed(
                    RollPart(
                        election: election, style: 1, part: 0, total: 2, root: digest("root"),
                        leaves: [digest("x"), digest("y")]))))
        list += RollStatus.allCases.map {
            .rollChange(
                signed(
                    RollChange(
                        election: election, style: 1, leaf: 7, status: $0, reason: 9, number: 3)))
        }
        list.append(.issueCount(signed(IssueCount(election: election, style: 1, total: 12))))
        list.append(
            .issuedLeaves(
                signed(IssuedLeaves(election: election, style: 1, leaves: [3, 9, 10]))))
        list.append(
            .ballot(
                BallotTransaction(
                    wire: [UInt8](0..<200), certificate: [UInt8](repeating: 7, count: 384))))
        list.append(
            .spoil(
                SpoilTransaction(
                    electionID: digest("election id"), style: 1,
                    proof: [UInt8](repeating: 5, count: SpoilTransaction.proofBytes),
                    certificate: [UInt8](repeating: 7, count: 384))))
        list += contradictions.map { .equivocation($0) }
        list.append(
            .partialDecryption(
                signed(
                    PartialDecryptionMessage(
                        election: election, trustee: 2, unit: 4, payload: [9, 9]))))
        for dissent in [nil, "the room was locked"] {
            list.append(
                .protocolSignature(
                    signed(
                        ProtocolSignature(
                            election: election, member: 1, protocolHash: digest("protocol"),
                            protocolSignature: signature("protocol"), dissent: dissent))))
        }
        return list
    }()
}

/// What tests change of a genesis.
struct GenesisParts {
    var name = "test"
    var origin = "test.example/1"
    var logKey = digest("log")
    var validators = Samples.validators
    var commission = Samples.commission
    var parameters = Parameters()
}

/// What tests change of an election document.
struct DocumentParts {
    var name = "demo"
    var title = text("Выборы")
    var contests: [Contest] = [
        Contest(
            id: "mayor", question: text("Кто?"),
            options: ["anna", "boris"].map { ElectionOption(id: $0, name: text($0)) },
            minimum: 1, maximum: 1, countedBlank: true),
        Contest(
            id: "council", question: text("Which?"),
            options: ["x", "y", "z"].map { ElectionOption(id: $0, name: text($0)) },
            minimum: 0, maximum: 2, countedBlank: false),
    ]
    var styles: [BallotStyle] = [style(1, unit: 1, contests: [0, 1]), style(2, unit: 2)]
    var graceMilliseconds: UInt32 = 60_000
    var ballotsPerVoter: UInt32 = 8
    var tallyUnits = [
        TallyUnit(number: 1, name: text("North"), mergesInto: nil),
        TallyUnit(number: 2, name: text("South"), mergesInto: nil),
    ]
    var minimumTallyUnit: UInt32 = 3
    var trustees = (0..<5).map { Member(name: "trustee \($0)", key: digest("t\($0)")) }
    var threshold: UInt32 = 3
    var confirmations: UInt32 = 5
    var deadlines = CeremonyDeadlines(
        registration: Timestamp(milliseconds: 100), commitment: Timestamp(milliseconds: 200),
        dealing: Timestamp(milliseconds: 300), confirmation: Timestamp(milliseconds: 400))
    var commission = Samples.commission
    var registrar = Member(name: "registrar", key: digest("registrar"))

    static func text(_ text: String) -> [LocalizedText] {
        [LocalizedText(language: "ru", text: text)]
    }

    static func style(
        _ number: UInt32, unit: UInt32, contests: [UInt32] = [0], start: UInt64 = 1_000,
        opens: UInt64 = 2_000, closes: UInt64 = 3_000, zone: String = "Asia/Kamchatka",
        key: UInt8? = nil, keySize: Int = 384
    ) -> BallotStyle {
        BallotStyle(
            number: number, name: text("Style"), region: "Region", tallyUnit: unit,
            contests: contests, timeZone: zone, startOfIssuing: Timestamp(milliseconds: start),
            opens: Timestamp(milliseconds: opens), closes: Timestamp(milliseconds: closes),
            opensLocal: "1970-01-01T12:00:02", closesLocal: "1970-01-01T12:00:03",
            issuingKey: [UInt8](
                repeating: key ?? 0x80 | UInt8(truncatingIfNeeded: number), count: keySize))
    }

    var document: ElectionDocument {
        ElectionDocument(
            chainID: digest("chain"), kind: .training, name: name, title: title,
            contests: contests, styles: styles, graceMilliseconds: graceMilliseconds,
            ballotsPerVoter: ballotsPerVoter, tallyUnits: tallyUnits,
            minimumTallyUnit: minimumTallyUnit, trustees: trustees, threshold: threshold,
            confirmations: confirmations, complaintPolicy: .restart, deadlines: deadlines,
            commission: commission, registrar: registrar)
    }
}
