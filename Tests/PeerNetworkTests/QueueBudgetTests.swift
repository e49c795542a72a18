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
        let small = budget.open(.observer) { ends.add("small") }
        let slow = budget.open(.observer) { ends.add("slow") }
        let quick = budget.open(.observer) { ends.add("quick") }
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

    @Test func whoTakesSomethingIsNotEndedForOthersMessages() {
        let (budget, ends) = (budget(patience: .seconds(120)), Ends())
        let first = budget.open(.observer) { ends.add("first") }
        let second = budget.open(.observer) { ends.add("second") }
        #expect(first.take(95))
        #expect(!second.take(20))
        #expect(!second.hasRoom(6) && second.hasRoom(5))
        // A little is reserved for each.
        #expect(second.take(10))
        #expect(!second.take(1))
        #expect(ends.all.isEmpty)
    }

    @Test func whatHasComeInIsCountedAndSomebodyGoes() {
        let (budget, ends) = (budget(patience: .seconds(120)), Ends())
        let first = budget.open(.observer) { ends.add("first") }
        let second = budget.open(.observer) { ends.add("second") }
        first.charge(60)
        second.charge(50)
        #expect(ends.all == ["first"])
        second.charge(60)
        #expect(ends.all == ["first", "second"])
        #expect(budget.bytes(of: .observer) == 0)
    }

    @Test func observersTakeNoRoomOfValidators() {
        let (budget, ends) = (budget(), Ends())
        let observer = budget.open(.observer) { ends.add("observer") }
        let validator = budget.open(.observer) { ends.add("validator") }
        validator.charge(20)
        validator.change(to: .validator)
        observer.charge(100)
        #expect(validator.take(900))
        #expect(ends.all.isEmpty)
        #expect(budget.bytes(of: .observer) == 100)
        #expect(budget.bytes(of: .validator) == 920)
    }

    @Test func anAccountEndsWithItsLastReference() {
        let budget = budget()
        do {
            let account = budget.open(.observer) {}
            account.charge(50)
            #expect(budget.bytes(of: .observer) == 50)
        }
        #expect(budget.bytes(of: .observer) == 0)
    }
}
