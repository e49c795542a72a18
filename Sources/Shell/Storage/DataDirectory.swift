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
    private let directory: FileDescriptor
    private let lock: FileDescriptor

    /// Locks the directory.
    ///
    /// - Throws: `inUse` at once where another process, or another value of this one, has it.
    package init(path: String, access: Access = .create) throws(StorageError) {
        if case .create = access { try makeDirectory(path) }
        self.path = path
        self.access = access
        do {
            directory = try FileDescriptor(opening: path, flags: O_RDONLY | O_DIRECTORY)
        } catch {
            if case .system(_, _, ENOENT) = error { throw .missing(directory: path) }
            throw error
        }
        // A lock of the open file (flock), not of the process: a second value in this process is
        // refused as well. The system drops it when the process ends, however it ends.
        lock = try FileDescriptor(opening: path + "/lock", flags: O_RDWR | O_CREAT)
        guard try lock.tryLock() else {
            let text = String(decoding: try lock.read(count: 16), as: UTF8.self)
            throw .inUse(directory: path, process: Int32(text.prefix { $0 != "\n" }))
        }
        try lock.setSize(0)
        try lock.write([UInt8]("\(getpid())\n".utf8), at: 0)
    }

    /// The path of a file in the directory.
    package func path(of name: String) -> String { path + "/" + name }

    /// Waits until the names in the directory are on the disk.
    func synchronize() throws(StorageError) { try directory.synchronize() }
}

/// Makes a directory of mode 0700, and those above it, and waits until their names are on the disk.
private func makeDirectory(_ path: String) throws(StorageError) {
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    // SAFETY: mkdir reads the path up to its terminator, which String's bridging provides.
    if unsafe mkdir(path, 0o700) != 0 {
        if errno == EEXIST { return }
        guard errno == ENOENT, !parent.isEmpty, parent != "." else {
            throw .system(operation: "make the directory", path: path, code: errno)
        }
        try makeDirectory(parent)
        // SAFETY: as above.
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .system(operation: "make the directory", path: path, code: errno)
        }
    }
    let above = try FileDescriptor(
        opening: parent.isEmpty ? "/" : parent, flags: O_RDONLY | O_DIRECTORY)
    try above.synchronize()
}
