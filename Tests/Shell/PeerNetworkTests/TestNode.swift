import Codec
import Logging
import PeerNetwork

let chain = Bytes32([UInt8](repeating: 0xC0, count: 32)[...])

struct TimedOut: Error {}

/// What a node has seen, and a way to wait for more.
actor Recorder {
    private(set) var events: [PeerEvent] = []
    private var waiting:
        [(condition: @Sendable ([PeerEvent]) -> Bool, done: AsyncStream<Void>.Continuation)] = []

    func record(_ event: PeerEvent) {
        events.append(event)
        for waiter in waiting where waiter.condition(events) { waiter.done.finish() }
        waiting.removeAll { $0.condition(events) }
    }

    /// Waits until the condition holds for what was seen so far; gives up after a long time.
    func wait(
        until condition: @escaping @Sendable ([PeerEvent]) -> Bool
    ) async throws {
        if condition(events) { return }
        let (stream, done) = AsyncStream<Void>.makeStream()
        waiting.append((condition, done))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in stream {} }
            group.addTask {
                try await Task.sleep(for: .seconds(600))
                throw TimedOut()
            }
            try await group.next()
            group.cancelAll()
        }
    }

    /// The messages that came from a peer, in order.
    func frames(from peer: PeerID) -> [InboundFrame] {
        events.compactMap { event in
            if case .frame(let frame) = event, frame.peer == peer { frame } else { nil }
        }
    }
}

extension [PeerEvent] {
    func frameCount(from peer: PeerID) -> Int {
        count { if case .frame(let frame) = $0 { frame.peer == peer } else { false } }
    }
}

/// Waits until a condition about the world outside holds, looking again and again; bounded.
func eventually(_ condition: () async -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(600)
    while await !condition() {
        guard ContinuousClock.now < end else { throw TimedOut() }
        try await Task.sleep(for: .milliseconds(5))
    }
}

func seed(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 32) }

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The node key of a seed.
func nodeKey(_ number: UInt8) throws -> PeerID {
    try PeerNetwork(
        configuration: PeerNetworkConfiguration(
            nodeSeed: seed(number), chainID: chain, validatorKeys: [], listen: nil, dial: []),
        logger: quiet
    ).ownID
}

/// Times so short that a test does not wait, and so long that a busy machine does not fail.
func testLimits() -> PeerLimits {
    var limits = PeerLimits()
    limits.reconnectPause = .milliseconds(20)
    limits.longestReconnectPause = .milliseconds(200)
    return limits
}

/// A network that runs, and what it sees.
struct TestNode: Sendable {
    let network: PeerNetwork
    let recorder = Recorder()

    var id: PeerID { network.ownID }

    /// A node with seed `number` on the chain whose validators have the seeds 1 to 4.
    init(
        _ number: UInt8, dialing dial: [DialedPeer] = [], port: Int? = 0, chainID: Bytes32 = chain,
        acceptsObservers: Bool = true, knownObservers: Set<PeerID> = [],
        limits: PeerLimits = testLimits(), logger: Logger = quiet
    ) throws {
        network = try PeerNetwork(
            configuration: PeerNetworkConfiguration(
                nodeSeed: seed(number), chainID: chainID,
                validatorKeys: Set(try (1...4).map(nodeKey)),
                listen: port.map { PeerEndpoint(host: "127.0.0.1", port: $0) }, dial: dial,
                acceptsObservers: acceptsObservers, knownObservers: knownObservers,
                limits: limits),
            logger: logger)
    }

    /// How others dial this node.
    var asPeer: DialedPeer {
        get async throws {
            guard let port = await network.waitUntilListening() else { throw TimedOut() }
            return DialedPeer(
                endpoint: PeerEndpoint(host: "127.0.0.1", port: port), nodeKey: network.ownID)
        }
    }

    func waitFor(_ peers: PeerID...) async throws {
        try await recorder.wait { events in
            peers.allSatisfy { peer in
                events.contains(.connected(peer, .validator))
                    || events.contains(.connected(peer, .observer))
            }
        }
    }
}

/// Runs `body` beside networks that it starts; all of them end with it.
func withNodes(
    _ body: @Sendable (_ start: @Sendable (TestNode) -> Task<Void, any Error>) async throws -> Void
) async throws {
    let (starts, nodes) = AsyncStream<Task<Void, any Error>>.makeStream()
    defer { nodes.finish() }
    do {
        try await body { node in
            let task = Task {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await node.network.run() }
                    group.addTask {
                        for await event in node.network.events { await node.recorder.record(event) }
                    }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
            nodes.yield(task)
            return task
        }
    } catch {
        nodes.finish()
        for await task in starts { await end(task) }
        throw error
    }
    nodes.finish()
    for await task in starts { await end(task) }
}

/// Cancels a network and waits for its end.
func end(_ task: Task<Void, any Error>) async {
    task.cancel()
    _ = await task.result
}
