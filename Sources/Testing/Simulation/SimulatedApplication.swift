import Codec
import Consensus
import Ledger
import TransparencyLog

/// The state after a block: what its child's header commits to.
struct SimulatedState {
    let height: Height
    /// Entries of the log after the block.
    let logSize: UInt64
    /// Stands for the log's root and the state's.
    let digest: Bytes32
    let parent: Bytes32
    let transactionIDs: [Bytes32]
    /// Who validates the next height.
    let membership: SimulatedMembership

    static func genesis(_ genesis: Genesis, _ set: SimulatedSet) -> SimulatedState {
        SimulatedState(
            height: .genesis, logSize: 1, digest: genesis.chainID,
            parent: .zero, transactionIDs: [],
            membership: SimulatedMembership(current: set))
    }

    /// Log and state digest after a child with these transactions.
    func child(transactionIDs: [Bytes32], bodyRoot: Bytes32) -> SimulatedCommitment {
        SimulatedCommitment(
            logSize: logSize + 1 + UInt64(transactionIDs.count),
            digest: LogHash.node(digest, bodyRoot))
    }
}

/// What a block's application commits to. One digest stands for log and state.
struct SimulatedCommitment {
    let logSize: UInt64
    let digest: Bytes32
}

/// What survives a crash beside the journal: final blocks in atomic batches, admitted transactions.
struct SimulatedStore {
    var blocks: [Block] = []
    var finalizations: [Height: Certificate] = [:]
    var floor: Floor
    var floorState: SimulatedState
    var finalIDs: Set<Bytes32> = []
    var mempool: [PendingTransaction] = []
}

struct PendingTransaction {
    let id: Bytes32
    let bytes: [UInt8]
    var arrival = Instant(microseconds: 0)
    /// Whether a client gave it to this node, which then has to see that it gets in.
    var isOwn = false

    init(_ bytes: [UInt8]) {
        id = LogHash.leaf(bytes)
        self.bytes = bytes
    }
}

/// An application that judges blocks as the real one does: transactions once, none that is marked
/// as invalid, log and digest as computed here.
struct SimulatedApplication {
    /// The first byte of a transaction that no honest validator accepts.
    static let invalidMark: UInt8 = 0xFF
    /// The first byte of an order that changes the validators: serial, members.
    static let changeMark: UInt8 = 3
    /// The first byte of a new validator's word that it is ready: serial, validator.
    static let readyMark: UInt8 = 4

    let parameters: Parameters
    /// How many validators there are, in the set or not.
    let candidates: Int
    var store: SimulatedStore
    /// States above the floor by block hash, and the floor's.
    private var states: [Bytes32: SimulatedState] = [:]

    init(store: SimulatedStore, parameters: Parameters, candidates: Int) {
        self.store = store
        self.parameters = parameters
        self.candidates = candidates
        states[store.floor.hash] = store.floorState
    }

    func state(after hash: Bytes32) -> SimulatedState? { states[hash] }

    /// The arrival of the oldest transaction that is in no final block.
    var pendingSince: Instant? {
        // They are kept in the order of arrival.
        store.mempool.first?.arrival
    }

    mutating func admit(_ transaction: PendingTransaction) -> Bool {
        guard transaction.bytes.first != Self.invalidMark,
            !store.finalIDs.contains(transaction.id),
            !store.mempool.contains(where: { $0.id == transaction.id }),
            isPossible(transaction)
        else { return false }
        store.mempool.append(transaction)
        return true
    }

    /// Whether a transaction may still follow the floor.
    private func isPossible(_ transaction: PendingTransaction) -> Bool {
        var membership = store.floorState.membership
        return membership.apply(transaction.bytes, of: candidates)
    }

    func locate(_ ids: [Bytes32]) -> [Entry?] {
        ids.map { id in
            store.mempool.first { $0.id == id }.map { Entry(id: $0.id, bytes: $0.bytes) }
        }
    }

    /// A block for the template with what waits; nil where nothing does and it may not be empty.
    mutating func build(_ template: BlockTemplate) -> Block? {
        guard let parent = states[template.parentHash] else { return nil }
        let taken = idsAboveFloor(of: template.parentHash)
        var membership = membership(after: parent)
        let chosen = store.mempool
            .filter {
                !taken.contains($0.id) && membership.apply($0.bytes, of: candidates)
            }
            .prefix(template.maximumTransactions)
        if chosen.isEmpty, !template.mayBeEmpty { return nil }
        return make(template, transactions: chosen.map(\.bytes))
    }

    /// A block with exactly these transactions, valid or not.
    mutating func make(_ template: BlockTemplate, transactions: [[UInt8]]) -> Block? {
        guard let parent = states[template.parentHash] else { return nil }
        let entries = transactions.map { Entry($0) }
        let ids = entries.map(\.id)
        let after = parent.child(
            transactionIDs: ids, bodyRoot: Block.bodyRoot(ids: ids))
        var membership = membership(after: parent)
        for transaction in transactions { _ = membership.apply(transaction, of: candidates) }
        let header = template.header(
            transactionIDs: ids, bodyBytes: transactions.reduce(0) { $0 + $1.count },
            logSize: after.logSize, logRoot: after.digest, stateDigestAfterParent: parent.digest,
            nextValidatorsHash: nextSet(after: parent).hash)
        let block = Block(header: header, entries: entries)
        remember(block, header.hash, after, ids: ids, membership)
        return block
    }

    /// Why a block may not follow its parent; nil for a valid one.
    mutating func fault(of block: Block, _ hash: Bytes32) -> String? {
        let header = block.header
        if states[hash] != nil { return nil }
        guard let parent = states[header.parentHash] else { return "unknown parent" }
        let ids = block.transactionIDs
        let taken = idsAboveFloor(of: header.parentHash)
        var own: Set<Bytes32> = []
        var membership = membership(after: parent)
        for entry in block.entries {
            let id = entry.id
            if entry.bytes.first == Self.invalidMark { return "invalid transaction" }
            if taken.contains(id) || store.finalIDs.contains(id) || !own.insert(id).inserted {
                return "transaction twice"
            }
            if !membership.apply(entry.bytes, of: candidates) { return "a change out of turn" }
        }
        let after = parent.child(transactionIDs: ids, bodyRoot: header.bodyRoot)
        guard header.logSize == after.logSize, header.logRoot == after.digest else { return "log" }
        guard header.stateDigestAfterParent == parent.digest else { return "state digest" }
        guard header.validatorsHash == parent.membership.current.hash,
            header.nextValidatorsHash == nextSet(after: parent).hash
        else { return "validators" }
        remember(block, hash, after, ids: ids, membership)
        return nil
    }

    /// Executes and stores a final chain; the reason where a block does not fit.
    mutating func commit(_ chain: FinalizedChain) -> String? {
        for block in chain.blocks {
            let hash = block.header.hash
            guard
                block.header.parentHash == store.floor.hash
                    || block.header.height != chain.blocks.first?.header.height
            else {
                return "not a child of the floor"
            }
            if let fault = fault(of: block, hash) { return fault }
            guard let state = states[hash],
                !state.transactionIDs.contains(where: store.finalIDs.contains)
            else { return "transaction final twice" }
            store.blocks.append(block)
            store.finalIDs.formUnion(state.transactionIDs)
            store.floorState = state
        }
        store.floor = Floor(chain.tip)
        store.finalizations[chain.tip.header.height] = chain.tip.finalization
        let final = store.finalIDs
        store.mempool.removeAll { final.contains($0.id) }
        let membership = store.floorState.membership
        store.mempool.removeAll { transaction in
            var after = membership
            return !after.apply(transaction.bytes, of: candidates)
        }
        let height = store.floor.height
        let floorHash = store.floor.hash
        states = states.filter { $0.key == floorHash || $0.value.height > height }
        return nil
    }

    private mutating func remember(
        _ block: Block, _ hash: Bytes32, _ after: SimulatedCommitment, ids: [Bytes32],
        _ membership: SimulatedMembership
    ) {
        states[hash] = SimulatedState(
            height: block.header.height, logSize: after.logSize, digest: after.digest,
            parent: block.header.parentHash,
            transactionIDs: ids, membership: membership)
    }

    /// The state that a child's transactions find: at the end of an epoch with the new set.
    private func membership(after parent: SimulatedState) -> SimulatedMembership {
        var membership = parent.membership
        if isBoundary(parent.height.next) { membership.switchSet() }
        return membership
    }

    /// Who validates the height after the child of a block.
    private func nextSet(after parent: SimulatedState) -> SimulatedSet {
        isBoundary(parent.height.next) ? parent.membership.next : parent.membership.current
    }

    func isBoundary(_ height: Height) -> Bool {
        parameters.lastHeight(of: parameters.epoch(of: height)) == height
    }

    private func idsAboveFloor(of hash: Bytes32) -> Set<Bytes32> {
        var ids: Set<Bytes32> = []
        var next = hash
        while next != store.floor.hash, let state = states[next] {
            ids.formUnion(state.transactionIDs)
            next = state.parent
        }
        return ids
    }
}
