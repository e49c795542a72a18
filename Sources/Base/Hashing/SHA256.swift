// Hashing: SHA-2, which everything else stands on. It also runs in a browser: there SHA-256 is our own
// Swift. Nodes and tools take swift-crypto's, which uses the processor's instructions for it: four times
// faster for 64 bytes, seven times for 1,000. SHA-512 has no such instructions, and is ours everywhere.

package import Codec

#if !hasFeature(Embedded)
    internal import Crypto
#endif

/// SHA-256 (FIPS 180-4), over whole messages and incrementally.
///
/// Constant time in the content of the message; its length is public.
package struct SHA256: Sendable {
    /// The size of a digest in bytes.
    package static let digestSize = 32

    #if hasFeature(Embedded)
        private var state = PortableSHA256()
    #else
        private var state = Crypto.SHA256()
    #endif

    package init() {}

    /// Absorbs more of the message.
    package mutating func update(_ bytes: [UInt8]) {
        #if hasFeature(Embedded)
            state.update(bytes)
        #else
            // SAFETY: the buffer is read before the closure returns.
            unsafe bytes.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
        #endif
    }

    /// Absorbs more of the message.
    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        #if hasFeature(Embedded)
            state.update(bytes)
        #else
            // SAFETY: the buffer is read before the closure returns.
            unsafe bytes.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
        #endif
    }

    /// The digest of everything absorbed.
    package consuming func finalize() -> [UInt8] {
        #if hasFeature(Embedded)
            return state.finalize()
        #else
            // SAFETY: the digest's bytes are copied before the closure returns.
            return unsafe state.finalize().withUnsafeBytes { unsafe [UInt8]($0) }
        #endif
    }

    /// The digest of everything absorbed.
    package consuming func digest() -> Bytes32 {
        #if hasFeature(Embedded)
            return Bytes32(state.finalize()[...])
        #else
            // SAFETY: a digest has 32 bytes, and each load is of eight of them, aligned or not.
            return unsafe state.finalize().withUnsafeBytes { bytes in
                func word(_ place: Int) -> UInt64 {
                    let word = unsafe bytes.loadUnaligned(
                        fromByteOffset: 8 * place, as: UInt64.self)
                    return UInt64(bigEndian: word)
                }
                return Bytes32(words: (word(0), word(1), word(2), word(3)))
            }
        #endif
    }

    /// The digest of one message.
    package static func hash(_ message: [UInt8]) -> [UInt8] {
        var hasher = Self()
        hasher.update(message)
        return hasher.finalize()
    }

    /// The digest of the concatenation of `parts`.
    package static func digest(_ parts: [UInt8]...) -> Bytes32 {
        var hasher = Self()
        for part in parts { hasher.update(part) }
        return hasher.digest()
    }
}
