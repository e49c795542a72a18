import Codec
import Cryptography
package import Elections
package import Ledger
package import Storage
import TransparencyLog

/// Opens the chain in a store, and proves that it agrees with itself.
package struct OpenedChain: Sendable {
    package let parameters: Parameters
    package let floor: Floor
    package let point: ChainPoint
    package let snapshot: StoreSnapshot
    /// The validators of the next height.
    package let validators: ValidatorSet
    /// Every set from genesis on with the first log size that it certifies.
    package let terms: [(start: UInt64, validators: ValidatorSet)]
    /// The finalization that ended the epoch before the next height's, where it is stored.
    package let boundary: FinalizedHeader?

    /// Makes the chain's beginning in a fresh store, else checks the newest block's hash and
    /// finalization, the log's root and the state's digest.
    package init(_ store: NodeStore, chain: ChainContext) throws {
        if try store.floor() == nil { try Self.begin(store, chain: chain) }
        try self.init(reading: store, chain: chain)
    }

    /// The same for a store that is only looked at.
    package init(reading store: NodeStore, chain: ChainContext) throws {
        let snapshot = store.snapshot()
        guard let record = try snapshot.floor() else {
            throw InconsistentChain("The data directory holds no block yet.")
        }
        let state = StoredState(store: snapshot)
        let digest = try StateDigest.of(state)
        let noted = try snapshot.note(NoteName.stateDigest)
        guard noted == digest.bytes else {
            throw Self.mismatch("the state's digest is \(digest), not what was stored with it")
        }
        let tree = StoredTree(store: snapshot)
        let frontier = try Frontier(size: record.logSize, from: tree)
        guard frontier.canonicalBytes == record.frontier else {
            throw Self.mismatch("the log's subtrees do not make the root that was stored")
        }
        let head = try ElectionQueries(state).head()
        guard head.height == record.height else {
            throw Self.mismatch(
                "the state is of block \(head.height.rawValue), the chain of "
                    + "\(record.height.rawValue)")
        }
        let floor: Floor
        let entry: [UInt8]
        if record.height == .genesis {
            floor = .genesis(chain.genesis)
            entry = chain.genesis.canonicalBytes
        } else {
            let blocks = StoredChain(store: snapshot)
            guard let finalized = try blocks.newest(),
                finalized.header.height == record.height, finalized.header.hash == record.hash
            else { throw Self.mismatch("the newest block is not the one that was finalized") }
            do {
                try finalized.verify(
                    in: chain.domain,
                    validators: try ElectionQueries(state).validators(
                        of: finalized.header.epoch, chain.genesis),
                    parameters: chain.genesis.parameters, verifier: Ed25519Verifier())
            } catch {
                throw Self.mismatch("the newest block's finalization is not valid (\(error))")
            }
            guard finalized.header.logSize == frontier.size,
                finalized.header.logRoot == frontier.root
            else { throw Self.mismatch("the log's root is not the newest block's") }
            floor = Floor(finalized)
            entry = finalized.header.canonicalBytes
        }
        parameters = chain.genesis.parameters
        self.floor = floor
        self.snapshot = snapshot
        let queries = ElectionQueries(state)
        validators = try queries.succession(chain.genesis).current
        (terms, boundary) = try Self.epochs(of: snapshot, queries, chain, floor.height)
        point = ChainPoint(
            height: floor.height, hash: floor.hash, time: floor.time, frontier: frontier,
            stateDigest: digest, entry: Entry(entry), catalog: ElectionCatalog(), state: state)
    }

    /// What went before in terms of epochs: who certified which sizes, and how the last one ended.
    private static func epochs(
        of snapshot: StoreSnapshot, _ queries: ElectionQueries, _ chain: ChainContext,
        _ floor: Height
    ) throws -> ([(start: UInt64, validators: ValidatorSet)], FinalizedHeader?) {
        let blocks = StoredChain(store: snapshot)
        let genesis = chain.genesis
        var terms: [(start: UInt64, validators: ValidatorSet)] = [(0, genesis.validators)]
        var number: UInt32 = 1
        while let change = try queries.validatorChange(number: number, genesis) {
            number += 1
            guard let effective = change.effective, effective.rawValue > 0 else { continue }
            let last = genesis.parameters.lastHeight(of: Epoch(effective.rawValue - 1))
            guard last <= floor, let header = try blocks.header(at: last) else { continue }
            terms.append((header.logSize + 1, change.validators))
        }
        let epoch = genesis.parameters.epoch(of: floor.next)
        guard epoch.rawValue > 0 else { return (terms, nil) }
        let last = genesis.parameters.lastHeight(of: Epoch(epoch.rawValue - 1))
        guard let header = try blocks.header(at: last),
            let finalization = try blocks.finalization(at: last)
        else { return (terms, nil) }
        return (terms, FinalizedHeader(header: header, finalization: finalization))
    }

    private static func begin(_ store: NodeStore, chain: ChainContext) throws {
        let executed = GenesisState.execute(chain)
        var batch = FloorBatch(
            floor: FloorRecord(
                height: .genesis, hash: chain.chainID, logSize: 0,
                frontier: Frontier().canonicalBytes))
        batch.put(executed.changes)
        batch.putNote(NoteName.stateDigest, executed.stateDigest.bytes)
        try store.commit(batch)
    }

    private static func mismatch(_ problem: String) -> InconsistentChain {
        InconsistentChain(
            "The stored chain does not agree with itself: \(problem). Keep the data directory for "
                + "examination and check the disk. An observer may start again with an empty data "
                + "directory and fetches the chain anew; so may a validator, but its vote journal "
                + "must be kept beside the new database, or it only follows.")
    }
}

/// What is stored does not agree with itself, for the operator.
package struct InconsistentChain: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

extension FloorBatch {
    /// Adds what a block changes in the state.
    package mutating func put(_ changes: StateChanges) {
        for change in changes.sorted {
            if let value = change.value {
                putState(value, forKey: change.key.bytes)
            } else {
                deleteState(forKey: change.key.bytes)
            }
        }
    }
}
