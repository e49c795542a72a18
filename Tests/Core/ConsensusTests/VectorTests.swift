import Codec
import Consensus
import Foundation
import Ledger
import Testing

/// Sections 9.3 and 9.4 of the protocol against `Tests/Vectors/messages.json`, recomputed from its
/// inputs.
struct VectorTests {
    private let file: Vector
    private let genesis: Genesis
    private let block: Block
    private let child: Block
    private let small: Block
    private let notarization: Certificate
    private let nullification: Certificate

    init() throws {
        file = try Vector(file: "messages.json")
        let inputs = file["inputs"]
        genesis = try Genesis(canonicalBytes: try inputs["genesis"].bytes)
        block = try Block(canonicalBytes: try inputs["block"].bytes)
        child = try Block(canonicalBytes: try inputs["child"].bytes)
        small = try Block(canonicalBytes: try inputs["small"].bytes)
        notarization = try Certificate(canonicalBytes: try inputs["notarization"].bytes)
        nullification = try Certificate(canonicalBytes: try inputs["nullification"].bytes)
    }

    private func vector(_ name: String) throws -> [UInt8] {
        let found = try file["consensus"].list.first { try $0["name"].text == name }
        return try #require(found)["bytes"].bytes
    }

    private var childProposal: Proposal {
        Proposal(
            round: child.header.round, parentView: child.header.parentView,
            blockHash: child.header.hash)
    }

    @Test func everyMessageHasItsBytes() throws {
        let inputs = file["inputs"]
        let requested = try inputs["requested"].bytes32
        let finalized = FinalizedHeader(
            header: block.header,
            finalization: try Certificate(
                canonicalBytes: try inputs["finalizationOfBlock"].bytes))
        let status = StatusMessage(
            round: Round(epoch: Epoch(1), view: View(9)), floorHeight: Height(11),
            floorHash: try inputs["floor"].bytes32, floorView: View(7),
            clock: Timestamp(milliseconds: 1_800_000_000_123))
        let messages: [(String, ConsensusMessage)] = [
            ("certificate", .certificate(nullification)),
            ("finalized", .finalized(finalized)),
            ("status", .status(status)),
            ("certificate request", .certificateRequest(Epoch(1), above: View(2), below: View(9))),
            ("certificates", .certificates([nullification, notarization])),
            ("block request", .blockRequest(requested)),
            ("block", .block(small)),
            ("transaction request", .transactionRequest(requested, [0, 5])),
            (
                "transactions",
                .transactions(requested, [PlacedTransaction(index: 5, entry: Entry([0x40, 1, 2]))])
            ),
        ]
        for (name, message) in messages {
            #expect(message.canonicalBytes == (try vector(name)), "\(name)")
        }
    }

    @Test func proposalHoldsHeaderIdsVoteAndParentCertificate() throws {
        let bytes = try vector("proposal")
        guard case .proposal(let message) = try ConsensusMessage(canonicalBytes: bytes) else {
            Issue.record("not a proposal")
            return
        }
        #expect(message.header == child.header)
        #expect(message.transactionIDs == child.transactionIDs)
        #expect(message.vote.subject == .notarize(childProposal))
        #expect(message.vote.signer == child.header.proposer)
        #expect(message.parentCertificate == notarization)
        #expect(ConsensusMessage.proposal(message).canonicalBytes == bytes)
    }

    @Test func voteIsKindSubjectSignerAndSignature() throws {
        let bytes = try vector("vote")
        guard case .vote(let vote) = try ConsensusMessage(canonicalBytes: bytes) else {
            Issue.record("not a vote")
            return
        }
        #expect(vote.subject == .nullify(Round(epoch: .first, view: View(2))))
        #expect(vote.signer == ValidatorIndex(3))
        #expect(bytes.count == 1 + 57 + 2 + 64)
    }

    @Test func everyMessageOfTheVectorsDecodesToItself() throws {
        let all = try file["consensus"].list
        #expect(all.count == 11)
        for vector in all {
            let bytes = try vector["bytes"].bytes
            #expect(try ConsensusMessage(canonicalBytes: bytes).canonicalBytes == bytes)
        }
    }

    @Test func journalHasItsHeaderAndFrames() throws {
        let journal = file["journal"]
        let chainID = try journal["chainId"].bytes32
        let key = try journal["key"].bytes32
        let header = Journal.header(chainID: chainID, key: key)
        #expect(header == (try journal["header"].bytes))
        var bytes = header
        var all: [JournalRecord] = []
        for (frame, vector) in try zip(journal["frames"].list, journal["records"].list) {
            let records = try vector.list.map { try JournalRecord(canonicalBytes: try $0.bytes) }
            #expect(
                Journal.frame(records, at: UInt64(bytes.count)) == (try frame.bytes))
            bytes += try frame.bytes
            all += records
        }
        #expect(
            Journal.replay(bytes, chainID: chainID, key: key)
                == .intact(all, length: bytes.count))
        let records: [JournalRecord] = [
            .signer(
                SignerRecord(
                    round: Round(epoch: .first, view: View(3)), notarized: childProposal)),
            .certificate(nullification), .block(small),
        ]
        for record in records { #expect(all.contains(record)) }
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
}
