import Codec
import Consensus
import Ledger
import Simulation
import Testing

struct EncodingTests {
    private var messages: [ConsensusMessage] {
        let harness = Harness()
        let block = harness.block(view: 1, transactions: [[1], [2, 3]])
        let proposal = harness.proposal(of: block)
        let notarization = harness.certificate(.notarize(proposal))
        let finalized = FinalizedHeader(
            header: block.header, finalization: harness.certificate(.finalize(proposal)))
        return [
            .proposal(harness.message(proposing: block)),
            .proposal(harness.message(proposing: block, parent: notarization)),
            .vote(harness.vote(harness.nullify(1), by: 3)),
            .certificate(notarization), .finalized(finalized),
            .status(harness.statusMessage(view: 4)),
            .certificateRequest(.first, above: View(1), below: View(9)),
            .certificates([notarization, harness.certificate(harness.nullify(2))]),
            .blockRequest(block.header.hash), .block(block),
            .transactionRequest(block.header.hash, [0, 1]),
            .transactions(block.header.hash, [PlacedTransaction(index: 1, entry: Entry([2, 3]))]),
            .entryRequest(block.header.hash),
            .entryAnswer(
                EntryAnswer(
                    nonce: block.header.hash, round: block.header.round, certificate: nil)),
            .entryAnswer(
                EntryAnswer(
                    nonce: block.header.hash, round: Round(epoch: .first, view: View(2)),
                    certificate: notarization)),
            .voteRequest(block.header.hash),
            .voteAnswer(VoteAnswer(nonce: block.header.hash, vote: nil)),
            .voteAnswer(
                VoteAnswer(
                    nonce: block.header.hash, vote: harness.vote(harness.nullify(1), by: 3))),
        ]
    }

    @Test func everyMessageDecodesToItself() throws {
        for message in messages {
            #expect(try ConsensusMessage(canonicalBytes: message.canonicalBytes) == message)
        }
    }

    @Test func whateverDecodesReencodesToTheSameBytes() {
        var random = SeededGenerator(seed: 1)
        for message in messages {
            let bytes = message.canonicalBytes
            for _ in 0..<200 {
                var mutated = bytes
                switch random.index(below: 3) {
                case 0: mutated[random.index(below: bytes.count)] ^= 1 << random.next() % 8
                case 1: mutated.removeLast(random.index(below: bytes.count))
                default: mutated.append(UInt8(truncatingIfNeeded: random.next()))
                }
                // Most are refused; what is taken must be canonical.
                if let decoded = try? ConsensusMessage(canonicalBytes: mutated) {
                    #expect(decoded.canonicalBytes == mutated)
                }
            }
        }
    }

    @Test func unknownTagsAndCountsAboveTheLimitsAreRefused() {
        #expect(throws: CodecError.unknownTag(16)) {
            try ConsensusMessage(canonicalBytes: [16])
        }
        #expect(throws: CodecError.unknownTag(0)) { try ConsensusMessage(canonicalBytes: [0]) }
        #expect(throws: CodecError.overLimit(count: 65, limit: 64)) {
            try ConsensusMessage(canonicalBytes: [7, 0, 0, 0, 65])
        }
        var request = ByteWriter()
        request.write(UInt8(10))
        request.write(Bytes32.zero)
        request.write(UInt32(4097))
        #expect(throws: CodecError.overLimit(count: 4097, limit: 4096)) {
            try ConsensusMessage(canonicalBytes: request.bytes)
        }
    }

    @Test func contentWaitsBehindVotes() {
        let bulk = messages.filter(\.isBulk)
        #expect(bulk.count == 2)
    }

    @Test(arguments: [
        (4, 3), (5, 4), (6, 5), (7, 5), (8, 6), (9, 7), (10, 7), (13, 9), (16, 11), (19, 13),
        (22, 15), (25, 17), (28, 19), (31, 21),
    ])
    func aQuorumIsAllButAThird(validators: Int, quorum: Int) {
        #expect(SimulatedChain.genesis(validators: validators).validators.quorum == quorum)
    }
}
