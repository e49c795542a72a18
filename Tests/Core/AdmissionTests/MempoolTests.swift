import Admission
import Codec
import Ledger
import NetworkAddresses
import Testing

/// Transactions on their way into a block.
@Suite struct MempoolTests {
    private var clock = Instant(microseconds: 1_000_000)
    private let a = AdmissionSender.client(AddressGroup("192.0.2.1"))
    private let b = AdmissionSender.client(AddressGroup("192.0.2.2"))

    private func id(_ number: Int) -> Bytes32 { TestBytes.id(number) }

    private func ballot(_ number: Int, style: UInt32, sequence: UInt32 = 1) -> BallotSlot {
        BallotSlot(
            credential: CredentialName(electionID: .zero, key: id(number)),
            style: StyleName(electionID: .zero, style: style), sequence: sequence)
    }

    private func mempool(waiting: Int = 5000, perSource: Int = 10_000, count: Int = 20_000)
        -> Mempool<Int>
    {
        var limits = MempoolLimits()
        limits.waiting = waiting
        limits.countPerSource = perSource
        limits.count = count
        return Mempool(limits: limits)
    }

    @Test func waitingBallotsOfOneStyleLeaveRoomForAnother() throws {
        var mempool = mempool(waiting: 8)
        for number in 0..<2 {
            try mempool.insert(
                Entry(id: id(number), bytes: [1]), from: a, slot: ballot(number, style: 1),
                isWaiting: true, at: clock)
        }
        #expect(throws: MempoolRefusal.waitingFull) {
            try mempool.insert(
                Entry(id: id(2), bytes: [1]), from: a, slot: ballot(2, style: 1),
                isWaiting: true, at: clock)
        }
        try mempool.insert(
            Entry(id: id(3), bytes: [1]), from: a, slot: ballot(3, style: 2), isWaiting: true,
            at: clock)
        #expect(mempool.waitingCount == 3)
    }

    @Test func ballotsOfAStyleThatStandsStillHoldUpNoOtherStyle() throws {
        var mempool = mempool()
        for number in 0..<500 {
            try mempool.insert(
                Entry(id: id(number), bytes: [1]), from: a, slot: ballot(number, style: 1),
                isWaiting: true, at: clock)
        }
        try mempool.insert(
            Entry(id: id(1000), bytes: [1]), from: a, slot: ballot(1000, style: 2),
            isWaiting: true, at: clock)
        // Every block brings a count and judges some again, and style 1 stays over its quota.
        mempool.suspectWaiting()
        let due = mempool.takeJudged(before: clock, count: 128)
        #expect(due.count == 128)
        #expect(due.contains { $0.id == id(1000) })
    }

    @Test func anEmptyMempoolKeepsNoPlacesOfWhatLeftIt() throws {
        var mempool = mempool()
        for number in 0..<1000 {
            let style = UInt32(number % 3)
            try mempool.insert(
                Entry(id: id(number), bytes: [1]), from: a, slot: ballot(number, style: style),
                at: clock)
            mempool.suspend(id(number))
            mempool.remove(id(number))
        }
        #expect(mempool.count == 0)
        #expect(mempool.recheckPlaces == 0)
        // What comes afterwards is judged again as ever.
        try mempool.insert(Entry(id: id(0), bytes: [1]), from: a, at: clock)
        let due = mempool.takeJudged(before: clock.adding(milliseconds: 1), count: 9)
        #expect(due.map(\.id) == [id(0)])
    }

    @Test func thoseJudgedLongestAgoAreJudgedFirst() throws {
        var mempool = mempool()
        for number in 0..<3 {
            try mempool.insert(Entry(id: id(number), bytes: [1]), from: a, at: clock)
        }
        let later = clock.adding(milliseconds: 5)
        mempool.setJudged(id(0), isWaiting: false, at: later)
        let due = mempool.takeJudged(before: later.adding(milliseconds: 1), count: 3)
        #expect(due.map(\.id) == [id(1), id(2), id(0)])
    }

    @Test func aBallotIsOverdueAfterItHasWaitedForTheCountLongEnough() throws {
        var mempool = mempool()
        let style = StyleName(electionID: .zero, style: 1)
        try mempool.insert(
            Entry(id: id(1), bytes: [1]), from: a, slot: ballot(1, style: 1), isWaiting: true,
            at: clock)
        #expect(mempool.waitingBallots(since: Instant(microseconds: 999_999)).isEmpty)
        #expect(mempool.waitingBallots(since: clock) == [style: 1])
        // Being judged again does not begin the wait anew; being covered ends it.
        let later = clock.adding(milliseconds: 10)
        mempool.setJudged(id(1), isWaiting: true, at: later)
        #expect(mempool.waitingBallots(since: clock) == [style: 1])
        mempool.setJudged(id(1), isWaiting: false, at: later)
        #expect(mempool.waitingBallots(since: later).isEmpty)
        #expect(mempool.waitingCount == 0)
    }

    @Test func whatWasStoredBeforeARestartHasNoBound() throws {
        var mempool = mempool(perSource: 1, count: 2)
        for number in 0..<3 {
            mempool.restore(Entry(id: id(number), bytes: [1]), slot: nil, at: clock)
        }
        #expect(mempool.count == 3)
        #expect(throws: MempoolRefusal.full) {
            try mempool.insert(Entry(id: id(9), bytes: [1]), from: a, at: clock)
        }
        // What this node itself has to say is little, and always taken.
        try mempool.insert(Entry(id: id(10), bytes: [1]), from: .own, at: clock)
    }

    @Test func aSiteHoldsMoreThanOneOfItsNetworksButNotWithoutABound() throws {
        var mempool = mempool(perSource: 2)
        func client(_ network: Int) -> AdmissionSender {
            .client(AddressGroup("2001:db8:1:\(network)::1"))
        }
        for number in 0..<8 {
            try mempool.insert(
                Entry(id: id(number), bytes: [1]), from: client(number / 2), at: clock)
        }
        for network in [0, 4] {
            #expect(throws: MempoolRefusal.sourceFull) {
                try mempool.insert(Entry(id: id(99), bytes: [1]), from: client(network), at: clock)
            }
        }
        let elsewhere = AdmissionSender.client(AddressGroup("2001:db8:2::1"))
        try mempool.insert(Entry(id: id(99), bytes: [1]), from: elsewhere, at: clock)
        mempool.remove(id(0))
        try mempool.insert(Entry(id: id(100), bytes: [1]), from: client(4), at: clock)
    }

    @Test func aFullMempoolTakesNobody() throws {
        var mempool = mempool(count: 1)
        try mempool.insert(Entry(id: id(1), bytes: [1]), from: a, at: clock)
        #expect(throws: MempoolRefusal.full) {
            try mempool.insert(Entry(id: id(2), bytes: [1]), from: b, at: clock)
        }
        // Places that checks speak for count as taken.
        mempool.remove(id(1))
        #expect(throws: MempoolRefusal.full) {
            try mempool.checkRoom(for: 1, from: b, reserved: (count: 1, bytes: 1))
        }
        #expect(throws: MempoolRefusal.full) {
            try mempool.checkRoom(for: 1, from: b, reserved: (count: 0, bytes: 64 << 20))
        }
    }

    @Test func oneCredentialHasOneWaitingBallot() throws {
        var mempool = mempool()
        try mempool.insert(
            Entry(id: id(1), bytes: [1]), from: a, slot: ballot(7, style: 1), at: clock)
        #expect(throws: MempoolRefusal.otherBallotWaits(id(1))) {
            try mempool.insert(
                Entry(id: id(2), bytes: [2]), from: a,
                slot: ballot(7, style: 1, sequence: 2), at: clock)
        }
        mempool.remove(id(1))
        try mempool.insert(
            Entry(id: id(2), bytes: [2]), from: a, slot: ballot(7, style: 1, sequence: 2),
            at: clock)
    }

    @Test func promisedFirstBallotsAreCountedUntilTheyAreFinal() throws {
        var mempool = mempool()
        for number in 0..<3 {
            try mempool.insert(
                Entry(id: id(number), bytes: [1]), from: a,
                slot: ballot(number, style: 1, sequence: number == 2 ? 2 : 1), at: clock)
            mempool.setPromise([1], of: id(number))
        }
        #expect(mempool.promisedFirstBallots(of: StyleName(electionID: .zero, style: 1)) == 2)
        mempool.remove(id(0))
        #expect(mempool.promisedFirstBallots(of: StyleName(electionID: .zero, style: 1)) == 1)
    }

    @Test func aSuspendedTransactionIsNoCandidateUntilItIsJudged() throws {
        var mempool = mempool()
        try mempool.insert(Entry(id: id(1), bytes: [1]), from: a, at: clock)
        mempool.suspend(id(1))
        #expect(mempool.candidates(count: 9, excluding: []).isEmpty)
        #expect(mempool.readySince() == nil)
        mempool.setJudged(id(1), isWaiting: false, at: clock)
        #expect(mempool.candidates(count: 9, excluding: []).map(\.id) == [id(1)])
        #expect(mempool[id(1)]?.refusals == 1)
    }

    @Test func aTransactionIsInNoBlockBeforeItIsStored() throws {
        var mempool = mempool()
        try mempool.insert(Entry(id: id(1), bytes: [1]), from: a, isStored: false, at: clock)
        #expect(mempool.candidates(count: 9, excluding: []).isEmpty)
        #expect(mempool.readySince() == nil)
        let later = clock.adding(milliseconds: 3)
        mempool.setStored(id(1), at: later)
        #expect(mempool.candidates(count: 9, excluding: []).map(\.id) == [id(1)])
        #expect(mempool.readySince() == later)
    }

    @Test func candidatesComeInTheOrderInWhichTheyBecameReady() throws {
        var mempool = mempool()
        for number in 0..<4 {
            try mempool.insert(
                Entry(id: id(number), bytes: [1]), from: a,
                slot: ballot(number, style: 1), isWaiting: number == 0, at: clock)
        }
        mempool.remove(id(1))
        mempool.setJudged(id(0), isWaiting: false, at: clock.adding(milliseconds: 9))
        // One that is judged again and stays ready keeps its place.
        mempool.setJudged(id(2), isWaiting: false, at: clock.adding(milliseconds: 9))
        #expect(mempool.candidates(count: 9, excluding: []).map(\.id) == [id(2), id(3), id(0)])
        #expect(mempool.candidates(count: 1, excluding: [id(2)]).map(\.id) == [id(3)])
        #expect(mempool.readySince() == clock)
    }

    @Test func aTransactionThatLeadersKeepRefusingIsGivenUpUnlessItIsPromised() throws {
        var mempool = mempool()
        for number in 1...2 {
            try mempool.insert(
                Entry(id: id(number), bytes: [1]), from: a, slot: ballot(number, style: 1),
                at: clock)
        }
        mempool.setPromise([1], of: id(2))
        for _ in 0..<8 {
            #expect(mempool[id(1)]?.isGivenUp == false)
            for number in 1...2 { mempool.suspend(id(number)) }
        }
        #expect(mempool[id(1)]?.isGivenUp == true)
        #expect(mempool[id(2)]?.isGivenUp == false)
    }

    @Test func judgingSomeAgainTakesEachOnceUntilItIsPutBack() throws {
        var mempool = mempool()
        for number in 0..<300 {
            try mempool.insert(
                Entry(id: id(number), bytes: [1]), from: a,
                slot: ballot(number, style: UInt32(number % 3)), at: clock)
        }
        let later = clock.adding(milliseconds: 1)
        // Gone, suspended, urgent: the places that they had are passed over.
        mempool.remove(id(0))
        mempool.suspend(id(299))
        mempool.suspend(id(299))
        var seen: [Bytes32] = []
        while case let due = mempool.takeJudged(before: later, count: 64), !due.isEmpty {
            #expect(due.count <= 64)
            seen += due.map(\.id)
        }
        #expect(seen.contains(id(299)) && !seen.contains(id(0)))
        #expect(seen.prefix(3).contains(id(299)))
        #expect(seen.count == 299 && Set(seen).count == 299)
        for id in seen { mempool.setJudged(id, isWaiting: false, at: later) }
        #expect(mempool.takeJudged(before: later, count: 64).isEmpty)
        #expect(mempool.takeJudged(before: later.adding(milliseconds: 1), count: 64).count == 64)
    }
}

/// Bytes for tests.
enum TestBytes {
    static func id(_ number: Int) -> Bytes32 {
        var bytes = [UInt8](repeating: 0, count: 32)
        bytes[0] = UInt8(truncatingIfNeeded: number >> 8)
        bytes[1] = UInt8(truncatingIfNeeded: number)
        return Bytes32(exactly: bytes) ?? .zero
    }
}
