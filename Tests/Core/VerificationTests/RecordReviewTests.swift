import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Testing
import TransparencyLog
import Verification

/// What an auditor points out although the rules allow it.
struct RecordReviewTests {
    private func alarms(_ review: inout RecordReview, _ transactions: [Transaction]) throws
        -> [String]
    {
        let chain = TestChain()
        let bytes = transactions.map(\.canonicalBytes)
        let block = Block(header: try chain.header(over: bytes), transactions: bytes)
        return review.review(block, []).map(\.name)
    }

    private func wire(_ ballot: [UInt8]) throws -> [UInt8] {
        guard case .ballot(let carried) = try Transaction(canonicalBytes: ballot) else {
            throw TestFailure.notInTheChain
        }
        return carried.wire
    }

    @Test func nonceInTwoBallotsOfACredentialIsPointedOut() throws {
        let ballots = try TestElection.voted.get().ballots
        let first = try self.wire(ballots[0])
        let other = try self.wire(ballots[1])
        // Another ballot of the first credential with the same T_s, and one with its own.
        var again = first
        again[117] ^= 1
        var fresh = again
        fresh.replaceSubrange(
            (fresh.count - 64)..<(fresh.count - 32), with: other.suffix(64).prefix(32))
        func carried(_ wire: [UInt8]) -> Transaction {
            .ballot(BallotTransaction(wire: wire, certificate: []))
        }
        var review = RecordReview()
        #expect(try self.alarms(&review, [carried(first), carried(other)]) == [])
        #expect(try self.alarms(&review, [carried(fresh)]) == [])
        #expect(try self.alarms(&review, [carried(again)]) == ["A_NONCE_REUSE"])
    }

    @Test func keysDealtInAnEarlierCeremonyArePointedOut() throws {
        let election = try TestElection.voted.get()
        let dealings = election.chain.blocks.flatMap(\.transactions).compactMap {
            bytes -> CeremonyMessage? in
            guard case .ceremony(.dealing, let signed)? = try? Transaction(canonicalBytes: bytes)
            else { return nil }
            return signed.body
        }
        #expect(dealings.count == 3)
        func sent(
            _ message: CeremonyMessage, ceremony: UInt32, trustee: UInt32? = nil
        ) -> Transaction {
            let moved = CeremonyMessage(
                election: message.election, ceremony: ceremony,
                trustee: trustee ?? message.trustee, payload: message.payload)
            return .ceremony(.dealing, election.chain.signed(.dealing, moved, by: "trustee 1"))
        }
        var review = RecordReview()
        #expect(try self.alarms(&review, dealings.map { sent($0, ceremony: 1) }) == [])
        #expect(try self.alarms(&review, [sent(dealings[0], ceremony: 2)]) == ["A_KEY_REUSE"])
        var copied = RecordReview()
        #expect(
            try self.alarms(
                &copied,
                [sent(dealings[0], ceremony: 1), sent(dealings[0], ceremony: 2, trustee: 2)])
                == ["A_KEY_REUSE"])
    }

    @Test func medianOfTheTimesFromIssueToBallotIsReported() throws {
        let election = try TestElection.voted.get()
        var audit = try ChainAudit(genesis: election.chain.genesis.canonicalBytes)
        var random = SeededRandom(seed: 2)
        let newest = try #require(election.chain.newest)
        try audit.add(
            election.chain.blocks, finalization: try election.chain.finalization(of: newest),
            random: &random)
        let report = audit.report()
        // The count of 4 came first; a second later one ballot, after another second three.
        let timing = try #require(report.timings.first)
        #expect(report.timings.count == 1)
        #expect(timing.election == election.election && timing.style == 1)
        #expect(timing.ballots == 4 && timing.medianGapMilliseconds == 2000)
        #expect(report.alarms.isEmpty)
    }

    @Test func anyTransactionIsShownToBeInTheLog() throws {
        var election = try TestElection.prepared.get()
        let opens = election.document.styles[0].opens
        try election.chain.add(
            milliseconds: opens.milliseconds - election.chain.time.milliseconds)
        let ballot = try election.ballot(voter: 1, option: 0)
        let spoil = try election.spoil(voter: 1, of: ballot)
        try election.chain.add([spoil])
        let check = try ReceiptCheck(
            genesis: election.chain.genesis.canonicalBytes, verifier: Ed25519Verifier())
        let id = Transaction.id(of: spoil)
        let receipt = try election.chain.receipt(
            for: spoil, extra: ReceiptExtra(transactionID: id, tracker: .zero)
        ).bytes
        let included = try check.checkInclusion(receipt: receipt, transaction: spoil)
        #expect(included.id == id)
        #expect(included.index == (try election.chain.index(of: spoil)))
        #expect(included.cosigners.count == 3 && included.quorum == 3)
        #expect(throws: ReceiptRejection.self) {
            try check.checkInclusion(receipt: receipt, transaction: ballot)
        }
        let few = try election.chain.receipt(
            for: spoil, extra: ReceiptExtra(transactionID: id, tracker: .zero),
            checkpoint: try election.chain.checkpoint(signers: 2)
        ).bytes
        #expect(throws: ReceiptRejection.self) {
            try check.checkInclusion(receipt: few, transaction: spoil)
        }
        let misnamed = try election.chain.receipt(
            for: spoil, extra: ReceiptExtra(transactionID: .zero, tracker: .zero)
        ).bytes
        #expect(throws: ReceiptRejection.otherTransaction(.zero)) {
            try check.checkInclusion(receipt: misnamed, transaction: spoil)
        }
    }
}
