import BallotCryptography
import Codec
import Elections
import Ledger
import Testing

/// Records that ballots of a block share are decoded once; other transactions between the ballots
/// must see what the ballots did, and the ballots what those did.
struct SharedRecordTests {
    private static let choices: [ContestChoice] = [.options([0])]

    /// Three ballots of style 2, of which one ballot is counted as issued.
    private func ballots(_ world: inout World) throws -> [Transaction] {
        try ["a", "b", "c"].map {
            try world.ballot(try world.voter($0, style: 2), Self.choices).0
        }
    }

    @Test func anIssueCountBetweenBallotsCountsAtOnce() throws {
        var world = Stages.open
        let ballots = try self.ballots(&world)
        var apart = world
        try world.block(
            at: Hour.opens + 1,
            [ballots[0], world.issueCount(2, 2), ballots[1], world.issueCount(2, 3), ballots[2]])
        let status = try #require(try world.status.styles.first { $0.number == 2 })
        #expect(status.issued == 3 && status.cast == 3)
        // The records are those of blocks in which nothing is shared.
        try apart.block(at: Hour.opens + 1, [ballots[0]])
        try apart.block(at: Hour.opens + 2, [apart.issueCount(2, 2)])
        try apart.block(at: Hour.opens + 3, [ballots[1]])
        try apart.block(at: Hour.opens + 4, [apart.issueCount(2, 3)])
        try apart.block(at: Hour.opens + 5, [ballots[2]])
        let other = try #require(try apart.status.styles.first { $0.number == 2 })
        #expect(other == status)
        let key = StateKeys.total(election: world.election, tallyUnit: 2, contest: 0)
        #expect(world.state.value(for: key) == apart.state.value(for: key))
    }

    /// What is refused changes nothing, and what ballots did before it stays.
    @Test func refusedTransactionsBetweenBallotsLeaveTheAccountsAlone() throws {
        var world = Stages.open
        let ballots = try self.ballots(&world)
        var executor = try world.executor(at: Hour.opens + 1)
        func code(_ transaction: Transaction) throws -> RefusalCode? {
            do throws(ExecutionFailure) {
                try executor.apply(Entry(transaction.canonicalBytes))
                return nil
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                return refusal.code
            }
        }
        #expect(try code(ballots[0]) == nil)
        #expect(try code(ballots[1]) == .quota)
        // More than the roll has, and what the chain holds.
        #expect(try code(world.issueCount(2, 99)) == .quota)
        #expect(try code(world.issueCount(2, 1)) == .duplicate)
        #expect(try code(ballots[1]) == .quota)
        #expect(try code(ballots[0]) == .duplicate)
        let block = try executor.finish()
        try world.block(at: Hour.opens + 1, [ballots[0]])
        #expect(block.stateDigest == world.head.stateDigest)
    }

    @Test func anAbortedElectionTakesNoBallotOfTheSameBlock() throws {
        var world = Stages.open
        let ballots = try self.ballots(&world)
        var executor = try world.executor(at: Hour.opens + 1)
        try executor.apply(Entry(ballots[0].canonicalBytes))
        try executor.apply(Entry(try world.abortion().canonicalBytes))
        #expect(throws: ExecutionFailure.self) {
            try executor.apply(Entry(ballots[1].canonicalBytes))
        }
        let block = try executor.finish()
        try world.block(at: Hour.opens + 1, [ballots[0], try world.abortion()])
        #expect(block.stateDigest == world.head.stateDigest)
    }
}
