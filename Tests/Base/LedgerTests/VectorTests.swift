import Codec
import Cryptography
import Foundation
import Ledger
import Testing
import TransparencyLog

/// Sections 1 to 5 of the protocol against `Tests/Vectors/ledger.json`, recomputed from its inputs.
struct VectorTests {
    private let file: Vector
    private let domain: SigningDomain

    init() throws {
        file = try Vector(file: "ledger.json")
        domain = SigningDomain(
            kind: .training, chainID: try file["domain"]["chainId"].bytes32)
    }

    @Test func signedMessagesBeginWithKindPurposeAndChain() throws {
        let vector = file["domain"]
        let content = try vector["content"].bytes
        #expect(domain.message(.vote, content) == (try vector["vote"].bytes))
        #expect(domain.message(.transaction, content) == (try vector["transaction"].bytes))
        #expect(domain.message(.promise, content) == (try vector["promise"].bytes))
        let official = SigningDomain(kind: .official, chainID: domain.chainID)
        #expect(official.message(.vote, content) == (try vector["officialVote"].bytes))
    }

    @Test func genesisHasItsBytesAndHashes() throws {
        let vector = file["genesis"]
        let genesis = try JSONDecoder().decode(Genesis.self, from: try vector["json"].data)
        #expect(genesis.canonicalBytes == (try vector["bytes"].bytes))
        #expect(try Genesis(canonicalBytes: try vector["bytes"].bytes) == genesis)
        #expect(genesis.chainID == (try vector["chainId"].bytes32))
        #expect(genesis.validators.hash == (try vector["validatorsHash"].bytes32))
        #expect(genesis.faults.isEmpty)
        #expect(
            genesis.validators.validators.map { genesis.cosignerName(of: $0) }
                == (try vector["cosignerNames"].list.map { try $0.text }))
    }

    @Test func documentsHoldPlainLinesAlone() throws {
        let document = try file["document"]["bytes"].text
        for vector in try Vector(file: "plain-lines.json")["documents"].list {
            let changed = try ElectionDocument(
                canonicalBytes: try #require(
                    Hexadecimal.decode(
                        document.replacingOccurrences(
                            of: try vector["replaced"].text, with: try vector["by"].text))))
            let place = try vector["place"].text
            let expected = try vector["accepted"].truth ? [] : [place]
            #expect(Set(changed.faults.map(\.path)) == Set(expected), "\(vector)")
        }
    }

    @Test func headerAndBlockHaveTheirBytesAndHashes() throws {
        let vector = file["header"]
        let fields = vector["fields"]
        let header = BlockHeader(
            chainID: try fields["chainId"].bytes32, epoch: Epoch(try fields["epoch"].number()),
            height: Height(try fields["height"].number()),
            view: View(try fields["view"].number()),
            parentView: View(try fields["parentView"].number()),
            parentHash: try fields["parentHash"].bytes32,
            time: Timestamp(milliseconds: try fields["time"].number()),
            proposer: ValidatorIndex(try fields["proposer"].number()),
            transactionCount: try fields["transactionCount"].number(),
            bodyBytes: try fields["bodyBytes"].number(),
            bodyRoot: try fields["bodyRoot"].bytes32, logSize: try fields["logSize"].number(),
            logRoot: try fields["logRoot"].bytes32,
            stateDigestAfterParent: try fields["stateDigestAfterParent"].bytes32,
            validatorsHash: try fields["validatorsHash"].bytes32,
            nextValidatorsHash: try fields["nextValidatorsHash"].bytes32)
        #expect(header.canonicalBytes == (try vector["bytes"].bytes))
        #expect(header.canonicalBytes.count == 284)
        #expect(header.hash == (try vector["hash"].bytes32))
        let body = file["block"]
        let block = Block(
            header: header, transactions: try body["transactions"].list.map { try $0.bytes })
        #expect(block.canonicalBytes == (try body["bytes"].bytes))
        #expect(
            block.transactionIDs
                == (try body["ids"].list.map { try $0.bytes32 }))
        #expect(block.bodyMatchesHeader)
        #expect(Block.bodyRoot(ids: []) == (try file["emptyBodyRoot"].bytes32))
    }

    @Test func votesHaveTheirMessagesAndSignatures() throws {
        for vector in try file["votes"].list {
            let subject = try subject(vector)
            let key = Ed25519SigningKey(seed: try vector["key"]["seed"].bytes32)
            #expect(key.publicKey == (try vector["key"]["publicKey"].bytes32))
            #expect(subject.canonicalBytes == (try vector["subject"].bytes))
            #expect(subject.message(in: domain) == (try vector["message"].bytes))
            let vote = SignedVote(
                subject: subject, signer: ValidatorIndex(try vector["signer"].number()),
                signature: key.sign(subject.message(in: domain)))
            #expect(vote.signature.bytes == (try vector["signature"].bytes))
            #expect(vote.canonicalBytes == (try vector["vote"].bytes))
        }
    }

    private func subject(_ vector: Vector) throws -> VoteSubject {
        let round = Round(
            epoch: Epoch(try vector["epoch"].number()), view: View(try vector["view"].number()))
        let proposal = Proposal(
            round: round, parentView: View(try vector["parentView"].number()),
            blockHash: try vector["blockHash"].bytes32)
        return switch try vector["kind"].text {
        case "notarize": .notarize(proposal)
        case "finalize": .finalize(proposal)
        default: .nullify(round)
        }
    }

    @Test func certificateHasItsBytesAndVerifies() throws {
        let vector = file["certificate"]
        let subject = try VoteSubject(canonicalBytes: try vector["subject"].bytes)
        let message = subject.message(in: domain)
        let signatures = try zip(vector["signers"].list, vector["keys"].list).map { index, key in
            (
                signer: ValidatorIndex(try index.number()),
                signature: Ed25519SigningKey(seed: try key["seed"].bytes32).sign(message)
            )
        }
        let certificate = try #require(Certificate(subject: subject, signatures: signatures))
        #expect(certificate.canonicalBytes == (try vector["bytes"].bytes))
        let genesis = try Genesis(canonicalBytes: try file["genesis"]["bytes"].bytes)
        try certificate.verify(
            in: domain, validators: genesis.validators, verifier: Ed25519Verifier())
    }

    @Test func documentHasItsBytesAndHash() throws {
        let vector = file["document"]
        let document = try JSONDecoder().decode(
            ElectionDocument.self, from: try vector["json"].data)
        #expect(document.canonicalBytes == (try vector["bytes"].bytes))
        #expect(document.hash == (try vector["hash"].bytes32))
        #expect(document.faults.isEmpty)
    }

    @Test func everyTransactionIsSignedAndEncodedAsInTheVectors() throws {
        var tags: Set<UInt8> = []
        for vector in try file["transactions"].list {
            let transaction = try transaction(vector)
            let bytes = transaction.canonicalBytes
            #expect(bytes == (try vector["bytes"].bytes))
            #expect(Transaction.id(of: bytes) == (try vector["id"].bytes32))
            #expect(try Transaction(canonicalBytes: bytes) == transaction)
            tags.insert(transaction.tag.rawValue)
        }
        let all = EntryTag.allCases.filter { $0 != .genesis && $0 != .header }
        #expect(tags == Set(all.map(\.rawValue)))
    }

    @Test func rollLeafCommitsToChainSaltAndVoter() throws {
        let vector = file["rollLeaf"]
        let leaf = RollPart.leaf(
            chainID: try vector["chainId"].bytes32, salt: try vector["salt"].bytes32,
            voter: try vector["voter"].text)
        #expect(leaf == (try vector["leaf"].bytes32))
    }
}

/// Making transactions from their fields and seeds.
extension VectorTests {
    private func transaction(_ vector: Vector) throws -> Transaction {
        let fields = vector["fields"]
        let byte: UInt8 = try vector["tag"].number()
        switch try #require(EntryTag(rawValue: byte)) {
        case .genesis, .header: throw Vector.Malformed()
        case .createElection:
            let document = try ElectionDocument(
                canonicalBytes: try file["document"]["bytes"].bytes)
            return .createElection(
                try approved(CreateElection(document: document), vector, .createElection))
        case .changeValidators, .validatorReady, .equivocation:
            return try validatorTransaction(vector, fields)
        case .extendWindow:
            return .extendWindow(
                try approved(
                    ExtendWindow(
                        election: try fields["election"].bytes32,
                        styles: try fields["styles"].list.map { try $0.number() },
                        closes: Timestamp(milliseconds: try fields["closes"].number()),
                        reason: try fields["reason"].text), vector, .extendWindow))
        case .abortElection:
            return .abortElection(
                try approved(
                    AbortElection(
                        election: try fields["election"].bytes32,
                        reason: try fields["reason"].text), vector, .abortElection))
        case .registration: return try ceremony(.registration, vector)
        case .commitment: return try ceremony(.commitment, vector)
        case .dealing: return try ceremony(.dealing, vector)
        case .complaint: return try ceremony(.complaint, vector)
        case .confirmation: return try ceremony(.confirmation, vector)
        case .rehearsal: return try ceremony(.rehearsal, vector)
        case .roll, .rollChange, .issueCount, .issuedLeaves:
            return try registrarTransaction(vector, fields)
        case .ballot:
            return .ballot(
                BallotTransaction(
                    wire: try fields["wire"].bytes, certificate: try fields["certificate"].bytes))
        case .spoil:
            return .spoil(
                SpoilTransaction(
                    electionID: try fields["electionId"].bytes32,
                    style: try fields["style"].number(), proof: try fields["proof"].bytes,
                    certificate: try fields["certificate"].bytes))
        case .partialDecryption:
            return .partialDecryption(
                try signed(
                    PartialDecryptionMessage(
                        election: try fields["election"].bytes32,
                        trustee: try fields["trustee"].number(),
                        unit: try fields["unit"].number(), payload: try fields["payload"].bytes),
                    vector, .partialDecryption))
        case .protocolSignature:
            return .protocolSignature(
                try signed(
                    ProtocolSignature(
                        election: try fields["election"].bytes32,
                        member: try fields["member"].number(),
                        protocolHash: try fields["protocolHash"].bytes32,
                        protocolSignature: try #require(
                            Bytes64(exactly: try fields["protocolSignature"].bytes)),
                        dissent: fields["dissent"].optionalText), vector, .protocolSignature))
        }
    }

    private func validatorTransaction(_ vector: Vector, _ fields: Vector) throws -> Transaction {
        switch try vector["name"].text {
        case "change validators":
            let validators = try JSONDecoder().decode(
                ValidatorSet.self, from: try fields["validators"].data)
            #expect(validators.hash == (try fields["setHash"].bytes32))
            return .changeValidators(
                try approved(
                    ChangeValidators(
                        number: try fields["number"].number(), validators: validators), vector,
                    .changeValidators))
        case "validator ready":
            return .validatorReady(
                try signed(
                    ValidatorReady(
                        number: try fields["number"].number(),
                        setHash: try fields["setHash"].bytes32,
                        index: ValidatorIndex(try fields["index"].number())), vector,
                    .validatorReady))
        default:
            let seed = try #require(try vector["keys"].list.first)["seed"].bytes32
            let votes = try fields["votes"].list.map { vote in
                let subject = try subject(vote)
                return SignedVote(
                    subject: subject, signer: ValidatorIndex(try vote["signer"].number()),
                    signature: Ed25519SigningKey(seed: seed).sign(subject.message(in: domain)))
            }
            // The other order comes to the same bytes.
            let evidence = try #require(EquivocationEvidence(votes[1], votes[0]))
            let genesis = try Genesis(canonicalBytes: try file["genesis"]["bytes"].bytes)
            #expect(
                evidence.isValid(
                    in: domain, validators: genesis.validators, verifier: Ed25519Verifier()))
            return .equivocation(evidence)
        }
    }

    private func registrarTransaction(_ vector: Vector, _ fields: Vector) throws -> Transaction {
        let election = try fields["election"].bytes32
        let style: UInt32 = try fields["style"].number()
        switch try vector["name"].text {
        case "roll part":
            return .roll(
                try signed(
                    RollPart(
                        election: election, style: style, part: try fields["part"].number(),
                        total: try fields["total"].number(), root: try fields["root"].bytes32,
                        leaves: try fields["leaves"].list.map { try $0.bytes32 }), vector, .roll))
        case "roll change":
            return .rollChange(
                try signed(
                    RollChange(
                        election: election, style: style, leaf: try fields["leaf"].number(),
                        status: try #require(RollStatus(rawValue: try fields["status"].number())),
                        reason: try fields["reason"].number(),
                        number: try fields["number"].number()), vector, .rollChange))
        case "issue count":
            return .issueCount(
                try signed(
                    IssueCount(
                        election: election, style: style, total: try fields["total"].number()),
                    vector, .issueCount))
        default:
            return .issuedLeaves(
                try signed(
                    IssuedLeaves(
                        election: election, style: style,
                        leaves: try fields["leaves"].list.map { try $0.number() }), vector,
                    .issuedLeaves))
        }
    }

    private func ceremony(_ step: CeremonyStep, _ vector: Vector) throws -> Transaction {
        let fields = vector["fields"]
        let message = CeremonyMessage(
            election: try fields["election"].bytes32, ceremony: try fields["ceremony"].number(),
            trustee: try fields["trustee"].number(), payload: try fields["payload"].bytes)
        return .ceremony(step, try signed(message, vector, step.tag))
    }

    private func message(
        _ body: some CanonicalCodable, _ vector: Vector, _ tag: EntryTag
    ) throws -> [UInt8] {
        #expect(body.canonicalBytes == (try vector["body"].bytes))
        let message = Transaction.signedMessage(tag: tag, body: body, in: domain)
        #expect(message == (try vector["message"].bytes))
        return message
    }

    private func signed<Body>(
        _ body: Body, _ vector: Vector, _ tag: EntryTag
    ) throws -> Signed<Body> {
        let seed = try #require(try vector["keys"].list.first)["seed"].bytes32
        let signature = Ed25519SigningKey(seed: seed).sign(try message(body, vector, tag))
        return Signed(chainID: domain.chainID, body: body, signature: signature)
    }

    private func approved<Body>(
        _ body: Body, _ vector: Vector, _ tag: EntryTag
    ) throws -> Approved<Body> {
        let message = try message(body, vector, tag)
        let approvals = try zip(vector["members"].list, vector["keys"].list).map { member, key in
            Approval(
                member: try member.number(),
                signature: Ed25519SigningKey(seed: try key["seed"].bytes32).sign(message))
        }
        return try #require(
            Approved(chainID: domain.chainID, body: body, approvals: approvals))
    }
}

/// A part of a vector file.
private struct Vector {
    struct Malformed: Error {}

    private let value: Any

    init(file: String) throws {
        var folder = URL(filePath: #filePath)
        while folder.lastPathComponent != "Tests" { folder.deleteLastPathComponent() }
        let data = try Data(contentsOf: folder.appending(path: "Vectors/\(file)"))
        value = try JSONSerialization.jsonObject(with: data)
    }

    private init(_ value: Any) { self.value = value }

    subscript(name: String) -> Vector {
        Vector((value as? [String: Any])?[name] ?? NSNull())
    }

    var list: [Vector] {
        get throws {
            guard let list = value as? [Any] else { throw Malformed() }
            return list.map { Vector($0) }
        }
    }

    var optionalText: String? { value as? String }

    var truth: Bool {
        get throws {
            guard let truth = value as? Bool else { throw Malformed() }
            return truth
        }
    }

    var text: String {
        get throws {
            guard let text = value as? String else { throw Malformed() }
            return text
        }
    }

    var bytes: [UInt8] {
        get throws {
            guard let bytes = Hexadecimal.decode(try text) else { throw Malformed() }
            return bytes
        }
    }

    var bytes32: Bytes32 {
        get throws {
            guard let value = Bytes32(exactly: try bytes) else { throw Malformed() }
            return value
        }
    }

    /// The value as JSON again.
    var data: Data { get throws { try JSONSerialization.data(withJSONObject: value) } }

    func number<Number: FixedWidthInteger>() throws -> Number {
        guard let number = value as? NSNumber,
            let exact = Number(exactly: number.uint64Value)
        else { throw Malformed() }
        return exact
    }
}
