import Chain
import ChainStore
import Codec
import Consensus
import Cryptography
import Elections
import Ledger
import TransparencyLog

/// A block with what it does to state and log.
struct ExecutedBranch: Sendable {
    let block: Block
    let hash: Bytes32
    let transactionIDs: [Bytes32]
    let executed: ExecutedBlock
    /// The log after the block, and the subtrees that the block completes.
    let frontier: Frontier
    let subtrees: [SubtreeHash]
    /// The block's first entry: the parent's header, or genesis.
    let firstEntry: [UInt8]

    /// The point after this block, over the state of its parent.
    func point(over parent: any StateReader) -> ChainPoint {
        ChainPoint(
            height: block.header.height, hash: hash, time: block.header.time, frontier: frontier,
            stateDigest: executed.stateDigest, entry: block.header.canonicalBytes,
            catalog: executed.catalog, state: LayeredState(executed.changes, over: parent))
    }
}

/// Why a block was not executed.
enum BlockFailure: Error {
    /// The block breaks a rule, for sure.
    case invalid(Bytes32, String)
    /// The state cannot be read.
    case fault(StateFault)
}

extension BlockFailure: CustomStringConvertible {
    var description: String {
        switch self {
        case .invalid(let hash, let problem): "block \(hash): \(problem)"
        case .fault(let fault): fault.description
        }
    }
}

/// What a leader made of its mempool.
struct BuiltBlock: Sendable {
    /// Nil where nothing is to be included and an empty block is not due.
    let branch: ExecutedBranch?
    /// Transactions that the parent's state refuses.
    let refused: [Bytes32]
}

/// Executes blocks as pure functions of their parent, on tasks of their own: heavy work belongs
/// neither on the driver nor on event loops.
struct BlockExecution: Sendable {
    let chain: ChainContext
    private let random = SystemRandom()

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
        let header = block.header
        let hash = header.hash
        guard header.stateDigestAfterParent == parent.stateDigest else {
            throw BlockFailure.invalid(hash, "the state digest after the parent differs")
        }
        let ids = block.transactionIDs
        let (frontier, subtrees) = Self.extend(parent, by: ids)
        guard header.logSize == frontier.size, header.logRoot == frontier.root else {
            throw BlockFailure.invalid(hash, "log size or root after the block differ")
        }
        let unchecked = block.entries.filter {
            BallotCheck.isBallot($0.bytes) && verified[$0.id] == nil
        }
        let proofs = try await verify(
            unchecked.map { (id: $0.id, bytes: $0.bytes) }, stopsAtRefusal: true,
            state: parent.state,
            catalog: parent.catalog)
        var known = verified
        for (id, verdict) in proofs {
            switch verdict {
            case .valid(let ballot): known[id] = ballot
            case .refused(let refusal):
                throw BlockFailure.invalid(hash, "transaction \(id): \(refusal)")
            }
        }
        var executor = try BlockExecutor(
            chain: chain, parent: parent.state, catalog: parent.catalog, height: header.height,
            time: header.time, parentHash: header.parentHash)
        guard executor.validators.matches(header) else {
            throw BlockFailure.invalid(hash, "the validators are not those of the state")
        }
        for entry in block.entries {
            do throws(ExecutionFailure) {
                try executor.apply(entry.bytes, id: entry.id, verified: known[entry.id])
            } catch {
                switch error {
                case .refused(let refusal):
                    throw BlockFailure.invalid(hash, "transaction \(entry.id): \(refusal)")
                case .fault(let fault): throw BlockFailure.fault(fault)
                }
            }
        }
        return ExecutedBranch(
            block: block, hash: hash, transactionIDs: ids, executed: try executor.finish(),
            frontier: frontier, subtrees: subtrees, firstEntry: parent.entry)
    }

    /// Checks ballots in batches side by side.
    ///
    /// - Parameter stopsAtRefusal: begins no further batch once a ballot is refused: a block with one
    ///   bad ballot is invalid, and a leader that fills one with bad ballots costs the others a few batches.
    @concurrent
    func verify(
        _ ballots: [(id: Bytes32, bytes: [UInt8])], order: BallotCheck.Order = .asInBlock,
        batchSize: Int = NodeLimits.proofBatch, stopsAtRefusal: Bool = false,
        state: any StateReader, catalog: ElectionCatalog
    ) async throws -> [Bytes32: BallotVerdict] {
        guard !ballots.isEmpty else { return [:] }
        let check = BallotCheck(chain: chain)
        var batches = stride(from: 0, to: ballots.count, by: batchSize).map {
            Array(ballots[$0..<min($0 + batchSize, ballots.count)])
        }[...]
        return try await withThrowingTaskGroup(of: [(Bytes32, BallotVerdict)].self) { group in
            func startNext() {
                guard let batch = batches.popFirst() else { return }
                group.addTask {
                    var catalog = catalog
                    var random = SystemRandom()
                    let verdicts = try check.verify(
                        batch, order: order, state: state, catalog: &catalog, random: &random)
                    return zip(batch, verdicts).map { ($0.id, $1) }
                }
            }
            for _ in 0..<NodeLimits.proofTasks { startNext() }
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

    /// Makes the block of a template from candidates in their order: only what applies on the
    /// parent's state.
    @concurrent
    func build(
        _ template: BlockPlan, on parent: ChainPoint,
        candidates: [PreparedTransaction<VerifiedBallot>]
    ) async throws -> BuiltBlock {
        let start = ContinuousClock.now
        let budget = Duration.milliseconds(NodeLimits.buildMilliseconds)
        var executor = try BlockExecutor(
            chain: chain, parent: parent.state, catalog: parent.catalog, height: template.height,
            time: template.time, parentHash: template.parentHash)
        var entries: [Entry] = []
        var size = 0
        var refused: [Bytes32] = []
        for candidate in candidates {
            guard entries.count < template.maximumTransactions, start.duration(to: .now) < budget
            else { break }
            guard size + candidate.entry.bytes.count <= template.maximumBodyBytes else { continue }
            do throws(ExecutionFailure) {
                try executor.apply(
                    candidate.entry.bytes, id: candidate.entry.id, verified: candidate.prepared)
                entries.append(candidate.entry)
                size += candidate.entry.bytes.count
            } catch {
                switch error {
                case .refused: refused.append(candidate.entry.id)
                case .fault(let fault): throw BlockFailure.fault(fault)
                }
            }
        }
        guard !entries.isEmpty || template.mayBeEmpty else {
            return BuiltBlock(branch: nil, refused: refused)
        }
        let ids = entries.map(\.id)
        let (frontier, subtrees) = Self.extend(parent, by: ids)
        let header = template.header(
            ids, size, frontier, parent.stateDigest, executor.validators.next)
        let branch = ExecutedBranch(
            block: Block(header: header, entries: entries), hash: header.hash,
            transactionIDs: ids, executed: try executor.finish(), frontier: frontier,
            subtrees: subtrees, firstEntry: parent.entry)
        return BuiltBlock(branch: branch, refused: refused)
    }

    /// The log after a block with these transactions.
    private static func extend(
        _ parent: ChainPoint, by ids: [Bytes32]
    ) -> (Frontier, [SubtreeHash]) {
        var frontier = parent.frontier
        var subtrees: [SubtreeHash] = []
        frontier.append(leaf: LogHash.leaf(parent.entry), into: &subtrees)
        for id in ids { frontier.append(leaf: id, into: &subtrees) }
        return (frontier, subtrees)
    }
}

/// What a leader needs of a template, and how the header is made.
struct BlockPlan: Sendable {
    let height: Height
    let time: Timestamp
    let parentHash: Bytes32
    let maximumTransactions: Int
    let maximumBodyBytes: Int
    let mayBeEmpty: Bool
    /// Ids, body bytes, log after the block, state digest after the parent, next validators.
    let header: @Sendable ([Bytes32], Int, Frontier, Bytes32, ValidatorSet) -> BlockHeader
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
