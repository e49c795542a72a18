import APISchema
import Codec
import Ledger
import Registrar
import Synchronization
import Testing

@Suite struct PublishingTests {
    private func publish(_ office: Office, _ publisher: IssuePublisher) async throws {
        try await publisher.publish(at: try await office.chain.snapshot())
    }

    @Test func newTotalIsPublishedOnceAndOnlyGrows() async throws {
        let office = try await Office()
        let publisher = office.publisher()
        try await publish(office, publisher)
        #expect(office.chain.state.withLock { $0.counts }.isEmpty)
        _ = try await office.credential(0, seed: 1)
        _ = try await office.credential(1, seed: 2)
        try await publish(office, publisher)
        try await publish(office, publisher)
        _ = try await office.credential(4, seed: 3, style: 2)
        try await publish(office, publisher)
        let counts = office.chain.state.withLock { $0.counts }
        #expect(counts.map(\.style) == [1, 2])
        #expect(counts.map(\.total) == [2, 1])
    }

    @Test func restartedPublisherGoesOnWhereTheChainIs() async throws {
        let office = try await Office()
        _ = try await office.credential(0, seed: 1)
        try await publish(office, office.publisher())
        _ = try await office.credential(1, seed: 2)
        let again = try office.another()
        try await publish(office, office.publisher(again.database))
        #expect(office.chain.state.withLock { $0.counts }.map(\.total) == [1, 2])
    }

    @Test func batchWaitsForEnoughLeavesAndForItsInterval() async throws {
        let office = try await Office()
        let publisher = office.publisher()
        func batches() -> [[UInt32]] {
            office.chain.state.withLock { $0.publishedLeaves[1] ?? [] }
        }
        office.chain.state.withLock { $0.time = Fixture.start.adding(milliseconds: 700_000) }
        _ = try await office.credential(0, seed: 1)
        try await publish(office, publisher)
        #expect(batches().isEmpty)
        _ = try await office.credential(1, seed: 2)
        try await publish(office, publisher)
        #expect(batches().map(\.count) == [2])
        #expect(batches()[0] == batches()[0].sorted())
        _ = try await office.credential(2, seed: 3)
        _ = try await office.credential(3, seed: 4)
        office.chain.state.withLock { $0.time = Fixture.start.adding(milliseconds: 1_299_999) }
        try await publish(office, publisher)
        #expect(batches().count == 1)
        office.chain.state.withLock { $0.time = Fixture.start.adding(milliseconds: 1_300_000) }
        try await publish(office, publisher)
        #expect(batches().map(\.count) == [2, 2])
        #expect(Set(batches().flatMap { $0 }) == [0, 1, 2, 3])
    }

    @Test func restIsPublishedAtTheClose() async throws {
        let office = try await Office()
        _ = try await office.credential(0, seed: 1)
        _ = try await office.credential(4, seed: 2, style: 2)
        let publisher = office.publisher()
        office.chain.state.withLock { $0.time = Fixture.closes.subtracting(milliseconds: 1) }
        try await publish(office, publisher)
        #expect(office.chain.state.withLock { $0.publishedLeaves }.isEmpty)
        office.chain.state.withLock { $0.time = Fixture.closes }
        try await publish(office, publisher)
        try await publish(office, publisher)
        let published = office.chain.state.withLock { $0.publishedLeaves }
        #expect(published[1]?.map(\.count) == [1])
        #expect(published[2] == [[0]])
    }

    @Test func twoPublishersOfOneDatabasePublishEachLeafOnce() async throws {
        let office = try await Office()
        let other = try office.another()
        for number in 0..<4 { _ = try await office.credential(number, seed: UInt8(number)) }
        office.chain.state.withLock { $0.time = Fixture.closes }
        let snapshot = try await office.chain.snapshot()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for publisher in [office.publisher(), office.publisher(other.database)] {
                group.addTask { try await publisher.publish(at: snapshot) }
            }
            try await group.waitForAll()
        }
        let published = office.chain.state.withLock { $0.publishedLeaves[1] ?? [] }
        #expect(published.flatMap { $0 }.sorted() == [0, 1, 2, 3])
    }

    @Test func nothingIsPublishedOfAnAbortedElection() async throws {
        let office = try await Office()
        _ = try await office.credential(0, seed: 1)
        office.chain.state.withLock { $0.phase = "aborted" }
        try await publish(office, office.publisher())
        #expect(office.chain.state.withLock { $0.counts }.isEmpty)
    }

    @Test func refusedCountOfOneStyleDelaysNoOther() async throws {
        let office = try await Office()
        office.chain.state.withLock { $0.refusedCounts = [1] }
        _ = try await office.credential(0, seed: 1)
        _ = try await office.credential(4, seed: 2, style: 2)
        let publisher = office.publisher()
        let asked = office.chain.state.withLock { $0.questions }
        try await publish(office, publisher)
        #expect(office.chain.state.withLock { $0.issued } == [2: 1])
        // Nothing waits for the refused one: the chain is asked once.
        #expect(office.chain.state.withLock { $0.questions } <= asked + 2)
        office.chain.state.withLock { $0.time = Fixture.closes }
        try await publish(office, publisher)
        #expect(office.chain.state.withLock { $0.publishedLeaves } == [2: [[0]]])
    }

    @Test func fullBatchesGoAtOnceSoThatLittleIsLeftAtTheClose() async throws {
        let office = try await Office(voters: 9)
        for number in 0..<5 { _ = try await office.credential(number, seed: UInt8(number)) }
        let publisher = office.publisher(batchLimit: 2)
        // Within the interval after the start of issuing.
        try await publish(office, publisher)
        #expect(office.chain.state.withLock { $0.publishedLeaves[1]?.map(\.count) } == [2, 2])
        office.chain.state.withLock { $0.time = Fixture.closes }
        try await publish(office, publisher)
        #expect(office.chain.state.withLock { $0.publishedLeaves[1]?.map(\.count) } == [2, 2, 1])
    }

    @Test func everythingLeftIsPublishedInOneRoundAtTheClose() async throws {
        let office = try await Office(voters: 9)
        for number in 0..<7 { _ = try await office.credential(number, seed: UInt8(number)) }
        office.chain.state.withLock { $0.time = Fixture.closes }
        try await publish(office, office.publisher(batchLimit: 2))
        let published = office.chain.state.withLock { $0.publishedLeaves[1] ?? [] }
        #expect(published.map(\.count) == [2, 2, 2, 1])
        #expect(Set(published.flatMap { $0 }).count == 7)
    }
}
