import NIOCore
import Synchronization

/// One message from a peer.
package struct InboundFrame: Equatable, Sendable {
    package let peer: PeerID
    package let role: PeerRole
    /// The sender's message type, below 0xF0.
    package let type: UInt8
    package let payload: [UInt8]

    package init(peer: PeerID, role: PeerRole, type: UInt8, payload: [UInt8]) {
        self.peer = peer
        self.role = role
        self.type = type
        self.payload = payload
    }
}

/// What happens on the network, for the one consumer. Per peer in order.
package enum PeerEvent: Equatable, Sendable {
    case connected(PeerID, PeerRole)
    case frame(InboundFrame)
    case disconnected(PeerID)
    /// The peer does not talk to us, since another node with our key is connected to it, from the
    /// address that it names. It may lie.
    case ownKeyElsewhere(PeerID, address: String)
}

/// The events, in turn from each peer that has some, so that nobody's flood hides another's vote.
/// For one consumer at a time. Ends with the network's `run()`.
package struct PeerEvents: AsyncSequence, Sendable {
    package typealias Element = PeerEvent
    package typealias Failure = Never

    let inbox: Inbox

    package struct AsyncIterator: AsyncIteratorProtocol {
        let inbox: Inbox

        package mutating func next() async -> PeerEvent? { await inbox.next() }

        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(Never) -> PeerEvent? { await inbox.next() }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(inbox: inbox) }
}

/// Received and not yet taken, one bounded queue per peer. A connection whose peer's queue is full
/// waits, and so does not read its socket.
final class Inbox: Sendable {
    private struct QueuedEvent {
        let event: PeerEvent
        /// What holds a frame's bytes.
        var account: QueueAccount?

        func release() {
            if case .frame(let frame) = event { account?.release(frame.payload.count) }
        }
    }

    private struct PeerQueue {
        var events = CircularBuffer<QueuedEvent>()
        /// Where the frames of the open connection are counted.
        var account: QueueAccount?
        var frames = 0
        var bytes = 0
        /// The number of the open connection; nil when there is none.
        var connection: UInt64?
        var role = PeerRole.observer
        var waitingFrame: (frame: InboundFrame, sender: CheckedContinuation<Bool, Never>)?
    }

    private struct State {
        var queues: [PeerID: PeerQueue] = [:]
        /// Peers that have events, each once, in the order of their turns.
        var turns = CircularBuffer<PeerID>()
        var consumer: CheckedContinuation<PeerEvent?, Never>?
        var isFinished = false
    }

    private let limits: PeerLimits
    private let state = Mutex(State())

    init(limits: PeerLimits) { self.limits = limits }

    /// A connection to a peer is established; it replaces an earlier one.
    ///
    /// - Parameter account: counts what the peer sends and nobody has taken; nil for a validator, whose
    ///   frames stay when the connection ends.
    func open(_ peer: PeerID, role: PeerRole, connection: UInt64, account: QueueAccount?) {
        let sender = state.withLock { state in
            var queue = state.queues[peer] ?? PeerQueue()
            let sender = queue.waitingFrame?.sender
            queue.waitingFrame = nil
            if queue.connection != nil {
                queue.events.append(QueuedEvent(event: .disconnected(peer)))
            }
            queue.events.append(QueuedEvent(event: .connected(peer, role)))
            queue.connection = connection
            queue.account = account
            queue.role = role
            put(queue, of: peer, into: &state)
            return sender
        }
        sender?.resume(returning: false)
        wake()
    }

    /// A connection ended. What an observer sent and nobody took is dropped with it, so that coming
    /// and going fills no memory; a validator's last votes stay.
    func close(_ peer: PeerID, connection: UInt64) {
        let sender = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard var queue = state.queues[peer], queue.connection == connection else { return nil }
            let sender = queue.waitingFrame?.sender
            queue.waitingFrame = nil
            queue.connection = nil
            queue.account = nil
            switch queue.role {
            case .validator: queue.events.append(QueuedEvent(event: .disconnected(peer)))
            case .observer:
                let firstChange = queue.events.first { event in
                    if case .frame = event.event { false } else { true }
                }
                for event in queue.events { event.release() }
                queue.events.removeAll()
                queue.frames = 0
                queue.bytes = 0
                // The consumer is told unless it has not even heard of this peer's connection.
                if firstChange?.event != .connected(peer, .observer) {
                    queue.events.append(QueuedEvent(event: .disconnected(peer)))
                }
            }
            put(queue, of: peer, into: &state)
            return sender
        }
        sender?.resume(returning: false)
        wake()
    }

    /// Tells the consumer what a peer said of our own key. Once at a time for each peer.
    func noteOwnKeyElsewhere(_ peer: PeerID, address: String) {
        state.withLock { state in
            var queue = state.queues[peer] ?? PeerQueue()
            let isNoted = queue.events.contains { event in
                if case .ownKeyElsewhere = event.event { true } else { false }
            }
            guard !state.isFinished, !isNoted else { return }
            queue.events.append(
                QueuedEvent(event: .ownKeyElsewhere(peer, address: address)))
            put(queue, of: peer, into: &state)
        }
        wake()
    }

    /// What validators sent and nobody has taken, in bytes.
    var validatorBytes: Int {
        state.withLock { state in
            state.queues.values.reduce(0) { $0 + ($1.role == .validator ? $1.bytes : 0) }
        }
    }

    /// Hands over a frame; waits while the peer's queue is full. False if the connection ended.
    func push(_ frame: InboundFrame, connection: UInt64) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state -> Bool? in
                    guard !state.isFinished, var queue = state.queues[frame.peer],
                        queue.connection == connection
                    else { return false }
                    defer { put(queue, of: frame.peer, into: &state) }
                    guard hasRoom(queue, for: frame) else {
                        precondition(queue.waitingFrame == nil, "a connection hands over in turn")
                        queue.waitingFrame = (frame, continuation)
                        return nil
                    }
                    append(frame, to: &queue)
                    return true
                }
                if let result { continuation.resume(returning: result) }
                wake()
            }
        } onCancel: {
            close(frame.peer, connection: connection)
        }
    }

    /// The next event; nil when finished or the task is cancelled.
    func next() async -> PeerEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    precondition(state.consumer == nil, "the events have one consumer")
                    state.consumer = continuation
                }
                wake(endingIfIdle: Task.isCancelled)
            }
        } onCancel: {
            wake(endingIfIdle: true)
        }
    }

    /// No more events: what waits is dropped.
    func finish() {
        let senders = state.withLock { state in
            state.isFinished = true
            let senders = state.queues.values.compactMap { $0.waitingFrame?.sender }
            state.queues.removeAll()
            state.turns.removeAll()
            return senders
        }
        for sender in senders { sender.resume(returning: false) }
        wake()
    }

    /// Gives the waiting consumer an event, if there are both; with `endingIfIdle`, or when
    /// finished, nil where there is none.
    private func wake(endingIfIdle: Bool = false) {
        let (consumer, event, sender) = state.withLock { state in
            guard let consumer = state.consumer else {
                return (
                    CheckedContinuation<PeerEvent?, Never>?.none, PeerEvent?.none,
                    CheckedContinuation<Bool, Never>?.none
                )
            }
            let (event, sender) = takeNext(from: &state)
            guard event != nil || state.isFinished || endingIfIdle else { return (nil, nil, nil) }
            state.consumer = nil
            return (consumer, event, sender)
        }
        consumer?.resume(returning: event)
        sender?.resume(returning: true)
    }

    private func takeNext(
        from state: inout State
    ) -> (PeerEvent?, CheckedContinuation<Bool, Never>?) {
        guard let peer = state.turns.popFirst(), var queue = state.queues[peer] else {
            return (nil, nil)
        }
        let next = queue.events.popFirst()
        next?.release()
        if case .frame(let frame)? = next?.event {
            queue.frames -= 1
            queue.bytes -= frame.payload.count
        }
        var sender: CheckedContinuation<Bool, Never>?
        if let waiting = queue.waitingFrame, hasRoom(queue, for: waiting.frame) {
            append(waiting.frame, to: &queue)
            queue.waitingFrame = nil
            sender = waiting.sender
        }
        put(queue, of: peer, into: &state, tookTurn: true)
        return (next?.event, sender)
    }

    private func hasRoom(_ queue: PeerQueue, for frame: InboundFrame) -> Bool {
        let (frames, bytes) =
            switch frame.role {
            case .validator: (limits.inboxFrames, limits.inboxBytes)
            case .observer: (limits.observerInboxFrames, limits.observerInboxBytes)
            }
        return queue.frames == 0
            || queue.frames < frames && queue.bytes + frame.payload.count <= bytes
    }

    private func append(_ frame: InboundFrame, to queue: inout PeerQueue) {
        queue.account?.charge(frame.payload.count)
        queue.events.append(QueuedEvent(event: .frame(frame), account: queue.account))
        queue.frames += 1
        queue.bytes += frame.payload.count
    }

    /// Stores a changed queue, forgets an empty one without a connection, and gives the peer a turn
    /// if it has events and none yet.
    private func put(
        _ queue: PeerQueue, of peer: PeerID, into state: inout State, tookTurn: Bool = false
    ) {
        let hadEvents = !tookTurn && state.queues[peer]?.events.isEmpty == false
        let isOver = queue.events.isEmpty && queue.connection == nil
        state.queues[peer] = isOver ? nil : queue
        if hadEvents == queue.events.isEmpty {
            if hadEvents {
                state.turns.removeAll { $0 == peer }
            } else {
                state.turns.append(peer)
            }
        }
    }
}
