import NIOCore
import PeerNetwork
import Testing

/// What peers make a node hold, all together.
@Suite struct MemoryTests {
    private func limits() -> PeerLimits {
        var limits = testLimits()
        limits.observersSendingBytes = 16 << 20
        limits.observersReceivingBytes = 2 << 20
        limits.roomPatience = .milliseconds(200)
        // Longer than the test may take: room alone ends connections.
        limits.stallTimeout = .seconds(120)
        limits.messageTimeout = .seconds(120)
        limits.observerIdle = .seconds(120)
        return limits
    }

    /// Strangers of addresses of their own, connected to the node.
    private func strangers(_ count: UInt8, of node: TestNode) async throws -> [RawPeer] {
        var strangers: [RawPeer] = []
        for number in 0..<count {
            let stranger = try await RawPeer(
                seed: 100 + number, to: node, from: "127.0.1.\(number + 1)")
            #expect(try await stranger.waitForAnswer() == 0xF0)
            strangers.append(stranger)
        }
        return strangers
    }

    private func isHeld(_ node: TestNode) -> Bool {
        let statistics = node.network.statistics()
        return statistics.observerQueueBytes <= statistics.observerQueueBound
    }

    @Test func observersThatNeverReadHoldLittleTogetherAndMakeRoom() async throws {
        try await withNodes { start in
            let node = try TestNode(1, limits: limits())
            _ = start(node)
            let silent = try await strangers(12, of: node)
            for stranger in silent { try await stranger.stopReading() }
            let payload = [UInt8](repeating: 7, count: 1 << 20)
            // The system takes some of it first. Then there is no room, and some have to go.
            try await eventually {
                for stranger in silent {
                    node.network.send(1, payload, to: stranger.id, as: .bulk)
                    #expect(isHeld(node))
                }
                return node.network.connectedPeers().count < 12
            }
            let honest = try TestNode(9, dialing: [await node.asPeer], port: nil)
            _ = start(honest)
            try await node.waitFor(honest.id)
            try await honest.waitFor(node.id)
            // What was never read makes room for an observer that reads.
            try await eventually {
                node.network.hasBulkRoom(for: honest.id)
                    && node.network.send(2, payload, to: honest.id, as: .bulk) == .queued
            }
            try await honest.recorder.wait { $0.frameCount(from: node.id) == 1 }
            for stranger in silent { try? await stranger.channel.close() }
            try await eventually {
                node.network.connectedPeers().map(\.id) == [honest.id]
                    && node.network.statistics().observerQueueBytes < 1 << 20
            }
        }
    }

    @Test func noAnswerIsBuiltForAPeerWithoutRoom() async throws {
        try await withNodes { start in
            var limits = limits()
            limits.roomPatience = .seconds(120)
            limits.observersSendingBytes = 8 << 20
            let node = try TestNode(1, limits: limits)
            _ = start(node)
            let silent = try await strangers(2, of: node)
            for stranger in silent { try await stranger.stopReading() }
            let payload = [UInt8](repeating: 7, count: 1 << 20)
            // The system takes some of it first. The first peer holds less than the second one would,
            // so it makes no room.
            try await eventually {
                guard node.network.statistics().observerQueueBytes >= 4 << 20 else {
                    node.network.send(1, payload, to: silent[0].id, as: .bulk)
                    return false
                }
                return !node.network.hasBulkRoom(for: silent[0].id)
                    && !node.network.hasBulkRoom(for: silent[1].id)
            }
            #expect(silent[0].channel.isActive)
            // What is urgent and small has its own room.
            #expect(node.network.send(2, [1], to: silent[1].id, as: .consensus) == .queued)
            for stranger in silent { try? await stranger.channel.close() }
        }
    }

    @Test(arguments: ["half a frame", "parts without an end"])
    func whatIsNeverCompleteHoldsLittleTogether(kind: String) async throws {
        try await withNodes { start in
            let node = try TestNode(1, limits: limits())
            _ = start(node)
            let strangers = try await strangers(12, of: node)
            let part = [UInt8](repeating: 7, count: 60_000)
            for _ in 0..<15 {
                for stranger in strangers {
                    // Whoever had to make room is gone.
                    if kind == "half a frame" {
                        // A frame of a mebibyte, of which the end never comes.
                        try? await stranger.write(
                            Array(
                                RawPeer.frame(1, [UInt8](repeating: 7, count: 1 << 20))[..<60_000]))
                        try? await stranger.write(part)
                    } else {
                        try? await stranger.send(0xF4, part)
                    }
                    #expect(isHeld(node))
                }
            }
            try await eventually { node.network.connectedPeers().count < 12 }
            #expect(isHeld(node))
            let honest = try TestNode(9, dialing: [await node.asPeer], port: nil)
            _ = start(honest)
            try await node.waitFor(honest.id)
            try await honest.waitFor(node.id)
            let message = [UInt8](repeating: 8, count: 200_000)
            honest.network.send(3, message, to: node.id, as: .bulk)
            try await node.recorder.wait { $0.frameCount(from: honest.id) == 1 }
            for stranger in strangers { try? await stranger.channel.close() }
        }
    }

    /// Nothing stays counted when everything has been read or has ended.
    @Test func whatIsHeldComesBackToNothing() async throws {
        try await withNodes { start in
            let node = try TestNode(1)
            _ = start(node)
            let observer = try TestNode(9, dialing: [await node.asPeer], port: nil)
            let observing = start(observer)
            let validator = try TestNode(2, dialing: [await node.asPeer], port: nil)
            _ = start(validator)
            try await node.waitFor(observer.id, validator.id)
            try await observer.waitFor(node.id)
            try await validator.waitFor(node.id)
            for size in [0, 1, 64 << 10, 200_000, 900_000] {
                let payload = [UInt8](repeating: 1, count: size)
                for peer in [observer, validator] {
                    peer.network.send(1, payload, to: node.id, as: .bulk)
                    node.network.send(1, payload, to: peer.id, as: .bulk)
                }
            }
            for peer in [observer, validator] {
                try await node.recorder.wait { $0.frameCount(from: peer.id) == 5 }
                try await peer.recorder.wait { $0.frameCount(from: node.id) == 5 }
            }
            for side in [node, observer, validator] {
                try await eventually {
                    let statistics = side.network.statistics()
                    return statistics.observerQueueBytes + statistics.validatorQueueBytes == 0
                }
            }
            await end(observing)
            try await eventually { node.network.connectedPeers().count == 1 }
            #expect(node.network.statistics().observerQueueBytes == 0)
        }
    }
}
