import Hashing

/// EMSA-PSS (RFC 8017, section 9.1.1) with SHA-384, MGF1 of SHA-384 and 48 bytes of salt.
package enum PSSEncoding {
    /// The size in bytes of salt and digest.
    static let saltSize = SHA384.digestSize

    /// The encoded message for a modulus of `size` bytes whose highest bit is set: one bit less.
    package static func encode(_ message: [UInt8], salt: [UInt8], size: Int) -> [UInt8] {
        let digest = SHA384.hash(
            [UInt8](repeating: 0, count: 8) + SHA384.hash(message) + salt)
        let paddingCount = size - salt.count - digest.count - 2
        precondition(paddingCount >= 0, "a modulus is too small for the encoding")
        var block = [UInt8](repeating: 0, count: paddingCount) + [1] + salt
        for (index, mask) in Self.mask(digest, count: block.count).enumerated() {
            block[index] ^= mask
        }
        block[0] &= 0x7F
        return block + digest + [0xBC]
    }

    /// MGF1.
    static func mask(_ seed: [UInt8], count: Int) -> [UInt8] {
        var mask: [UInt8] = []
        var counter: UInt32 = 0
        while mask.count < count {
            mask.append(contentsOf: SHA384.hash(seed + Transcript.u32(counter)))
            counter += 1
        }
        return [UInt8](mask.prefix(count))
    }
}
