import Chain
import ChainStore
import Codec
import Cosigning
import Elections
import Ledger
import Storage
import TransparencyLog

extension StoreNote {
    var name: String {
        switch self {
        case .cosignedSize: NoteName.cosigned
        case .checkpoint: NoteName.checkpoint
        case .fork: NoteName.fork
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .cosignedSize(let size): Self.encode(size)
        case .checkpoint(let certified): certified.note(cosignatures: .max).bytes
        case .fork(let finalized): finalized.canonicalBytes
        }
    }

    fileprivate static func encode(_ size: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(size)
        return writer.bytes
    }
}

extension FloorBatch {
    /// All that final blocks change on disk.
    init(_ commit: FloorCommit<ElectionApplication>) {
        guard let last = commit.blocks.last?.execution else {
            preconditionFailure("a commit has blocks")
        }
        self.init(
            floor: FloorRecord(
                height: commit.tip.header.height, hash: last.hash, logSize: last.frontier.size,
                frontier: last.frontier.canonicalBytes))
        for branch in commit.blocks { put(branch.execution) }
        for id in commit.settled { removeFromMempool(id) }
        putFinalization(
            commit.tip.finalization.canonicalBytes, at: commit.tip.header.height)
        putNote(NoteName.stateDigest, last.executed.stateDigest.bytes)
        if let round = commit.signedRound { putNote(NoteName.signedRound, round.canonicalBytes) }
        if let size = commit.cosignedSize { putNote(NoteName.cosigned, StoreNote.encode(size)) }
    }

    /// A block, its entries of the log, and what it changes in the state.
    private mutating func put(_ branch: ExecutedBranch) {
        let header = branch.block.header
        putHeader(header.canonicalBytes, hash: branch.hash, at: header.height)
        var index = header.logSize - UInt64(header.transactionCount) - 1
        putEntry(branch.firstEntry.bytes, at: index)
        for entry in branch.block.entries {
            index += 1
            putEntry(entry.bytes, at: index)
            indexTransaction(entry.id, at: index)
        }
        for subtree in branch.subtrees {
            putLogHash(subtree.hash, height: subtree.height, index: subtree.index)
        }
        put(branch.executed.changes)
    }
}

extension FloorCommit where Application == ElectionApplication {
    /// The point after the last block, once it is stored.
    func stored(in store: NodeStore) -> ChainPoint {
        guard let last = blocks.last?.execution else {
            preconditionFailure("a commit has blocks")
        }
        return last.point(StoredState(store: store.snapshot()))
    }
}
