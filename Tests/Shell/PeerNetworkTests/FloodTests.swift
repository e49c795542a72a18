import NIOCore
import PeerNetwork
import Testing

/// Peers that send what costs more to take than to send.
@Suite struct FloodTests {
    @Test func aBurstFollowedByACloseIsNotWorkedOff() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.observerFramesPerSecond = 20
            let node = try TestNode(1, limits: limits)
            _ = start(node)
            let stranger = try await RawPeer(seed: 100, to: node)
            try await stranger.waitForAnswer()
            try await stranger.write((0..<13_000).flatMap { _ in RawPeer.frame(1, []) })
            try await stranger.channel.close()
            try await node.recorder.wait { $0.contains(.disconnected(stranger.id)) }
            // At 20 a second the burst would take eleven minutes.
            let taken = await node.recorder.frames(from: stranger.id).count
            #expect(taken < 1000)
            #expect(node.network.connectedPeers().isEmpty)
            #expect(node.network.statistics().observerQueueBytes == 0)
        }
    }

    @Test(arguments: [
        [0, 0, 0, 0], [0x7F, 0xFF, 0xFF, 0xFF, 1], [0, 0, 0, 1, 0xF0], [0, 0, 0, 1, 0xFF],
    ])
    func whatIsNoFrameEndsTheConnection(bytes: [UInt8]) async throws {
        try await withNodes { start in
            let node = try TestNode(1)
            _ = start(node)
            let stranger = try await RawPeer(seed: 100, to: node)
            try await stranger.waitForAnswer()
            try await stranger.write([UInt8]((0..<1000).flatMap { _ in bytes }))
            try await stranger.channel.closeFuture.get()
            try await eventually {
                node.network.statistics().protocolViolations == 1
                    && node.network.connectedPeers().isEmpty
            }
        }
    }

    /// Before the hello a frame may be 256 bytes long, and after it much longer. Half of a long one
    /// that comes with the hello is too long or not there yet, and never taken for a whole one.
    @Test func aHelloAndHalfAFrameAtOnceEndTheirConnectionAtMost() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.connectionsPerSecond = 1000
            let node = try TestNode(1, limits: limits)
            _ = start(node)
            let half = Array(RawPeer.frame(1, [UInt8](repeating: 7, count: 4000)).dropLast(2000))
            for _ in 0..<100 {
                let stranger = try await RawPeer(seed: 100, to: node)
                // The node may have ended the connection already.
                try? await stranger.write(half)
                try await stranger.waitForAnswer()
                try? await stranger.channel.close()
            }
            let other = try await RawPeer(seed: 101, to: node)
            #expect(try await other.waitForAnswer() == 0xF0)
            try await other.channel.close()
        }
    }

    /// A frame, or a message in parts, that comes byte by byte.
    @Test(arguments: [[0, 0, 0x80, 0, 1], RawPeer.frame(0xF4, [1])])
    func aMessageHasATimeToBeComplete(beginning: [UInt8]) async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.messageTimeout = .milliseconds(300)
            limits.pingInterval = .milliseconds(100)
            let node = try TestNode(1, limits: limits)
            _ = start(node)
            let stranger = try await RawPeer(seed: 100, to: node)
            try await stranger.waitForAnswer()
            try await stranger.write(beginning)
            try await stranger.channel.closeFuture.get()
            try await node.recorder.wait { $0.contains(.disconnected(stranger.id)) }
        }
    }

    @Test func framesThatComeToTheirEndAreNeverLate() throws {
        let start = ContinuousClock.now
        var clock = MessageClock()
        clock.note(isIncomplete: false, hasCompleted: true, now: start)
        #expect(clock.since == nil)
        // Every read ends in the middle of a frame, of which the next read brings the end.
        for second in 0..<60 {
            let now = start + .seconds(second)
            clock.note(isIncomplete: true, hasCompleted: second > 0, now: now)
            #expect(clock.since == now)
        }
        // More of the same frame is no progress.
        clock.note(isIncomplete: true, hasCompleted: false, now: start + .seconds(90))
        #expect(clock.since == start + .seconds(59))
        clock.note(isIncomplete: false, hasCompleted: true, now: start + .seconds(91))
        #expect(clock.since == nil)
    }

    @Test func nobodyWaitsLongForWhatOthersHaveTaken() {
        let now = ContinuousClock.now
        var limit = RateLimit(perSecond: 100, now: now)
        #expect(limit.take(200, now: now) == nil)
        for _ in 0..<1000 {
            if let pause = limit.take(150, now: now) { #expect(pause <= .seconds(2)) }
        }
        #expect(limit.take(0, now: now) == .seconds(2))
        #expect(limit.take(0, now: now + .seconds(2)) == nil)
    }

    @Test func talkBeforeTheHelloHasABound() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.handshakeBytes = 1000
            limits.handshakeTimeout = .seconds(120)
            let node = try TestNode(1, limits: limits)
            _ = start(node)
            // The handshake alone is longer.
            await #expect(throws: (any Error).self) {
                try await RawPeer(seed: 100, to: node)
            }
            try await eventually { node.network.statistics().protocolViolations == 1 }
        }
    }

    @Test func tinyRecordsAreReadSlowly() async throws {
        try await withNodes { start in
            var limits = testLimits()
            limits.observerBytesPerSecond = 64 << 10
            let node = try TestNode(1, limits: limits)
            _ = start(node)
            let stranger = try await RawPeer(seed: 100, to: node)
            try await stranger.waitForAnswer()
            let begin = ContinuousClock.now
            // Each byte is a record of its own. Two seconds' worth is 128 of them.
            for _ in 0..<64 {
                for byte in RawPeer.frame(1, []) { try await stranger.write([byte]) }
            }
            try await node.recorder.wait { $0.frameCount(from: stranger.id) == 64 }
            // 320 kibibytes' worth: the burst is 128, and the rest takes three seconds. Until then
            // nothing more is read.
            try await stranger.write(RawPeer.frame(1, []))
            try await node.recorder.wait { $0.frameCount(from: stranger.id) == 65 }
            #expect(ContinuousClock.now - begin >= .milliseconds(2000))
            try await stranger.channel.close()
        }
    }

    @Test func recordsAreCountedWhereverTheStreamIsCut() {
        let records = [0, 1, 300, 16_384].flatMap { length in
            [0x17, 3, 3, UInt8(length >> 8), UInt8(length & 0xFF)]
                + [UInt8](repeating: 0x17, count: length)
        }
        for size in [1, 2, 3, 5, 7, 300, records.count] {
            var counter = TLSRecordCounter()
            var count = 0
            for start in stride(from: 0, to: records.count, by: size) {
                count += counter.count(in: records[start..<min(start + size, records.count)])
            }
            #expect(count == 4, "in pieces of \(size)")
        }
    }
}
