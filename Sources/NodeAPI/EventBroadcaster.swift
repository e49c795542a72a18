package import APISchema
import Synchronization

/// Something that live pages show.
package enum NodeEvent: Hashable, Sendable {
    /// A block became final.
    case block(BlockSummary)
    /// An election's state or numbers changed.
    case election(ElectionStatus)

    /// The event as server-sent events write it.
    func bytes() throws -> [UInt8] {
        let name: String
        let data: [UInt8]
        switch self {
        case .block(let summary):
            name = "block"
            data = try JSON.encode(summary)
        case .election(let status):
            name = "election"
            data = try JSON.encode(status)
        }
        // The JSON has no line breaks, so one data line holds it.
        return [UInt8]("event: \(name)\ndata: ".utf8) + data + [0x0A, 0x0A]
    }
}

/// One client's share of the event stream, in server-sent-events form.
package struct EventSubscription: Sendable {
    let stream: AsyncStream<[UInt8]>
}

/// Hands each event to every subscriber. A subscriber that reads too slowly is dropped: it reconnects
/// and reads the state anew, and nobody waits for it.
package final class EventBroadcaster: Sendable {
    private struct State {
        var next = 0
        var subscribers: [Int: AsyncStream<[UInt8]>.Continuation] = [:]
    }

    private let state = Mutex(State())
    private let limits: APILimits

    package init(limits: APILimits) {
        self.limits = limits
    }

    /// How many listen now.
    package var count: Int { state.withLock { $0.subscribers.count } }

    /// Adds a subscriber.
    ///
    /// - Throws: `busy` when there are as many as the limit allows.
    package func subscribe() throws(ServiceFailure) -> EventSubscription {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingOldest(limits.eventsPerSubscriber))
        let id: Int? = state.withLock { state in
            guard state.subscribers.count < limits.subscribers else { return nil }
            state.next += 1
            state.subscribers[state.next] = continuation
            return state.next
        }
        guard let id else {
            throw .busy(
                "The event stream has its \(limits.subscribers) subscribers; poll /v1/status.",
                retryAfterSeconds: 30)
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id) }
        return EventSubscription(stream: stream)
    }

    /// Sends one event to all.
    package func publish(_ event: NodeEvent) throws {
        guard count > 0 else { return }
        send(try event.bytes())
    }

    /// Sends a comment, which clients ignore.
    func keepAlive() {
        send([UInt8](": \n\n".utf8))
    }

    /// Ends every stream.
    package func finish() {
        for continuation in takeAll() { continuation.finish() }
    }

    private func send(_ bytes: [UInt8]) {
        let subscribers = state.withLock { $0.subscribers }
        for (_, continuation) in subscribers {
            switch continuation.yield(bytes) {
            case .dropped, .terminated: continuation.finish()
            case .enqueued: continue
            @unknown default: continuation.finish()
            }
        }
    }

    private func remove(_ id: Int) {
        state.withLock { state in state.subscribers[id] = nil }
    }

    private func takeAll() -> [AsyncStream<[UInt8]>.Continuation] {
        state.withLock { state in
            let all = Array(state.subscribers.values)
            state.subscribers = [:]
            return all
        }
    }
}
