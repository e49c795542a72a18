import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Testing
import TransparencyLog
import Verification

struct ReceiptCheckTests {
    /// An election with ballots on its chain, and one voter's receipt.
    private struct Voter {
        let election: TestElection
        let transaction: [UInt8]
        let tracker: Bytes32
        let check: ReceiptCheck<Ed25519Verifier>

        init() throws {
            let election = try TestElection.voted.get()
            self.election = election
            self.transaction = election.ballots[2]
            self.tracker = try #require(
                try election.queries.credential(
                    election.election, key: election.voterKeys[2])
            ).tracker
            self.check = try ReceiptCheck(
                genesis: election.chain.genesis.canonicalBytes,
                expecting: election.chain.context.chainID, verifier: Ed25519Verifier())
        }

        var extra: ReceiptExtra {
            ReceiptExtra(
                transactionID: Transaction.id(of: self.transaction), tracker: self.tracker)
        }

        func receipt(_ extra: ReceiptExtra? = nil, checkpoint: SignedNote? = nil) throws -> LogProof
        {
            try self.election.chain.receipt(
                for: self.transaction, extra: extra ?? self.extra, checkpoint: checkpoint)
        }
    }

    @Test func receiptProvesTheBallotOffline() throws {
        let voter = try Voter()
        let chain = voter.election.chain
        let checked = try voter.check.check(
            receipt: try voter.receipt().bytes, transaction: voter.transaction,
            credentialKey: voter.election.voterKeys[2])
        #expect(checked.isOwnBallot)
        #expect(checked.tracker == voter.tracker)
        #expect(checked.trackingCode == TrackingCode(tracker: voter.tracker))
        #expect(checked.transactionID == Transaction.id(of: voter.transaction))
        #expect(checked.index == (try chain.index(of: voter.transaction)))
        #expect(checked.logSize == chain.frontier.size)
        #expect(checked.cosigners.map(\.name) == ["v1", "v2", "v3"])
        #expect(checked.quorum == 3)
        #expect(checked.chainID == chain.context.chainID)
        #expect(checked.sequence == 1)
        #expect(try voter.receipt().bytes.count < 4096)
    }

    @Test func everyReasonNotToBelieveAReceiptIsNamed() throws {
        let voter = try Voter()
        let chain = voter.election.chain
        let own = voter.election.voterKeys[2]
        func check(
            _ proof: LogProof, _ transaction: [UInt8]? = nil, key: Bytes32? = nil
        ) throws(ReceiptRejection) {
            _ = try voter.check.check(
                receipt: proof.bytes, transaction: transaction ?? voter.transaction,
                credentialKey: key)
        }
        let good = try voter.receipt()
        let other = voter.election.ballots[1]
        #expect(throws: ReceiptRejection.proof(.proof(.wrongRoot))) { try check(good, other) }
        #expect(throws: ReceiptRejection.otherVoter(own)) { try check(good, key: .zero) }
        let wrongTracker = try voter.receipt(
            ReceiptExtra(transactionID: voter.extra.transactionID, tracker: .zero))
        #expect(throws: ReceiptRejection.otherTracker(.zero)) { try check(wrongTracker) }
        let wrongID = try voter.receipt(
            ReceiptExtra(transactionID: .zero, tracker: voter.tracker))
        #expect(throws: ReceiptRejection.otherTransaction(.zero)) { try check(wrongID) }
        let bare = LogProof(
            extra: nil, index: good.index, hashes: good.hashes, checkpoint: good.checkpoint)
        #expect(throws: ReceiptRejection.noIdentifiers) { try check(bare) }
        let few = try voter.receipt(checkpoint: chain.checkpoint(signers: 2))
        #expect(
            throws: ReceiptRejection.proof(.certification(.tooFewCosignatures(count: 2)))
        ) { try check(few) }
        let create = chain.blocks[0].transactions[0]
        #expect(throws: ReceiptRejection.notABallot(.invalid("the transaction is no ballot"))) {
            try check(good, create)
        }
        #expect(throws: ReceiptRejection.self) { try check(good, [0x40]) }
    }

    @Test func ballotThatIsCutShortIsMalformed() throws {
        let voter = try Voter()
        guard
            case .ballot(let ballot) = try Transaction(canonicalBytes: voter.transaction)
        else { return }
        let short = Transaction.ballot(
            BallotTransaction(
                wire: [UInt8](ballot.wire.dropLast()), certificate: ballot.certificate))
        #expect(throws: ReceiptRejection.malformedBallot(.length)) {
            try voter.check.check(
                receipt: voter.receipt().bytes, transaction: short.canonicalBytes)
        }
    }

    @Test func receiptOfAnotherChainIsRefused() throws {
        let voter = try Voter()
        let other = try ReceiptCheck(
            genesis: TestChain(validators: 7).genesis.canonicalBytes,
            verifier: Ed25519Verifier())
        #expect(throws: ReceiptRejection.self) {
            try other.check(
                receipt: voter.receipt().bytes, transaction: voter.transaction)
        }
        #expect(throws: GenesisRejection.self) {
            try ReceiptCheck(genesis: [1, 2, 3], verifier: Ed25519Verifier())
        }
    }
}
