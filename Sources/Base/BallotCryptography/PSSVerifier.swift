import Hashing

/// Verification of certificates in Swift, for the browser; nodes and tools use `Cryptography`'s.
/// **For public data only.**
///
///     EM = s^65537 mod n ,  EM = maskedDB || H || bc
///     DB = maskedDB ^ MGF1(H) = 00 … 00 01 || salt ,  H = SHA-384(0^8 || SHA-384(m) || salt)
package struct PSSVerifier: BlindSignatureVerifier {
    package init() {}

    /// RSASSA-PSS-VERIFY (RFC 8017, 8.1.2) with SHA-384, 48 bytes of salt and e = 65537.
    package func isValid(_ signature: [UInt8], of message: [UInt8], modulus: [UInt8]) -> Bool {
        guard
            modulus.count == Limits.modulusSize, signature.count == modulus.count,
            let parsed = RSAModulus(bytes: modulus)
        else { return false }
        let value = RSAModulus.limbs(of: signature)
        guard parsed.contains(value) else { return false }
        return PSSEncoding.isValid(
            RSAModulus.bytes(of: parsed.power65537(value)), for: message)
    }
}

extension PSSEncoding {
    /// EMSA-PSS-VERIFY (RFC 8017, 9.1.2) for a modulus as long as `encoded`, whose highest bit is
    /// set.
    package static func isValid(_ encoded: [UInt8], for message: [UInt8]) -> Bool {
        let digestSize = SHA384.digestSize
        let blockSize = encoded.count - digestSize - 1
        guard blockSize > self.saltSize, encoded.last == 0xBC, encoded[0] & 0x80 == 0 else {
            return false
        }
        let digest = [UInt8](encoded[blockSize..<(blockSize + digestSize)])
        var block = [UInt8](encoded[..<blockSize])
        for (index, mask) in self.mask(digest, count: blockSize).enumerated() {
            block[index] ^= mask
        }
        block[0] &= 0x7F
        let paddingSize = blockSize - self.saltSize - 1
        guard block[..<paddingSize].allSatisfy({ $0 == 0 }), block[paddingSize] == 1 else {
            return false
        }
        let salt = [UInt8](block[(paddingSize + 1)...])
        return digest
            == SHA384.hash([UInt8](repeating: 0, count: 8) + SHA384.hash(message) + salt)
    }
}
