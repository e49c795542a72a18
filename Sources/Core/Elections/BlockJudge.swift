import BallotCryptography
package import Codec
package import Ledger
package import TransparencyLog

/// The one rule of what a block may hold, for nodes and auditors: state digest, log, validators and
/// every transaction are what its parent and its entries make. What headers say of each other is
/// `HeaderRules`; that the entries are the header's, `Block.bodyMatchesHeader`.
///
/// A block is judged in two steps, so that its ballots can be checked in between, side by side:
/// `prepare`, then `BallotCheck.verify`, then `execute`.
package struct BlockJudge: Sendable {
    private let chain: ChainContext

    package init(chain: ChainContext) { self.chain = chain }

    /// Checks what a header says of its parent's state and of the log, and reads the ballots of the
    /// block that have no verdict yet.
    package func prepare(
        _ block: Block, on parent: ChainPoint, verified: [Bytes32: VerifiedBallot] = [:]
    ) throws(BlockFailure) -> PreparedBlock {
        let header = block.header
        guard header.stateDigestAfterParent == parent.stateDigest else {
            throw .invalid(header.hash, .stateDigest)
        }
        let log = parent.log(after: block.entries)
        guard log.matches(header) else { throw .invalid(header.hash, .log) }
        var prepared = PreparedBlock(block: block, log: log, catalog: parent.catalog)
        let places = block.entries.indices.filter {
            let entry = block.entries[$0]
            return BallotCheck.isBallot(entry.bytes) && verified[entry.id] == nil
        }
        let preparations = try Self.faulting { () throws(StateFault) in
            try BallotCheck(chain: chain).prepare(
                places.map { block.entries[$0] }, state: parent.state,
                catalog: &prepared.catalog)
        }
        for (place, preparation) in zip(places, preparations) {
            switch preparation {
            case .ballot(let ballot): prepared.ballots.append(ballot)
            // An election may get its id in this very block: then `execute` finds it.
            case .refused(let refusal) where refusal.code == .election: continue
            case .refused(let refusal):
                prepared.firstRefusal =
                    prepared.firstRefusal
                    ?? .transaction(index: place, id: block.entries[place].id, refusal)
            }
        }
        return prepared
    }

    /// Executes a block that was prepared on this parent.
    ///
    /// - Parameter verified: verdicts on the block's ballots, by id. A ballot without one is checked
    ///   here, alone: slowly, and with the same result.
    package func execute(
        _ prepared: PreparedBlock, on parent: ChainPoint, verified: [Bytes32: VerifiedBallot]
    ) throws(BlockFailure) -> ExecutedBranch {
        let block = prepared.block
        let header = block.header
        var executor = try Self.faulting { () throws(StateFault) in
            try BlockExecutor(
                chain: chain, parent: parent.state, catalog: prepared.catalog,
                height: header.height, time: header.time, parentHash: header.parentHash)
        }
        guard executor.validators.matches(header) else {
            throw .invalid(header.hash, .validators)
        }
        for (index, entry) in block.entries.enumerated() {
            do throws(ExecutionFailure) {
                try executor.apply(entry, verified: verified[entry.id])
            } catch {
                switch error {
                case .refused(let refusal):
                    throw .invalid(
                        header.hash, .transaction(index: index, id: entry.id, refusal))
                case .fault(let fault): throw .fault(fault)
                }
            }
        }
        return try Self.branch(block, prepared.log, &executor, on: parent)
    }

    /// Makes a block of a plan from candidates in their order: only what applies on the parent's
    /// state.
    ///
    /// - Parameter hasTime: asked before each candidate; once it says no, the block ends.
    package func build(
        _ plan: BlockPlan, on parent: ChainPoint, candidates: [BlockCandidate],
        hasTime: () -> Bool
    ) throws(BlockFailure) -> BuiltBlock {
        var executor = try Self.faulting { () throws(StateFault) in
            try BlockExecutor(
                chain: chain, parent: parent.state, catalog: parent.catalog, height: plan.height,
                time: plan.time, parentHash: plan.parentHash)
        }
        var entries: [Entry] = []
        var size = 0
        var refused: [Bytes32] = []
        for candidate in candidates {
            guard entries.count < plan.maximumTransactions, hasTime() else { break }
            let entry = candidate.entry
            guard size + entry.bytes.count <= plan.maximumBodyBytes else { continue }
            do throws(ExecutionFailure) {
                try executor.apply(entry, verified: candidate.verified)
                entries.append(entry)
                size += entry.bytes.count
            } catch {
                switch error {
                case .refused: refused.append(entry.id)
                case .fault(let fault): throw .fault(fault)
                }
            }
        }
        guard !entries.isEmpty || plan.mayBeEmpty else {
            return BuiltBlock(branch: nil, refused: refused)
        }
        let log = parent.log(after: entries)
        let header = plan.header(
            entries.map(\.id), size, log.frontier, parent.stateDigest, executor.validators.next)
        let block = Block(header: header, entries: entries)
        return BuiltBlock(
            branch: try Self.branch(block, log, &executor, on: parent), refused: refused)
    }

    private static func branch(
        _ block: Block, _ log: LogExtension, _ executor: inout BlockExecutor,
        on parent: ChainPoint
    ) throws(BlockFailure) -> ExecutedBranch {
        let executed = try faulting { () throws(StateFault) in try executor.finish() }
        return ExecutedBranch(
            block: block, executed: executed, frontier: log.frontier, subtrees: log.subtrees,
            firstEntry: parent.entry)
    }

    private static func faulting<Value>(
        _ body: () throws(StateFault) -> Value
    ) throws(BlockFailure) -> Value {
        do throws(StateFault) {
            return try body()
        } catch {
            throw .fault(error)
        }
    }
}

/// A block whose header fits the state and the log of its parent.
package struct PreparedBlock: Sendable {
    package let block: Block
    let log: LogExtension
    fileprivate(set) var catalog: ElectionCatalog
    /// The ballots that have no verdict yet, in order.
    package fileprivate(set) var ballots: [PreparedBallot] = []
    /// The first ballot whose form no state accepts: the block is invalid, and no other ballot of it
    /// is worth a check.
    package fileprivate(set) var firstRefusal: InvalidBlock?

    init(block: Block, log: LogExtension, catalog: ElectionCatalog) {
        self.block = block
        self.log = log
        self.catalog = catalog
    }
}

/// A transaction that may go into a block.
package struct BlockCandidate: Sendable {
    package let entry: Entry
    /// What `BallotCheck` made of it, if it is a ballot.
    package let verified: VerifiedBallot?

    package init(_ entry: Entry, verified: VerifiedBallot?) {
        self.entry = entry
        self.verified = verified
    }
}

/// What a leader made of its mempool.
package struct BuiltBlock: Sendable {
    /// Nil where nothing is to be included and an empty block is not due.
    package let branch: ExecutedBranch?
    /// Transactions that the parent's state refuses.
    package let refused: [Bytes32]
}

/// What a leader has settled of its block before the content is chosen, and how the header is made.
package struct BlockPlan: Sendable {
    package let height: Height
    package let time: Timestamp
    package let parentHash: Bytes32
    package let maximumTransactions: Int
    /// In bytes.
    package let maximumBodyBytes: Int
    package let mayBeEmpty: Bool
    /// Ids, body bytes, log after the block, state digest after the parent, next validators.
    package let header: @Sendable ([Bytes32], Int, Frontier, Bytes32, ValidatorSet) -> BlockHeader

    package init(
        height: Height, time: Timestamp, parentHash: Bytes32, maximumTransactions: Int,
        maximumBodyBytes: Int, mayBeEmpty: Bool,
        header:
            @escaping @Sendable ([Bytes32], Int, Frontier, Bytes32, ValidatorSet) ->
            BlockHeader
    ) {
        self.height = height
        self.time = time
        self.parentHash = parentHash
        self.maximumTransactions = maximumTransactions
        self.maximumBodyBytes = maximumBodyBytes
        self.mayBeEmpty = mayBeEmpty
        self.header = header
    }
}
