import Admission
import BlockSync
import Chain
import Codec
import Consensus
import Cosigning
import Ledger

/// What survives a crash beside the journal: final blocks in atomic batches, waiting transactions, notes.
struct SimulatedStore {
    private(set) var blocks: [Block] = []
    private var finalizations: [Height: Certificate] = [:]
    private(set) var floor: Floor
    /// The state after the floor.
    private(set) var state: SimulatedState
    /// Waiting transactions, by id.
    private(set) var waiting: [Bytes32: Entry] = [:]
    private(set) var cosignedSize: UInt64 = 0
    private(set) var checkpoint: Certified?
    private(set) var signedRound: Round?
    /// The root of the log at each size at which a block ends.
    private(set) var roots: [UInt64: Bytes32]
    /// Every set of validators with the first log size that it certifies.
    private(set) var terms: [(start: UInt64, set: SimulatedSet)]

    init(_ genesis: Genesis, _ set: SimulatedSet) {
        floor = .genesis(genesis)
        state = .genesis(genesis, set)
        roots = [state.logSize: state.digest]
        terms = [(0, set)]
    }

    /// Stores final blocks; nil, or what is wrong with them.
    mutating func commit(_ commit: FloorCommit<SimulatedApplication>) -> String? {
        var records = state.records
        for branch in commit.blocks {
            let header = branch.block.header
            guard header.height.rawValue == UInt64(blocks.count + 1),
                header.parentHash == blocks.last?.header.hash ?? state.hash
            else { return "a block that does not follow the floor" }
            guard records.included.isDisjoint(with: branch.transactionIDs) else {
                return "a transaction that is final already"
            }
            records.apply(branch.execution.changes)
            blocks.append(branch.block)
            roots[header.logSize] = header.logRoot
            let set = records.membership.current
            if set.hash != terms.last?.set.hash { terms.append((header.logSize + 1, set)) }
        }
        let tip = commit.tip.header
        floor = Floor(commit.tip)
        state = SimulatedState(
            height: tip.height, hash: tip.hash, time: tip.time, logSize: tip.logSize,
            digest: tip.logRoot, records: records)
        finalizations[tip.height] = commit.tip.finalization
        for id in commit.settled { waiting[id] = nil }
        if let size = commit.cosignedSize { cosignedSize = size }
        if let round = commit.signedRound { signedRound = round }
        return nil
    }

    mutating func keep(_ entries: [Entry]) {
        for entry in entries { waiting[entry.id] = entry }
    }

    mutating func forget(_ ids: [Bytes32]) {
        for id in ids { waiting[id] = nil }
    }

    mutating func put(_ note: StoreNote) {
        switch note {
        case .cosignedSize(let size): cosignedSize = size
        case .checkpoint(let certified): checkpoint = certified
        case .fork: break
        }
    }

    /// Whether a restart would know the transaction: it waits, or is final.
    func holds(_ id: Bytes32) -> Bool {
        waiting[id] != nil || state.records.included.contains(id)
    }
}

extension SimulatedStore: BlockSource {
    func newest() throws -> FinalizedHeader? { floor.finalized }

    func block(at height: Height) throws -> Block? {
        guard height > .genesis, height.rawValue <= UInt64(blocks.count) else { return nil }
        return blocks[Int(height.rawValue) - 1]
    }

    func header(at height: Height) throws -> BlockHeader? { try block(at: height)?.header }

    func finalization(at height: Height) throws -> Certificate? { finalizations[height] }

    func finalization(from height: Height) throws -> FinalizedHeader? {
        guard let found = finalizations.keys.filter({ $0 >= height }).min(),
            let header = try header(at: found), let finalization = finalizations[found]
        else { return nil }
        return FinalizedHeader(header: header, finalization: finalization)
    }
}
