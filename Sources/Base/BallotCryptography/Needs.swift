package import Codec

/// Authenticated encryption for sealed key shares: ChaCha20-Poly1305 in its IETF form, from
/// `Cryptography` on nodes and in tools, from the browser's own Swift in a browser.
package protocol AuthenticatedEncryption: Sendable {
    /// Encrypts `plaintext` under a 32-byte key and a 12-byte nonce; the result ends with the
    /// 16-byte tag.
    static func seal(
        _ plaintext: [UInt8], key: Bytes32, nonce: [UInt8], associatedData: [UInt8]
    ) -> [UInt8]

    /// The plaintext, or nil if key, nonce, associated data and `sealed` do not belong together.
    static func open(
        _ sealed: [UInt8], key: Bytes32, nonce: [UInt8], associatedData: [UInt8]
    ) -> [UInt8]?
}

/// Verification of RSABSSA-SHA384-PSS-Deterministic signatures (RFC 9474), which are plain
/// RSA-PSS signatures over the message.
package protocol BlindSignatureVerifier: Sendable {
    /// Whether `signature` over `message` verifies under the 384-byte big-endian `modulus` and
    /// e = 65537. False for anything of another size.
    func isValid(_ signature: [UInt8], of message: [UInt8], modulus: [UInt8]) -> Bool

    /// The same verifier, which need not read `modulus` again for each signature.
    func keeping(_ modulus: [UInt8]) -> Self
}

extension BlindSignatureVerifier {
    /// A verifier that keeps nothing.
    package func keeping(_ modulus: [UInt8]) -> Self { self }
}
