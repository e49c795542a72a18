package import Codec
package import Ledger
package import TransparencyLog

/// A point of the chain that blocks can be put on: genesis, a final block, or an executed block above
/// the final ones.
package struct ChainPoint: Sendable {
    package let height: Height
    package let hash: Bytes32
    package let time: Timestamp
    /// The log after the block.
    package let frontier: Frontier
    /// The digest of the state after the block.
    package let stateDigest: Bytes32
    /// The log entry that the next block begins with: the header's bytes, or genesis'.
    package let entry: Entry
    package let catalog: ElectionCatalog
    /// The state after the block.
    package let state: any StateReader

    package init(
        height: Height, hash: Bytes32, time: Timestamp, frontier: Frontier, stateDigest: Bytes32,
        entry: Entry, catalog: ElectionCatalog, state: any StateReader
    ) {
        self.height = height
        self.hash = hash
        self.time = time
        self.frontier = frontier
        self.stateDigest = stateDigest
        self.entry = entry
        self.catalog = catalog
        self.state = state
    }

    /// The earliest time of the next block.
    package var earliestNext: Timestamp { time.adding(milliseconds: 1) }

    /// The log after a block with these transactions.
    func log(after entries: [Entry]) -> LogExtension {
        var frontier = frontier
        var subtrees: [SubtreeHash] = []
        frontier.append(leaf: entry.id, into: &subtrees)
        for entry in entries { frontier.append(leaf: entry.id, into: &subtrees) }
        return LogExtension(frontier: frontier, subtrees: subtrees)
    }
}

/// What a block adds to the log.
struct LogExtension: Sendable {
    /// The log after the block.
    let frontier: Frontier
    /// The subtrees that the block completes.
    let subtrees: [SubtreeHash]

    /// Whether a header names this log.
    func matches(_ header: BlockHeader) -> Bool {
        header.logSize == frontier.size && header.logRoot == frontier.root
    }
}

/// A block with what it does to state and log.
package struct ExecutedBranch: Sendable {
    package let block: Block
    package let executed: ExecutedBlock
    /// The log after the block.
    package let frontier: Frontier
    /// The subtrees of the log that the block completes.
    package let subtrees: [SubtreeHash]
    /// The block's first entry: the parent's header, or genesis.
    package let firstEntry: Entry

    package var hash: Bytes32 { block.header.hash }

    /// The point after this block, over the state of its parent.
    package func point(over parent: any StateReader) -> ChainPoint {
        point(LayeredState(executed.changes, over: parent))
    }

    /// The point after this block, of which `state` is the state.
    package func point(_ state: any StateReader) -> ChainPoint {
        ChainPoint(
            height: block.header.height, hash: hash, time: block.header.time, frontier: frontier,
            stateDigest: executed.stateDigest, entry: Entry(block.header.canonicalBytes),
            catalog: executed.catalog, state: state)
    }
}

/// Why a block was not executed.
package enum BlockFailure: Error, Hashable, Sendable {
    /// The block with this hash breaks a rule, for sure.
    case invalid(Bytes32, InvalidBlock)
    /// The state cannot be read.
    case fault(StateFault)
}

/// The rule that a block's content breaks.
package enum InvalidBlock: Hashable, Sendable {
    /// The state digest in its header is not that of its parent's state.
    case stateDigest
    /// Log size or root in its header are not those of the log after it.
    case log
    /// Its header names other validators than the state.
    case validators
    /// The state refuses the transaction at this place.
    case transaction(index: Int, id: Bytes32, Refusal)
}

extension BlockFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalid(let hash, let problem): "block \(hash): \(problem)"
        case .fault(let fault): fault.description
        }
    }
}

extension InvalidBlock: CustomStringConvertible {
    package var description: String {
        switch self {
        case .stateDigest: "the state digest after the parent differs"
        case .log: "log size or root after the block differ"
        case .validators: "the validators are not those of the state"
        case .transaction(_, let id, let refusal): "transaction \(id): \(refusal)"
        }
    }
}
