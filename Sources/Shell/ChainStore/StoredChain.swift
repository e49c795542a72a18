// ChainStore: the chain as it lies on a node's disk, in types: blocks, certificates, state and log read from
// the database, the vote journal, and the check that all of it agrees. It knows neither peers nor clients,
// and decides nothing.

import BlockSync
package import Codec
package import Elections
package import Ledger
package import Storage
import TransparencyLog

/// The replicated state as a store holds it.
package struct StoredState<Reading: StoreReading>: StateReader {
    let store: Reading

    package init(store: Reading) { self.store = store }

    package func value(for key: StateKey) throws(StateFault) -> [UInt8]? {
        do {
            return try store.state(key.bytes)
        } catch {
            throw StateFault("\(error)")
        }
    }
}

/// The log's subtrees as a store holds them.
package struct StoredTree<Reading: StoreReading>: TreeHashes {
    let store: Reading

    package init(store: Reading) { self.store = store }

    package func hash(height: UInt8, index: UInt64) throws(StorageError) -> Bytes32 {
        guard let hash = try store.logHash(height: height, index: index) else {
            throw .corrupt(
                path: "ledger",
                detail: "the log hash at height \(height), index \(index) is missing")
        }
        return hash
    }
}

/// Blocks and their certificates as a store holds them.
package struct StoredChain<Reading: StoreReading>: BlockSource {
    let store: Reading

    package init(store: Reading) { self.store = store }

    /// The height of the floor; 0 in a fresh store.
    package func floorHeight() throws(StorageError) -> Height {
        try store.floor()?.height ?? .genesis
    }

    package func header(at height: Height) throws(StorageError) -> BlockHeader? {
        guard let bytes = try store.header(at: height) else { return nil }
        do {
            return try BlockHeader(canonicalBytes: bytes)
        } catch {
            throw .corrupt(
                path: "ledger", detail: "the header at \(height.rawValue) cannot be read")
        }
    }

    package func finalization(at height: Height) throws(StorageError) -> Certificate? {
        try store.finalization(at: height).map { (bytes) throws(StorageError) in
            try certificate(bytes, at: height)
        }
    }

    /// The stored finalization nearest at or above a height.
    package func finalization(from height: Height) throws(StorageError) -> FinalizedHeader? {
        guard let found = try store.firstFinalization(from: height) else { return nil }
        return try finalized(found.height, found.certificate)
    }

    package func newest() throws(StorageError) -> FinalizedHeader? {
        let floor = try floorHeight()
        guard floor > .genesis, let found = try store.lastFinalization(upTo: floor) else {
            return nil
        }
        return try finalized(found.height, found.certificate)
    }

    package func block(at height: Height) throws(StorageError) -> Block? {
        guard height > .genesis, let header = try header(at: height) else { return nil }
        return Block(header: header, transactions: try transactions(of: header))
    }

    /// The entries of a block without its parent's header.
    package func transactions(of header: BlockHeader) throws(StorageError) -> [[UInt8]] {
        let count = Int(header.transactionCount)
        guard count > 0 else { return [] }
        var entries: [[UInt8]] = []
        var index = header.logSize - UInt64(count)
        while entries.count < count {
            let more = try store.entries(
                from: index, limit: count - entries.count, byteLimit: Limits.bodyBytes)
            guard !more.isEmpty else {
                throw .corrupt(path: "ledger", detail: "the log entry \(index) is missing")
            }
            entries += more
            index += UInt64(more.count)
        }
        return entries
    }

    /// The height of the final block whose transactions include the log entry `index`.
    package func height(ofEntry index: UInt64) throws(StorageError) -> Height? {
        var low: UInt64 = 1
        var high = try floorHeight().rawValue
        while low < high {
            let middle = low + (high - low) / 2
            guard let header = try header(at: Height(middle)) else { return nil }
            if header.logSize > index { high = middle } else { low = middle + 1 }
        }
        guard let header = try header(at: Height(low)), header.logSize > index else { return nil }
        return Height(low)
    }

    private func finalized(
        _ height: Height, _ bytes: [UInt8]
    ) throws(StorageError) -> FinalizedHeader {
        guard let header = try header(at: height) else {
            throw .corrupt(
                path: "ledger", detail: "the header at \(height.rawValue) is missing")
        }
        return FinalizedHeader(
            header: header, finalization: try certificate(bytes, at: height))
    }

    private func certificate(
        _ bytes: [UInt8], at height: Height
    ) throws(StorageError) -> Certificate {
        do {
            return try Certificate(canonicalBytes: bytes)
        } catch {
            throw .corrupt(
                path: "ledger", detail: "the finalization at \(height.rawValue) cannot be read")
        }
    }
}
