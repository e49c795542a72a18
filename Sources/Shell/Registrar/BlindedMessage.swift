/// A blinded message that the key of its modulus may sign: 384 bytes, above 1 and below n - 1.
///
/// It is checked before it is journaled, since a journaled request is the voter's only one.
package struct BlindedMessage: Hashable, Sendable {
    /// In bytes.
    package static let size = 384
    package let bytes: [UInt8]

    /// Nil for a value whose signature is known without the key, or that is out of range.
    package init?(_ bytes: [UInt8], modulus: [UInt8]) {
        guard bytes.count == Self.size, modulus.count == Self.size else { return nil }
        let isAboveOne = bytes.dropLast().contains { $0 != 0 } || (bytes.last ?? 0) > 1
        // The modulus is odd, so that n - 1 differs from it in the last byte alone.
        var bound = modulus
        bound[Self.size - 1] &-= 1
        guard isAboveOne, bytes.lexicographicallyPrecedes(bound) else { return nil }
        self.bytes = bytes
    }
}
