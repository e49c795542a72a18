import APISchema
import Codec
import Cryptography
import Foundation
import Ledger
import Logging
import NIOCore
import NIOPosix
import PeerNetwork
import ProcessHarness
import Testing

/// Connections that come and go leave a validator's process as it was (consensus-tests.md R6).
extension Clusters.ReconnectTests {
    @Test(.timeLimit(.minutes(2)))
    func tenThousandReconnectsLeaveFilesThreadsAndMemoryAsTheyWere() async throws {
        try await withCluster(validators: 4, name: "reconnects") { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            let process = try await cluster.process(0)
            // The first ones fill caches and pools.
            try await reconnect(to: cluster, observers: 100, strangers: 500, clients: 500)
            try await waitForEnd(of: cluster)
            let before = try Footprint(process: process)
            try await reconnect(to: cluster, observers: 900, strangers: 4050, clients: 4050)
            try await waitForEnd(of: cluster)
            try await eventually("the files are closed: \(before)") {
                try Footprint(process: process).files <= before.files
            }
            let after = try Footprint(process: process)
            // The system's pools of threads grow and shrink by a few.
            #expect(after.threads <= before.threads + 4, "\(before), then \(after)")
            // A kilobyte left behind by each would be nine mebibytes.
            #expect(after.residentKiB - before.residentKiB < 8 * 1024, "\(before), then \(after)")
            try await cluster.waitForProgress(of: 0, blocks: 2)
            let status = try #require(await cluster.status(0))
            #expect(status.voting && status.peers.count == 3)
        }
    }

    /// What a process holds of the system.
    private struct Footprint: CustomStringConvertible {
        let files: Int
        let threads: Int
        let residentKiB: Int

        init(process: Int32) throws {
            files = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
            let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
            func number(_ name: String) throws -> Int {
                let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name) })
                return try #require(
                    line.split { !$0.isNumber }.first.flatMap { Int($0) })
            }
            threads = try number("Threads:")
            residentKiB = try number("VmRSS:")
        }

        var description: String { "\(files) files, \(threads) threads, \(residentKiB) KiB" }
    }

    /// Waits until the first node has seen the end of all but the validators' connections.
    private func waitForEnd(of cluster: Cluster) async throws {
        try await eventually("only validators are connected") {
            let (peers, pending) = (
                try await cluster.metric("peers", 0),
                try await cluster.metric("pending_connections", 0)
            )
            return peers == 3 && pending == 0
        }
    }

    /// Opens and closes connections to the first node: observers who prove their key, strangers on
    /// the peer port who say nothing or nonsense, and clients of the HTTP interface.
    private func reconnect(
        to cluster: Cluster, observers: Int, strangers: Int, clients: Int
    ) async throws {
        let port = cluster.peerPort(0)
        let genesis = try cluster.genesis()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await observe(genesis, port: port, times: observers) }
            group.addTask {
                for number in 0..<strangers {
                    let nonsense = [UInt8](repeating: UInt8(number % 256), count: number % 3 * 40)
                    try await connect(to: port, from: "127.0.0.1", sending: nonsense)
                }
            }
            group.addTask {
                let request = [UInt8]("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
                for number in 0..<clients {
                    // Some leave in the middle of their request, and all before the answer.
                    // Not from the address that stands for a proxy: those are not counted.
                    try await connect(
                        to: port + 1, from: "127.0.0.2",
                        sending: Array(request.prefix(number % 2 == 0 ? 1000 : number % 40)))
                }
            }
            try await group.waitForAll()
        }
    }

    /// Connects, writes and closes.
    private func connect(to port: Int, from host: String, sending bytes: [UInt8]) async throws {
        do {
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .bind(to: try SocketAddress(ipAddress: host, port: 0))
                .connect(host: "127.0.0.1", port: port).get()
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
            try await channel.close()
        } catch  where !Task.isCancelled {
            // The node may end the connection first, as it ends one that is too many.
        }
    }

    /// Connects as an observer again and again.
    private func observe(_ genesis: Genesis, port: Int, times: Int) async throws {
        var limits = PeerLimits()
        limits.reconnectPause = .milliseconds(1)
        limits.longestReconnectPause = .milliseconds(1)
        let node = genesis.validators.validators[0].nodeKey
        let network = try PeerNetwork(
            configuration: PeerNetworkConfiguration(
                nodeSeed: Ed25519SigningKey.generate().exportSeed().bytes,
                chainID: genesis.chainID,
                validatorKeys: Set(genesis.validators.validators.map(\.nodeKey)), listen: nil,
                dial: [
                    DialedPeer(
                        endpoint: PeerEndpoint(host: "127.0.0.1", port: port), nodeKey: node)
                ], limits: limits),
            logger: Logger(label: "observer") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await network.run() }
            group.addTask {
                var count = 0
                for await event in network.events {
                    guard case .connected = event else { continue }
                    count += 1
                    if count == times { return }
                    network.disconnect(node, because: "it comes again")
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
