import BlockSync
import Codec
import Ledger
import Simulation
import Testing

/// Catching up through epochs whose validators change.
struct SyncEpochTests {
    /// Four validators of which one leaves an epoch and another joins, out of eight.
    private static let sets = (0..<4).map { first in
        SimulatedChain.validators(Array(first..<(first + 4)))
    }
    private let chain = ServedChain(height: 40, epochLength: 8, sets: sets)

    @Test func aNewNodeFollowsTheValidatorsOfEachEpoch() {
        var harness = SyncHarness(chain)
        harness.connect(1, chain)
        for _ in 0..<10 { harness.advance(milliseconds: 2000) }
        #expect(harness.delivered == chain.blocks)
        #expect(harness.disconnected.isEmpty)
        #expect(harness.client.validators == Self.sets[3])
    }

    @Test func aChainNeverGoesOnAfterTheLastBlockOfAnEpoch() {
        let unchanged = ServedChain(height: 40, epochLength: 8) { $0 == 40 }
        var harness = SyncHarness(unchanged)
        harness.connect(1, unchanged)
        #expect(harness.delivered == unchanged.blocks)
        // Five epochs: the finalization of each one's last block is delivered with it.
        #expect(harness.chains == 5)
    }

    @Test func aServersRangeEndsWithTheEpoch() throws {
        let answer = try SyncServer.answer(.rangeRequest(from: Height(6), count: 20), from: chain)
        guard case .range(let range) = answer else {
            Issue.record("a range was expected")
            return
        }
        #expect(range.blocks.map(\.header.height) == [6, 7, 8].map { Height($0) })
        #expect(range.headers.isEmpty)
    }

    @Test func aRangeThatGoesOnAfterAnEpochIsRefused() throws {
        let unchanged = ServedChain(height: 20, epochLength: 8)
        var harness = SyncHarness(unchanged)
        harness.servers[PeerID(1)] = unchanged
        let finalization = try #require(unchanged.finalizations[Height(12)])
        harness.carryOut(harness.client.connected(PeerID(1), at: harness.now)) { answer, _ in
            guard case .range = answer else { return answer }
            return .range(
                BlockRange(
                    blocks: Array(unchanged.blocks[0..<8]),
                    headers: unchanged.blocks[8..<12].map(\.header), finalization: finalization))
        }
        #expect(harness.disconnected[PeerID(1)] == .crossesEpoch(Height(9)))
        #expect(harness.delivered.isEmpty)
    }

    /// Who shows a block of unknown validators is asked for the end of the epoch, and may be silent: a
    /// verified block is asked of who has shown it, without waiting.
    @Test func whoOnlyClaimsToBeAheadHoldsNothingBack() throws {
        let chain = ServedChain(height: 3, epochLength: 8)
        let header = ServedChain(height: 12, epochLength: 8, sets: Self.sets).blocks[11].header
        let claim = FinalizedHeader(
            header: header, finalization: chain.certificate(header, signers: [0, 1, 2]))
        var harness = SyncHarness(chain)
        harness.servers[PeerID(1)] = chain
        let silent: (SyncMessage, PeerID) -> SyncMessage? = { answer, _ in
            if case .newest = answer { .newest(claim) } else { nil }
        }
        harness.carryOut(
            harness.client.connected(PeerID(1), at: harness.now), tamper: silent)
        #expect(harness.delivered.isEmpty)
        harness.connect(2, chain)
        #expect(harness.delivered == chain.blocks)
    }

    /// Headers that all claim one epoch and lie in two: nothing signed them, and a client that believed
    /// them would ask for nothing more.
    @Test func aRangeWhoseHeightsAreOfAnotherEpochThanItClaimsIsRefused() throws {
        let unchanged = ServedChain(height: 20, epochLength: 8)
        var harness = SyncHarness(unchanged)
        harness.servers[PeerID(1)] = unchanged
        harness.servers[PeerID(2)] = unchanged
        let finalization = try #require(unchanged.finalizations[Height(8)])
        var headers: [BlockHeader] = []
        var parent = unchanged.blocks[6].header
        for number in UInt64(8)...9 {
            let header = BlockHeader(
                chainID: parent.chainID, epoch: .first, height: Height(number), view: parent.view,
                parentView: parent.parentView, parentHash: parent.hash,
                time: parent.time.adding(milliseconds: 1), proposer: parent.proposer,
                transactionCount: 0, bodyBytes: 0, bodyRoot: .zero, logSize: 0, logRoot: .zero,
                stateDigestAfterParent: .zero, validatorsHash: Self.sets[2].hash,
                nextValidatorsHash: Self.sets[2].hash)
            headers.append(header)
            parent = header
        }
        harness.carryOut(harness.client.connected(PeerID(1), at: harness.now)) { answer, _ in
            guard case .range = answer else { return answer }
            return .range(
                BlockRange(
                    blocks: Array(unchanged.blocks[0..<7]), headers: headers,
                    finalization: finalization))
        }
        #expect(harness.disconnected[PeerID(1)] == .crossesEpoch(Height(9)))
        // Another serves the chain all the same.
        harness.connect(2, unchanged)
        for _ in 0..<4 { harness.advance(milliseconds: 2000) }
        #expect(harness.delivered == unchanged.blocks)
    }

    /// Whoever was a validator once cannot lead a node that catches up into another epoch.
    @Test func validatorsThatLeftCannotFinalizeALaterEpoch() throws {
        var harness = SyncHarness(chain)
        let header = chain.blocks[11].header
        let forged = BlockHeader(
            chainID: header.chainID, epoch: header.epoch, height: header.height,
            view: header.view, parentView: header.parentView, parentHash: header.parentHash,
            time: header.time, proposer: header.proposer,
            transactionCount: header.transactionCount, bodyBytes: header.bodyBytes,
            bodyRoot: header.bodyRoot, logSize: 999, logRoot: header.logRoot,
            stateDigestAfterParent: header.stateDigestAfterParent,
            validatorsHash: Self.sets[1].hash, nextValidatorsHash: Self.sets[1].hash)
        let finalized = FinalizedHeader(
            header: forged,
            finalization: chain.certificate(forged, signers: [0, 1, 2], in: Self.sets[0]))
        // The node is in epoch 0: a set that it does not know is no reason to believe anything.
        harness.connect(1, ServedChain(height: 3, epochLength: 8, sets: Self.sets))
        let target = harness.client.target
        _ = harness.receive(.newest(finalized), from: PeerID(1))
        #expect(harness.client.target == target)
        // In epoch 1 it knows the set, and the signatures of those before do not count.
        harness.servers[PeerID(1)] = chain
        let boundary = try #require(chain.finalized(8))
        _ = harness.client.floorAdvanced(
            to: Floor(boundary), validators: Self.sets[1], at: harness.now)
        _ = harness.client.connected(PeerID(2), at: harness.now)
        _ = harness.receive(.newest(finalized), from: PeerID(2))
        guard case .badFinality(.badCertificate) = harness.disconnected[PeerID(2)] else {
            Issue.record("the forged finalization was taken")
            return
        }
    }

    /// The word of one peer moves no target: it alone is asked, and what it cannot show costs it.
    @Test func aPeerThatClaimsALaterEpochIsAskedAloneAndGetsNoBelief() throws {
        let header = chain.blocks[30].header
        let claimed = FinalizedHeader(
            header: header, finalization: chain.certificate(header, signers: []))
        var harness = SyncHarness(chain)
        let honest = ServedChain(height: 5, epochLength: 8, sets: Self.sets)
        harness.connect(1, honest)
        #expect(harness.delivered.count == 5)
        harness.servers[PeerID(2)] = honest
        var asked: [PeerID] = []
        _ = harness.client.connected(PeerID(2), at: harness.now)
        harness.carryOut(harness.receive(.newest(claimed), from: PeerID(2))) { answer, peer in
            asked.append(peer)
            return answer
        }
        #expect(asked == [PeerID(2)])
        #expect(harness.client.target?.header.height == Height(5))
        #expect(harness.client.isSynchronized)
        // The honest one goes on being used.
        harness.servers[PeerID(1)] = chain
        for _ in 0..<12 { harness.advance(milliseconds: 2000) }
        #expect(harness.delivered == chain.blocks)
    }

    /// An answer may arrive after the floor went on by other means, into another set's epoch.
    @Test func aLateRangeOfAnEpochBeforeIsNoOffence() throws {
        var harness = SyncHarness(chain)
        harness.servers[PeerID(1)] = chain
        var late: SyncMessage?
        harness.carryOut(harness.client.connected(PeerID(1), at: harness.now)) { answer, _ in
            guard case .newest = answer else {
                if late == nil { late = answer }
                return nil
            }
            return answer
        }
        let boundary = try #require(chain.finalized(8))
        _ = harness.client.floorAdvanced(
            to: Floor(boundary), validators: Self.sets[1], at: harness.now)
        _ = harness.receive(try #require(late), from: PeerID(1))
        #expect(harness.disconnected.isEmpty)
    }

    @Test func aPeerThatStandsStillDoesNotHoldANodeBack() {
        var harness = SyncHarness(chain)
        harness.connect(1, ServedChain(height: 2, epochLength: 8, sets: Self.sets))
        harness.connect(2, chain)
        for _ in 0..<10 { harness.advance(milliseconds: 2000) }
        #expect(harness.delivered == chain.blocks)
    }

    /// One that says what it has and never sends it must not hold up all that follows.
    @Test func whoLeavesAQuestionUnansweredIsAskedAfterAllOthers() {
        var harness = SyncHarness(chain)
        var unanswered = 0
        for peer in UInt64(1)...4 { harness.servers[PeerID(peer)] = chain }
        for peer in UInt64(1)...4 {
            let effects = harness.client.connected(PeerID(peer), at: harness.now)
            harness.carryOut(effects) { answer, peer in
                guard case .range = answer, peer == PeerID(1) else { return answer }
                unanswered += 1
                return nil
            }
        }
        for _ in 0..<5 {
            harness.advance(milliseconds: 2000) { answer, peer in
                guard case .range = answer, peer == PeerID(1) else { return answer }
                unanswered += 1
                return nil
            }
        }
        #expect(harness.delivered == chain.blocks)
        #expect(unanswered <= SyncLimits.requestsPerPeer)
    }
}
