package import APISchema
package import NetworkAddresses
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

/// One client's share of the event stream. Its place is free again once the subscription is released.
package final class EventSubscription: Sendable {
    private let broadcaster: EventBroadcaster
    private let id: EventPlaces.ID

    fileprivate init(broadcaster: EventBroadcaster, id: EventPlaces.ID) {
        self.broadcaster = broadcaster
        self.id = id
    }

    /// The next event in server-sent-events form, once there is one; nil when the stream has ended. The
    /// caller asks for it once it has taken the event before.
    package func next() async -> [UInt8]? { await broadcaster.next(id) }

    deinit { broadcaster.leave(id) }
}

/// Hands each event to every subscriber. The stream never waits for a subscriber that reads too slowly:
/// it drops the subscriber, which connects again and reads the state anew.
package final class EventBroadcaster: Sendable {
    /// What a client waits for.
    private enum Waiting {
        case nothing
        /// For a place.
        case place(CheckedContinuation<Bool, Never>)
        /// For an event.
        case event(CheckedContinuation<[UInt8]?, Never>)
    }

    private struct Client {
        var waiting: Waiting
        let cutOff: @Sendable () -> Void
    }

    private struct State {
        var places: EventPlaces
        var clients: [EventPlaces.ID: Client] = [:]
        var next: EventPlaces.ID = 0
        var isFinished = false
    }

    private let state: Mutex<State>
    private let limits: APILimits
    private let start = ContinuousClock.now

    package init(limits: APILimits) {
        self.limits = limits
        state = Mutex(State(places: EventPlaces(limits: limits)))
    }

    /// How many subscribers listen now.
    package var count: Int { state.withLock { $0.places.count } }
    /// How many readers wait for a place.
    package var waitingCount: Int { state.withLock { $0.places.waitingCount } }

    private var now: Duration { start.duration(to: .now) }

    /// Adds a subscriber; where all places are taken, waits in line for one.
    ///
    /// - Parameters:
    ///   - group: places are shared fairly between groups.
    ///   - cutOff: ends the connection of a subscriber that does not read.
    /// - Throws: `busy` when the line has no room, when the wait was too long, when the task is cancelled,
    ///   or when the stream has ended.
    package func subscribe(
        from group: AddressGroup, cutOff: @escaping @Sendable () -> Void
    ) async throws(ServiceFailure) -> EventSubscription {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        let isAdmitted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enter(id, from: group, cutOff: cutOff, continuation)
            }
        } onCancel: {
            leave(id)
        }
        guard isAdmitted else {
            throw .busy(
                "The event stream has its \(limits.subscribers) subscribers; poll /v1/status.",
                retryAfterSeconds: 30)
        }
        return EventSubscription(broadcaster: self, id: id)
    }

    /// Sends one event to all.
    package func publish(_ event: NodeEvent) throws {
        guard count > 0 else { return }
        send(try event.bytes())
    }

    /// Sends a comment, which clients ignore.
    func keepAlive() { send([UInt8](": \n\n".utf8)) }

    /// Lets places pass on as time passes.
    func advance() { change { $0.places.advance(to: $1) } }

    /// Ends every stream, and admits no reader from now on.
    package func finish() {
        let clients = state.withLock { state in
            state.isFinished = true
            defer { state.clients = [:] }
            return state.clients
        }
        for client in clients.values { Self.end(client) }
    }

    private func enter(
        _ id: EventPlaces.ID, from group: AddressGroup, cutOff: @escaping @Sendable () -> Void,
        _ continuation: CheckedContinuation<Bool, Never>
    ) {
        // All this happens under one lock. A cancellation or `finish` that came before is seen here. One
        // that comes later finds the client.
        change { state, now in
            state.clients[id] = Client(waiting: .place(continuation), cutOff: cutOff)
            guard !state.isFinished, !Task.isCancelled else {
                var refusal = EventPlaces.Changes()
                refusal.givenUp = [id]
                return refusal
            }
            var (entry, changes) = state.places.enter(id, from: group, at: now)
            switch entry {
            case .admitted: changes.admitted.append(id)
            case .waiting: break
            case .refused: changes.givenUp.append(id)
            }
            return changes
        }
    }

    fileprivate func leave(_ id: EventPlaces.ID) {
        let client = state.withLock { $0.clients.removeValue(forKey: id) }
        if let client { Self.end(client) }
        change { $0.places.leave(id, at: $1) }
    }

    fileprivate func next(_ id: EventPlaces.ID) async -> [UInt8]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = now
                let (isAnswered, bytes): (Bool, [UInt8]?) = state.withLock { state in
                    guard state.clients[id] != nil, !Task.isCancelled else { return (true, nil) }
                    if let bytes = state.places.next(id, at: now) { return (true, bytes) }
                    state.clients[id]?.waiting = .event(continuation)
                    return (false, nil)
                }
                if isAnswered { continuation.resume(returning: bytes) }
            }
        } onCancel: {
            leave(id)
        }
    }

    private func send(_ bytes: [UInt8]) {
        change { $0.places.publish(bytes, at: $1) }
        let now = now
        let takers = state.withLock { state in
            var takers: [(CheckedContinuation<[UInt8]?, Never>, [UInt8])] = []
            for (id, client) in state.clients {
                guard case .event(let continuation) = client.waiting,
                    let bytes = state.places.next(id, at: now)
                else { continue }
                state.clients[id]?.waiting = .nothing
                takers.append((continuation, bytes))
            }
            return takers
        }
        for (continuation, bytes) in takers { continuation.resume(returning: bytes) }
    }

    /// Changes the places, and carries out what follows from it.
    private func change(_ body: (inout State, Duration) -> EventPlaces.Changes) {
        let now = now
        var admitted: [Client] = []
        var ended: [Client] = []
        var cutOff: [Client] = []
        state.withLock { state in
            let changes = body(&state, now)
            for id in changes.admitted {
                if let client = state.clients[id] { admitted.append(client) }
                state.clients[id]?.waiting = .nothing
            }
            ended = (changes.ended + changes.givenUp).compactMap { id in
                state.clients.removeValue(forKey: id)
            }
            cutOff = changes.cutOff.compactMap { state.clients.removeValue(forKey: $0) }
        }
        for client in admitted {
            if case .place(let continuation) = client.waiting {
                continuation.resume(returning: true)
            }
        }
        for client in ended { Self.end(client) }
        for client in cutOff {
            Self.end(client)
            client.cutOff()
        }
    }

    /// Tells a waiting client that no place and no event comes.
    private static func end(_ client: Client) {
        switch client.waiting {
        case .nothing: break
        case .place(let continuation): continuation.resume(returning: false)
        case .event(let continuation): continuation.resume(returning: nil)
        }
    }
}
