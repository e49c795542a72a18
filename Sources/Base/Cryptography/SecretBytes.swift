internal import CSodium

/// Secret bytes outside of the heap: locked into memory where the system allows it, between guard
/// pages, and overwritten when the last reference goes.
@safe
package final class SecretBytes: Sendable {
    /// The size in bytes.
    package let count: Int
    // SAFETY: `count` bytes from sodium_malloc, written in `init` alone and freed in `deinit`;
    // between the two they are only read, so that threads may share them.
    private nonisolated(unsafe) let storage: UnsafeMutableRawPointer

    /// Copies the bytes; the caller wipes its own copy.
    package init(_ bytes: [UInt8]) {
        Sodium.ready()
        count = bytes.count
        // A pointer that is never nil, even for no bytes.
        guard let storage = unsafe sodium_malloc(max(bytes.count, 1)) else {
            preconditionFailure("no memory is left for secrets")
        }
        // SAFETY: `storage` has room for `bytes.count` bytes, and the two do not overlap.
        unsafe bytes.withUnsafeBytes { source in
            if let start = source.baseAddress {
                unsafe storage.copyMemory(from: start, byteCount: source.count)
            }
        }
        // SAFETY: `storage` is from sodium_malloc.
        _ = unsafe sodium_mprotect_readonly(storage)
        unsafe self.storage = storage
    }

    deinit {
        // SAFETY: from sodium_malloc, and nothing refers to it any more. It is zeroed by this.
        unsafe sodium_free(storage)
    }

    /// A copy on the heap, for the caller to `wipe()`.
    package func copy() -> [UInt8] {
        // SAFETY: `count` initialised bytes, and the object lives until the copy is made.
        withExtendedLifetime(self) {
            unsafe [UInt8](UnsafeRawBufferPointer(start: storage, count: count))
        }
    }

    /// Calls `body` with the address of the bytes, valid during the call only.
    func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        // SAFETY: the bytes are initialised and live until `body` returns; bytes have no alignment.
        withExtendedLifetime(self) {
            unsafe body(UnsafePointer(storage.assumingMemoryBound(to: UInt8.self)))
        }
    }
}
