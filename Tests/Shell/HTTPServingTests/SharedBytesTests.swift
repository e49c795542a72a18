import HTTPServing
import NetworkAddresses
import Testing

struct SharedBytesTests {
    private let one = AddressGroup("192.0.2.1")
    private let other = AddressGroup("192.0.2.2")

    @Test func anAnswerThatFindsNoRoomWaits() {
        var bytes = SharedBytes(total: 100, patience: .seconds(3))
        #expect(bytes.take(1, 60, for: one, at: .zero) == [])
        #expect(bytes.take(2, 60, for: one, at: .zero) == nil)
        #expect(bytes.used == 60)
        bytes.give(1)
        #expect(bytes.take(2, 60, for: one, at: .zero) == [])
    }

    @Test func aClientThatTakesNothingMakesPlace() {
        var bytes = SharedBytes(total: 100, patience: .seconds(3))
        #expect(bytes.take(1, 50, for: one, at: .zero) == [])
        #expect(bytes.take(2, 50, for: one, at: .zero) == [])
        bytes.note(1, at: .seconds(2))
        #expect(bytes.take(3, 50, for: one, at: .seconds(3)) == [2])
        #expect(bytes.used == 100)
        // What it gives back later is counted once.
        bytes.give(2)
        #expect(bytes.used == 100)
    }

    @Test func aGroupThatHoldsMoreMakesPlaceForOneThatHoldsLess() {
        var bytes = SharedBytes(total: 100, patience: .seconds(3))
        for id in 1...5 { #expect(bytes.take(UInt64(id), 20, for: one, at: .zero) == []) }
        #expect(bytes.take(6, 20, for: other, at: .zero) == [1])
        #expect(bytes.take(7, 20, for: other, at: .zero) == [2])
        // Now neither holds so much more that it would be fair.
        #expect(bytes.take(8, 20, for: other, at: .zero) == nil)
        #expect(bytes.used == 100)
    }

    @Test func aSiteWithAnAnswerInEachGroupMakesPlaceForAnotherSite() {
        var bytes = SharedBytes(total: 100, patience: .seconds(3))
        for id in 1...5 {
            let group = AddressGroup("2001:db8:1:\(id)::1")
            #expect(bytes.take(UInt64(id), 20, for: group, at: .zero) == [])
        }
        #expect(bytes.take(6, 20, for: other, at: .zero) == [1])
        #expect(bytes.take(7, 20, for: AddressGroup("2001:db8:2:1::1"), at: .zero) == [2])
        #expect(bytes.used == 100)
    }

    @Test func aNewGroupOfASiteThatHoldsAsMuchAsAnotherSiteWaits() {
        var bytes = SharedBytes(total: 80, patience: .seconds(3))
        for id in 1...2 {
            let group = AddressGroup("2001:db8:1:\(id)::1")
            #expect(bytes.take(UInt64(id), 20, for: group, at: .zero) == [])
            #expect(bytes.take(UInt64(id + 2), 20, for: other, at: .zero) == [])
        }
        #expect(bytes.take(5, 20, for: AddressGroup("2001:db8:1:3::1"), at: .zero) == nil)
    }

    @Test func aGroupThatHoldsMoreMakesPlaceForAnotherOfItsSite() {
        var bytes = SharedBytes(total: 100, patience: .seconds(3))
        let large = AddressGroup("2001:db8:1:1::1")
        for id in 1...5 { #expect(bytes.take(UInt64(id), 20, for: large, at: .zero) == []) }
        let small = AddressGroup("2001:db8:1:2::1")
        #expect(bytes.take(6, 20, for: small, at: .zero) == [1])
        #expect(bytes.take(7, 20, for: small, at: .zero) == [2])
        #expect(bytes.take(8, 20, for: small, at: .zero) == nil)
    }

    @Test func aRefusedAnswerTakesNobodysPlace() {
        var bytes = SharedBytes(total: 100, patience: .seconds(3))
        #expect(bytes.take(1, 30, for: one, at: .zero) == [])
        #expect(bytes.take(2, 70, for: other, at: .seconds(5)) == [])
        // The silent one alone would not be enough.
        #expect(bytes.take(3, 80, for: one, at: .seconds(5)) == nil)
        #expect(bytes.used == 100)
    }

    @Test func anAnswerLargerThanEverythingIsServedAlone() {
        var bytes = SharedBytes(total: 100, patience: .seconds(3))
        #expect(bytes.take(1, 1000, for: one, at: .zero) == [])
        #expect(bytes.used == 100)
        #expect(bytes.take(2, 1, for: one, at: .zero) == nil)
    }
}
