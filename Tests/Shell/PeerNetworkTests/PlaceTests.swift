import NIOCore
import NetworkAddresses
import PeerNetwork
import Testing

/// Places of observers.
@Suite struct PlaceTests {
    private func limits(observers: Int) -> PeerLimits {
        var limits = testLimits()
        limits.observers = observers
        limits.observerIdle = .milliseconds(200)
        return limits
    }

    @Test func observersThatSayNothingMakePlaceForOthers() async throws {
        try await withNodes { start in
            let node = try TestNode(1, limits: limits(observers: 3))
            _ = start(node)
            var silent: [RawPeer] = []
            for number in UInt8(0)..<3 {
                silent.append(
                    try await RawPeer(
                        seed: 100 + number, to: node, from: "127.0.1.\(number + 1)"))
                #expect(try await silent[Int(number)].waitForAnswer() == 0xF0)
            }
            let honest = try TestNode(9, dialing: [await node.asPeer], port: nil)
            _ = start(honest)
            // It is refused as long as all others may still have something to say.
            try await node.waitFor(honest.id)
            try await eventually { node.network.connectedPeers().count == 3 }
            #expect(silent.count { !$0.channel.isActive } <= 1)
            for stranger in silent { try? await stranger.channel.close() }
        }
    }

    @Test func observersOfOneAddressMakePlaceForOneOfAnother() async throws {
        try await withNodes { start in
            var limits = limits(observers: 3)
            limits.observerIdle = .seconds(120)
            let node = try TestNode(1, limits: limits)
            _ = start(node)
            var busy: [RawPeer] = []
            for number in UInt8(0)..<3 {
                busy.append(
                    try await RawPeer(seed: 100 + number, to: node, from: "127.0.1.1"))
                #expect(try await busy[Int(number)].waitForAnswer() == 0xF0)
            }
            let honest = try TestNode(9, dialing: [await node.asPeer], port: nil)
            _ = start(honest)
            try await node.waitFor(honest.id)
            try await busy[2].channel.closeFuture.get()
            #expect(busy[0].channel.isActive && busy[1].channel.isActive)
            for stranger in busy { try? await stranger.channel.close() }
        }
    }

    @Test func aKnownObserverAlwaysHasAPlace() async throws {
        try await withNodes { start in
            let known = try nodeKey(9)
            let node = try TestNode(1, knownObservers: [known], limits: limits(observers: 1))
            _ = start(node)
            let first = try await RawPeer(seed: 100, to: node, from: "127.0.1.1")
            #expect(try await first.waitForAnswer() == 0xF0)
            let observer = try TestNode(9, dialing: [await node.asPeer], port: nil)
            _ = start(observer)
            try await node.waitFor(known)
            #expect(first.channel.isActive)
            // It is silent, and nobody takes its place all the same.
            try await first.channel.close()
            for number in UInt8(1)...4 {
                let other = try await RawPeer(
                    seed: 100 + number, to: node, from: "127.0.1.\(number + 1)")
                try await eventually {
                    node.network.connectedPeers().contains { $0.id == other.id }
                        || !other.channel.isActive
                }
                try? await other.channel.close()
            }
            #expect(node.network.connectedPeers().contains { $0.id == known })
            #expect(await !node.recorder.events.contains(.disconnected(known)))
        }
    }

    @Test func aKnownObserverIsTakenWhereOthersAreNot() async throws {
        try await withNodes { start in
            let node = try TestNode(
                1, acceptsObservers: false, knownObservers: [try nodeKey(9)])
            _ = start(node)
            let stranger = try await RawPeer(seed: 100, to: node)
            #expect(try await stranger.waitForAnswer() == 0xF1)
            let observer = try TestNode(9, dialing: [await node.asPeer], port: nil)
            _ = start(observer)
            try await node.waitFor(observer.id)
            // The node may have closed it already.
            try? await stranger.channel.close()
        }
    }

    @Test func aGroupsRateIsItsOwnAndManyGroupsAreForgotten() {
        let now = ContinuousClock.now
        var rates = AcceptRates(perSecond: 1, groupsPerSite: 4)
        let first = AddressGroup("192.0.2.1")
        for _ in 0..<8 { #expect(rates.enter(first, now: now) == true) }
        #expect(rates.enter(first, now: now) == false)
        #expect(rates.enter(AddressGroup("192.0.2.2"), now: now) == true)
        #expect(rates.enter(first, now: now + .seconds(1)) == true)
        #expect(rates.enter(first, now: now + .seconds(1)) == false)
        for number in 0..<AcceptRates.groups {
            let group = AddressGroup("10.0.\(number / 256).\(number % 256)")
            #expect(rates.enter(group, now: now + .seconds(1)) == true)
        }
        // It came first, so it is forgotten first.
        #expect(rates.enter(first, now: now + .seconds(1)) == true)
    }

    @Test func aSiteHasARateThatItsGroupsShare() {
        let now = ContinuousClock.now
        var rates = AcceptRates(perSecond: 1, groupsPerSite: 4)
        // Eight seconds' worth of four groups, each connection from a group of its own.
        let entered = (0..<100).count { number in
            rates.enter(AddressGroup("2001:db8:1:\(number)::1"), now: now)
        }
        #expect(entered == 32)
        #expect(rates.enter(AddressGroup("2001:db8:2::1"), now: now) == true)
        let later = (0..<100).count { number in
            rates.enter(AddressGroup("2001:db8:1:\(number)::1"), now: now + .seconds(1))
        }
        #expect(later == 4)
    }
}
