import Synchronization

/// One append-only file in the data directory: the vote journal. It holds bytes; what a record is, and
/// whether the last one is torn, is the reader's business.
///
/// Any failure is final: the file may then hold less than was written, so every later call throws the
/// same error. Safe from any thread, one call at a time.
package final class JournalFile: Sendable {
    /// What the name of a rewritten file ends with until it is whole.
    private static let draftSuffix = ".new"

    private struct State: ~Copyable {
        var file: OpenFile
        var size: Int
        var failure: DiskFailure?
    }

    private let directory: DataDirectory
    private let path: String
    private let state: Mutex<State>

    /// Opens the file `name` of the directory; makes it, durably, unless the directory is read only.
    package init(in directory: DataDirectory, name: String) throws(DiskFailure) {
        self.directory = directory
        path = directory.path(of: name)
        let access: OpenFile.Access =
            switch directory.access {
            case .create, .existing: .update
            case .readOnly: .read
            }
        let file = try OpenFile(path, access)
        let size = try file.size()
        switch directory.access {
        case .create, .existing:
            // A process that ended without `synchronize` left bytes that the disk may not have: what
            // is read from here on is what the next crash would leave.
            try file.synchronize()
            // What a rewrite left behind that was cut short: the file itself is still the old one.
            try FileNames.remove(path + Self.draftSuffix)
            try directory.synchronize()
        case .readOnly: break
        }
        state = Mutex(State(file: file, size: size))
    }

    private func perform<Value: Sendable>(
        _ body: (inout State) throws(DiskFailure) -> Value
    ) throws(DiskFailure) -> Value {
        try state.withLock { state throws(DiskFailure) in
            if let failure = state.failure { throw failure }
            do throws(DiskFailure) {
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
    package func readAll() throws(DiskFailure) -> [UInt8] {
        try perform { state throws(DiskFailure) in
            let bytes = try state.file.read(count: state.size)
            guard bytes.count == state.size else {
                throw .damaged(path: path, detail: "the file became shorter while in use")
            }
            return bytes
        }
    }

    /// Writes the bytes at the end. They are durable after `synchronize`.
    package func append(_ bytes: [UInt8]) throws(DiskFailure) {
        try perform { state throws(DiskFailure) in
            try state.file.write(bytes, at: state.size)
            state.size += bytes.count
        }
    }

    /// Waits until all that was appended is on the disk.
    package func synchronize() throws(DiskFailure) {
        try perform { state throws(DiskFailure) in try state.file.synchronizeData() }
    }

    /// Cuts the file to its first `size` bytes, durably: what follows them is a torn record.
    package func truncate(to size: Int) throws(DiskFailure) {
        try perform { state throws(DiskFailure) in
            precondition(size >= 0 && size <= state.size, "a journal is cut inside its size")
            try state.file.setSize(size)
            try state.file.synchronize()
            state.size = size
        }
    }

    /// Replaces the whole content, durably. After a crash the file has either content, whole.
    package func rewrite(_ bytes: [UInt8]) throws(DiskFailure) {
        try perform { state throws(DiskFailure) in
            state.file = try WholeFile.replace(
                path, with: bytes, permissions: 0o600, draft: path + Self.draftSuffix)
            state.size = bytes.count
        }
    }
}
