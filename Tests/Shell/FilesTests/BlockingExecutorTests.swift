import Files
import Synchronization
import Testing

private actor Storehouse {
    private let executor: BlockingExecutor
    private(set) var count = 0

    init(_ executor: BlockingExecutor) { self.executor = executor }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // SAFETY: the actor keeps its executor alive.
        unsafe executor.asUnownedSerialExecutor()
    }

    func add() {
        executor.preconditionIsolated()
        count += 1
    }
}

private struct Refusal: Error, Equatable {}

@Suite struct BlockingExecutorTests {
    @Test func callsRunInTheOrderInWhichTheyCome() async {
        let executor = BlockingExecutor(label: "test")
        let order = Mutex<[Int]>([])
        for number in 0..<100 {
            await executor.run { order.withLock { $0.append(number) } }
        }
        #expect(order.withLock { $0 } == Array(0..<100))
    }

    @Test func errorsComeBackTyped() async {
        let executor = BlockingExecutor(label: "test")
        await #expect(throws: Refusal()) {
            try await executor.run { () throws(Refusal) -> Int in throw Refusal() }
        }
    }

    @Test func actorRunsOnTheExecutor() async {
        let storehouse = Storehouse(BlockingExecutor(label: "test"))
        await withDiscardingTaskGroup { group in
            for _ in 0..<100 { group.addTask { await storehouse.add() } }
        }
        #expect(await storehouse.count == 100)
    }

    @Test func taskMayPreferTheExecutor() async {
        let executor = BlockingExecutor(label: "test")
        await withTaskExecutorPreference(executor) { executor.checkIsolated() }
    }
}
