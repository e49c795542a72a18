// Storage: what a node keeps on disk. The block store and its indices (RocksDB), the vote journal (one
// append-only file) and the lock on the directory of both. It knows keys and bytes: neither what a
// block means (Ledger, Elections) nor why a vote is written before it is sent (Consensus).

package import Codec
import Glibc

/// Why the disk did not do what it must. All of them stop the node: it must not vote on storage that
/// it cannot trust, and a failed write is not repeated (a second fsync after a failed one may lie).
package enum StorageError: Error, Equatable, Sendable {
    /// Another process holds the lock of the data directory.
    case inUse(directory: String, process: Int32?)
    /// There is no data where some must be.
    case missing(directory: String)
    /// The directory holds the data of another chain.
    case wrongChain(directory: String, found: Bytes32, expected: Bytes32)
    /// The data was written by a version of this software that this one does not know.
    case unsupportedFormat(directory: String, found: UInt32, supported: UInt32)
    /// What is stored is not what was written.
    case corrupt(path: String, detail: String)
    /// The operating system refused; `code` is its `errno`.
    case system(operation: String, path: String, code: Int32)
    /// RocksDB refused; `detail` is its text.
    case database(operation: String, path: String, detail: String)
    /// The store was closed: the node is about to end.
    case closed(path: String)
}

extension StorageError: CustomStringConvertible {
    /// What is wrong and what to do, for a person.
    package var description: String {
        switch self {
        case .inUse(let directory, let process):
            let holder = process.map { "process \($0)" } ?? "another process"
            return "The data directory \(directory) is in use by \(holder). "
                + "Stop that node first, or give this one its own directory."
        case .missing(let directory):
            return "There is no node data in \(directory). Check the path; "
                + "a node makes its data directory when it is first started."
        case .wrongChain(let directory, let found, let expected):
            return "The data in \(directory) belongs to the chain \(found), "
                + "and the genesis document makes the chain \(expected). "
                + "Use this chain's genesis document, or an empty data directory."
        case .unsupportedFormat(let directory, let found, let supported):
            return "The data in \(directory) has format \(found); this version reads format "
                + "\(supported). Run the version that wrote it, or start with an empty directory."
        case .corrupt(let path, let detail):
            return "The data in \(path) is damaged: \(detail). Keep the directory for examination, "
                + "check the disk, and let the node fetch the chain again into an empty directory."
        case .system(let operation, let path, let code):
            let isFull = [ENOSPC, EDQUOT, EFBIG].contains(code)
            return "Could not \(operation) \(path): \(errorText(code)). " + remedy(isFull)
        case .database(let operation, let path, let detail):
            let isFull = [ENOSPC, EDQUOT, EFBIG].contains { detail.contains(errorText($0)) }
            return "The database in \(path) could not \(operation): \(detail). "
                + remedy(isFull)
        case .closed(let path):
            return "The database in \(path) is closed, since the node ends."
        }
    }
}

/// What the operator does after a write that failed.
private func remedy(_ isFull: Bool) -> String {
    "The node stops here, since data may not have reached the disk. "
        + (isFull
            ? "Make room on it, and start the node again."
            : "Check the disk and the system's log, mend the cause, and start the node again.")
}
