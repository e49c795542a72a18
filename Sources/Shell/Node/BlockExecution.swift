import Chain
import Codec
import Consensus
import Cryptography
import Elections
import Foundation
import Ledger
import TransparencyLog

/// Executes blocks as pure functions of their parent, on tasks of their own: heavy work belongs
/// neither on the driver nor on event loops.
struct BlockExecution: Sendable {
    let chain: ChainContext
    /// Tasks side by side: more than cores would only make sums smaller.
    private let taskCount = min(
        NodeLimits.proofTasks, max(1, ProcessInfo.processInfo.activeProcessorCount))

    init(chain: ChainContext) { self.chain = chain }

    /// Executes consecutive blocks on a point. Every proof of theirs that `verified` does not have is
    /// checked here.
    @concurrent
    func execute(
        _ blocks: [Block], on parent: ChainPoint, verified: [Bytes32: VerifiedBallot]
    ) async throws -> [ExecutedBranch] {
        var point = parent
        var branches: [ExecutedBranch] = []
        for block in blocks {
            let branch = try await execute(block, on: point, verified: verified)
            branches.append(branch)
            point = branch.point(over: point.state)
        }
        return branches
    }

    private func execute(
        _ block: Block, on parent: ChainPoint, verified: [Bytes32: VerifiedBallot]
    ) async throws -> ExecutedBranch {
        let judge = BlockJudge(chain: chain)
        let hash = block.header.hash
        let prepared = try judge.prepare(block, on: parent, verified: verified)
        if let refusal = prepared.firstRefusal { throw BlockFailure.invalid(hash, refusal) }
        var known = verified
        let verdicts = try await verify(prepared.ballots, stopsAtRefusal: true)
        for (index, entry) in block.entries.enumerated() {
            switch verdicts[entry.id] {
            case nil: continue
            case .valid(let ballot)?: known[entry.id] = ballot
            case .refused(let refusal)?:
                throw BlockFailure.invalid(
                    hash, .transaction(index: index, id: entry.id, refusal))
            }
        }
        return try judge.execute(prepared, on: parent, verified: known)
    }

    /// Checks ballots in batches side by side: all that there are, shared out over the cores, since
    /// a ballot costs the less the more are in one sum.
    ///
    /// - Parameters:
    ///   - areAlone: checks each by itself, so that none fails with another's.
    ///   - stopsAtRefusal: begins no further batch once a ballot is refused: a block with one bad
    ///     ballot is invalid, and a leader that fills one with bad ballots costs the others a few batches.
    @concurrent
    func verify(
        _ ballots: [PreparedBallot], order: BallotCheck.Order = .asInBlock,
        areAlone: Bool = false, stopsAtRefusal: Bool = false
    ) async throws -> [Bytes32: BallotVerdict] {
        guard !ballots.isEmpty else { return [:] }
        let share = (ballots.count + taskCount - 1) / taskCount
        let batchSize =
            areAlone ? 1 : max(NodeLimits.smallProofBatch, min(NodeLimits.proofBatch, share))
        var batches = stride(from: 0, to: ballots.count, by: batchSize).map {
            Array(ballots[$0..<min($0 + batchSize, ballots.count)])
        }[...]
        return try await withThrowingTaskGroup(of: [(Bytes32, BallotVerdict)].self) { group in
            func startNext() {
                guard let batch = batches.popFirst() else { return }
                group.addTask {
                    var random = SystemRandom()
                    let verdicts = BallotCheck.verify(batch, order: order, random: &random)
                    return zip(batch, verdicts).map { ($0.id, $1) }
                }
            }
            for _ in 0..<taskCount { startNext() }
            var all: [Bytes32: BallotVerdict] = [:]
            var hasRefused = false
            for try await verdicts in group {
                for (id, verdict) in verdicts {
                    all[id] = verdict
                    if case .refused = verdict { hasRefused = true }
                }
                if !(stopsAtRefusal && hasRefused) { startNext() }
            }
            return all
        }
    }

    /// Makes the block of a plan from candidates in their order, within a bound of time.
    @concurrent
    func build(
        _ plan: BlockPlan, on parent: ChainPoint,
        candidates: [PreparedTransaction<VerifiedBallot>]
    ) async throws -> BuiltBlock {
        let start = ContinuousClock.now
        let budget = Duration.milliseconds(NodeLimits.buildMilliseconds)
        return try BlockJudge(chain: chain).build(
            plan, on: parent,
            candidates: candidates.map {
                BlockCandidate($0.entry, verified: $0.prepared)
            }, hasTime: { start.duration(to: .now) < budget })
    }
}

extension BlockPlan {
    init(_ template: BlockTemplate) {
        self.init(
            height: template.height, time: template.time, parentHash: template.parentHash,
            maximumTransactions: template.maximumTransactions,
            maximumBodyBytes: template.maximumBodyBytes, mayBeEmpty: template.mayBeEmpty,
            header: { ids, size, frontier, digest, nextValidators in
                template.header(
                    transactionIDs: ids, bodyBytes: size, logSize: frontier.size,
                    logRoot: frontier.root, stateDigestAfterParent: digest,
                    nextValidatorsHash: nextValidators.hash)
            })
    }
}
