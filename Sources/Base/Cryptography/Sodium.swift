internal import CSodium

// Cryptography: what the nodes and tools take from libsodium and swift-crypto: Ed25519, RSA blind
// signatures, authenticated encryption, passphrases, multiplication by secret scalars and random
// bytes. It is the only importer of CSodium, and knows no message of the protocol.

/// libsodium, set up once. Every use goes through `ready()`.
enum Sodium {
    // `sodium_init` chooses implementations and opens the random source; without it nothing below
    // is safe, so the process stops.
    private static let isReady: Bool = sodium_init() >= 0

    /// Stops the process unless libsodium is set up.
    static func ready() {
        precondition(isReady, "libsodium could not be initialised")
    }
}

extension Array where Element: BitwiseCopyable {
    /// Overwrites the elements with zeros, in a way that the optimiser keeps.
    ///
    /// Other copies of the array keep theirs: call it on the one that was not shared.
    package mutating func wipe() {
        let size = count * MemoryLayout<Element>.stride
        // SAFETY: the pointer is to `size` bytes of this array, uniquely held while it is mutated.
        unsafe withUnsafeMutableBytes { buffer in
            unsafe sodium_memzero(buffer.baseAddress, size)
        }
    }
}
