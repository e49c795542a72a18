import Admission
import Codec
import Ledger
import NetworkAddresses
import Testing

/// What a promise rests on is not lost with the process that gave it.
@Suite struct RestoredMempoolTests {
    private let now = Instant(microseconds: 1_000_000)
    private let client = AdmissionSender.client(AddressGroup("192.0.2.1"))

    private func slot(_ number: Int, style: UInt32 = 1, sequence: UInt32 = 1) -> BallotSlot {
        BallotSlot(
            credential: CredentialName(electionID: .zero, key: TestBytes.id(number)),
            style: StyleName(electionID: .zero, style: style), sequence: sequence)
    }

    /// A stored ballot: only whose turn it takes matters here.
    private func ballot(
        _ number: Int, style: UInt32 = 1, sequence: UInt32 = 1
    ) -> (entry: Entry, slot: BallotSlot?) {
        (
            Entry(id: TestBytes.id(100 + number), bytes: [0x50, UInt8(number)]),
            slot(number, style: style, sequence: sequence)
        )
    }

    /// A mempool that was made anew from what another process stored.
    private func restarted(
        with transactions: [(entry: Entry, slot: BallotSlot?)],
        limits: MempoolLimits = MempoolLimits()
    ) -> Mempool<Int> {
        var mempool = Mempool<Int>(limits: limits)
        for (entry, slot) in transactions { mempool.restore(entry, slot: slot, at: now) }
        return mempool
    }

    @Test func aRestoredBallotOutlivesLeadersRefusals() {
        let (stored, plain) = (ballot(1), Entry(id: TestBytes.id(9), bytes: [0x32, 1]))
        var mempool = restarted(with: [stored, (plain, nil)])
        let ids = (stored.entry.id, plain.id)
        for id in [ids.0, ids.1] { mempool.setChecked(id, nil, isWaiting: false, at: now) }
        for _ in 0..<8 {
            mempool.suspend(ids.0)
            mempool.suspend(ids.1)
        }
        #expect(mempool[ids.0]?.mayBePromised == true)
        #expect(mempool[ids.0]?.isGivenUp == false)
        // What is no ballot was promised to nobody.
        #expect(mempool[ids.1]?.isGivenUp == true)
    }

    @Test func aRestoredFirstBallotTakesItsPartOfTheCount() {
        let ballots = [ballot(1), ballot(2), ballot(3, style: 2), ballot(4, sequence: 2)]
        var mempool = restarted(with: ballots)
        #expect(mempool.promisedFirstBallots(of: StyleName(electionID: .zero, style: 1)) == 2)
        #expect(mempool.promisedFirstBallots(of: StyleName(electionID: .zero, style: 2)) == 1)
        // Promised once more it still counts once.
        mempool.setPromise([1], of: ballots[0].entry.id)
        #expect(mempool.promisedFirstBallots(of: StyleName(electionID: .zero, style: 1)) == 2)
        for ballot in ballots { mempool.remove(ballot.entry.id) }
        #expect(mempool.promisedFirstBallots(of: StyleName(electionID: .zero, style: 1)) == 0)
        #expect(mempool.promisedFirstBallots(of: StyleName(electionID: .zero, style: 2)) == 0)
    }

    @Test func noOtherBallotTakesTheTurnOfARestoredOnesCredential() throws {
        let stored = ballot(1)
        var mempool = restarted(with: [stored])
        #expect(throws: MempoolRefusal.otherBallotWaits(stored.entry.id)) {
            try mempool.insert(
                Entry(id: TestBytes.id(9), bytes: [1]), from: client, slot: slot(1), at: now)
        }
    }

    @Test func noBoundDropsWhatWasStored() {
        var limits = MempoolLimits()
        limits.count = 2
        limits.waiting = 1
        limits.countPerSource = 1
        let ballots = (0..<4).map { ballot($0) }
        var mempool = restarted(with: ballots, limits: limits)
        #expect(mempool.count == 4)
        for ballot in ballots {
            mempool.setChecked(ballot.entry.id, nil, isWaiting: true, at: now)
        }
        #expect(mempool.waitingCount == 4)
    }

    @Test func whatWasNotCheckedYetIsInNoBlockAndIsHandedOutOnce() {
        let ballots = (0..<5).map { ballot($0) }
        var mempool = restarted(with: ballots)
        #expect(mempool.candidates(count: 9, excluding: []).isEmpty)
        #expect(mempool.readySince() == nil)
        // It is judged for the first time, not again.
        #expect(mempool.takeJudged(before: now.adding(milliseconds: 9), count: 9).isEmpty)
        mempool.suspend(ballots[0].entry.id)
        #expect(mempool.takeJudged(before: now.adding(milliseconds: 9), count: 9).isEmpty)
        let first = mempool.takeUnchecked(count: 3)
        let second = mempool.takeUnchecked(count: 3)
        #expect(first.count == 3 && second.count == 2)
        #expect(mempool.takeUnchecked(count: 3).isEmpty)
        for entry in first + second {
            mempool.setChecked(entry.id, nil, isWaiting: false, at: now)
        }
        #expect(mempool.candidates(count: 9, excluding: []).count == 5)
        #expect(mempool.takeJudged(before: now.adding(milliseconds: 9), count: 9).count == 5)
    }
}
