import NIOCore
import PeerNetwork
import Testing

/// Two nodes with one key, and restarts, which look alike for a moment.
@Suite struct SameKeyTests {
    /// The second node with a key hears that there is another one, and leaves the first alone.
    @Test(arguments: [UInt8(9), 2])
    func ofTwoNodesWithOneKeyTheFirstKeepsItsConnection(seed: UInt8) async throws {
        try await withNodes { start in
            let log = CountingLog()
            let hub = try TestNode(1, logger: log.logger)
            _ = start(hub)
            let peer = try await hub.asPeer
            let first = try TestNode(seed, dialing: [peer], port: nil)
            _ = start(first)
            try await first.waitFor(hub.id)
            let copyLog = CountingLog()
            let copy = try TestNode(seed, dialing: [peer], port: nil, logger: copyLog.logger)
            _ = start(copy)
            try await copy.recorder.wait { events in
                events.contains { event in
                    if case .ownKeyElsewhere(hub.id, let address) = event {
                        address.hasPrefix("127.0.0.1:")
                    } else {
                        false
                    }
                }
            }
            // One refusal ends its connection, one answers its second attempt, and it waits then.
            try await eventually { hub.network.statistics().connectionsRefused == 2 }
            try await eventually {
                first.network.connectedPeers().map(\.id) == [hub.id]
                    && hub.network.connectedPeers().map(\.id) == [first.id]
            }
            #expect(copy.network.connectedPeers().isEmpty)
            first.network.send(5, [5], to: hub.id, as: .consensus)
            try await hub.recorder.wait { $0.frameCount(from: first.id) == 1 }
            let connections = await hub.recorder.events.count { event in
                if case .connected = event { true } else { false }
            }
            #expect(connections == 3)
            #expect(await !first.recorder.events.contains(where: \.isOfOwnKey))
            #expect(log.count(of: "two nodes with one key") == 1)
            #expect(copyLog.count(of: "another node with our key") == 1)
        }
    }

    @Test func theSecondNodeIsTakenWhenTheFirstHasEnded() async throws {
        try await withNodes { start in
            let hub = try TestNode(1)
            _ = start(hub)
            let peer = try await hub.asPeer
            let first = try TestNode(9, dialing: [peer], port: nil)
            let firstTask = start(first)
            try await first.waitFor(hub.id)
            var limits = testLimits()
            limits.sameKeyPause = .milliseconds(50)
            let second = try TestNode(9, dialing: [peer], port: nil, limits: limits)
            _ = start(second)
            try await second.recorder.wait { $0.contains(where: \.isOfOwnKey) }
            await end(firstTask)
            try await eventually { second.network.connectedPeers().map(\.id) == [hub.id] }
            second.network.send(5, [5], to: hub.id, as: .consensus)
            try await hub.recorder.wait { $0.frameCount(from: second.id) == 1 }
        }
    }

    /// The old connection of a node that was killed stands when the node is back.
    @Test(arguments: [UInt8(100), 2]) func restartsInARowReplaceTheirConnections(seed: UInt8)
        async throws
    {
        try await withNodes { start in
            let hub = try TestNode(1)
            _ = start(hub)
            var runs: [RawPeer] = []
            for _ in 0..<20 {
                let run = try await RawPeer(seed: seed, to: hub)
                #expect(try await run.waitForAnswer() == 0xF0)
                runs.append(run)
            }
            for run in runs.dropLast() { try await run.channel.closeFuture.get() }
            #expect(runs.last?.channel.isActive == true)
            try await runs.last?.channel.close()
        }
    }

    @Test func aRestartTakesTheConnection() {
        var runs = KeyRuns(1)
        #expect(runs.judge(1, isHolderConnected: true) == .accepted)
        #expect(runs.judge(2, isHolderConnected: true) == .accepted)
        #expect(runs.judge(3, isHolderConnected: false) == .accepted)
        #expect(runs.holder == 3)
    }

    @Test func whatWasReplacedAndComesBackHasItsConnectionAgain() {
        var runs = KeyRuns(1)
        #expect(runs.judge(2, isHolderConnected: true) == .accepted)
        #expect(runs.judge(1, isHolderConnected: true) == .back)
        #expect(runs.judge(2, isHolderConnected: true) == .refused)
        #expect(runs.judge(1, isHolderConnected: true) == .accepted)
        // Each start of the copy is a new run, which may be a restart of either.
        #expect(runs.judge(3, isHolderConnected: true) == .accepted)
        #expect(runs.judge(2, isHolderConnected: true) == .refused)
        #expect(runs.judge(1, isHolderConnected: true) == .back)
        #expect(runs.judge(3, isHolderConnected: true) == .refused)
    }

    @Test func theFirstIsFirstAgainAfterABrokenConnection() {
        var runs = KeyRuns(1)
        _ = runs.judge(2, isHolderConnected: true)
        _ = runs.judge(1, isHolderConnected: true)
        // The first one's line breaks, and the second comes before it is back.
        #expect(runs.judge(2, isHolderConnected: false) == .accepted)
        #expect(runs.judge(1, isHolderConnected: true) == .back)
        #expect(runs.judge(2, isHolderConnected: true) == .refused)
    }

    @Test func aRestartOfTheFirstKeepsTheSecondOut() {
        var runs = KeyRuns(1)
        _ = runs.judge(2, isHolderConnected: true)
        _ = runs.judge(1, isHolderConnected: true)
        #expect(runs.judge(3, isHolderConnected: true) == .accepted)
        #expect(runs.judge(2, isHolderConnected: true) == .refused)
    }

    @Test func manyRunsAreForgotten() {
        var runs = KeyRuns(0)
        for run in 1...UInt64(KeyRuns.remembered + 1) {
            #expect(runs.judge(run, isHolderConnected: true) == .accepted)
        }
        #expect(runs.judge(0, isHolderConnected: true) == .accepted)
    }

    @Test func whatAPeerSaysOfAnAddressIsPrintableAndShort() {
        let notice = RefusalNotice(.keyElsewhere, address: "192.0.2.1:7000")
        #expect(notice.payload == [8] + Array("192.0.2.1:7000".utf8))
        #expect(RefusalNotice(payload: notice.payload) == notice)
        let odd = RefusalNotice(payload: [8, 0x0A, 0x41, 0x1B, 0x5B, 0xFF, 0x42])
        #expect(odd.address == "A[B")
        let long = RefusalNotice(payload: [8] + [UInt8](repeating: 0x41, count: 200))
        #expect(long.address.utf8.count == RefusalNotice.addressBytes)
        #expect(RefusalNotice(payload: [6, 0x41]).address.isEmpty)
        #expect(RefusalNotice(payload: [99]).refusal == nil)
        #expect(RefusalNotice(payload: []).refusal == nil)
    }
}

extension PeerEvent {
    fileprivate var isOfOwnKey: Bool {
        if case .ownKeyElsewhere = self { true } else { false }
    }
}
