import NetworkAddresses
import PeerNetwork
import Synchronization
import Testing

@Suite struct QueueBudgetTests {
    /// Who had to make room.
    private final class Ends: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }
        func add(_ name: String) { names.withLock { $0.append(name) } }
    }

    private func budget(patience: Duration = .zero) -> QueueBudget {
        QueueBudget(
            validators: .init(all: 1000, reserved: 100), observers: .init(all: 100, reserved: 10),
            patience: patience)
    }

    @Test func whoHoldsMuchAndTakesNothingMakesRoom() {
        let (budget, ends) = (budget(), Ends())
        let small = budget.open(.observer, from: AddressGroup("192.0.2.1")) { ends.add("small") }
        let slow = budget.open(.observer, from: AddressGroup("192.0.2.1")) { ends.add("slow") }
        let quick = budget.open(.observer, from: AddressGroup("192.0.2.1")) { ends.add("quick") }
        #expect(small.take(10) && slow.take(40) && quick.take(50))
        quick.release(10)
        // Above the average of 30 are two; the slow one took nothing since.
        #expect(quick.take(20))
        #expect(ends.all == ["slow"])
        #expect(budget.bytes(of: .observer) == 70)
        // What it gives back later is not counted twice.
        slow.release(40)
        slow.close()
        #expect(!slow.take(1))
        #expect(budget.bytes(of: .observer) == 70)
    }

    @Test func whoTakesSomethingIsNotEndedForOneThatWouldHoldAsMuch() {
        let (budget, ends) = (budget(patience: .seconds(120)), Ends())
        let first = budget.open(.observer, from: AddressGroup("192.0.2.1")) { ends.add("first") }
        let second = budget.open(.observer, from: AddressGroup("192.0.2.2")) { ends.add("second") }
        #expect(first.take(60))
        #expect(second.take(20))
        #expect(!second.take(40))
        #expect(!second.hasRoom(40) && second.hasRoom(20))
        #expect(!first.take(30))
        #expect(ends.all.isEmpty)
        // A little is reserved for each.
        let third = budget.open(.observer, from: AddressGroup("192.0.2.3")) { ends.add("third") }
        #expect(second.take(20) && third.take(10))
        #expect(ends.all.isEmpty)
    }

    /// However often they take a little.
    @Test func theLargestOfThePartyThatHoldsMostMakesRoom() {
        let (budget, ends) = (budget(patience: .seconds(120)), Ends())
        // Two networks of one site hold more than the single address.
        let single = budget.open(.observer, from: AddressGroup("192.0.2.1")) { ends.add("single") }
        let slow = [("2001:db8:1:1::1", 15), ("2001:db8:1:2::1", 20), ("2001:db8:1:2::2", 25)]
            .map { address, bytes in
                let account = budget.open(.observer, from: AddressGroup(address)) {
                    ends.add(address)
                }
                #expect(account.take(bytes))
                return account
            }
        #expect(single.take(40))
        for account in slow { account.release(0) }
        let newcomer = budget.open(.observer, from: AddressGroup("192.0.2.2")) {
            ends.add("newcomer")
        }
        #expect(newcomer.hasRoom(24))
        #expect(ends.all == ["2001:db8:1:2::2"])
        #expect(newcomer.take(24))
        // Its site would hold more than anybody else, and its network the most of the site.
        let sibling = budget.open(.observer, from: AddressGroup("2001:db8:1:3::1")) {
            ends.add("sibling")
        }
        #expect(!sibling.take(25))
        #expect(sibling.take(12))
        #expect(ends.all == ["2001:db8:1:2::2", "2001:db8:1:2::1"])
        #expect(budget.bytes(of: .observer) == 15 + 40 + 24 + 12)
        for account in slow + [single] { account.close() }
        #expect(budget.bytes(of: .observer) == 24 + 12)
    }

    @Test func ofOneAddressTheLargestMakesRoomForASmallerOne() {
        let (budget, ends) = (budget(patience: .seconds(120)), Ends())
        let large = budget.open(.observer, from: AddressGroup("192.0.2.1")) { ends.add("large") }
        let small = budget.open(.observer, from: AddressGroup("192.0.2.1")) { ends.add("small") }
        #expect(large.take(60) && small.take(30))
        #expect(!small.take(30))
        #expect(!large.take(20))
        #expect(ends.all.isEmpty)
        #expect(small.take(29))
        #expect(ends.all == ["large"])
    }

    @Test func whatHasComeInIsCountedAndSomebodyGoes() {
        let (budget, ends) = (budget(patience: .seconds(120)), Ends())
        let first = budget.open(.observer, from: AddressGroup("192.0.2.1")) { ends.add("first") }
        let second = budget.open(.observer, from: AddressGroup("192.0.2.1")) { ends.add("second") }
        first.charge(60)
        second.charge(50)
        #expect(ends.all == ["first"])
        second.charge(60)
        #expect(ends.all == ["first", "second"])
        #expect(budget.bytes(of: .observer) == 0)
    }

    @Test func observersTakeNoRoomOfValidators() {
        let (budget, ends) = (budget(), Ends())
        let observer = budget.open(.observer, from: AddressGroup("192.0.2.1")) {
            ends.add("observer")
        }
        let validator = budget.open(.observer, from: AddressGroup("192.0.2.1")) {
            ends.add("validator")
        }
        validator.charge(20)
        validator.change(to: .validator, from: AddressGroup("192.0.2.2"))
        observer.charge(100)
        #expect(validator.take(900))
        #expect(ends.all.isEmpty)
        #expect(budget.bytes(of: .observer) == 100)
        #expect(budget.bytes(of: .validator) == 920)
    }

    @Test func anAccountEndsWithItsLastReference() {
        let budget = budget()
        do {
            let account = budget.open(.observer, from: AddressGroup("192.0.2.1")) {}
            account.charge(50)
            #expect(budget.bytes(of: .observer) == 50)
        }
        #expect(budget.bytes(of: .observer) == 0)
    }
}
