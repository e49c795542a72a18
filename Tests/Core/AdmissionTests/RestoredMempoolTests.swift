import BallotCryptography
import Codec
import Files
import Foundation
import Ledger
import NetworkAddresses
import Node
import Storage
import Testing

/// What a promise rests on is not lost with the process that gave it.
@Suite struct RestoredMempoolTests {
    private let now = Instant(microseconds: 1_000_000)
    private let client = AdmissionSender.client(AddressGroup("192.0.2.1"))

    /// A ballot of which only the header is one, which is all that a mempool looks at.
    private func ballot(_ number: Int, style: UInt32 = 1, sequence: UInt32 = 1) -> [UInt8] {
        var wire = ByteWriter()
        wire.write(UInt8(1))
        wire.write(Bytes32.zero)
        wire.write(style)
        wire.write(TestBytes.id(number))
        wire.write(sequence)
        wire.write(Bytes32.zero)
        wire.write(UInt32(1))
        return Transaction.ballot(BallotTransaction(wire: wire.bytes, certificate: []))
            .canonicalBytes
    }

    private func header(_ number: Int, style: UInt32 = 1) -> BallotHeader {
        BallotHeader(
            electionID: .zero, style: style, credentialKey: TestBytes.id(number), sequence: 1,
            previous: .zero, contestCount: 1)
    }

    /// A mempool that was made anew from the store that another process left.
    private func restarted(
        with transactions: [[UInt8]], limits: MempoolLimits = MempoolLimits()
    ) throws -> Mempool {
        let path = NSTemporaryDirectory() + "veche-mempool-" + UUID().uuidString
        // What is left over in the temporary directory harms nobody.
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            let store = try NodeStore(in: DataDirectory(path: path), chainID: .zero)
            try store.addToMempool(
                transactions.map { MempoolRecord(id: Transaction.id(of: $0), bytes: $0) })
        }
        let store = try NodeStore(in: DataDirectory(path: path), chainID: .zero)
        var mempool = Mempool(limits: limits)
        for record in try store.mempool(limit: .max) {
            mempool.restore(record.id, record.bytes, at: now)
        }
        return mempool
    }

    @Test func aRestoredBallotOutlivesLeadersRefusals() throws {
        let (bytes, plain) = (ballot(1), [UInt8]([0x32, 1]))
        var mempool = try restarted(with: [bytes, plain])
        let ids = (Transaction.id(of: bytes), Transaction.id(of: plain))
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

    @Test func aRestoredFirstBallotTakesItsPartOfTheCount() throws {
        let ballots = [ballot(1), ballot(2), ballot(3, style: 2), ballot(4, sequence: 2)]
        var mempool = try restarted(with: ballots)
        #expect(mempool.promisedFirstBallots(of: .zero, style: 1) == 2)
        #expect(mempool.promisedFirstBallots(of: .zero, style: 2) == 1)
        // Promised once more it still counts once.
        mempool.setPromise([1], of: Transaction.id(of: ballots[0]))
        #expect(mempool.promisedFirstBallots(of: .zero, style: 1) == 2)
        for bytes in ballots { mempool.remove(Transaction.id(of: bytes)) }
        #expect(mempool.promisedFirstBallots(of: .zero, style: 1) == 0)
        #expect(mempool.promisedFirstBallots(of: .zero, style: 2) == 0)
    }

    @Test func noOtherBallotTakesTheTurnOfARestoredOnesCredential() throws {
        let bytes = ballot(1)
        var mempool = try restarted(with: [bytes])
        #expect(throws: MempoolRefusal.otherBallotWaits(Transaction.id(of: bytes))) {
            try mempool.insert(
                id: TestBytes.id(9), bytes: [1], from: client, ballot: header(1), at: now)
        }
    }

    @Test func noBoundDropsWhatWasStored() throws {
        var limits = MempoolLimits()
        limits.count = 2
        limits.waiting = 1
        limits.countPerSource = 1
        let ballots = (0..<4).map { ballot($0) }
        var mempool = try restarted(with: ballots, limits: limits)
        #expect(mempool.count == 4)
        for bytes in ballots {
            mempool.setChecked(Transaction.id(of: bytes), nil, isWaiting: true, at: now)
        }
        #expect(mempool.waitingCount == 4)
    }

    @Test func whatWasNotCheckedYetIsInNoBlockAndIsHandedOutOnce() throws {
        let ballots = (0..<5).map { ballot($0) }
        var mempool = try restarted(with: ballots)
        #expect(mempool.candidates(count: 9, excluding: []).isEmpty)
        #expect(mempool.oldestArrival() == nil)
        // The driver's thread does not check proofs: nothing of it is judged there.
        #expect(mempool.takeJudged(before: now.adding(milliseconds: 9), count: 9).isEmpty)
        mempool.suspend(Transaction.id(of: ballots[0]))
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
