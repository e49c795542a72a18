import NetworkAddresses
import Testing

struct PlacesTests {
    private func places(
        total: Int = 8, perGroup: Int = 4, perSite: Int = 6
    ) -> Places<Int> {
        Places(.init(total: total, perGroup: perGroup, perSite: perSite))
    }

    /// Enters and keeps busy.
    private func fill(_ places: inout Places<Int>, _ ids: Range<Int>, from address: String) {
        for id in ids {
            #expect(places.enter(id, from: AddressGroup(address)) == .admitted)
            places.setIdle(id, false)
        }
    }

    @Test func aGroupHasABoundOfItsOwn() {
        var places = places()
        fill(&places, 0..<4, from: "192.0.2.1")
        #expect(places.enter(4, from: AddressGroup("192.0.2.1")) == .refused)
        #expect(places.enter(4, from: AddressGroup("192.0.2.2")) == .admitted)
        #expect(places.count == 5)
    }

    @Test func theNetworksOfASiteHaveALargerBoundTogether() {
        var places = places()
        fill(&places, 0..<3, from: "2001:db8:1:1::1")
        fill(&places, 3..<6, from: "2001:db8:1:2::1")
        #expect(places.enter(6, from: AddressGroup("2001:db8:1:3::1")) == .refused)
        #expect(places.enter(6, from: AddressGroup("2001:db8:2:3::1")) == .admitted)
    }

    @Test func anExemptGroupHasNone() {
        var places = places()
        for id in 0..<8 {
            #expect(places.enter(id, from: AddressGroup("192.0.2.1"), isExempt: true) == .admitted)
        }
    }

    @Test func whatIsKeptForExemptOnesNobodyElseTakes() {
        var places = Places<Int>(.init(total: 6, perGroup: 4, perSite: 6, kept: 2))
        let own = AddressGroup("127.0.0.1")
        #expect(places.enter(0, from: own, isExempt: true) == .admitted)
        fill(&places, 1..<5, from: "192.0.2.1")
        // One place is free, but not for it; nor does the idle exempt one make place for it.
        #expect(places.enter(5, from: AddressGroup("192.0.2.2")) == .inPlaceOf(4))
        places.setIdle(5, false)
        #expect(places.enter(6, from: own, isExempt: true) == .admitted)
        // Beyond what is kept, an exempt one takes what an idle stranger has.
        places.setIdle(0, false)
        places.setIdle(6, false)
        places.setIdle(2, true)
        #expect(places.enter(7, from: own, isExempt: true) == .inPlaceOf(2))
        #expect(places.count == 6)
    }

    @Test func anIdleOneOfTheSameGroupMakesPlace() {
        var places = places()
        fill(&places, 0..<4, from: "192.0.2.1")
        places.setIdle(2, true)
        places.setIdle(1, true)
        #expect(places.enter(4, from: AddressGroup("192.0.2.1")) == .inPlaceOf(2))
        #expect(places.count == 4)
        #expect(!places.contains(2))
    }

    /// Seventeen addresses with idle connections shut nobody out.
    @Test func idleOnesMakePlaceThoseOfTheLargestFirst() {
        var places = places(total: 6, perGroup: 4)
        for id in 0..<3 { _ = places.enter(id, from: AddressGroup("192.0.2.1")) }
        for id in 3..<6 { _ = places.enter(id, from: AddressGroup("192.0.2.\(id)")) }
        #expect(places.enter(6, from: AddressGroup("203.0.113.1")) == .inPlaceOf(0))
        #expect(places.enter(7, from: AddressGroup("203.0.113.2")) == .inPlaceOf(1))
        // All hold one now: the one that has been idle for longest.
        #expect(places.enter(8, from: AddressGroup("203.0.113.3")) == .inPlaceOf(2))
        #expect(places.enter(9, from: AddressGroup("203.0.113.4")) == .inPlaceOf(3))
    }

    /// A client that has just come has not asked yet. Whoever holds many busy places does not push it
    /// out, or it would never be heard.
    @Test func anIdleOneMakesNoPlaceForAPartyThatHoldsMore() {
        var places = places(total: 5, perGroup: 8, perSite: 8)
        fill(&places, 0..<4, from: "192.0.2.1")
        #expect(places.enter(4, from: AddressGroup("203.0.113.1")) == .admitted)
        #expect(places.enter(5, from: AddressGroup("192.0.2.1")) == .refused)
        #expect(places.enter(5, from: AddressGroup("203.0.113.2")) == .inPlaceOf(4))
        // Its own idle ones it may, and one that the operator has named may have anybody's.
        places.setIdle(2, true)
        #expect(places.enter(6, from: AddressGroup("192.0.2.1")) == .inPlaceOf(2))
        places.setIdle(6, false)
        #expect(places.enter(7, from: AddressGroup("192.0.2.1"), isExempt: true) == .inPlaceOf(5))
    }

    @Test func aBusyOneMakesPlaceWhereItsGroupHoldsMoreThanTheNewcomers() {
        var places = places(total: 6, perGroup: 4)
        fill(&places, 0..<4, from: "192.0.2.1")
        fill(&places, 4..<6, from: "192.0.2.2")
        // Its newest goes, so that what has begun long ago ends well.
        #expect(places.enter(6, from: AddressGroup("203.0.113.1")) == .inPlaceOf(3))
        places.setIdle(6, false)
        #expect(places.enter(7, from: AddressGroup("203.0.113.2")) == .inPlaceOf(2))
        places.setIdle(7, false)
        // Two, two, one, one: a third of the first would hold more than they.
        #expect(places.enter(8, from: AddressGroup("192.0.2.1")) == .refused)
        #expect(places.enter(8, from: AddressGroup("203.0.113.1")) == .refused)
        #expect(places.enter(8, from: AddressGroup("203.0.113.3")) == .inPlaceOf(5))
    }

    @Test func manyNetworksOfOneSiteCountAsOneParty() {
        var places = places(total: 6, perGroup: 4, perSite: 6)
        for id in 0..<5 {
            _ = places.enter(id, from: AddressGroup("2001:db8:1:\(id)::1"))
            places.setIdle(id, false)
        }
        fill(&places, 5..<6, from: "192.0.2.1")
        #expect(places.enter(6, from: AddressGroup("192.0.2.1")) == .inPlaceOf(4))
    }

    @Test func exemptOnesMakePlaceLast() {
        var places = places(total: 3)
        #expect(places.enter(0, from: AddressGroup("192.0.2.1"), isExempt: true) == .admitted)
        #expect(places.enter(1, from: AddressGroup("192.0.2.1"), isExempt: true) == .admitted)
        #expect(places.enter(2, from: AddressGroup("192.0.2.2")) == .admitted)
        #expect(places.enter(3, from: AddressGroup("192.0.2.3")) == .inPlaceOf(2))
        places.setIdle(3, false)
        places.setIdle(0, false)
        places.setIdle(1, false)
        #expect(places.enter(4, from: AddressGroup("192.0.2.4")) == .refused)
    }

    @Test func whatWasGivenBackCountsNoMore() {
        var places = places(total: 4, perGroup: 2, perSite: 2)
        fill(&places, 0..<2, from: "2001:db8::1")
        #expect(places.count(of: AddressGroup("2001:db8::2")) == 2)
        places.leave(0)
        places.leave(0)
        #expect(places.count == 1)
        #expect(places.enter(2, from: AddressGroup("2001:db8::1")) == .admitted)
        #expect(places.enter(3, from: AddressGroup("2001:db8::1")) == .inPlaceOf(2))
    }

    /// No order of arrivals, idle times and ends leaves a place counted that nobody holds, or lets a
    /// bound be passed.
    @Test(arguments: 0..<20) func countsHoldWhateverHappens(seed: UInt64) {
        var places = places(total: 10, perGroup: 3, perSite: 5)
        var held: Set<Int> = []
        var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: UInt64) -> Int {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random % bound)
        }
        let addresses = (0..<8).map { "2001:db8:\($0 / 3):\($0)::1" }
        for id in 0..<2000 {
            let group = AddressGroup(addresses[next(8)])
            switch places.enter(id, from: group) {
            case .admitted: held.insert(id)
            case .inPlaceOf(let other):
                #expect(held.remove(other) != nil)
                held.insert(id)
            case .refused: break
            }
            if next(2) == 0, let any = held.sorted().first { places.setIdle(any, next(2) == 0) }
            if next(3) == 0, let any = held.sorted().dropFirst(next(5)).first {
                places.leave(any)
                held.remove(any)
            }
            #expect(places.count == held.count)
            #expect(places.count <= 10)
            #expect(places.count(of: group) <= 3)
        }
    }
}
