import Codec
import NIOCore
import NIOPosix
import NIOSSL
import PeerNetwork
import Testing

@Suite struct AdmissionTests {
    @Test func peerWithAnotherKeyThanThePinnedOneIsNotTalkedTo() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let endpoint = try await first.asPeer.endpoint
            let second = try TestNode(
                2, dialing: [DialedPeer(endpoint: endpoint, nodeKey: try nodeKey(3))])
            _ = start(second)
            try await eventually { second.network.statistics().dialFailures >= 2 }
            #expect(second.network.connectedPeers().isEmpty)
            #expect(first.network.connectedPeers().isEmpty)
            #expect(await first.recorder.events.isEmpty)
        }
    }

    @Test func peerOfAnotherChainIsTurnedAway() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let second = try TestNode(2, dialing: [await first.asPeer], chainID: .zero)
            _ = start(second)
            try await eventually {
                first.network.statistics().connectionsRefused >= 1
                    && second.network.statistics().dialFailures >= 1
            }
            #expect(await first.recorder.events.isEmpty)
            #expect(await second.recorder.events.isEmpty)
        }
    }

    @Test func entryWithOurOwnKeyIsSkipped() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let peer = try await first.asPeer
            let second = try TestNode(2, dialing: [peer])
            _ = start(second)
            let twin = try TestNode(1, dialing: [peer])
            _ = start(twin)
            try await first.waitFor(second.id)
            #expect(first.network.connectedPeers().map(\.id) == [second.id])
            #expect(twin.network.statistics().dialFailures == 0)
        }
    }

    @Test func unknownKeyIsAnObserver() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let observer = try TestNode(9, dialing: [await first.asPeer], port: nil)
            #expect(observer.network.ownRole == .observer)
            _ = start(observer)
            try await first.recorder.wait { $0.contains(.connected(observer.id, .observer)) }
            try await observer.waitFor(first.id)
            // What is for validators does not go to observers.
            #expect(first.network.broadcast(1, [1], as: .consensus).isEmpty)
            #expect(observer.network.broadcast(1, [1], as: .consensus) == [first.id])
            try await first.recorder.wait { $0.frameCount(from: observer.id) == 1 }
            #expect(await first.recorder.frames(from: observer.id).first?.role == .observer)
        }
    }

    @Test func observersAreTurnedAwayWhereTheyAreNotAccepted() async throws {
        try await withNodes { start in
            let first = try TestNode(1, acceptsObservers: false)
            _ = start(first)
            let observer = try TestNode(9, dialing: [await first.asPeer], port: nil)
            _ = start(observer)
            try await eventually { first.network.statistics().connectionsRefused >= 1 }
            #expect(first.network.connectedPeers().isEmpty)
        }
    }

    @Test func observersAboveTheLimitAreTurnedAwayAndValidatorsAreNot() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.observers = 1
            let first = try TestNode(1, limits: limits)
            _ = start(first)
            let observer = try TestNode(9, dialing: [await first.asPeer], port: nil)
            _ = start(observer)
            try await first.waitFor(observer.id)
            let second = try TestNode(10, dialing: [await first.asPeer], port: nil)
            _ = start(second)
            try await eventually { first.network.statistics().connectionsRefused >= 1 }
            let validator = try TestNode(2, dialing: [await first.asPeer])
            _ = start(validator)
            try await first.waitFor(validator.id)
            // An observer that has long been silent makes place for the other one.
            let peers = Set(first.network.connectedPeers().map(\.id))
            #expect(peers.contains(validator.id) && peers.count == 2)
        }
    }

    @Test func observerIsSlowedDownToItsRate() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.observerFramesPerSecond = 20
            let first = try TestNode(1, limits: limits)
            _ = start(first)
            let observer = try TestNode(9, dialing: [await first.asPeer], port: nil)
            _ = start(observer)
            try await observer.waitFor(first.id)
            let begin = ContinuousClock.now
            for _ in 0..<60 { observer.network.send(1, [1], to: first.id, as: .bulk) }
            try await first.recorder.wait { $0.frameCount(from: observer.id) == 60 }
            // The burst is two seconds' worth, 40; the other 20 take a second.
            #expect(ContinuousClock.now - begin >= .milliseconds(900))
        }
    }

    @Test func messageAboveTheReceiversLimitEndsTheConnection() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.frameBytes = 1000
            let first = try TestNode(1, limits: limits)
            _ = start(first)
            let second = try TestNode(2, dialing: [await first.asPeer])
            _ = start(second)
            try await second.waitFor(first.id)
            let payload = [UInt8](repeating: 0, count: 1001)
            #expect(second.network.send(1, payload, to: first.id, as: .consensus) == .queued)
            try await first.recorder.wait { $0.contains(.disconnected(second.id)) }
            #expect(first.network.statistics().protocolViolations == 1)
            #expect(await first.recorder.frames(from: second.id).isEmpty)
        }
    }

    @Test func longMessageInPartsAboveTheLimitEndsTheConnection() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.frameBytes = 100_000
            let first = try TestNode(1, limits: limits)
            _ = start(first)
            let second = try TestNode(2, dialing: [await first.asPeer])
            _ = start(second)
            try await second.waitFor(first.id)
            let payload = [UInt8](repeating: 0, count: 100_001)
            #expect(second.network.send(1, payload, to: first.id, as: .bulk) == .queued)
            try await first.recorder.wait { $0.contains(.disconnected(second.id)) }
            #expect(await first.recorder.frames(from: second.id).isEmpty)
        }
    }

    @Test(arguments: [
        [UInt8]("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
        [UInt8](repeating: 0, count: 100_000),
        [0x16, 0x03, 0x01, 0xFF, 0xFF, 0x01] + [UInt8](repeating: 0xA5, count: 70_000),
    ])
    func garbageOnThePortIsCountedAndSurvived(garbage: [UInt8]) async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let peer = try await first.asPeer
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: peer.endpoint.host, port: peer.endpoint.port).get()
            // The other side may close before all of it is written.
            try? await channel.writeAndFlush(ByteBuffer(bytes: garbage))
            try await eventually { first.network.statistics().protocolViolations == 1 }
            try? await channel.close()
            let second = try TestNode(2, dialing: [peer])
            _ = start(second)
            try await second.waitFor(first.id)
            #expect(first.network.connectedPeers().map(\.id) == [second.id])
        }
    }

    @Test func connectionThatSaysNothingIsClosed() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.handshakeTimeout = .milliseconds(100)
            let first = try TestNode(1, limits: limits)
            _ = start(first)
            let endpoint = try await first.asPeer.endpoint
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: endpoint.host, port: endpoint.port).get()
            try await channel.closeFuture.get()
        }
    }

    @Test(arguments: [(TLSVersion.tlsv12, "PROTOCOL_VERSION"), (.tlsv13, "CERTIFICATE_REQUIRED")])
    func olderTLSAndMissingCertificatesAreRefused(
        version: TLSVersion, alert: String
    ) async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let endpoint = try await first.asPeer.endpoint
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.maximumTLSVersion = version
            configuration.certificateVerification = .none
            configuration.verifySignatureAlgorithms = [.ed25519]
            let context = try NIOSSLContext(configuration: configuration)
            let failures = FailureCatcher()
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers([
                            try NIOSSLClientHandler(context: context, serverHostname: nil),
                            ErrorHandler(failures: failures),
                        ])
                    }
                }
                .connect(host: endpoint.host, port: endpoint.port).get()
            try await eventually { failures.text.contains(alert) }
            try? await channel.close()
            #expect(first.network.connectedPeers().isEmpty)
        }
    }
}
