import BallotCryptography
import Codec
import Elections
import Hashing
import Ledger
import Testing

/// One election from announcement to final result, with real cryptography.
struct WholeElectionTests {
    @Test func phasesFollowOneAnother() throws {
        #expect(try Stages.created.status.phase == .announced)
        #expect(try Stages.dealt.status.phase == .keyCeremony)
        #expect(try Stages.rehearsed.status.phase == .rehearsed)
        #expect(try Stages.rolled.status.phase == .rollPublished)
        #expect(try Stages.open.status.phase == .open)
        #expect(try Stages.closed.status.phase == .closed)
        #expect(try Stages.counted.status.phase == .tallied)
        #expect(try Stages.resulted.status.phase == .tallied)
    }

    @Test func countsAreThoseOfTheLastBallotOfEachVoter() throws {
        let world = Stages.resulted
        let units = try world.queries.units(world.election)
        #expect(units.map(\.mergedInto) == [nil, nil, nil, 3])
        #expect(units.map(\.tallyUnits) == [[1], [1], [2, 3], [3]])
        #expect(units[0].counts == [1, 1, 1])
        #expect(units[1].counts == [1, 0, 1])
        #expect(units[2].counts == [1, 2, 0])
        #expect(units[3].counts == nil)
        let style = try #require(try world.status.styles.first)
        #expect(style.listed == 4)
        #expect(style.issued == 3)
        #expect(style.cast == 3)
        #expect(style.leavesIssued == 3)
    }

    @Test func resultProtocolNamesTheBlockThatCompletedTheCounts() throws {
        let world = Stages.resulted
        let bytes = try #require(try world.queries.resultProtocol(world.election))
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains(seed("block \(Stages.counted.head.height.rawValue)").description))
        #expect(text.contains("\"votes\": 3"))
        #expect(try world.status.resultHash == SHA256.digest(bytes))
    }

    @Test func commissionSignsTheProtocolAndTheThresholdMakesItFinal() throws {
        var world = Stages.resulted
        let bytes = try #require(try world.queries.resultProtocol(world.election))
        try world.block(at: Hour.after + 200, [world.protocolSignature(0, over: bytes)])
        #expect(try world.status.phase == .signed)
        try world.block(
            at: Hour.after + 300,
            [world.protocolSignature(1, over: bytes, dissent: "the room was locked")])
        #expect(try world.status.phase == .signed)
        try world.block(at: Hour.after + 400, [world.protocolSignature(2, over: bytes)])
        let status = try world.status
        #expect(status.phase == .final)
        #expect(status.agreeing == 2)
        #expect(status.dissenting == 1)
        #expect(try world.queries.signatures(world.election).count == 3)
    }

    @Test func fourthShareIsAcceptedAfterTheCounts() throws {
        var world = Stages.resulted
        try world.block(at: Hour.after + 200, [try world.decryption(2, unit: 1)])
        #expect(
            try world.queries.partialDecryptions(world.election, unit: 1).map(\.trustee)
                == [5, 1, 3, 2])
    }

    @Test func electionWithoutBallotsCountsZerosWithoutShares() throws {
        var world = Stages.open
        try world.block(at: Hour.after)
        #expect(try world.status.phase == .tallied)
        try world.block(at: Hour.after + 1)
        #expect(
            try world.queries.units(world.election).filter { $0.mergedInto == nil }
                .allSatisfy { $0.counts?.allSatisfy { $0 == 0 } ?? false })
        #expect(try world.queries.resultProtocol(world.election) != nil)
    }

    @Test func electionWithoutKeysIsAbortedAtTheClose() throws {
        var world = Stages.dealt
        try world.block(at: Hour.after - 1)
        #expect(try world.status.phase == .keyCeremony)
        try world.block(at: Hour.after)
        #expect(try world.status.phase == .aborted)
    }

    @Test func sameBlocksGiveTheSameDigest() throws {
        func run() throws -> [Bytes32] {
            var world = World()
            var digests: [Bytes32] = []
            digests.append(try world.block(at: 10, [try world.creation()]).stateDigest)
            for trustee in UInt32(1)...5 {
                let offset = 20 + UInt64(trustee)
                let block = try world.block(at: offset, [try world.registration(trustee)])
                digests.append(block.stateDigest)
            }
            return digests
        }
        let digests = try run()
        #expect(try digests == run())
        #expect(Set(digests).count == digests.count)
    }

    @Test func blocksExecuteOnBlocksThatAreNotWritten() throws {
        let world = Stages.issued
        var first = try world.executor(at: Hour.opens)
        let parent = try first.finish()
        let layered = LayeredState(parent.changes, over: world.state)
        var second = try BlockExecutor(
            chain: world.chain, parent: layered, catalog: parent.catalog,
            height: parent.height.next, time: Hour.time(Hour.opens + 1), parentHash: .zero)
        let child = try second.finish()
        var direct = world
        try direct.block(at: Hour.opens)
        #expect(direct.head.stateDigest == parent.stateDigest)
        try direct.block(at: Hour.opens + 1)
        #expect(direct.head.stateDigest == child.stateDigest)
        #expect(try StateDigest.of(direct.state) == child.stateDigest)
    }
}
