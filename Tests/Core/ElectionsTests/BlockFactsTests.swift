import BallotCryptography
import Codec
import Elections
import Ledger
import Testing

/// What an executed block says of validators and ballot styles.
struct BlockFactsTests {
    private func facts(_ world: World, _ block: ExecutedBlock? = nil) throws -> BlockFacts {
        var catalog = world.head.catalog
        return try BlockFacts(
            of: block ?? world.head, state: world.state, catalog: &catalog,
            genesis: world.chain.genesis)
    }

    private func account(_ world: World, _ style: UInt32) throws -> StyleAccount? {
        var catalog = world.head.catalog
        let electionID = try #require(try world.status.electionID)
        return try world.queries.styleAccount(
            electionID: electionID, style: style, catalog: &catalog)
    }

    @Test func anEmptyBlockChangesNothing() throws {
        let world = Stages.open
        let facts = try facts(world)
        #expect(facts.validators == world.chain.genesis.validators)
        #expect(facts.pendingChange == nil)
        #expect(facts.accounts.isEmpty)
        #expect(!facts.releasesBallots)
    }

    /// A node that follows the facts alone must know the accounts as soon as ballots can name the
    /// election.
    @Test func theBlockThatFixesAnElectionIDNamesAllStyles() throws {
        #expect(try facts(Stages.created).accounts.isEmpty)
        let world = Stages.rehearsed
        let facts = try facts(world)
        #expect(facts.accounts.map(\.style) == [1, 2, 3])
        let electionID = try #require(try world.status.electionID)
        #expect(facts.accounts.allSatisfy { $0.electionID == electionID })
        for account in facts.accounts {
            #expect(account.account == (try self.account(world, account.style)))
        }
    }

    @Test func anIssueCountReleasesBallots() throws {
        var world = Stages.rolled
        #expect(!(try facts(world).releasesBallots))
        let block = try world.block(at: Hour.issuing, [world.issueCount(2, 1)])
        let facts = try facts(world, block)
        #expect(facts.releasesBallots)
        #expect(facts.accounts.map(\.style) == [2])
        #expect(facts.accounts[0].account.issued == 1)
    }

    @Test func firstBallotsChangeTheAccountsOfTheirStylesAndRevotesDoNot() throws {
        var world = Stages.open
        let (first, after) = try world.ballot(
            try world.voter("1a", style: 1), [.options([0]), .options([])])
        let (other, _) = try world.ballot(try world.voter("3a", style: 3), [.options([1])])
        try world.block(at: Hour.opens + 1, [first, other])
        let voted = try facts(world)
        #expect(voted.accounts.map(\.style) == [1, 3])
        #expect(voted.accounts.map(\.account.cast) == [1, 1])
        #expect(!voted.releasesBallots)
        let (revote, _) = try world.ballot(after, [.options([1]), .options([])])
        try world.block(at: Hour.opens + 2, [revote])
        #expect(try facts(world).accounts.isEmpty)
    }

    @Test func aStateOfAnotherBlockIsAFault() throws {
        let executed = Stages.rehearsed.head
        let world = Stages.created
        #expect(throws: StateFault.self) { try facts(world, executed) }
    }

    @Test func aChangeOfTheValidatorsIsNamedWhileItWaits() throws {
        var world = ValidatorWorld()
        func facts(_ world: ValidatorWorld) throws -> BlockFacts {
            var catalog = world.head.catalog
            return try BlockFacts(
                of: world.head, state: world.state, catalog: &catalog, genesis: world.genesis)
        }
        let next = ValidatorWorld.set(["v0", "v1", "v2", "e"])
        try world.block([try world.change(1, to: next)])
        let waiting = try facts(world)
        #expect(waiting.pendingChange?.number == 1)
        #expect(waiting.pendingChange?.validators == next)
        #expect(waiting.validators == world.genesis.validators)
        try world.advance(to: ValidatorWorld.length)
        let after = try facts(world)
        #expect(after.validators == next)
        #expect(after.pendingChange == nil)
    }
}
