import BallotCryptography
import Codec
import Cryptography
import Ledger
import Testing
import VoterStation

/// A tracking code, looked for in a log that was verified.
@Suite struct TrackerSearchTests {
    private static let selection = ["project=tram", "parks=north"]

    private func block(_ transactions: [[UInt8]], height: UInt64) throws -> Block {
        let election = try ElectionOnPaper.shared.get()
        let hash = election.genesis.validators.hash
        return Block(
            header: BlockHeader(
                chainID: election.genesis.chainID, epoch: .first, height: Height(height),
                view: View(height), parentView: View(height - 1), parentHash: .zero,
                time: Timestamp(milliseconds: 1_800_000_000_000 + height),
                proposer: ValidatorIndex(0), transactionCount: UInt32(transactions.count),
                bodyBytes: 0, bodyRoot: .zero, logSize: height, logRoot: .zero,
                stateDigestAfterParent: .zero, validatorsHash: hash, nextValidatorsHash: hash),
            transactions: transactions)
    }

    /// A ballot of a voter with its tracking code and what the next one must name.
    private func ballot(
        _ voter: ElectionOnPaper.Voter, sequence: UInt32 = 1, previous: Bytes32 = .zero
    ) throws -> (transaction: [UInt8], code: TrackingCode, ballotID: Bytes32) {
        let election = try ElectionOnPaper.shared.get()
        let style = try #require(election.trusted.document.style(numbered: 1))
        var random = SystemRandom()
        let encrypted = try EncryptedBallot(
            try Selection(Self.selection).choices(for: style, of: election.trusted.document),
            rules: try election.trusted.rules(style: 1), credential: voter.key,
            sequence: sequence, previous: previous, arithmetic: SodiumArithmetic(),
            random: &random)
        let code = TrackingCode(tracker: encrypted.tracker)
        let wire = encrypted.cast(arithmetic: SodiumArithmetic(), random: &random)
        let transaction = Transaction.ballot(
            BallotTransaction(wire: wire, certificate: sequence == 1 ? voter.certificate : []))
        return (transaction.canonicalBytes, code, try BallotOutline(wire).ballotID)
    }

    @Test func castBallotIsFoundByItsCode() throws {
        let voter = try ElectionOnPaper.shared.get().voter()
        let ballot = try ballot(voter)
        var search = TrackerSearch(code: ballot.code)
        search.look(at: try block([], height: 1))
        search.look(at: try block([ballot.transaction], height: 2))
        #expect(search.found.map(\.what) == ["cast"])
        #expect(search.found.map(\.height) == [2])
        #expect(search.found[0].transactionID == Transaction.id(of: ballot.transaction))
        #expect(search.found[0].replacedBy == nil)
    }

    /// C02: a client that shows success and sends nothing.
    @Test func ballotThatWasNeverSentIsNotFound() throws {
        let election = try ElectionOnPaper.shared.get()
        let shown = try ballot(try election.voter())
        let other = try ballot(try election.voter(2))
        var search = TrackerSearch(code: shown.code)
        search.look(at: try block([other.transaction], height: 1))
        #expect(search.found.isEmpty)
    }

    /// C03: a client that votes again with the key that it kept.
    @Test func laterBallotOfTheSameVoterIsPointedOut() throws {
        let election = try ElectionOnPaper.shared.get()
        let voter = try election.voter()
        let first = try ballot(voter)
        let second = try ballot(voter, sequence: 2, previous: first.ballotID)
        let stranger = try ballot(try election.voter(2))
        var search = TrackerSearch(code: first.code)
        search.look(at: try block([first.transaction, stranger.transaction], height: 1))
        #expect(search.found[0].replacedBy == nil)
        search.look(at: try block([second.transaction], height: 2))
        #expect(search.found.map(\.replacedBy) == [2])
        #expect(search.found[0].lines.joined().contains("REPLACED"))
        var last = TrackerSearch(code: second.code)
        last.look(at: try block([first.transaction], height: 1))
        last.look(at: try block([second.transaction], height: 2))
        #expect(last.found.map(\.sequence) == [2])
        #expect(last.found[0].replacedBy == nil)
    }

    @Test func challengedEncryptionIsFoundAsChallenged() throws {
        let election = try ElectionOnPaper.shared.get()
        try withHome { home in
            let (challenge, opening) = try election.challenge(
                try Selection(Self.selection), in: home)
            var search = TrackerSearch(
                code: try #require(TrackingCode(opening.trackingCode)))
            search.look(at: try block([challenge.transaction], height: 3))
            #expect(search.found.map(\.what) == ["challenged"])
            #expect(search.found[0].sequence == nil)
        }
    }
}
