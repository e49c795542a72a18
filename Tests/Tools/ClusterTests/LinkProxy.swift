import NIOCore
import NIOPosix
import ProcessHarness
import Synchronization

/// The network between the nodes of a cluster: every connection of one node to another goes through
/// a proxy of its own, which stops or delays what a test says.
final class ClusterNetwork: Sendable {
    /// One direction between two nodes, by their places.
    struct Link: Hashable, Sendable {
        let from: Int
        let to: Int
    }

    private struct Faults: Sendable {
        var blocked: Set<Link> = []
        var delay = Duration.zero
    }

    private let faults = Mutex(Faults())

    /// Stops every direction that `isBlocked` names, and opens the others.
    func block(nodes count: Int, where isBlocked: (Link) -> Bool) {
        var blocked: Set<Link> = []
        for from in 0..<count {
            for to in 0..<count where from != to && isBlocked(Link(from: from, to: to)) {
                blocked.insert(Link(from: from, to: to))
            }
        }
        faults.withLock { $0.blocked = blocked }
    }

    /// Delays everything that passes.
    func delay(by delay: Duration) { faults.withLock { $0.delay = delay } }

    /// Ends all faults.
    func heal() { faults.withLock { $0 = Faults() } }

    /// Opens the ways from one node to another and back; gives the port to connect to.
    ///
    /// The proxy works until the task is cancelled.
    func proxy(
        from: Int, to: Int, targetPort: Int, in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws -> Int {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        guard let port = server.channel.localAddress?.port else {
            throw HarnessFailure("A proxy listens nowhere.")
        }
        let there = Link(from: from, to: to)
        let back = Link(from: to, to: from)
        group.addTask {
            try await withThrowingDiscardingTaskGroup { group in
                try await server.executeThenClose { connections in
                    for try await connection in connections {
                        group.addTask { await self.serve(connection, targetPort, there, back) }
                    }
                }
            }
        }
        return port
    }

    private func serve(
        _ client: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ port: Int, _ there: Link, _ back: Link
    ) async {
        // Connections end in many ways here, and all of them are what the nodes must live with.
        try? await client.executeThenClose { fromClient, toClient in
            let target = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                            wrappingChannelSynchronously: channel)
                    }
                }
            try await target.executeThenClose { fromTarget, toTarget in
                // The first direction to end ends the connection.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await self.pass(fromClient, to: toTarget, there) }
                    group.addTask { try await self.pass(fromTarget, to: toClient, back) }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
        }
    }

    private func pass(
        _ source: NIOAsyncChannelInboundStream<ByteBuffer>,
        to target: NIOAsyncChannelOutboundWriter<ByteBuffer>, _ link: Link
    ) async throws {
        for try await bytes in source {
            let delay = faults.withLock { $0.delay }
            // The delay is the fault.
            if delay > .zero { try await Task.sleep(for: delay) }
            // What is stopped stays here and in the kernel's buffers, as behind a dead line.
            while faults.withLock({ $0.blocked.contains(link) }) {
                try await Task.sleep(for: .milliseconds(10))
            }
            try await target.write(bytes)
        }
    }
}
