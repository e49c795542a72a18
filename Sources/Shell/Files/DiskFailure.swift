// Files: files, directories and locks that outlive a crash, on the system's own calls. What was
// acknowledged is on the disk; a name leads to a whole file or to none; one process at a time holds a
// directory. It knows no document, no database and no chain.

import Glibc

/// Why the disk did not do what it must. A failed write is not repeated: a second fsync after a failed
/// one may lie.
package enum DiskFailure: Error, Hashable, Sendable {
    /// Another process, `process` if it said so, holds the lock of a data directory.
    case inUse(directory: String, process: Int32?)
    /// There is no data where some must be.
    case missing(directory: String)
    /// What is stored is not what was written.
    case damaged(path: String, detail: String)
    /// The operating system refused; `code` is its `errno`.
    case system(operation: String, path: String, code: Int32)

    /// What the operator of a node does after a write that failed.
    ///
    /// - Parameter isFull: whether the disk had no room.
    package static func remedy(isFull: Bool) -> String {
        "The node stops here, since data may not have reached the disk. "
            + (isFull
                ? "Make room on it, and start the node again."
                : "Check the disk and the system's log, mend the cause, and start the node again.")
    }

    /// The error numbers of a disk without room.
    package static let fullCodes: Set<Int32> = [ENOSPC, EDQUOT, EFBIG]

    /// The system's text for an error number.
    package static func text(of code: Int32) -> String {
        // SAFETY: strerror returns a terminated string that stays valid until the next call in this
        // thread; it is copied at once.
        unsafe String(cString: strerror(code))
    }
}

extension DiskFailure: CustomStringConvertible {
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
        case .damaged(let path, let detail):
            return "The data in \(path) is damaged: \(detail). Keep the directory for examination, "
                + "check the disk, and let the node fetch the chain again into an empty directory."
        case .system(let operation, let path, let code):
            return "Could not \(operation) \(path): \(Self.text(of: code)). "
                + Self.remedy(isFull: Self.fullCodes.contains(code))
        }
    }
}
