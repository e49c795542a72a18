import BallotCryptography
import Codec
import Elections
import Ledger
import Testing

/// Junk does not reach certificates and proofs: what the state says of a ballot comes before them
/// (`ballot.md` 1.9). Every ballot here has a broken proof, the first ones a broken certificate.
struct ScreeningTests {
    private static let time = Hour.opens + 1
    private static let choices: [ContestChoice] = [.options([0]), .options([1])]

    /// The same ballot with a proof and a certificate that do not hold.
    private func broken(_ transaction: Transaction) throws -> Transaction {
        guard case .ballot(let ballot) = transaction else { throw World.Missing("ballot") }
        var wire = ballot.wire
        wire[wire.count - 32] ^= 1
        let certificate =
            ballot.certificate.isEmpty
            ? [] : [UInt8](repeating: 1, count: ballot.certificate.count)
        return .ballot(BallotTransaction(wire: wire, certificate: certificate))
    }

    /// What the block and the screening say; they must be of one opinion.
    private func code(
        _ world: World, _ transaction: Transaction, at time: UInt64 = Self.time
    ) throws -> RefusalCode? {
        let bytes = transaction.canonicalBytes
        var check = try AdmissionCheck(
            chain: world.chain, state: world.state, catalog: world.head.catalog,
            time: Hour.time(time))
        let inBlock = try world.code(at: time, transaction)
        switch try check.screen(Entry(bytes)).admission {
        case .refused(let refusal): #expect(refusal.code == inBlock)
        case nil: #expect(inBlock == .quota || inBlock == .certificate || inBlock == .proof)
        case .admitted, .waiting, .duplicate: Issue.record("screening admits nothing")
        }
        return inBlock
    }

    @Test func windowComesFirst() throws {
        var world = Stages.issued
        let (ballot, _) = try world.ballot(try world.voter("v", style: 1), Self.choices)
        let junk = try self.broken(ballot)
        #expect(try self.code(world, junk, at: Hour.opens - 1) == .phase)
        #expect(try self.code(world, junk, at: Hour.after) == .phase)
        #expect(try self.code(world, junk, at: Hour.opens) == .certificate)
    }

    @Test func sequencePreviousAndRateComeFirst() throws {
        var world = Stages.open
        let voter = try world.voter("v", style: 1)
        #expect(
            try self.code(world, self.broken(world.ballot(voter, Self.choices, sequence: 2).0))
                == .sequence)
        let (first, second) = try world.ballot(voter, Self.choices)
        let stray = try world.ballot(voter, Self.choices, previous: seed("nothing")).0
        #expect(try self.code(world, try self.broken(stray)) == .previous)
        let (revote, third) = try world.ballot(second, Self.choices)
        let (last, fourth) = try world.ballot(third, Self.choices)
        try world.block(at: Self.time, [first, revote, last])
        let ninth = try world.ballot(fourth, Self.choices).0
        #expect(try self.code(world, try self.broken(ninth), at: Self.time + 1) == .rate)
        let replay = try self.broken(first)
        #expect(try self.code(world, replay, at: Self.time + 1) == .sequence)
    }

    @Test func spoiledTrackersAndUsedElementsComeFirst() throws {
        var world = Stages.open
        let voter = try world.voter("v", style: 1)
        let (tracker, challenged) = try world.encrypted(voter, Self.choices)
        let (_, cast) = try world.encrypted(voter, Self.choices)
        try world.block(at: Self.time, [try world.spoil(voter, tracker), cast])
        let other = try world.voter("w", style: 1)
        guard case .ballot(let used) = cast,
            case .ballot(let fresh) = try world.ballot(other, Self.choices).0
        else { throw World.Missing("ballot") }
        let a = BallotRefusalTests.aOffset..<(BallotRefusalTests.aOffset + 32)
        var wire = fresh.wire
        wire.replaceSubrange(a, with: used.wire[a])
        let copy = Transaction.ballot(
            BallotTransaction(wire: wire, certificate: fresh.certificate))
        #expect(try self.code(world, try self.broken(copy), at: Self.time + 1) == .duplicateA)
        // On the state before it was cast, the challenged one is refused for that alone.
        var before = Stages.open
        try before.block(at: Self.time, [try world.spoil(voter, tracker)])
        #expect(
            try self.code(before, try self.broken(challenged), at: Self.time + 1) == .spoiled)
    }

    @Test func oneElementInTwoContestsIsFound() throws {
        var world = Stages.open
        guard
            case .ballot(let ballot) = try world.ballot(
                try world.voter("v", style: 1), Self.choices
            ).0
        else { throw World.Missing("ballot") }
        // The first contest has 3 cells, so the second begins 104 + 96 · 3 bytes later.
        let first = BallotRefusalTests.aOffset..<(BallotRefusalTests.aOffset + 32)
        let second = BallotRefusalTests.aOffset + 104 + 96 * 3
        var wire = ballot.wire
        wire.replaceSubrange(second..<(second + 32), with: ballot.wire[first])
        let twice = Transaction.ballot(
            BallotTransaction(wire: wire, certificate: ballot.certificate))
        #expect(try self.code(world, twice) == .duplicateA)
    }

    @Test func quotaComesBeforeTheCertificate() throws {
        var world = Stages.open
        let (first, _) = try world.ballot(try world.voter("a", style: 2), [.options([0])])
        let (second, _) = try world.ballot(try world.voter("b", style: 2), [.options([1])])
        try world.block(at: Self.time, [first])
        let junk = try self.broken(second)
        #expect(try self.code(world, junk, at: Self.time + 1) == .quota)
        // Junk does not wait for a later count, though.
        var check = try AdmissionCheck(
            chain: world.chain, state: world.state, catalog: world.head.catalog,
            time: Hour.time(Self.time + 1))
        let bytes = junk.canonicalBytes
        guard case .refused(let refusal) = try check.check(Entry(bytes))
        else {
            Issue.record("a ballot without a certificate waits")
            return
        }
        #expect(refusal.code == .certificate)
    }

    @Test func transactionInTheChainIsAnsweredAsSuch() throws {
        var world = Stages.open
        let (ballot, _) = try world.ballot(try world.voter("v", style: 1), Self.choices)
        try world.block(at: Self.time, [ballot])
        var check = try AdmissionCheck(
            chain: world.chain, state: world.state, catalog: world.head.catalog,
            time: Hour.time(Self.time + 1))
        let bytes = ballot.canonicalBytes
        #expect(
            try check.screen(Entry(bytes)).admission
                == .duplicate(of: world.head.height))
        let count = world.issueCount(1, 4).canonicalBytes
        #expect(try check.screen(Entry(count)).admission == nil)
    }

    @Test func accountOfAStyleIsTheStatuses() throws {
        let world = Stages.voted
        let status = try world.status
        var catalog = ElectionCatalog()
        let id = try #require(status.electionID)
        for style in status.styles {
            let account = try #require(
                try world.queries.styleAccount(
                    electionID: id, style: style.number, catalog: &catalog))
            #expect(account.issued == style.issued && account.cast == style.cast)
            #expect(account.promisesUntil == style.promisesUntil)
            #expect(account.election == world.election)
        }
        for (id, style) in [(id, UInt32(9)), (seed("other"), 1)] {
            let account = try world.queries.styleAccount(
                electionID: id, style: style, catalog: &catalog)
            #expect(account == nil)
        }
    }
}
