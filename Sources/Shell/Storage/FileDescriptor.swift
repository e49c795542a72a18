import Glibc

/// The system's text for an error number.
func errorText(_ code: Int32) -> String {
    // SAFETY: strerror returns a terminated string that stays valid until the next call in this
    // thread; it is copied at once.
    unsafe String(cString: strerror(code))
}

/// An open file or directory, closed at the end of its life. Every failure names operation and path.
struct FileDescriptor: ~Copyable, Sendable {
    let path: String
    private let descriptor: Int32

    /// Opens `path` with the flags of `open(2)`; a new file gets mode 0600.
    init(opening path: String, flags: Int32) throws(StorageError) {
        self.path = path
        // SAFETY: open reads the path up to its terminator, which String's bridging provides.
        descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw .system(operation: "open", path: path, code: errno) }
    }

    deinit { close(descriptor) }

    private func failure(_ operation: String) -> StorageError {
        .system(operation: operation, path: path, code: errno)
    }

    /// Takes the exclusive lock without waiting; false where somebody has it.
    func tryLock() throws(StorageError) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            if errno != EINTR { throw failure("lock") }
        }
        return true
    }

    /// The size in bytes.
    func size() throws(StorageError) -> Int {
        var status = stat()
        // SAFETY: fstat fills the one structure it is given.
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("examine") }
        return Int(status.st_size)
    }

    /// Reads `count` bytes from `offset`, fewer only where the file ends.
    func read(count: Int, at offset: Int = 0) throws(StorageError) -> [UInt8] {
        var code: Int32 = 0
        // SAFETY: the buffer has `count` bytes; pread writes at most `count - filled` bytes behind
        // the `filled` ones; exactly `filled` bytes have been initialised at the end.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let address = unsafe buffer.baseAddress.map { unsafe $0 + filled }
                let result = unsafe pread(descriptor, address, count - filled, offset + filled)
                if result == 0 { break }
                if result > 0 {
                    filled += result
                } else if errno != EINTR {
                    code = errno
                    break
                }
            }
        }
        if code != 0 { throw .system(operation: "read", path: path, code: code) }
        return bytes
    }

    /// Writes all bytes at `offset`.
    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
        var written = 0
        while written < bytes.count {
            // SAFETY: the address lies inside the array, and `count - written` bytes follow it.
            let result = unsafe bytes.withUnsafeBytes { buffer in
                let address = unsafe buffer.baseAddress.map { unsafe $0 + written }
                return unsafe pwrite(descriptor, address, buffer.count - written, offset + written)
            }
            if result >= 0 {
                written += result
            } else if errno != EINTR {
                throw failure("write")
            }
        }
    }

    /// Sets the size in bytes.
    func setSize(_ size: Int) throws(StorageError) {
        while ftruncate(descriptor, size) != 0 {
            if errno != EINTR { throw failure("truncate") }
        }
    }

    /// Waits until the data, and what is needed to read it back, is on the disk.
    func synchronizeData() throws(StorageError) {
        // Never repeated: the kernel may have dropped the pages that it failed to write.
        guard fdatasync(descriptor) == 0 else { throw failure("synchronize") }
    }

    /// Waits until data and metadata (of a directory: its names) are on the disk.
    func synchronize() throws(StorageError) {
        guard fsync(descriptor) == 0 else { throw failure("synchronize") }
    }
}

/// Whether there is a file at `path`.
func isFile(_ path: String) -> Bool {
    // SAFETY: access reads the path up to its terminator, which String's bridging provides.
    unsafe access(path, F_OK) == 0
}
