import Codec
import PeerNetwork
import Testing

@Suite struct PeerNetworkTests {
    @Test func twoNodesExchangeMessagesOfBothClasses() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let second = try TestNode(2, dialing: [await first.asPeer])
            _ = start(second)
            try await first.waitFor(second.id)
            try await second.waitFor(first.id)
            #expect(first.network.send(0x01, [1, 2, 3], to: second.id, as: .consensus) == .queued)
            #expect(second.network.send(0xEF, [], to: first.id, as: .bulk) == .queued)
            try await second.recorder.wait { $0.frameCount(from: first.id) == 1 }
            try await first.recorder.wait { $0.frameCount(from: second.id) == 1 }
            #expect(
                await second.recorder.frames(from: first.id) == [
                    InboundFrame(peer: first.id, role: .validator, type: 0x01, payload: [1, 2, 3])
                ])
            #expect(
                await first.recorder.frames(from: second.id) == [
                    InboundFrame(peer: second.id, role: .validator, type: 0xEF, payload: [])
                ])
            let status = try #require(first.network.connectedPeers().first)
            #expect(status.id == second.id && status.role == .validator && !status.isDialed)
            // A frame is counted when it has been written, which its receiver may see before.
            try await eventually {
                first.network.connectedPeers().first.map {
                    $0.framesReceived == 2 && $0.framesSent == 2
                } ?? false
            }
        }
    }

    @Test func fourNodesThatAllDialEachOtherSettleOnOneConnectionPerPair() async throws {
        try await withNodes { start in
            // Each listens first, so that each can be told where all others are.
            let ports = try await (1...4).asyncMap { number in
                let node = try TestNode(UInt8(number))
                let task = start(node)
                let peer = try await node.asPeer
                await end(task)
                return peer
            }
            let nodes = try (0..<4).map { index in
                try TestNode(
                    UInt8(index + 1), dialing: ports, port: ports[index].endpoint.port)
            }
            for node in nodes { _ = start(node) }
            try await eventually {
                nodes.allSatisfy { node in
                    node.network.connectedPeers().count == 3
                        && node.network.connectedPeers().allSatisfy { status in
                            let other = nodes.first { $0.id == status.id }
                            let back = other?.network.connectedPeers().first { $0.id == node.id }
                            return back?.isDialed == !status.isDialed
                        }
                }
            }
            // A connection that is being replaced may lose what it carries: senders repeat.
            try await eventually {
                for node in nodes { node.network.broadcast(7, [7], as: .consensus) }
                for node in nodes {
                    for other in nodes where other.id != node.id {
                        if await node.recorder.frames(from: other.id).isEmpty { return false }
                    }
                }
                return true
            }
        }
    }

    @Test func longBulkMessageArrivesWhole() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let second = try TestNode(2, dialing: [await first.asPeer])
            _ = start(second)
            try await second.waitFor(first.id)
            let payloads = [8 << 20, 64 << 10, (64 << 10) + 1, 128 << 10, 1].map { size in
                (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            }
            for payload in payloads {
                #expect(second.network.send(5, payload, to: first.id, as: .bulk) == .queued)
            }
            try await first.recorder.wait { $0.frameCount(from: second.id) == payloads.count }
            let received = await first.recorder.frames(from: second.id)
            #expect(received.map(\.payload) == payloads)
            #expect(received.allSatisfy { $0.type == 5 })
        }
    }

    @Test func consensusOvertakesQueuedBulk() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.inboxFrames = 1
            let slow = try TestNode(1, limits: limits)
            // Nobody takes the slow node's events yet: its socket is not read.
            let task = Task { try await slow.network.run() }
            let second = try TestNode(2, dialing: [await slow.asPeer])
            _ = start(second)
            try await second.waitFor(slow.id)
            for _ in 0..<24 {
                let payload = [UInt8](repeating: 1, count: 1 << 20)
                #expect(second.network.send(1, payload, to: slow.id, as: .bulk) == .queued)
            }
            #expect(second.network.send(2, [2], to: slow.id, as: .consensus) == .queued)
            var types: [UInt8] = []
            for await event in slow.network.events {
                if case .frame(let frame) = event { types.append(frame.type) }
                if types.count == 25 { break }
            }
            let place = try #require(types.firstIndex(of: 2))
            #expect(place < 24, "the urgent message came as number \(place)")
            await end(task)
        }
    }

    @Test func fullQueuesRefuseWithoutWaiting() async throws {
        try await withNodes { start in
            let slow = try TestNode(1)
            let task = Task { try await slow.network.run() }
            var limits = testLimits()
            limits.bulkQueueFrames = 4
            let second = try TestNode(2, dialing: [await slow.asPeer], limits: limits)
            _ = start(second)
            try await second.waitFor(slow.id)
            let payload = [UInt8](repeating: 1, count: 4 << 20)
            try await eventually {
                second.network.send(1, payload, to: slow.id, as: .bulk) == .queueFull
            }
            #expect(second.network.send(2, [2], to: slow.id, as: .consensus) == .queued)
            #expect(second.network.connectedPeers().first?.droppedFrames ?? 0 > 0)
            await end(task)
        }
    }

    @Test func sendingIsRefusedWhereItCannotWork() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let second = try TestNode(2, dialing: [await first.asPeer])
            _ = start(second)
            try await second.waitFor(first.id)
            let long = [UInt8](repeating: 0, count: (8 << 20) + 1)
            #expect(second.network.send(1, long, to: first.id, as: .bulk) == .tooLarge)
            #expect(second.network.send(0xF0, [], to: first.id, as: .bulk) == .tooLarge)
            #expect(second.network.broadcast(0xF4, [], as: .bulk).isEmpty)
            let stranger = try nodeKey(99)
            #expect(second.network.send(1, [], to: stranger, as: .bulk) == .notConnected)
        }
    }

    @Test func connectionComesBackAfterThePeerRestarts() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            let task = start(first)
            let peer = try await first.asPeer
            let second = try TestNode(2, dialing: [peer])
            _ = start(second)
            try await second.waitFor(first.id)
            await end(task)
            try await second.recorder.wait { $0.contains(.disconnected(peer.nodeKey)) }
            let again = try TestNode(1, port: peer.endpoint.port)
            _ = start(again)
            try await second.recorder.wait { events in
                events.suffix { $0 == .connected(peer.nodeKey, .validator) } && events.count >= 3
            }
            try await again.waitFor(second.id)
            #expect(again.network.send(3, [3], to: second.id, as: .consensus) == .queued)
            try await second.recorder.wait { $0.frameCount(from: peer.nodeKey) == 1 }
        }
    }

    @Test func peerThatStopsReadingIsDisconnected() async throws {
        try await withNodes { start in
            let slow = try TestNode(1)
            let task = Task { try await slow.network.run() }
            var limits = testLimits()
            limits.stallTimeout = .milliseconds(300)
            let second = try TestNode(2, dialing: [await slow.asPeer], limits: limits)
            _ = start(second)
            try await second.waitFor(slow.id)
            let payload = [UInt8](repeating: 1, count: 4 << 20)
            try await eventually {
                second.network.send(1, payload, to: slow.id, as: .bulk)
                return await second.recorder.events.contains(.disconnected(slow.id))
            }
            await end(task)
        }
    }

    @Test func observerThatCameAndWentUnnoticedLeavesNothing() async throws {
        try await withNodes { start in
            let slow = try TestNode(1)
            let task = Task { try await slow.network.run() }
            let peer = try await slow.asPeer
            let observer = try TestNode(9, dialing: [peer], port: nil)
            let observing = start(observer)
            try await observer.waitFor(slow.id)
            for _ in 0..<100 { observer.network.send(1, [1], to: slow.id, as: .bulk) }
            await end(observing)
            try await eventually { slow.network.connectedPeers().isEmpty }
            let validator = try TestNode(2, dialing: [peer], port: nil)
            _ = start(validator)
            var events = slow.network.events.makeAsyncIterator()
            #expect(await events.next() == .connected(validator.id, .validator))
            await end(task)
        }
    }

    @Test func disconnectedPeerIsGoneAndMayComeBack() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let second = try TestNode(2, dialing: [await first.asPeer])
            _ = start(second)
            try await first.waitFor(second.id)
            first.network.disconnect(second.id, because: "it sent a bad block")
            try await first.recorder.wait { events in
                events.count { $0 == .connected(second.id, .validator) } == 2
            }
            try await eventually { first.network.statistics().protocolViolations == 1 }
        }
    }

    @Test func portInUseIsReported() async throws {
        try await withNodes { start in
            let first = try TestNode(1)
            _ = start(first)
            let port = try await first.asPeer.endpoint.port
            let second = try TestNode(2, port: port)
            let error = await #expect(throws: PeerNetworkError.self) {
                try await second.network.run()
            }
            #expect(error?.description.contains("127.0.0.1:\(port)") == true)
            #expect(await second.network.waitUntilListening() == nil)
        }
    }

    @Test func seedOfAnotherSizeIsRefused() {
        #expect(throws: PeerNetworkError.badSeed) {
            try PeerNetwork(
                configuration: PeerNetworkConfiguration(
                    nodeSeed: [1, 2, 3], chainID: chain, validatorKeys: [], listen: nil, dial: []),
                logger: quiet)
        }
    }
}

extension [PeerEvent] {
    /// Whether the last event that is no message satisfies the condition.
    fileprivate func suffix(_ condition: (PeerEvent) -> Bool) -> Bool {
        last { if case .frame = $0 { false } else { true } }.map(condition) ?? false
    }
}

extension Sequence where Self: Sendable, Element: Sendable {
    fileprivate func asyncMap<Value>(
        _ transform: (Element) async throws -> Value
    ) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
