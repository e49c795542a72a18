import Glibc
import Synchronization

/// One append-only file in the data directory: the vote journal. It holds bytes; what a record is, and
/// whether the last one is torn, is the reader's business.
///
/// Any failure is final: the file may then hold less than was written, so every later call throws the
/// same error. Safe from any thread, one call at a time.
package final class JournalFile: Sendable {
    private struct State: ~Copyable {
        var file: FileDescriptor
        var size: Int
        var failure: StorageError?
    }

    private let directory: DataDirectory
    private let path: String
    private let state: Mutex<State>

    /// Opens the file `name` of the directory; makes it, durably, unless the directory is read only.
    package init(in directory: DataDirectory, name: String) throws(StorageError) {
        self.directory = directory
        path = directory.path(of: name)
        let flags =
            switch directory.access {
            case .create, .existing: O_RDWR | O_CREAT
            case .readOnly: O_RDONLY
            }
        let file = try FileDescriptor(opening: path, flags: flags)
        let size = try file.size()
        switch directory.access {
        case .create, .existing:
            // A process that ended without `synchronize` left bytes that the disk may not have: what
            // is read from here on is what the next crash would leave.
            try file.synchronize()
            // What a rewrite left behind that was cut short: the file itself is still the old one.
            try removeIfPresent(path + replacementSuffix)
            try directory.synchronize()
        case .readOnly: break
        }
        state = Mutex(State(file: file, size: size))
    }

    private func perform<Value: Sendable>(
        _ body: (inout State) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        try state.withLock { state throws(StorageError) in
            if let failure = state.failure { throw failure }
            do throws(StorageError) {
                return try body(&state)
            } catch {
                state.failure = error
                throw error
            }
        }
    }

    /// How many bytes the file has, appended ones included.
    package var size: Int { state.withLock { $0.size } }

    /// All bytes of the file.
    package func readAll() throws(StorageError) -> [UInt8] {
        try perform { state throws(StorageError) in
            let bytes = try state.file.read(count: state.size)
            guard bytes.count == state.size else {
                throw .corrupt(path: self.path, detail: "the file became shorter while in use")
            }
            return bytes
        }
    }

    /// Writes the bytes at the end. They are durable after `synchronize`.
    package func append(_ bytes: [UInt8]) throws(StorageError) {
        try perform { state throws(StorageError) in
            try state.file.write(bytes, at: state.size)
            state.size += bytes.count
        }
    }

    /// Waits until all that was appended is on the disk.
    package func synchronize() throws(StorageError) {
        try perform { state throws(StorageError) in try state.file.synchronizeData() }
    }

    /// Cuts the file to its first `size` bytes, durably: what follows them is a torn record.
    package func truncate(to size: Int) throws(StorageError) {
        try perform { state throws(StorageError) in
            precondition(size >= 0 && size <= state.size, "a journal is cut inside its size")
            try state.file.setSize(size)
            try state.file.synchronize()
            state.size = size
        }
    }

    /// Replaces the whole content, durably. After a crash the file has either content, whole.
    package func rewrite(_ bytes: [UInt8]) throws(StorageError) {
        try perform { state throws(StorageError) in
            let replacement = self.path + replacementSuffix
            let file = try FileDescriptor(
                opening: replacement, flags: O_RDWR | O_CREAT | O_TRUNC)
            try file.write(bytes, at: 0)
            try file.synchronize()
            // SAFETY: rename reads both paths up to their terminators, which bridging provides.
            guard unsafe rename(replacement, self.path) == 0 else {
                throw .system(operation: "rename", path: replacement, code: errno)
            }
            try self.directory.synchronize()
            state.file = file
            state.size = bytes.count
        }
    }
}

private let replacementSuffix = ".new"

private func removeIfPresent(_ path: String) throws(StorageError) {
    // SAFETY: unlink reads the path up to its terminator, which String's bridging provides.
    guard unsafe unlink(path) == 0 || errno == ENOENT else {
        throw .system(operation: "remove", path: path, code: errno)
    }
}
