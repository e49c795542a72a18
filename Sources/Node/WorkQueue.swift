import Synchronization

/// A bounded first-in-first-out queue between the driver and the tasks that work for it.
final class WorkQueue<Element: Sendable>: Sendable {
    private struct Waiter {
        let maximum: Int
        let continuation: CheckedContinuation<[Element], Never>
    }

    private struct State {
        var elements: [Element] = []
        var waiters: [Waiter] = []
        var isFinished = false

        /// Takes the first elements.
        mutating func take(upTo maximum: Int) -> [Element] {
            let taken = Array(elements.prefix(maximum))
            elements.removeFirst(taken.count)
            return taken
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLock { $0.elements.count } }

    /// Adds an element; false if the queue is full or finished.
    func offer(_ element: Element) -> Bool {
        let (isTaken, waiter, batch) = state.withLock {
            (state) -> (Bool, Waiter?, [Element]) in
            guard !state.isFinished, state.elements.count < limit else { return (false, nil, []) }
            state.elements.append(element)
            guard !state.waiters.isEmpty else { return (true, nil, []) }
            let waiter = state.waiters.removeFirst()
            return (true, waiter, state.take(upTo: waiter.maximum))
        }
        waiter?.continuation.resume(returning: batch)
        return isTaken
    }

    /// Waits for at least one element and takes what is there, at most `maximum`; empty once the
    /// queue is finished or the task cancelled.
    func take(upTo maximum: Int) async -> [Element] {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let batch: [Element]? = state.withLock { state in
                    if !state.elements.isEmpty { return state.take(upTo: maximum) }
                    if state.isFinished { return [] }
                    state.waiters.append(Waiter(maximum: maximum, continuation: continuation))
                    return nil
                }
                if let batch { continuation.resume(returning: batch) }
            }
        } onCancel: {
            finish()
        }
    }

    /// Ends the queue: what is in it can still be taken, nothing is added.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            let waiters = state.waiters
            state.waiters = []
            return waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: []) }
    }
}
