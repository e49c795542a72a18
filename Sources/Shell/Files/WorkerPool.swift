import DequeModule
import Dispatch
import Foundation
import Glibc
import Synchronization

/// Threads of their own for work that takes processors long. A pool with a niceness gives way to all
/// others: what must not be late is never behind what may wait.
package final class WorkerPool: TaskExecutor {
    private struct State {
        var jobs = Deque<UnownedJob>()
        var isFinished = false
    }

    private let state = Mutex(State())
    private let ready = DispatchSemaphore(value: 0)
    private let threads: Int

    /// - Parameters:
    ///   - label: names the threads in a debugger.
    ///   - threads: how many jobs run side by side.
    ///   - niceness: as of `setpriority(2)`, from 0 to 19: each step is about a tenth less of a busy
    ///     processor.
    package init(label: String, threads: Int, niceness: Int32 = 0) {
        self.threads = threads
        for number in 0..<threads {
            let thread = Thread { [self] in
                // It can only fail for a niceness below 0. On Linux it is the thread's.
                if niceness > 0 { setpriority(__priority_which_t(0), 0, niceness) }
                work()
            }
            thread.name = "\(label).\(number)"
            thread.start()
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        ready.signal()
    }

    /// Ends the threads once all jobs are run. Nothing may be enqueued afterwards.
    package func finish() {
        state.withLock { $0.isFinished = true }
        for _ in 0..<threads { ready.signal() }
    }

    private func work() {
        while true {
            ready.wait()
            let job = state.withLock { state in
                state.jobs.popFirst()
            }
            guard let job else {
                if state.withLock({ $0.isFinished }) { return }
                continue
            }
            // SAFETY: the reference is used only during this call, in which `self` is alive; each job is
            // run exactly once.
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
