// Storage: what a node keeps in its database (RocksDB): the block store and its indices, the state, the
// mempool. It knows keys and bytes: neither what a block means (Ledger, Elections) nor why a vote is
// written before it is sent (Consensus).

package import Codec
package import Files

/// Why the database did not do what it must. All of them stop the node: it must not vote on storage
/// that it cannot trust.
package enum StorageError: Error, Equatable, Sendable {
    /// The directory or the disk does not do.
    case disk(DiskFailure)
    /// The directory holds the data of another chain.
    case wrongChain(directory: String, found: Bytes32, expected: Bytes32)
    /// The data was written by a version of this software that this one does not know.
    case unsupportedFormat(directory: String, found: UInt32, supported: UInt32)
    /// What is stored is not what was written.
    case corrupt(path: String, detail: String)
    /// RocksDB refused; `detail` is its text.
    case database(operation: String, path: String, detail: String)
    /// The store was closed: the node is about to end.
    case closed(path: String)
}

extension StorageError: CustomStringConvertible {
    /// What is wrong and what to do, for a person.
    package var description: String {
        switch self {
        case .disk(let failure):
            return "\(failure)"
        case .wrongChain(let directory, let found, let expected):
            return "The data in \(directory) belongs to the chain \(found), "
                + "and the genesis document makes the chain \(expected). "
                + "Use this chain's genesis document, or an empty data directory."
        case .unsupportedFormat(let directory, let found, let supported):
            return "The data in \(directory) has format \(found); this version reads format "
                + "\(supported). Run the version that wrote it, or start with an empty directory."
        case .corrupt(let path, let detail):
            return "\(DiskFailure.damaged(path: path, detail: detail))"
        case .database(let operation, let path, let detail):
            let isFull = DiskFailure.fullCodes.contains {
                detail.contains(DiskFailure.text(of: $0))
            }
            return "The database in \(path) could not \(operation): \(detail). "
                + DiskFailure.remedy(isFull: isFull)
        case .closed(let path):
            return "The database in \(path) is closed, since the node ends."
        }
    }
}
