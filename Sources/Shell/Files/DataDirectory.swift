import Glibc

/// A node's data directory, locked for this process as long as the value lives.
package final class DataDirectory: Sendable {
    /// What the caller means to do with it. Each takes the lock.
    package enum Access: Sendable {
        /// Read and write; directory and data are made where they are missing.
        case create
        /// Read and write what is there.
        case existing
        /// Read what is there.
        case readOnly
    }

    package let path: String
    package let access: Access
    private let directory: OpenFile
    private let lock: LockFile

    /// Locks the directory.
    ///
    /// - Throws: `inUse` at once where another process, or another value of this one, has it.
    package init(path: String, access: Access = .create) throws(DiskFailure) {
        if case .create = access { try FileNames.makeDirectory(path) }
        self.path = path
        self.access = access
        do {
            directory = try OpenFile(path, .directory)
        } catch {
            if case .system(_, _, ENOENT) = error { throw .missing(directory: path) }
            throw error
        }
        do throws(LockFile.Refusal) {
            lock = try LockFile(FileNames.path(of: "lock", in: path))
        } catch {
            switch error {
            case .taken(let process): throw .inUse(directory: path, process: process)
            case .failed(let failure): throw failure
            }
        }
    }

    /// The path of a file in the directory.
    package func path(of name: String) -> String { FileNames.path(of: name, in: path) }

    /// Waits until the names in the directory are on the disk.
    func synchronize() throws(DiskFailure) { try directory.synchronize() }
}
