import Admission
import Codec
import Ledger
import NetworkAddresses
import Testing

/// Who waits how long for the checks of a transaction, counted in batches.
@Suite struct CheckQueueTests {
    typealias Queue = CheckQueue<Int>

    private let now = Instant(microseconds: 1_000_000)
    private static let size = 2000

    private func client(_ number: Int) -> AdmissionSender {
        .client(AddressGroup("192.0.\(number / 256).\(number % 256)"))
    }

    private func validator(_ number: Int) -> AdmissionSender { .validator(TestBytes.id(number)) }

    private func observer(_ number: Int) -> AdmissionSender { .relay(TestBytes.id(number)) }

    /// Adds transactions until one is refused; gives how many found a place.
    private func fill(
        _ queue: inout Queue, from sender: AdmissionSender, size: Int = Self.size,
        upTo limit: Int = 10_000
    ) -> Int {
        for number in 0..<limit {
            do {
                _ = try queue.add(number, of: size, from: sender, at: now)
            } catch {
                return number
            }
        }
        return limit
    }

    @Test func senderByOneTransactionIsInTheNextBatchWhateverOthersHaveWaiting() throws {
        var queue = Queue()
        for number in 0..<3 { #expect(fill(&queue, from: client(number)) == 256) }
        _ = fill(&queue, from: validator(1))
        _ = fill(&queue, from: observer(1))
        _ = try queue.add(-1, of: Self.size, from: client(9), at: now)
        _ = try queue.add(-2, of: Self.size, from: validator(9), at: now)
        _ = try queue.add(-3, of: Self.size, from: observer(9), at: now)
        let batch = queue.take(upTo: 48).map(\.item)
        #expect(batch.contains(-1) && batch.contains(-2) && batch.contains(-3))
    }

    @Test func batchesMixTheSendersOfAKind() throws {
        var queue = Queue()
        for number in 0..<4 { _ = fill(&queue, from: client(number), upTo: 100) }
        let batch = queue.take(upTo: 48)
        for number in 0..<4 { #expect(batch.count { $0.sender == client(number) } == 12) }
    }

    /// A flood from one site costs few checks until the first of its failures is known.
    @Test func ofOneSiteNoMoreAreCheckedTogetherThanItsPart() {
        var queue = Queue()
        _ = fill(&queue, from: client(1), upTo: 200)
        _ = fill(&queue, from: validator(1), upTo: 200)
        for number in 2..<12 { _ = fill(&queue, from: client(number), upTo: 10) }
        let batch = queue.take(upTo: 512)
        #expect(batch.count { $0.sender == client(1) } == 64)
        #expect(batch.count { $0.sender.kind == .clients } == 164)
        #expect(batch.count { $0.sender == validator(1) } >= 163)
    }

    /// A botnet of any size leaves validators and observers their share of every batch.
    @Test func aKindOfSendersTakesNoTurnsOfAnother() throws {
        var queue = Queue()
        for number in 0..<900 { _ = fill(&queue, from: client(number), upTo: 1) }
        _ = fill(&queue, from: validator(1), upTo: 100)
        _ = fill(&queue, from: observer(1), upTo: 100)
        let batch = queue.take(upTo: 48)
        for kind in [AdmissionSender.Kind.clients, .validators, .relays] {
            let ofKind = batch.filter { $0.sender.kind == kind }
            #expect(ofKind.count == 16)
        }
    }

    @Test func oneSenderHoldsAQuarterOfItsKindsPlacesAndASiteHalf() {
        var queue = Queue()
        #expect(fill(&queue, from: client(1)) == 256)
        #expect(fill(&queue, from: validator(1)) == 512)
        #expect(fill(&queue, from: observer(1)) == 128)
        // Large transactions take more places than small ones.
        #expect(fill(&queue, from: client(2), size: 65_535) == 32)
        var ofSite = 0
        for number in 0..<8 {
            let network = AdmissionSender.client(AddressGroup("2001:db8:1:\(number)::1"))
            ofSite += fill(&queue, from: network)
        }
        #expect(ofSite == 512)
    }

    @Test func placesAreBoundedInBytes() {
        var queue = Queue()
        for number in 0..<1000 {
            _ = fill(&queue, from: client(number), size: 65_535)
            _ = fill(&queue, from: validator(number), size: 65_535)
            _ = fill(&queue, from: observer(number), size: 65_535)
        }
        #expect(queue.bytes <= 28 << 20)
    }

    @Test func inAFullQueueTheLargestSenderMakesPlace() throws {
        var queue = Queue()
        var refused = 0
        for number in 0..<4 { refused += 256 - fill(&queue, from: client(number)) }
        #expect(refused == 0)
        let displaced = try queue.add(-1, of: Self.size, from: client(9), at: now)
        #expect(displaced.count == 1)
        #expect(displaced.first?.sender != client(9))
        #expect(queue.count == 1024)
        // One that holds as much as everybody waits.
        #expect(throws: CheckRefusal.senderFull) {
            try queue.add(0, of: Self.size, from: client(1), at: now)
        }
        #expect(throws: CheckRefusal.full) {
            var queue = Queue()
            for number in 0..<1024 { _ = fill(&queue, from: client(number), upTo: 1) }
            _ = try queue.add(0, of: Self.size, from: client(3), at: now)
        }
    }

    @Test func whatIsTooLargeForAFullQueueDisplacesNothing() throws {
        var queue = Queue()
        for number in 0..<512 { _ = fill(&queue, from: client(number), upTo: 2) }
        #expect(queue.count == 1024)
        #expect(throws: CheckRefusal.full) {
            try queue.add(-1, of: 65_535, from: client(900), at: now)
        }
        #expect(queue.count == 1024)
        var left = 0
        while case let batch = queue.take(upTo: 48), !batch.isEmpty { left += batch.count }
        #expect(left == 1024)
    }

    @Test func whatThisNodeSendsHasItsOwnPlaces() throws {
        var queue = Queue()
        for number in 0..<4 { _ = fill(&queue, from: client(number)) }
        _ = try queue.add(-1, of: Self.size, from: .own, at: now)
        #expect(queue.take(upTo: 48).contains { $0.item == -1 })
    }

    @Test func suspectsComeAfterEverybodyElseAndAreCheckedInSmallBatches() throws {
        var queue = Queue()
        let bad = client(1)
        _ = try queue.add(0, of: Self.size, from: bad, at: now)
        let first = try #require(queue.take(upTo: 48).first)
        #expect(!first.isSuspect)
        #expect(queue.settle(first, hasFailed: true, at: now).isEmpty)
        #expect(queue.isSuspect(bad))
        // Of a suspect sixteen find a place, and one more is told when to come back.
        #expect(fill(&queue, from: bad) == 16)
        #expect(throws: CheckRefusal.suspect(seconds: 60)) {
            try queue.add(99, of: Self.size, from: bad, at: now)
        }
        for number in 0..<60 { _ = try queue.add(number, of: Self.size, from: client(2), at: now) }
        #expect(queue.take(upTo: 48).allSatisfy { $0.sender == client(2) })
        #expect(queue.take(upTo: 48).count == 12)
        let suspects = queue.take(upTo: 48)
        #expect(suspects.count == 4)
        #expect(suspects.allSatisfy { $0.isSuspect && $0.sender == bad })
        // No more of them before these are judged, though a core is idle.
        #expect(queue.take(upTo: 48).isEmpty)
        for entry in suspects { _ = queue.settle(entry, hasFailed: false, at: now) }
        #expect(queue.take(upTo: 48).count == 4)
    }

    /// An honest voter behind the address of a suspect waits, but not for ever.
    @Test func suspectsHaveATurnNowAndThenHoweverBusyTheOthersAre() throws {
        var queue = Queue()
        _ = try queue.add(0, of: Self.size, from: client(1), at: now)
        for entry in queue.take(upTo: 48) { _ = queue.settle(entry, hasFailed: true, at: now) }
        _ = try queue.add(-1, of: Self.size, from: client(1), at: now)
        var batches = 0
        while batches < 100 {
            while queue.count < 200 {
                _ = try queue.add(1, of: Self.size, from: client(2), at: now)
            }
            batches += 1
            let batch = queue.take(upTo: 48)
            if batch.contains(where: { $0.item == -1 }) { break }
            for entry in batch { _ = queue.settle(entry, hasFailed: false, at: now) }
        }
        #expect((16...17).contains(batches))
    }

    @Test func afterItsMinuteASenderIsLikeAnyOther() throws {
        var queue = Queue()
        _ = try queue.add(0, of: Self.size, from: client(1), at: now)
        for entry in queue.take(upTo: 48) { _ = queue.settle(entry, hasFailed: true, at: now) }
        let later = now.adding(milliseconds: 60_000)
        _ = try queue.add(1, of: Self.size, from: client(1), at: later)
        #expect(queue.take(upTo: 48).allSatisfy { !$0.isSuspect })
    }

    @Test func aFailureMovesWhatItsSenderHasWaitingAndItsSiteInTheEnd() throws {
        var queue = Queue()
        let networks = (0..<8).map {
            AdmissionSender.client(AddressGroup("2001:db8:1:\($0)::1"))
        }
        for network in networks { #expect(fill(&queue, from: network, upTo: 40) == 40) }
        // The first of each network is in the batch; four of them fail.
        let batch = queue.take(upTo: 8)
        #expect(Set(batch.map(\.sender)).count == 8)
        var moved = 0
        for (number, entry) in batch.enumerated() {
            moved += queue.settle(entry, hasFailed: number < 4, at: now).count
        }
        #expect(networks.allSatisfy { queue.isSuspect($0) })
        // Sixteen of each may wait; the rest was given back to be answered.
        #expect(moved == 8 * (39 - 16))
        #expect(queue.count == 8 * 16)
        var left = 0
        while case let batch = queue.take(upTo: 48), !batch.isEmpty {
            #expect(!batch.contains { !$0.isSuspect })
            left += batch.count
            for entry in batch { _ = queue.settle(entry, hasFailed: false, at: now) }
        }
        #expect(left == 8 * 16)
        #expect(queue.count == 0 && queue.bytes == 0)
    }

    @Test func aValidatorThatPushesBadBallotsIsChargedLikeAnybody() throws {
        var queue = Queue()
        _ = fill(&queue, from: validator(1), upTo: 100)
        _ = fill(&queue, from: validator(2), upTo: 100)
        for entry in queue.take(upTo: 48) where entry.sender == validator(1) {
            _ = queue.settle(entry, hasFailed: true, at: now)
        }
        #expect(queue.take(upTo: 48).allSatisfy { $0.sender == validator(2) })
        #expect(queue.isSuspect(validator(1)) && !queue.isSuspect(validator(2)))
    }

    /// Row V36: 10,000 ballots of one network with a bad one in each batch of 32. Only the first batch
    /// of it is checked together with others', and honest ones wait for one batch at most.
    @Test func aFloodWithABadBallotInEachBatchDelaysTheOthersByOneBatchAtMost() throws {
        var queue = Queue()
        let flood = client(1)
        var sent = 0
        var honest = 0
        var waiting: [Int: Int] = [:]
        var batches = 0
        var mixed = 0
        while sent < 10_000 {
            // The flood sends as fast as it can, an honest voter now and then.
            for _ in 0..<200 {
                _ = try? queue.add(sent, of: Self.size, from: flood, at: now)
                sent += 1
            }
            honest += 1
            waiting[-honest] = batches
            let displaced = try queue.add(
                -honest, of: Self.size, from: client(100 + honest), at: now)
            #expect(displaced.isEmpty)
            let batch = queue.take(upTo: 48)
            // The few suspects that have a turn now and then are no batch.
            if !batch.contains(where: \.isSuspect) { batches += 1 }
            let bad = batch.filter { $0.sender == flood && $0.item % 32 == 0 }
            if !bad.isEmpty, batch.contains(where: { $0.sender != flood }) { mixed += 1 }
            for entry in batch {
                if let since = waiting.removeValue(forKey: entry.item) {
                    #expect(batches - since <= 1)
                }
                let isBad = entry.sender == flood && entry.item % 32 == 0
                _ = queue.settle(entry, hasFailed: isBad, at: now)
            }
        }
        #expect(honest == 50)
        #expect(waiting.isEmpty)
        #expect(mixed == 1)
    }
}
