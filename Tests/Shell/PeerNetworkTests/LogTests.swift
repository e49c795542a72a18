import Logging
import NIOCore
import NIOPosix
import PeerNetwork
import Synchronization
import Testing

/// A log whose lines are counted.
final class CountingLog: Sendable {
    private let lines = Mutex<[String]>([])

    private struct Handler: LogHandler {
        let log: CountingLog
        var metadata = Logger.Metadata()
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.lines.withLock { $0.append("\(event.message)") }
        }
    }

    var logger: Logger { Logger(label: "counted") { _ in Handler(log: self) } }

    var count: Int { lines.withLock { $0.count } }

    func count(of text: String) -> Int { lines.withLock { $0.count { $0.contains(text) } } }
}

@Suite struct LogTests {
    /// Strangers that come and go, of all kinds, cause few lines.
    @Test func strangersCauseFewLines() async throws {
        try await withNodes { start in
            let log = CountingLog()
            // Peers of this address have no bound of connections.
            let absent = DialedPeer(
                endpoint: PeerEndpoint(host: "127.0.0.1", port: 1), nodeKey: try nodeKey(2))
            let node = try TestNode(1, dialing: [absent], logger: log.logger)
            _ = start(node)
            let endpoint = try await node.asPeer.endpoint
            for number in UInt8(0)..<60 {
                let garbage = try await ClientBootstrap(
                    group: .singletonMultiThreadedEventLoopGroup
                ).connect(host: endpoint.host, port: endpoint.port).get()
                // The node may close before all of it is written.
                try? await garbage.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
                try await garbage.closeFuture.get()
                let observer = try await RawPeer(seed: 100 + number, to: node)
                try await observer.waitForAnswer()
                try? await observer.write([0, 0, 0, 0])
                try await observer.channel.closeFuture.get()
            }
            try await eventually { node.network.statistics().protocolViolations == 120 }
            // Thirty of observers, thirty of strangers, and the line that it listens.
            #expect(log.count <= 65)
        }
    }

    @Test func linesComeBackAndSayHowManyWereLeftOut() {
        let now = ContinuousClock.now
        let gate = LogGate(now: now)
        for _ in 0..<30 { #expect(gate.enter(.observer, now: now) == 0) }
        for _ in 0..<5 { #expect(gate.enter(.observer, now: now) == nil) }
        // A flood of one kind hides no line of another.
        #expect(gate.enter(.peer, now: now) == 0)
        #expect(gate.enter(.observer, now: now + .seconds(21)) == 5)
        #expect(gate.enter(.observer, now: now + .seconds(21)) == nil)
    }
}
