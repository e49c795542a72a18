import DequeModule
import Synchronization

/// A queue between the driver and the tasks that work for it: first in, first out, and the tasks that
/// wait for something in it.
final class WorkQueue<Entry: Sendable>: Sendable {
    private struct State {
        var entries = Deque<Entry>()
        var waiters = Deque<CheckedContinuation<Entry?, Never>>()
        var isFinished = false
    }

    private let state = Mutex(State())

    /// Adds an entry; a finished queue drops it.
    func offer(_ entry: Entry) {
        let waiter = state.withLock { state -> CheckedContinuation<Entry?, Never>? in
            guard !state.isFinished else { return nil }
            if let waiter = state.waiters.popFirst() { return waiter }
            state.entries.append(entry)
            return nil
        }
        waiter?.resume(returning: entry)
    }

    /// Waits for the next entry; nil once the queue is finished or the task cancelled.
    func next() async -> Entry? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let entry: Entry?? = state.withLock { state in
                    if state.isFinished { return .some(nil) }
                    if let entry = state.entries.popFirst() { return entry }
                    state.waiters.append(continuation)
                    return .none
                }
                if let entry { continuation.resume(returning: entry) }
            }
        } onCancel: {
            finish()
        }
    }

    /// Takes what waits besides, at once.
    func takeAll() -> [Entry] {
        state.withLock { state in
            defer { state.entries.removeAll() }
            return Array(state.entries)
        }
    }

    /// Ends the queue: what waits in it is dropped, nothing is added.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            state.entries.removeAll()
            defer { state.waiters.removeAll() }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: nil) }
    }
}
