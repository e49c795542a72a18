internal import CSodium
internal import Ristretto

/// The system's random bytes, by way of libsodium.
package struct SystemRandom: RandomSource, Sendable {
    package init() {}

    package mutating func bytes(_ count: Int) -> [UInt8] { Self.bytes(count) }

    /// The next `count` random bytes.
    package static func bytes(_ count: Int) -> [UInt8] {
        Sodium.ready()
        var bytes = [UInt8](repeating: 0, count: count)
        // SAFETY: libsodium writes exactly `count` bytes, the size of the array.
        unsafe randombytes_buf(&bytes, count)
        return bytes
    }
}
