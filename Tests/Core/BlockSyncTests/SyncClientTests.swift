import BlockSync
import Codec
import Ledger
import Simulation
import Testing

struct SyncClientTests {
    @Test(arguments: [UInt64(1), 127, 128, 129, 1000])
    func aNewNodeGetsTheWholeChainInOrder(height: UInt64) {
        let chain = ServedChain(height: height)
        var harness = SyncHarness(chain)
        harness.connect(1, chain)
        #expect(harness.delivered == chain.blocks)
        #expect(harness.client.isSynchronized)
        #expect(harness.largestFlight <= SyncLimits.requests)
    }

    @Test func blocksWithoutCertificatesOfTheirOwnAreDeliveredWithTheNextThatHasOne() {
        let chain = ServedChain(height: 300) { $0 % 100 == 0 }
        var harness = SyncHarness(chain)
        harness.connect(1, chain)
        #expect(harness.delivered == chain.blocks)
        #expect(harness.chains == 3)
    }

    @Test func aCertificateFarAboveVouchesForWholeRangesBelowIt() {
        let chain = ServedChain(height: 300) { $0 == 300 }
        var harness = SyncHarness(chain)
        harness.connect(1, chain)
        #expect(harness.delivered == chain.blocks)
        #expect(harness.chains == 1)
    }

    @Test func largeBlocksComeInSmallerRanges() {
        let chain = ServedChain(height: 80, bodyBytes: 60_000)
        var harness = SyncHarness(chain)
        harness.connect(1, chain)
        #expect(harness.delivered == chain.blocks)
    }

    @Test func manyPeersShareTheWorkAndTheDeadOneCostsATimeout() {
        let chain = ServedChain(height: 1000)
        var harness = SyncHarness(chain)
        var asked: [PeerID: Int] = [:]
        for peer in UInt64(1)...3 { harness.servers[PeerID(peer)] = chain }
        for peer in UInt64(1)...3 {
            let effects = harness.client.connected(PeerID(peer), at: harness.now)
            harness.carryOut(effects) { message, peer in
                if case .range = message {
                    asked[peer, default: 0] += 1
                    return peer == PeerID(2) ? nil : message
                }
                return message
            }
        }
        for _ in 0..<30 {
            harness.advance(milliseconds: 2000) { message, peer in
                if case .range = message, peer == PeerID(2) { return nil }
                return message
            }
        }
        #expect(harness.delivered == chain.blocks)
    }

    @Test func aPeerThatLeavesIsReplaced() {
        let chain = ServedChain(height: 500)
        var harness = SyncHarness(chain)
        harness.servers[PeerID(1)] = chain
        let first = harness.client.connected(PeerID(1), at: harness.now)
        harness.carryOut(first) { message, _ in
            if case .range = message { return nil }
            return message
        }
        harness.servers[PeerID(2)] = chain
        harness.carryOut(harness.client.connected(PeerID(2), at: harness.now)) { message, _ in
            if case .range = message { return nil }
            return message
        }
        let effects = harness.client.disconnected(PeerID(1), at: harness.now)
        harness.carryOut(effects)
        // The longest time that a first answer has.
        harness.advance(
            milliseconds: SyncLimits.timeout + 128 * SyncLimits.timeoutPerBlock)
        #expect(harness.delivered == chain.blocks)
    }

    @Test func newsFromAPeerIsFetchedAtOnce() throws {
        let chain = ServedChain(height: 20)
        let earlier = ServedChain(height: 10)
        var harness = SyncHarness(chain)
        harness.connect(1, earlier)
        #expect(harness.delivered.count == 10)
        harness.servers[PeerID(1)] = chain
        let newest = try #require(try chain.newest())
        harness.carryOut(harness.receive(.newest(newest), from: PeerID(1)))
        #expect(harness.delivered == chain.blocks)
    }

    @Test func aTargetFromTheReplicaIsFetched() throws {
        let chain = ServedChain(height: 20)
        let earlier = ServedChain(height: 10)
        var harness = SyncHarness(chain)
        harness.connect(1, earlier)
        harness.servers[PeerID(1)] = chain
        let newest = try #require(try chain.newest())
        harness.carryOut(harness.client.target(newest, at: harness.now))
        #expect(harness.delivered == chain.blocks)
    }

    @Test func aFloorThatMovedMeanwhileIsNotDeliveredAgain() throws {
        let chain = ServedChain(height: 300)
        var harness = SyncHarness(chain)
        let tip = try #require(chain.finalized(150))
        _ = harness.client.floorAdvanced(to: Floor(tip), at: harness.now)
        harness.connect(1, chain)
        #expect(harness.delivered == Array(chain.blocks[150...]))
    }

    @Test func aChainThatDoesNotContinueOursIsAConflict() throws {
        let ours = ServedChain(height: 10, branch: 1)
        let theirs = ServedChain(height: 20)
        var harness = SyncHarness(ours)
        let tip = try #require(ours.finalized(10))
        _ = harness.client.floorAdvanced(to: Floor(tip), at: harness.now)
        harness.connect(1, theirs)
        #expect(harness.conflicts.count == 1)
        #expect(harness.delivered == [])
    }

    @Test func polledPeersAreAskedAgain() {
        let chain = ServedChain(height: 5)
        var harness = SyncHarness(chain)
        harness.connect(1, ServedChain(height: 2))
        harness.servers[PeerID(1)] = chain
        #expect(harness.client.nextDeadline == Instant(microseconds: 2_000_000))
        harness.advance(milliseconds: 2000)
        #expect(harness.delivered == chain.blocks)
    }
}

/// What a peer may not send, and what moves nothing.
struct SyncRejectionTests {
    private let chain = ServedChain(height: 30)

    private func rejection(
        _ tamper: @escaping (BlockRange) -> BlockRange
    ) -> SyncRejection? {
        var harness = SyncHarness(chain)
        harness.servers[PeerID(1)] = chain
        let effects = harness.client.connected(PeerID(1), at: harness.now)
        harness.carryOut(effects) { message, _ in
            if case .range(let range) = message { return .range(tamper(range)) }
            return message
        }
        #expect(harness.delivered == [])
        return harness.disconnected[PeerID(1)]
    }

    @Test func aRangeWithAnotherBodyIsRefused() {
        let found = rejection { range in
            var blocks = range.blocks
            blocks[4] = Block(header: blocks[4].header, transactions: [[9]])
            return BlockRange(
                blocks: blocks, headers: range.headers, finalization: range.finalization)
        }
        #expect(found == .wrongBody(Height(5)))
    }

    @Test func aRangeWithABlockOfAnotherChainIsRefused() {
        let other = ServedChain(height: 30, branch: 5)
        let found = rejection { range in
            var blocks = range.blocks
            blocks[4] = other.blocks[4]
            return BlockRange(
                blocks: blocks, headers: range.headers, finalization: range.finalization)
        }
        #expect(found == .brokenChain(Height(5)))
    }

    @Test func aRangeWithTooFewSignaturesIsRefused() throws {
        let tip = try #require(chain.blocks.last?.header)
        let weak = chain.certificate(tip, signers: [0, 1])
        let found = rejection {
            BlockRange(blocks: $0.blocks, headers: $0.headers, finalization: weak)
        }
        #expect(found == .badFinality(.badCertificate(.tooFewSigners(2, quorum: 3))))
    }

    @Test func aRangeWithACertificateOfAnotherBlockIsRefused() throws {
        let other = try #require(chain.finalizations[Height(3)])
        let found = rejection {
            BlockRange(blocks: $0.blocks, headers: $0.headers, finalization: other)
        }
        #expect(found == .badFinality(.wrongSubject))
    }

    /// Nothing is signed in such an answer: any stranger can send it.
    @Test func aRangeWithAHeaderOfGenesisHeightIsNoMessage() throws {
        let chain = ServedChain(height: 3)
        let range = BlockRange(
            blocks: [chain.blocks[0]], headers: [chain.blocks[1].header],
            finalization: try #require(chain.finalizations[Height(2)]))
        var bytes = SyncMessage.range(range).canonicalBytes
        let header = chain.blocks[1].header.canonicalBytes
        let start = try #require(
            bytes.indices.first { bytes[$0...].starts(with: header) })
        bytes.replaceSubrange((start + 42)..<(start + 50), with: [UInt8](repeating: 0, count: 8))
        #expect(throws: CodecError.invalid("a block's height is from 1 to 2^63 - 1")) {
            try SyncMessage(canonicalBytes: bytes)
        }
    }

    @Test func anEmptyRangeIsRefused() {
        let found = rejection {
            BlockRange(blocks: [], headers: [], finalization: $0.finalization)
        }
        #expect(found == .emptyRange)
    }

    @Test func aClaimedHeightWithoutACertificateMovesNothing() throws {
        var harness = SyncHarness(chain)
        harness.connect(1, ServedChain(height: 3))
        let tip = try #require(chain.blocks.last?.header)
        let weak = FinalizedHeader(
            header: tip, finalization: chain.certificate(tip, signers: [0, 1]))
        #expect(harness.receive(.newest(weak), from: PeerID(1)) == [])
        #expect(
            harness.disconnected[PeerID(1)]
                == .badFinality(.badCertificate(.tooFewSigners(2, quorum: 3))))
        #expect(harness.client.target?.header.height == Height(3))
    }

    @Test func aRequestToTheClientIsRefused() {
        var harness = SyncHarness(chain)
        harness.connect(1, chain)
        _ = harness.receive(.newestRequest, from: PeerID(1))
        #expect(harness.disconnected[PeerID(1)] == .unexpectedRequest)
    }

    @Test func answersThatNobodyAskedForChangeNothing() throws {
        var harness = SyncHarness(chain)
        harness.connect(1, ServedChain(height: 3))
        let answer = try #require(
            try SyncServer.answer(.rangeRequest(from: Height(4), count: 5), from: chain))
        #expect(harness.receive(answer, from: PeerID(1)) == [])
        #expect(harness.receive(answer, from: PeerID(9)) == [])
        #expect(harness.receive(.unavailable(Height(4)), from: PeerID(1)) == [])
        #expect(harness.delivered.count == 3)
    }
}

struct SyncServerTests {
    @Test func whatIsNotThereIsUnavailable() throws {
        let chain = ServedChain(height: 3)
        for height in [UInt64(0), 4, .max] {
            let answer = try SyncServer.answer(
                .rangeRequest(from: Height(height), count: 1), from: chain)
            #expect(answer == .unavailable(Height(height)))
        }
        #expect(
            try SyncServer.answer(.rangeRequest(from: Height(1), count: 0), from: chain)
                == .unavailable(Height(1)))
    }

    @Test func anAnswerStaysWithinItsBounds() throws {
        let chain = ServedChain(height: 70, bodyBytes: 60_000)
        let answer = try SyncServer.answer(
            .rangeRequest(from: Height(1), count: .max), from: chain)
        let bytes = try #require(answer).canonicalBytes
        #expect(bytes.count <= SyncLimits.frameBytes)
        guard case .range(let range) = answer else {
            Issue.record("a range was expected")
            return
        }
        #expect(range.blocks.count <= Int(SyncLimits.blocksPerRange))
    }

    @Test func answersAreNoRequests() throws {
        #expect(try SyncServer.answer(.newest(nil), from: ServedChain(height: 1)) == nil)
    }

    @Test func everyMessageDecodesToItselfAndMutantsReencodeTheSame() throws {
        let chain = ServedChain(height: 5) { $0 == 5 }
        let range = try #require(
            try SyncServer.answer(.rangeRequest(from: Height(2), count: 2), from: chain))
        let messages: [SyncMessage] = [
            .newestRequest, .newest(nil), .newest(try chain.newest()),
            .rangeRequest(from: Height(7), count: 9), range, .unavailable(Height(3)),
        ]
        var random = SeededGenerator(seed: 2)
        for message in messages {
            let bytes = message.canonicalBytes
            #expect(try SyncMessage(canonicalBytes: bytes) == message)
            for _ in 0..<200 {
                var mutated = bytes
                mutated[random.index(below: bytes.count)] ^= 1 << random.next() % 8
                if let decoded = try? SyncMessage(canonicalBytes: mutated) {
                    #expect(decoded.canonicalBytes == mutated)
                }
            }
        }
        #expect(throws: CodecError.unknownTag(6)) { try SyncMessage(canonicalBytes: [6]) }
    }
}
