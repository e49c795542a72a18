import Dispatch

/// One thread at a time for calls that block, in the order in which they come: disk work belongs
/// neither on an event loop nor in the pool that runs all other tasks.
package final class BlockingExecutor: SerialExecutor, TaskExecutor {
    private let queue: DispatchQueue

    /// `label` names the queue in a debugger.
    package init(label: String) {
        queue = DispatchQueue(label: label)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            // SAFETY: the references are used only during this call, in which `self` is alive; each
            // job is run exactly once.
            unsafe job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(),
                taskExecutor: self.asUnownedTaskExecutor())
        }
    }

    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }

    /// Runs `body` after everything that was enqueued before it.
    package func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Result { () throws(Failure) in try body() })
            }
        }
        return try result.get()
    }
}

/// An actor whose work blocks: it runs on an executor of its own.
package protocol BlockingActor: Actor {
    nonisolated var executor: BlockingExecutor { get }
}

extension BlockingActor {
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // SAFETY: the actor holds its executor as long as it lives.
        unsafe executor.asUnownedSerialExecutor()
    }
}
