import BallotCryptography
import Codec
import Elections
import Ledger
import Testing

/// A ballot whose certificate and proof were checked: what the state still has to say of it, at
/// admission and in a block.
struct VerifiedBallotTests {
    private static let time = Hour.opens + 1

    private func verified(_ world: World, _ transaction: Transaction) throws -> VerifiedBallot {
        var catalog = ElectionCatalog()
        var random = SeededRandom("verified")
        let verdicts = try BallotCheck(chain: world.chain).verify(
            [Entry(transaction.canonicalBytes)], state: world.state, catalog: &catalog,
            random: &random)
        guard case .valid(let ballot) = verdicts[0] else { throw World.Missing("valid ballot") }
        return ballot
    }

    /// What admission and a block say of a ballot that is not decoded again; they must agree.
    private func admission(
        _ world: World, _ ballot: VerifiedBallot, _ transaction: Transaction,
        at time: UInt64 = Self.time
    ) throws -> Admission {
        var check = try AdmissionCheck(
            chain: world.chain, state: world.state, catalog: world.head.catalog,
            time: Hour.time(time))
        let admission = try check.check(ballot)
        var executor = try world.executor(at: time)
        var refusal: Refusal?
        do throws(ExecutionFailure) {
            try executor.apply(Entry(transaction.canonicalBytes), verified: ballot)
        } catch {
            guard case .refused(let reason) = error else { throw error }
            refusal = reason
        }
        switch admission {
        case .admitted: #expect(refusal == nil)
        case .waiting(let reason), .refused(let reason): #expect(refusal == reason)
        case .duplicate: #expect(refusal?.code == .duplicate)
        }
        return admission
    }

    private func code(_ admission: Admission) -> RefusalCode? {
        switch admission {
        case .refused(let refusal): refusal.code
        case .admitted, .waiting, .duplicate: nil
        }
    }

    @Test func turnAndQuotaAreLookedAtAgain() throws {
        var world = Stages.open
        let voter = try world.voter("a", style: 2)
        let (first, after) = try world.ballot(voter, [.options([0])])
        let (second, _) = try world.ballot(after, [.options([1])])
        let (late, _) = try world.ballot(try world.voter("b", style: 2), [.options([1])])
        let (one, two, other) = (
            try self.verified(world, first), try self.verified(world, second),
            try self.verified(world, late)
        )
        #expect(try self.admission(world, one, first) == .admitted)
        #expect(self.code(try self.admission(world, two, second)) == .sequence)
        #expect(
            self.code(try self.admission(world, one, first, at: Hour.after)) == .phase)
        try world.block(at: Self.time, [first])
        #expect(
            try self.admission(world, one, first, at: Self.time + 1)
                == .duplicate(of: world.head.height))
        #expect(try self.admission(world, two, second, at: Self.time + 1) == .admitted)
        guard
            case .waiting(let refusal) = try self.admission(
                world, other, late, at: Self.time + 1)
        else {
            Issue.record("a ballot over the count waits")
            return
        }
        #expect(refusal.code == .quota)
    }

    @Test func spoiledTrackersAndUsedElementsAreLookedAtAgain() throws {
        var world = Stages.open
        let choices: [ContestChoice] = [.options([0]), .options([1])]
        let voter = try world.voter("v", style: 1)
        let (tracker, challenged) = try world.encrypted(voter, choices)
        let ballot = try self.verified(world, challenged)
        #expect(try self.admission(world, ballot, challenged) == .admitted)
        try world.block(at: Self.time, [try world.spoil(voter, tracker)])
        #expect(
            self.code(try self.admission(world, ballot, challenged, at: Self.time + 1))
                == .spoiled)
    }

    /// A verdict holds on every branch of blocks, and says nothing of a branch without the election.
    @Test func anElectionThatTheBranchDoesNotHoldIsUnknown() throws {
        var world = Stages.open
        let (transaction, _) = try world.ballot(
            try world.voter("a", style: 1), [.blank, .options([])])
        let ballot = try self.verified(world, transaction)
        for before in [Stages.created, Stages.dealt] {
            let admission = try self.admission(before, ballot, transaction, at: Self.time)
            #expect(self.code(admission) == .election)
        }
    }

    /// A catalog of another branch does not make an election known.
    @Test func aCatalogOfAnotherBranchSaysNothingOfThisOne() throws {
        var world = Stages.open
        let (transaction, _) = try world.ballot(
            try world.voter("a", style: 1), [.blank, .options([])])
        try world.block(at: Self.time, [transaction])
        let before = Stages.dealt
        var check = try AdmissionCheck(
            chain: before.chain, state: before.state, catalog: world.head.catalog,
            time: Hour.time(Self.time))
        let screening = try check.screen(Entry(transaction.canonicalBytes))
        #expect(screening.ballot == nil)
        #expect(screening.admission.flatMap { self.code($0) } == .election)
    }

    /// A ballot over the count is worth its checks: it may wait. Its points stay bytes until then.
    @Test func screeningPassesABallotOverTheCountOn() throws {
        var world = Stages.open
        let (first, _) = try world.ballot(try world.voter("a", style: 2), [.options([0])])
        let (second, _) = try world.ballot(try world.voter("b", style: 2), [.options([1])])
        try world.block(at: Self.time, [first])
        var check = try AdmissionCheck(
            chain: world.chain, state: world.state, catalog: world.head.catalog,
            time: Hour.time(Self.time + 1))
        let screening = try check.screen(Entry(second.canonicalBytes))
        #expect(screening.admission == nil && screening.ballot != nil)
    }
}
