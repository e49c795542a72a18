import BlockSync
import Codec
import Ledger
import Simulation
import Testing

/// Answers within what the asker takes, and what a node reads and keeps at most.
struct SyncBoundsTests {
    /// A source that notes what is read of it.
    private final class CountingSource: BlockSource {
        let chain: ServedChain
        var blocksRead = 0
        var headersRead = 0

        init(_ chain: ServedChain) { self.chain = chain }

        func newest() throws -> FinalizedHeader? { try chain.newest() }
        func block(at height: Height) throws -> Block? {
            blocksRead += 1
            return try chain.block(at: height)
        }
        func header(at height: Height) throws -> BlockHeader? {
            headersRead += 1
            return try chain.header(at: height)
        }
        func finalization(at height: Height) throws -> Certificate? {
            try chain.finalization(at: height)
        }
        func finalization(from height: Height) throws -> FinalizedHeader? {
            try chain.finalization(from: height)
        }
    }

    private func range(_ answer: SyncMessage?) throws -> BlockRange {
        guard case .range(let range) = answer else {
            Issue.record("a range was expected, not \(String(describing: answer))")
            throw CodecError.invalid("no range")
        }
        return range
    }

    private func rangeRequests(_ effects: [SyncEffect]) -> [(bytes: UInt32, peer: PeerID)] {
        effects.compactMap { effect in
            guard case .send(.rangeRequest(_, _, let bytes), let peer) = effect else { return nil }
            return (bytes, peer)
        }
    }

    @Test func theWayToACertificateReadsHeadersAlone() throws {
        let source = CountingSource(ServedChain(height: 1000) { $0 == 1000 })
        let answer = try range(
            try SyncServer.answer(.rangeRequest(from: Height(1), count: 2), from: source))
        #expect(answer.blocks.count == 2)
        #expect(answer.headers.count == 998)
        #expect(source.blocksRead == 2)
    }

    @Test func aHeightThatNothingVouchesForCostsNothing() throws {
        let source = CountingSource(ServedChain(height: 1000) { $0 == 10 })
        let answer = try SyncServer.answer(
            .rangeRequest(from: Height(11), count: 128), from: source)
        #expect(answer == .unavailable(Height(11)))
        #expect(source.blocksRead == 0)
        #expect(source.headersRead <= 1)
    }

    @Test func aCertificateTooFarAboveMakesTheRangeUnavailable() throws {
        let far = UInt64(SyncLimits.headersPerRange) + 2
        let source = CountingSource(ServedChain(height: far) { $0 == far })
        let answer = try SyncServer.answer(
            .rangeRequest(from: Height(1), count: 1), from: source)
        #expect(answer == .unavailable(Height(1)))
        #expect(source.headersRead <= 2)
        _ = try range(try SyncServer.answer(.rangeRequest(from: Height(2), count: 1), from: source))
    }

    @Test(arguments: [UInt32(100_000), 500_000, 1 << 20])
    func anAnswerHoldsNoMoreBytesThanWereAskedFor(bytes: UInt32) throws {
        for certified in [UInt64(1), 60] {
            let chain = ServedChain(height: 60, bodyBytes: 30_000) { $0 % certified == 0 }
            let request = SyncMessage.rangeRequest(from: Height(1), count: 128, bytes: bytes)
            let answer = try SyncServer.answer(request, from: chain)
            #expect(try #require(answer).canonicalBytes.count <= Int(bytes))
            if bytes > 200_000 { _ = try range(answer) }
        }
    }

    @Test(arguments: [UInt32(0), 1, 4096, 60_000])
    func aBlockThatTheAskerDoesNotTakeIsUnavailable(bytes: UInt32) throws {
        let chain = ServedChain(height: 3, bodyBytes: 60_000)
        let request = SyncMessage.rangeRequest(from: Height(1), count: 1, bytes: bytes)
        #expect(try SyncServer.answer(request, from: chain) == .unavailable(Height(1)))
    }

    @Test func aPeerOfWhichLittleIsTakenIsAskedForLittle() {
        let chain = ServedChain(height: 90, bodyBytes: 20_000)
        var harness = SyncHarness(chain)
        harness.servers[PeerID(1)] = chain
        let limit = 1 << 20
        let effects = harness.client.connected(PeerID(1), answerBytes: limit, at: harness.now)
        var largest = 0
        harness.carryOut(effects) { answer, _ in
            largest = max(largest, answer.canonicalBytes.count)
            return answer
        }
        #expect(harness.delivered == chain.blocks)
        #expect(largest <= limit)
    }

    @Test func peersOfWhichAWholeFrameIsTakenAreAskedFirst() throws {
        let chain = ServedChain(height: 700)
        var harness = SyncHarness(chain)
        let newest = try chain.newest()
        _ = harness.client.connected(PeerID(1), answerBytes: 1 << 20, at: harness.now)
        _ = harness.client.connected(PeerID(2), at: harness.now)
        #expect(rangeRequests(harness.receive(.newest(newest), from: PeerID(2))).count == 2)
        #expect(rangeRequests(harness.receive(.newest(newest), from: PeerID(1))).isEmpty)
        // The other is asked when none of these is left, and told its bound.
        let effects = harness.client.disconnected(PeerID(2), at: harness.now)
        #expect(rangeRequests(effects).map(\.bytes) == [1 << 20, 1 << 20])
        #expect(rangeRequests(effects).map(\.peer) == [PeerID(1), PeerID(1)])
    }

    @Test func peersThatFailAreAskedAfterThoseOfWhichLittleIsTaken() throws {
        let chain = ServedChain(height: 700)
        var harness = SyncHarness(chain)
        let newest = try chain.newest()
        _ = harness.client.connected(PeerID(1), answerBytes: 1 << 20, at: harness.now)
        _ = harness.client.connected(PeerID(2), at: harness.now)
        _ = harness.receive(.newest(newest), from: PeerID(2))
        _ = harness.receive(.newest(newest), from: PeerID(1))
        var asked: [PeerID] = []
        for _ in 0..<20 where !asked.contains(PeerID(1)) {
            harness.milliseconds += SyncLimits.timeoutCap
            asked += rangeRequests(harness.client.advance(to: harness.now)).map(\.peer)
        }
        #expect(asked.last == PeerID(1))
        #expect(asked.count { $0 == PeerID(2) } < SyncLimits.failures)
    }

    @Test func blocksThatNothingCompletesAreDroppedAndAskedOfAnother() throws {
        let chain = ServedChain(height: 700, bodyBytes: 1000)
        // Sends the same blocks, and for all but the last no certificate of their own.
        let withholding = ServedChain(height: 700, bodyBytes: 1000) { $0 == 700 }
        var harness = SyncHarness(chain, pendingLimit: 300_000)
        harness.servers[PeerID(1)] = withholding
        var answers = 0
        harness.carryOut(harness.client.connected(PeerID(1), at: harness.now)) { answer, _ in
            answers += 1
            return answers < 30 ? answer : nil
        }
        #expect(harness.delivered.count == 0)
        #expect(harness.client.pendingBytes <= 500_000)
        harness.servers[PeerID(2)] = chain
        var askedOfFirst = 0
        let effects = harness.client.connected(PeerID(2), at: harness.now)
        harness.carryOut(effects) { answer, peer in
            if case .range = answer, peer == PeerID(1) { askedOfFirst += 1 }
            return answer
        }
        // What was in flight with the first may have to time out.
        harness.advance(milliseconds: SyncLimits.timeoutCap)
        #expect(harness.delivered.count == 700)
        #expect(askedOfFirst <= 2)
    }
}
