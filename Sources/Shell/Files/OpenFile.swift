import Glibc
import SystemPackage

/// An open file or directory, closed at the end of its life. Every failure names operation and path.
package struct OpenFile: ~Copyable, Sendable {
    /// How a file is opened.
    package enum Access: Sendable {
        case read
        /// Reads and writes; a file that is missing is made, for its owner alone.
        case update
        /// Writes a file that must not be there yet, for its owner alone.
        case create
        /// A directory, to wait for its names.
        case directory
    }

    package let path: String
    private let descriptor: FileDescriptor

    /// - Throws: `.system`.
    package init(_ path: String, _ access: Access) throws(DiskFailure) {
        self.path = path
        let (mode, options): (FileDescriptor.AccessMode, FileDescriptor.OpenOptions) =
            switch access {
            case .read: (.readOnly, [])
            case .update: (.readWrite, [.create])
            case .create: (.readWrite, [.create, .exclusiveCreate])
            case .directory: (.readOnly, [.directory])
            }
        descriptor = try Self.attempt("open", path) {
            try FileDescriptor.open(
                FilePath(path), mode, options: options.union(.closeOnExec),
                permissions: .ownerReadWrite)
        }
    }

    deinit {
        // What had to reach the disk was synchronized before.
        try? descriptor.close()
    }

    private static func attempt<Value>(
        _ operation: String, _ path: String, _ body: () throws -> Value
    ) throws(DiskFailure) -> Value {
        do {
            return try body()
        } catch {
            // swift-system throws nothing but error numbers.
            let code = (error as? Errno)?.rawValue ?? EIO
            throw .system(operation: operation, path: path, code: code)
        }
    }

    private func failure(_ operation: String) -> DiskFailure {
        .system(operation: operation, path: path, code: errno)
    }

    private func status() throws(DiskFailure) -> Stat {
        try Self.attempt("examine", path) { try descriptor.stat() }
    }

    /// The size in bytes.
    package func size() throws(DiskFailure) -> Int { Int(try status().size) }

    /// Who may do what with it: the twelve bits of `chmod(2)`.
    package func permissions() throws(DiskFailure) -> UInt16 {
        UInt16(truncatingIfNeeded: try status().permissions.rawValue) & 0o7777
    }

    /// Sets the permissions, whatever the process takes from new files.
    package func setPermissions(_ bits: UInt16) throws(DiskFailure) {
        guard fchmod(descriptor.rawValue, mode_t(bits)) == 0 else {
            throw failure("set the permissions of")
        }
    }

    /// Takes the exclusive lock without waiting; false where somebody has it.
    package func tryLock() throws(DiskFailure) -> Bool {
        while flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            if errno != EINTR { throw failure("lock") }
        }
        return true
    }

    /// Reads `count` bytes from `offset`, fewer only where the file ends.
    package func read(count: Int, at offset: Int = 0) throws(DiskFailure) -> [UInt8] {
        try Self.attempt("read", path) {
            // SAFETY: what is read goes behind the `filled` bytes of the buffer, which has `count`;
            // exactly `filled` bytes have been initialised at the end.
            try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                while filled < count {
                    let rest = unsafe UnsafeMutableRawBufferPointer(
                        UnsafeMutableBufferPointer(rebasing: buffer[filled...]))
                    let result = try unsafe descriptor.read(
                        fromAbsoluteOffset: Int64(offset + filled), into: rest)
                    if result == 0 { break }
                    filled += result
                }
            }
        }
    }

    /// Reads on to the end, also of a pipe.
    ///
    /// - Returns: nil for more than `limit` bytes.
    package func readToEnd(limit: Int) throws(DiskFailure) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            let count = min(limit + 1 - bytes.count, 64 << 10)
            let chunk = try Self.attempt("read", path) {
                // SAFETY: the buffer has `count` bytes, of which `filled` are read into it.
                try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                    filled = try unsafe descriptor.read(
                        into: UnsafeMutableRawBufferPointer(buffer))
                }
            }
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
        return nil
    }

    /// Writes all bytes at `offset`.
    package func write(_ bytes: [UInt8], at offset: Int) throws(DiskFailure) {
        // A short write goes on where it stopped; what follows it tells the error.
        _ = try Self.attempt("write", path) {
            try descriptor.writeAll(toAbsoluteOffset: Int64(offset), bytes)
        }
    }

    /// Sets the size in bytes.
    package func setSize(_ size: Int) throws(DiskFailure) {
        try Self.attempt("truncate", path) { try descriptor.resize(to: Int64(size)) }
    }

    /// Waits until the data, and what is needed to read it back, is on the disk.
    package func synchronizeData() throws(DiskFailure) {
        // Never repeated: the kernel may have dropped the pages that it failed to write.
        guard fdatasync(descriptor.rawValue) == 0 else { throw failure("synchronize") }
    }

    /// Waits until data and metadata (of a directory: its names) are on the disk.
    package func synchronize() throws(DiskFailure) {
        guard fsync(descriptor.rawValue) == 0 else { throw failure("synchronize") }
    }
}
