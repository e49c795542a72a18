import NIOCore
import NetworkAddresses
import NodeAPI
import RawConnections
import Testing

/// Which readers listen to the event stream, and which ones make place.
struct EventPlacesTests {
    private let limits = APILimits(
        subscribers: 2, waitingSubscribers: 4, eventsPerSubscriber: 3)
    private let event: [UInt8] = [1]

    private func group(_ number: Int) -> AddressGroup { AddressGroup("192.0.2.\(number)") }

    /// A network of an IPv6 site.
    private func network(_ site: Int, _ number: Int) -> AddressGroup {
        AddressGroup("2001:db8:\(site):\(number)::1")
    }

    /// Two subscribers of two groups.
    private func full() -> EventPlaces {
        var places = EventPlaces(limits: limits)
        for id in 1...2 {
            #expect(places.enter(UInt64(id), from: group(id), at: .zero).0 == .admitted)
        }
        return places
    }

    @Test func aReaderBeyondTheLimitWaitsForAPlace() {
        var places = full()
        let (entry, changes) = places.enter(3, from: group(3), at: .zero)
        #expect(entry == .waiting)
        #expect(changes == .init())
        var expected = EventPlaces.Changes()
        expected.admitted = [3]
        #expect(places.leave(1, at: .zero) == expected)
        #expect(places.count == 2)
    }

    @Test func aSubscriberThatDoesNotReadMakesPlaceForANewcomer() {
        var places = full()
        _ = places.publish(event, at: .seconds(1))
        #expect(places.next(1, at: .seconds(1)) == event)
        #expect(places.next(1, at: .seconds(1)) == nil)
        let (entry, changes) = places.enter(3, from: group(3), at: .seconds(3))
        #expect(entry == .admitted)
        #expect(changes.cutOff == [2])
        #expect(changes.ended.isEmpty)
    }

    @Test func aSubscriberThatWasJustSentAnEventKeepsItsPlace() {
        var places = full()
        _ = places.publish(event, at: .seconds(1))
        #expect(places.enter(3, from: group(3), at: .seconds(1)).0 == .waiting)
        // Once it has not read for a while, the one that waits has its place.
        #expect(places.advance(to: .seconds(3)).admitted == [3])
    }

    @Test func whereOthersWaitTheLongestServedEndsAfterItsTurn() {
        var places = full()
        let entered = Duration.seconds(50)
        #expect(places.enter(3, from: group(3), at: entered).0 == .waiting)
        #expect(places.advance(to: .seconds(59)) == .init())
        let changes = places.advance(to: .seconds(60))
        #expect(changes.ended == [1])
        #expect(changes.admitted == [3])
        // No reader waits, so the other subscriber may listen on.
        #expect(places.advance(to: .seconds(3600)) == .init())
    }

    @Test func aReaderThatHasWaitedForTooLongIsTold() {
        var places = full()
        #expect(places.enter(3, from: group(3), at: .seconds(1)).0 == .waiting)
        #expect(places.advance(to: .seconds(20)) == .init())
        #expect(places.advance(to: .seconds(21)).givenUp == [3])
        #expect(places.waitingCount == 0)
    }

    @Test func theLineIsBoundedAndNoGroupFillsIt() {
        var places = full()
        #expect(places.enter(3, from: group(3), at: .zero).0 == .waiting)
        #expect(places.enter(4, from: group(3), at: .zero).0 == .waiting)
        #expect(places.enter(5, from: group(3), at: .zero).0 == .refused)
        #expect(places.enter(6, from: group(6), at: .zero).0 == .waiting)
        #expect(places.enter(7, from: group(7), at: .zero).0 == .waiting)
        // The line is full: the newest reader of the largest party makes room.
        let (entry, changes) = places.enter(8, from: group(8), at: .zero)
        #expect(entry == .waiting)
        #expect(changes.givenUp == [4])
        #expect(places.enter(9, from: group(9), at: .zero).0 == .refused)
        #expect(places.waitingCount == 4)
    }

    @Test func theLineIsBoundedAndSharedBetweenSites() {
        var places = full()
        for id in 3...4 {
            #expect(places.enter(UInt64(id), from: network(1, id), at: .zero).0 == .waiting)
        }
        #expect(places.enter(5, from: network(1, 5), at: .zero).0 == .refused)
        for id in 6...7 {
            #expect(places.enter(UInt64(id), from: network(2, id), at: .zero).0 == .waiting)
        }
        let (entry, changes) = places.enter(8, from: group(8), at: .zero)
        #expect(entry == .waiting)
        #expect(changes.givenUp == [7])
        #expect(places.waitingCount == 4)
    }

    /// Two sites with many networks once kept everybody else out.
    @Test(arguments: [true, false])
    func sitesThatHoldAllPlacesAndTheLineMakePlaceForANewcomer(isNewcomerOfSite: Bool) {
        var places = EventPlaces(limits: APILimits(subscribers: 4, waitingSubscribers: 4))
        for id in 1...8 {
            let (entry, changes) = places.enter(
                UInt64(id), from: network(id % 2, id), at: .zero)
            #expect(entry == (id <= 4 ? .admitted : .waiting))
            #expect(changes == .init())
        }
        let newcomer = isNewcomerOfSite ? network(2, 0) : group(1)
        let (entry, changes) = places.enter(9, from: newcomer, at: .zero)
        #expect(entry == .admitted)
        #expect(changes.ended == [4])
        #expect(changes.givenUp == [])
        #expect(places.waitingCount == 4)
    }

    @Test func addressesThatHoldAllPlacesAndTheLineMakePlaceForANewcomer() {
        var places = EventPlaces(limits: APILimits(subscribers: 16, waitingSubscribers: 16))
        for id in 1...32 {
            let entry = places.enter(UInt64(id), from: group(id % 8), at: .zero).0
            #expect(entry == (id <= 16 ? .admitted : .waiting))
        }
        let (entry, changes) = places.enter(33, from: group(9), at: .zero)
        #expect(entry == .admitted)
        #expect(changes.ended == [16])
    }

    @Test func aPlaceThatIsFreeAgainGoesToTheSmallestSite() {
        var places = EventPlaces(limits: APILimits(subscribers: 4))
        for id in 1...2 {
            #expect(places.enter(UInt64(id), from: network(1, id), at: .zero).0 == .admitted)
            #expect(places.enter(UInt64(id + 2), from: group(3), at: .zero).0 == .admitted)
        }
        // The network of the first reader holds no place, but its site holds two.
        #expect(places.enter(5, from: network(1, 5), at: .zero).0 == .waiting)
        #expect(places.enter(6, from: group(3), at: .zero).0 == .waiting)
        #expect(places.leave(3, at: .zero).admitted == [6])
    }

    @Test func aGroupWithManySubscribersMakesPlaceForOneWithNone() {
        var places = EventPlaces(limits: APILimits(subscribers: 3))
        for id in 1...3 {
            #expect(places.enter(UInt64(id), from: group(1), at: .zero).0 == .admitted)
        }
        let (entry, changes) = places.enter(4, from: group(2), at: .zero)
        #expect(entry == .admitted)
        #expect(changes.ended == [3])
    }

    @Test func whoeverIsLeftBehindByTheNewestEventsIsDropped() {
        var places = full()
        for second in 1...4 {
            let changes = places.publish(event, at: .seconds(second))
            #expect(changes.cutOff == (second < 4 ? [] : [2]))
            #expect(places.next(1, at: .seconds(second)) == event)
            #expect(places.next(1, at: .seconds(second)) == nil)
        }
        #expect(places.count == 1)
    }

    @Test func eventsForSlowSubscribersAreBoundedInBytes() {
        var places = EventPlaces(limits: APILimits())
        #expect(places.enter(1, from: group(1), at: .zero).0 == .admitted)
        let large = [UInt8](repeating: 0, count: APILimits.eventBytes / 2)
        #expect(places.publish(large, at: .zero).cutOff.isEmpty)
        #expect(places.publish(large, at: .zero).cutOff.isEmpty)
        #expect(places.publish(large, at: .zero).cutOff == [1])
    }
}

/// The event stream of a running server.
@Suite(.serialized, .timeLimit(.minutes(2))) struct EventStreamTests {
    private static let listen = "GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func aListenerGetsEventsAndIsToldWhenToConnectAgain() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            try await connection.send(Self.listen)
            _ = try await connection.received { $0.contains("retry: 3000") }
            try server.events.publish(.block(Samples.block))
            let text = try await connection.received { $0.contains("event: block") }
            #expect(text.contains("event: block\ndata: {"))
            await connection.close()
            // The next event finds out that nobody takes it.
            try await eventually("its place is not free") {
                try? server.events.publish(.block(Samples.block))
                return server.events.count == 0
            }
        }
    }

    /// Such clients once kept everybody else out for twenty seconds.
    @Test func listenersThatNeverReadMakePlace() async throws {
        let limits = APILimits(subscribers: 4, eventsPerSubscriber: 1 << 16, writeSeconds: 120)
        try await withServer(limits: limits) { server in
            var silent: [RawConnection] = []
            for number in 2..<6 {
                let connection = try await RawConnection(
                    from: "127.0.0.\(number)", port: server.port, reads: false,
                    bufferSize: 4096)
                try await connection.send(Self.listen)
                silent.append(connection)
            }
            try await eventually("they do not listen") { server.events.count == 4 }
            let honest = try await server.connect(from: "127.0.0.9")
            try await honest.send(Self.listen)
            // Events fill what the systems take for clients that do not read.
            try await eventually("they make no place") {
                for _ in 0..<50 { try? server.events.publish(.block(Samples.block)) }
                return honest.text.contains("retry")
            }
            #expect(honest.text.hasPrefix("HTTP/1.1 200"))
            for connection in silent { await connection.close() }
        }
    }

    @Test func aBurstOfListenersWaitsInLine() async throws {
        try await withServer(limits: APILimits(subscribers: 1)) { server in
            let first = try await server.connect()
            try await first.send(Self.listen)
            _ = try await first.received { $0.contains("retry") }
            let second = try await server.connect()
            try await second.send(Self.listen)
            try await eventually("it does not wait") { server.events.waitingCount == 1 }
            #expect(second.text.isEmpty)
            await first.close()
            try await eventually("it gets no place") {
                try? server.events.publish(.block(Samples.block))
                return second.text.contains("retry")
            }
            #expect(second.text.hasPrefix("HTTP/1.1 200"))
        }
    }

    /// Nothing moves the line here, as where the keep-alive service has ended.
    @Test(arguments: [true, false])
    func noReaderWaitsThatIsCancelledOrFindsTheStreamFinished(isFinished: Bool) async throws {
        let count = 200
        let events = EventBroadcaster(limits: APILimits(subscribers: 0, waitingSubscribers: count))
        let ended = Count()
        let readers = (0..<count).map { number in
            Task {
                let group = AddressGroup("192.0.2.\(number)")
                _ = try? await events.subscribe(from: group) {}
                ended.add()
            }
        }
        if isFinished {
            events.finish()
        } else {
            for reader in readers { reader.cancel() }
        }
        try await eventually("a reader waits on", within: .seconds(90)) {
            ended.value == count
        }
        if isFinished {
            await #expect(throws: ServiceFailure.self) {
                _ = try await events.subscribe(from: AddressGroup("192.0.2.1")) {}
            }
        } else {
            try await eventually("a cancelled reader keeps its room", within: .seconds(90)) {
                events.waitingCount == 0
            }
        }
    }

    @Test func aWaitThatIsTooLongEndsWithBusy() async throws {
        let limits = APILimits(subscribers: 0, subscriberWait: .zero)
        try await withServer(limits: limits) { server in
            let connection = try await server.connect()
            try await connection.send(Self.listen)
            let text = try await connection.received { $0.contains("BUSY") }
            #expect(text.hasPrefix("HTTP/1.1 503"))
            #expect(text.lowercased().contains("retry-after: 30"))
        }
    }
}
