import Codec
import NIOCore
import NIOPosix
import PeerNetwork
import Testing

/// What those may take who have not said who they are, and observers of one address.
@Suite struct StrangerTests {
    /// A connection from an address of this machine that says nothing.
    private func silence(
        to node: TestNode, from address: String = "127.0.0.1"
    ) async throws -> any Channel {
        let endpoint = try await node.asPeer.endpoint
        return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(to: try SocketAddress(ipAddress: address, port: 0))
            .connect(host: endpoint.host, port: endpoint.port).get()
    }

    /// Waits until the node has looked at so many connections.
    private func waitForAccepted(_ count: UInt64, by node: TestNode) async throws {
        try await eventually { node.network.statistics().connectionsAccepted >= count }
    }

    /// Somebody that a node is configured to dial and that does not listen.
    private func absent(_ number: UInt8, at host: String = "127.0.0.1") throws -> DialedPeer {
        DialedPeer(endpoint: PeerEndpoint(host: host, port: 1), nodeKey: try nodeKey(number))
    }

    @Test func silentConnectionsOfOneAddressTakeFewPlaces() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.pendingPerAddress = 2
            let first = try TestNode(1, limits: limits)
            _ = start(first)
            var open: [any Channel] = []
            for number in 1...3 {
                open.append(try await silence(to: first, from: "127.0.0.2"))
                try await waitForAccepted(UInt64(number), by: first)
            }
            // The address's own oldest one makes place, nobody else's.
            try await open[0].closeFuture.get()
            #expect(first.network.statistics().connectionsRefused == 1)
            #expect(first.network.statistics().pendingConnections == 2)
            let validator = try TestNode(2, dialing: [await first.asPeer])
            _ = start(validator)
            try await first.waitFor(validator.id)
            for channel in open { try? await channel.close() }
        }
    }

    @Test func theOldestSilentConnectionMakesRoomForANewOne() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.pendingConnections = 3
            // Longer than the test may take: nothing but room ends them.
            limits.handshakeTimeout = .seconds(120)
            let first = try TestNode(1, limits: limits)
            _ = start(first)
            var open: [any Channel] = []
            for number in 1...3 {
                open.append(try await silence(to: first, from: "127.0.0.\(number + 1)"))
                try await waitForAccepted(UInt64(number), by: first)
            }
            let validator = try TestNode(2, dialing: [await first.asPeer])
            _ = start(validator)
            try await first.waitFor(validator.id)
            try await open[0].closeFuture.get()
            #expect(open[1].isActive && open[2].isActive)
            for channel in open { try? await channel.close() }
        }
    }

    @Test func strangersPushOutStrangersBeforeConnectionsOfConfiguredAddresses() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.pendingConnections = 3
            limits.pendingPerAddress = 1
            limits.handshakeTimeout = .seconds(120)
            let first = try TestNode(1, dialing: [try absent(2)], limits: limits)
            _ = start(first)
            let open = [try await silence(to: first), try await silence(to: first)]
            try await waitForAccepted(2, by: first)
            let stranger = try await silence(to: first, from: "127.0.0.2")
            try await waitForAccepted(3, by: first)
            let other = try await silence(to: first, from: "127.0.0.3")
            try await stranger.closeFuture.get()
            #expect(open[0].isActive && open[1].isActive && other.isActive)
            for channel in open + [other] { try? await channel.close() }
        }
    }

    @Test func oneAddressMakesFewConnectionsASecond() async throws {
        try await withNodes { start in
            var limits = testLimits()
            // One, and the next in a quarter of an hour: however slow the machine is.
            limits.connectionsPerSecond = 0.001
            let first = try TestNode(1, limits: limits)
            _ = start(first)
            for number in 1...2 {
                let channel = try? await silence(to: first, from: "127.0.0.2")
                try await waitForAccepted(UInt64(number), by: first)
                try? await channel?.close()
            }
            try await eventually { first.network.statistics().connectionsRefused == 1 }
            let validator = try TestNode(2, dialing: [await first.asPeer])
            _ = start(validator)
            try await first.waitFor(validator.id)
        }
    }

    /// However fast they come, connections hold no more descriptors than the network may.
    @Test func aStormOfConnectionsHoldsFewSockets() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.pendingConnections = 4
            limits.observers = 1
            limits.closingSockets = 2
            limits.handshakeTimeout = .seconds(120)
            let first = try TestNode(1, limits: limits)
            _ = start(first)
            let bound = first.network.statistics().socketsBound
            let channels = try await withThrowingTaskGroup(of: (any Channel)?.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        // The other side may close before it is known to be open.
                        try? await silence(to: first, from: "127.0.0.\(2 + number % 100)")
                    }
                }
                var channels: [any Channel] = []
                for try await channel in group {
                    #expect(first.network.statistics().sockets <= bound)
                    if let channel { channels.append(channel) }
                }
                return channels
            }
            try await eventually { first.network.statistics().sockets <= 4 }
            let validator = try TestNode(2, dialing: [await first.asPeer])
            _ = start(validator)
            try await first.waitFor(validator.id)
            for channel in channels { try? await channel.close() }
        }
    }

    @Test func theLastSocketsAreForConfiguredAddresses() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.handshakeTimeout = .seconds(120)
            let dialed = [try absent(3)]
            let model = try TestNode(1, dialing: dialed, limits: limits)
            limits.exemptSockets = model.network.statistics().socketsBound - 2
            let first = try TestNode(1, dialing: dialed, limits: limits)
            _ = start(first)
            var open: [any Channel] = []
            for number in 1...3 {
                // The other side may close before it is known to be open.
                if let channel = try? await silence(to: first, from: "127.0.0.\(number + 1)") {
                    open.append(channel)
                }
                try await waitForAccepted(UInt64(number), by: first)
            }
            try await eventually { first.network.statistics().connectionsRefused == 1 }
            #expect(first.network.statistics().pendingConnections == 2)
            let validator = try TestNode(2, dialing: [await first.asPeer])
            _ = start(validator)
            try await first.waitFor(validator.id)
            #expect(first.network.statistics().pendingConnections == 2)
            for channel in open { try? await channel.close() }
        }
    }

    /// It would hold a socket for as long as it likes, beyond its place.
    @Test func aReplacedConnectionOfAnObserverEndsWithoutAGoodbye() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let old = try await RawPeer(seed: 100, to: first, instance: 7)
            #expect(try await old.waitForAnswer() == 0xF0)
            let new = try await RawPeer(seed: 100, to: first, instance: 7)
            #expect(try await new.waitForAnswer() == 0xF0)
            try await old.channel.closeFuture.get()
            #expect(old.isCutOff)
            #expect(new.channel.isActive)
            try await new.channel.close()
        }
    }

    @Test func observersOfOneAddressTakeFewPlaces() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.observersPerAddress = 1
            let first = try TestNode(1, limits: limits)
            _ = start(first)
            let observer = try TestNode(9, dialing: [await first.asPeer], port: nil)
            _ = start(observer)
            try await first.waitFor(observer.id)
            let second = try TestNode(10, dialing: [await first.asPeer], port: nil)
            _ = start(second)
            try await eventually { first.network.statistics().connectionsRefused >= 1 }
            #expect(first.network.connectedPeers().map(\.id) == [observer.id])
            // A validator at the address shows that the address is no stranger's.
            let validator = try TestNode(2, dialing: [await first.asPeer])
            _ = start(validator)
            try await first.waitFor(validator.id, second.id)
        }
    }

    @Test func observersOfAConfiguredAddressAreBoundedTogetherOnly() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.observersPerAddress = 1
            let first = try TestNode(1, dialing: [try absent(3)], limits: limits)
            _ = start(first)
            for number in UInt8(9)...12 {
                let observer = try TestNode(number, dialing: [await first.asPeer], port: nil)
                _ = start(observer)
                try await first.waitFor(observer.id)
            }
            #expect(first.network.connectedPeers().count == 4)
        }
    }

    @Test func anObserverThatWeDialMayAnswerAtLengthWhoeverConnects() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.observerFrameBytes = 1000
            let first = try TestNode(1, dialing: [try absent(9)], limits: limits)
            _ = start(first)
            let chosen = try TestNode(9, dialing: [await first.asPeer], port: nil)
            let other = try TestNode(10, dialing: [await first.asPeer], port: nil)
            #expect(first.network.largestPayload(from: chosen.id) == limits.frameBytes)
            #expect(first.network.largestPayload(from: other.id) == 1000)
            let validator = try nodeKey(2)
            #expect(first.network.largestPayload(from: validator) == limits.frameBytes)
            _ = start(chosen)
            _ = start(other)
            try await first.waitFor(chosen.id, other.id)
            try await chosen.waitFor(first.id)
            try await other.waitFor(first.id)
            let answer = [UInt8](repeating: 7, count: 200_000)
            chosen.network.send(1, answer, to: first.id, as: .bulk)
            other.network.send(1, answer, to: first.id, as: .bulk)
            try await first.recorder.wait { events in
                events.frameCount(from: chosen.id) == 1
                    && events.contains(.disconnected(other.id))
            }
            #expect(await first.recorder.frames(from: other.id).isEmpty)
        }
    }

    @Test func aPeerThatReadsTooSlowlyHasNoRoomForBulk() async throws {
        try await withNodes { start in
            let slow = try TestNode(1)
            // Nobody takes its events: it stops reading.
            let task = Task { try await slow.network.run() }
            let second = try TestNode(2, dialing: [await slow.asPeer])
            _ = start(second)
            #expect(!second.network.hasBulkRoom(for: slow.id))
            try await second.waitFor(slow.id)
            #expect(second.network.hasBulkRoom(for: slow.id))
            let payload = [UInt8](repeating: 1, count: 4 << 20)
            try await eventually {
                second.network.send(1, payload, to: slow.id, as: .bulk)
                return !second.network.hasBulkRoom(for: slow.id)
            }
            await end(task)
        }
    }
}
