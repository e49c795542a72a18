import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Testing
import Verification

struct VotingKeysTests {
    /// What a node answers a voter with, from an election whose key ceremony is finished.
    private struct Answer {
        let election: TestElection
        let check: VotingKeysCheck<Ed25519Verifier>
        let keys: ElectionKeys
        let status: CeremonyStatus
        let electionID: Bytes32
        let creation: [UInt8]
        let confirmations: [[UInt8]]

        init() throws {
            var election = try TestElection()
            try election.holdCeremony()
            let blocks = election.chain.blocks
            self.check = VotingKeysCheck(
                genesis: election.chain.genesis, verifier: Ed25519Verifier())
            self.keys = try #require(try election.queries.keys(election.election))
            self.status = try #require(try election.queries.ceremony(election.election))
            self.electionID = try #require(self.status.electionID)
            self.creation = blocks[0].transactions[0]
            self.confirmations = blocks.flatMap(\.transactions).filter {
                $0.first == EntryTag.confirmation.rawValue
            }
            self.election = election
        }

        func checkKeys(
            electionID: Bytes32? = nil, qualified: [UInt32]? = nil,
            confirmations: [[UInt8]]? = nil
        ) throws(VotingKeysRejection) {
            try self.check.check(
                keys: self.keys, electionID: electionID ?? self.electionID,
                document: self.election.document, ceremony: 1,
                participants: self.status.participants,
                qualified: qualified ?? self.status.qualified,
                confirmations: confirmations ?? self.confirmations)
        }
    }

    @Test func documentAndKeysOfTheElectionAreAccepted() throws {
        let answer = try Answer()
        try answer.check.check(document: answer.election.document, creation: answer.creation)
        try answer.checkKeys()
    }

    @Test func documentThatTheCommissionDidNotSignIsRefused() throws {
        let answer = try Answer()
        let document = answer.election.document
        #expect(throws: VotingKeysRejection.notTheCreation) {
            try answer.check.check(document: document, creation: answer.confirmations[0])
        }
        #expect(throws: VotingKeysRejection.notTheCreation) {
            try answer.check.check(document: document, creation: [])
        }
        let unsigned = Transaction.createElection(
            try answer.election.chain.approved(
                .createElection, CreateElection(document: document), by: ["chain 1"]))
        #expect(throws: VotingKeysRejection.notApproved) {
            try answer.check.check(document: document, creation: unsigned.canonicalBytes)
        }
    }

    @Test func keysThatTooFewTrusteesConfirmedAreRefused() throws {
        let answer = try Answer()
        #expect(answer.confirmations.count == 3)
        let refused = VotingKeysRejection.tooFewConfirmations(2, needed: 3)
        let two = [[UInt8]](answer.confirmations.prefix(2))
        #expect(throws: refused) { try answer.checkKeys(confirmations: two) }
        #expect(throws: refused) { try answer.checkKeys(confirmations: two + [two[0]]) }
        var damaged = answer.confirmations[2]
        damaged[damaged.count - 1] ^= 1
        #expect(throws: refused) { try answer.checkKeys(confirmations: two + [damaged]) }
        #expect(throws: VotingKeysRejection.tooFewConfirmations(0, needed: 3)) {
            try answer.checkKeys(qualified: [1, 2])
        }
    }

    @Test func electionIDOfOtherKeysIsRefused() throws {
        let answer = try Answer()
        #expect(throws: VotingKeysRejection.otherElection) {
            try answer.checkKeys(electionID: .zero)
        }
    }

    @Test func rulesOfAStyleAreThoseOfTheDocument() throws {
        let answer = try Answer()
        let rules = try BallotRules(
            document: answer.election.document, style: 1, electionID: answer.electionID,
            keys: answer.keys)
        #expect(rules.contests.map(\.index) == [0])
        #expect(throws: RefusalCode.style) {
            try BallotRules(
                document: answer.election.document, style: 2, electionID: answer.electionID,
                keys: answer.keys)
        }
    }
}
