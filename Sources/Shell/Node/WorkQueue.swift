import Synchronization

/// What waits in a `WorkQueue`, and in which order it leaves.
protocol WorkBuffer: Sendable {
    associatedtype Entry: Sendable

    /// Takes the next entries, at most `maximum`; none where none may leave now.
    mutating func take(upTo maximum: Int) -> [Entry]
}

/// First in, first out, of a bounded length.
struct BoundedLine<Entry: Sendable>: WorkBuffer {
    private let limit: Int
    private var line = Line<Entry>()

    init(limit: Int) { self.limit = limit }

    /// Adds an entry; false if there is no room.
    mutating func append(_ entry: Entry) -> Bool {
        guard line.count < limit else { return false }
        line.append(entry)
        return true
    }

    mutating func take(upTo maximum: Int) -> [Entry] {
        var taken: [Entry] = []
        while taken.count < maximum, let entry = line.popFirst() { taken.append(entry) }
        return taken
    }
}

/// A queue between the driver and the tasks that work for it: a buffer, and the tasks that wait for
/// something in it.
final class WorkQueue<Buffer: WorkBuffer>: Sendable {
    private struct Waiter {
        let maximum: Int
        let continuation: CheckedContinuation<[Buffer.Entry], Never>
    }

    private struct State {
        var buffer: Buffer
        var waiters: [Waiter] = []
        var isFinished = false
    }

    private let state: Mutex<State>

    init(_ buffer: Buffer) { state = Mutex(State(buffer: buffer)) }

    /// Changes the buffer and hands what may leave it to tasks that wait; nil once the queue is
    /// finished.
    func change<Result: Sendable>(_ body: (inout Buffer) -> Result) -> Result? {
        let (result, ready) = state.withLock {
            (state) -> (Result?, [(Waiter, [Buffer.Entry])]) in
            guard !state.isFinished else { return (nil, []) }
            let result = body(&state.buffer)
            var ready: [(Waiter, [Buffer.Entry])] = []
            while let waiter = state.waiters.first {
                let batch = state.buffer.take(upTo: waiter.maximum)
                guard !batch.isEmpty else { break }
                state.waiters.removeFirst()
                ready.append((waiter, batch))
            }
            return (result, ready)
        }
        for (waiter, batch) in ready { waiter.continuation.resume(returning: batch) }
        return result
    }

    /// Reads the buffer, also that of a finished queue.
    func read<Result: Sendable>(_ body: (borrowing Buffer) -> Result) -> Result {
        state.withLock { body($0.buffer) }
    }

    /// Waits for at least one entry and takes what may leave, at most `maximum`; empty once the queue
    /// is finished or the task cancelled.
    func take(upTo maximum: Int) async -> [Buffer.Entry] {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let batch: [Buffer.Entry]? = state.withLock { state in
                    let batch = state.buffer.take(upTo: maximum)
                    if !batch.isEmpty || state.isFinished { return batch }
                    state.waiters.append(Waiter(maximum: maximum, continuation: continuation))
                    return nil
                }
                if let batch { continuation.resume(returning: batch) }
            }
        } onCancel: {
            finish()
        }
    }

    /// Ends the queue: what may leave it can still be taken, nothing is added.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            let waiters = state.waiters
            state.waiters = []
            return waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: []) }
    }

    /// Ends the queue and takes out what is left by `body`.
    func finish<Result: Sendable>(_ body: (inout Buffer) -> Result) -> Result {
        finish()
        return state.withLock { body(&$0.buffer) }
    }
}

extension WorkQueue {
    /// Adds an entry; false if the queue is full or finished.
    func offer<Entry>(_ entry: Entry) -> Bool where Buffer == BoundedLine<Entry> {
        change { $0.append(entry) } ?? false
    }
}
