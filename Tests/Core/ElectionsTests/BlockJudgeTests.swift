import BallotCryptography
import Codec
import Elections
import Ledger
import Testing
import TransparencyLog

/// The one rule of what a block may hold: what a leader builds is valid, and each thing that may be
/// wrong with a block is found.
struct BlockJudgeTests {
    private static let time = Hour.opens + 1

    private func point(_ world: World) -> ChainPoint {
        ChainPoint(
            height: world.head.height, hash: seed("parent"), time: world.head.time,
            frontier: Frontier(), stateDigest: world.head.stateDigest, entry: Entry([1, 2, 3]),
            catalog: world.head.catalog, state: world.state)
    }

    private func plan(
        _ world: World, count: Int = 100, bytes: Int = 1 << 20, mayBeEmpty: Bool = false
    ) -> BlockPlan {
        let parent = point(world)
        let genesis = world.chain.genesis
        let time = Hour.time(Self.time)
        return BlockPlan(
            height: parent.height.next, time: time, parentHash: parent.hash,
            maximumTransactions: count, maximumBodyBytes: bytes, mayBeEmpty: mayBeEmpty
        ) { ids, size, log, digest, next in
            BlockHeader(
                chainID: genesis.chainID, epoch: .first, height: parent.height.next, view: View(1),
                parentView: .root, parentHash: parent.hash, time: time,
                proposer: ValidatorIndex(0), transactionCount: UInt32(ids.count),
                bodyBytes: UInt32(size), bodyRoot: Block.bodyRoot(ids: ids), logSize: log.size,
                logRoot: log.root, stateDigestAfterParent: digest,
                validatorsHash: genesis.validators.hash, nextValidatorsHash: next.hash)
        }
    }

    private func build(
        _ world: World, _ transactions: [Transaction], plan: BlockPlan? = nil,
        hasTime: () -> Bool = { true }
    ) throws -> BuiltBlock {
        try BlockJudge(chain: world.chain).build(
            plan ?? self.plan(world), on: point(world),
            candidates: transactions.map {
                BlockCandidate(Entry($0.canonicalBytes), verified: nil)
            }, hasTime: hasTime)
    }

    /// Judges a block as a node does, with its ballots checked in between.
    private func judge(_ world: World, _ block: Block) throws -> ExecutedBranch {
        let judge = BlockJudge(chain: world.chain)
        let prepared = try judge.prepare(block, on: point(world))
        var random = SeededRandom("judge")
        var verified: [Bytes32: VerifiedBallot] = [:]
        for case .valid(let ballot) in BallotCheck.verify(prepared.ballots, random: &random) {
            verified[ballot.id] = ballot
        }
        return try judge.execute(prepared, on: point(world), verified: verified)
    }

    private func ballots(_ world: inout World) throws -> [Transaction] {
        try ["a", "b"].map {
            try world.ballot(try world.voter($0, style: 1), [.options([0]), .options([])]).0
        }
    }

    @Test func whatALeaderBuildsOthersFindValid() throws {
        var world = Stages.open
        let ballots = try self.ballots(&world)
        let built = try build(world, ballots + [world.issueCount(2, 2)])
        let branch = try #require(built.branch)
        #expect(built.refused.isEmpty && branch.block.entries.count == 3)
        #expect(branch.block.bodyMatchesHeader)
        let judged = try judge(world, branch.block)
        #expect(judged.executed.stateDigest == branch.executed.stateDigest)
        #expect(judged.frontier.root == branch.frontier.root && judged.subtrees == branch.subtrees)
        #expect(judged.firstEntry == Entry([1, 2, 3]))
        // Without a verdict each ballot is checked alone, with the same result.
        let judgement = BlockJudge(chain: world.chain)
        let prepared = try judgement.prepare(branch.block, on: point(world))
        #expect(prepared.ballots.count == 2)
        let slow = try judgement.execute(prepared, on: point(world), verified: [:])
        #expect(slow.executed.stateDigest == branch.executed.stateDigest)
        let next = branch.point(over: world.state)
        #expect(next.hash == branch.hash && next.height == branch.block.header.height)
        #expect(next.stateDigest == branch.executed.stateDigest)
        #expect(next.entry.bytes == branch.block.header.canonicalBytes)
    }

    @Test func aBallotWithAVerdictIsNotReadAgain() throws {
        var world = Stages.open
        let ballots = try self.ballots(&world)
        let branch = try #require(try build(world, ballots).branch)
        let judge = BlockJudge(chain: world.chain)
        var random = SeededRandom("verdicts")
        let all = try judge.prepare(branch.block, on: point(world))
        guard case .valid(let first) = BallotCheck.verify(all.ballots, random: &random)[0] else {
            throw World.Missing("valid ballot")
        }
        let rest = try judge.prepare(branch.block, on: point(world), verified: [first.id: first])
        #expect(rest.ballots.map(\.id) == [branch.block.entries[1].id])
    }

    @Test func aLeaderLeavesOutWhatDoesNotApplyOrDoesNotFit() throws {
        var world = Stages.open
        let ballots = try self.ballots(&world)
        let wrong = world.issueCount(2, 99)
        let built = try build(world, [wrong, ballots[0], ballots[0], ballots[1]])
        #expect(
            built.refused
                == [wrong, ballots[0]].map { Transaction.id(of: $0.canonicalBytes) })
        #expect(built.branch?.block.entries.count == 2)
        #expect(
            try build(world, ballots, plan: plan(world, count: 1)).branch?.block.entries.count
                == 1)
        let size = ballots[0].canonicalBytes.count
        let small = world.issueCount(2, 2)
        let bounded = try build(
            world, [ballots[0], ballots[1], small],
            plan: plan(world, bytes: size + small.canonicalBytes.count))
        #expect(bounded.branch?.block.transactions == [ballots[0], small].map(\.canonicalBytes))
        var asked = 0
        let short = try build(world, ballots) {
            asked += 1
            return asked < 2
        }
        #expect(short.branch?.block.entries.count == 1)
    }

    @Test func anEmptyBlockIsBuiltOnlyWhereItIsDue() throws {
        let world = Stages.open
        #expect(try build(world, []).branch == nil)
        let built = try build(world, [], plan: plan(world, mayBeEmpty: true))
        #expect(built.branch?.block.entries.isEmpty == true)
    }

    private func problem(_ world: World, _ block: Block) throws -> InvalidBlock? {
        do throws(BlockFailure) {
            let judge = BlockJudge(chain: world.chain)
            let prepared = try judge.prepare(block, on: point(world))
            _ = try judge.execute(prepared, on: point(world), verified: [:])
            return nil
        } catch {
            switch error {
            case .invalid(let hash, let problem):
                #expect(hash == block.header.hash)
                #expect("\(error)" == "block \(hash): \(problem)")
                return problem
            case .fault(let fault): throw fault
            }
        }
    }

    /// The header of a good block with other commitments.
    private func header(
        _ good: BlockHeader, logSize: UInt64? = nil, logRoot: Bytes32? = nil,
        state: Bytes32? = nil, validators: Bytes32? = nil, next: Bytes32? = nil
    ) -> BlockHeader {
        BlockHeader(
            chainID: good.chainID, epoch: good.epoch, height: good.height, view: good.view,
            parentView: good.parentView, parentHash: good.parentHash, time: good.time,
            proposer: good.proposer, transactionCount: good.transactionCount,
            bodyBytes: good.bodyBytes, bodyRoot: good.bodyRoot, logSize: logSize ?? good.logSize,
            logRoot: logRoot ?? good.logRoot,
            stateDigestAfterParent: state ?? good.stateDigestAfterParent,
            validatorsHash: validators ?? good.validatorsHash,
            nextValidatorsHash: next ?? good.nextValidatorsHash)
    }

    @Test func eachCommitmentOfAHeaderIsChecked() throws {
        var world = Stages.open
        let ballots = try self.ballots(&world)
        let block = try #require(try build(world, ballots).branch).block
        let good = block.header
        #expect(try problem(world, block) == nil)
        for (header, expected) in [
            (header(good, state: .zero), InvalidBlock.stateDigest),
            (header(good, logSize: good.logSize + 1), .log),
            (header(good, logRoot: .zero), .log),
            (header(good, validators: .zero), .validators),
            (header(good, next: .zero), .validators),
        ] {
            let wrong = Block(header: header, entries: block.entries)
            #expect(try problem(world, wrong) == expected)
        }
        // Entries that are not the log's.
        let fewer = Block(header: good, entries: [Entry](block.entries.dropLast()))
        #expect(try problem(world, fewer) == .log)
    }

    /// A block that says of itself what its entries make, as a leader would who does not apply them.
    private func forced(_ world: World, _ entries: [Entry]) -> Block {
        let parent = point(world)
        var log = parent.frontier
        for leaf in [parent.entry.id] + entries.map(\.id) { log.append(leaf: leaf) }
        return Block(
            header: plan(world).header(
                entries.map(\.id), entries.reduce(0) { $0 + $1.bytes.count }, log,
                parent.stateDigest, world.chain.genesis.validators), entries: entries)
    }

    @Test func theFirstTransactionThatTheStateRefusesIsNamed() throws {
        var world = Stages.open
        let ballots = try self.ballots(&world)
        let good = Entry(ballots[0].canonicalBytes)
        let count = Entry(world.issueCount(2, 99).canonicalBytes)
        guard
            case .transaction(1, count.id, let refusal)? = try problem(
                world, forced(world, [good, count]))
        else {
            Issue.record("an issue count over the roll is refused")
            return
        }
        #expect(refusal.code == .quota)
        guard
            case .transaction(1, good.id, let twice)? = try problem(
                world, forced(world, [good, good]))
        else {
            Issue.record("a ballot is cast once")
            return
        }
        #expect(twice.code == .duplicate)
    }

    @Test func aBallotThatNoStateAcceptsIsNamedBeforeOthersAreChecked() throws {
        var world = Stages.open
        let ballots = try self.ballots(&world)
        let good = Entry(ballots[0].canonicalBytes)
        guard case .ballot(let ballot) = ballots[1] else { throw World.Missing("ballot") }
        let cut = Entry(
            Transaction.ballot(
                BallotTransaction(
                    wire: [UInt8](ballot.wire.dropLast()), certificate: ballot.certificate)
            ).canonicalBytes)
        let judge = BlockJudge(chain: world.chain)
        let prepared = try judge.prepare(forced(world, [good, cut]), on: point(world))
        guard case .transaction(1, cut.id, let refusal)? = prepared.firstRefusal else {
            Issue.record("a ballot of another length is refused")
            return
        }
        #expect(refusal.code == .length)
        // That an election is unknown is the state's to say, transaction by transaction.
        let before = Stages.dealt
        let unknown = try judge.prepare(forced(before, [good]), on: point(before))
        #expect(unknown.firstRefusal == nil && unknown.ballots.isEmpty)
        guard
            case .transaction(0, good.id, let missing)? = try problem(
                before, forced(before, [good]))
        else {
            Issue.record("a ballot of an unknown election is refused")
            return
        }
        #expect(missing.code == .election)
    }
}
