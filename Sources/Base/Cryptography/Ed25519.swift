internal import CSodium
package import Codec

/// A key that signs for a node, a role or a log.
package struct Ed25519SigningKey: Sendable {
    /// The 32 bytes under which others know this key.
    package let publicKey: Bytes32
    // libsodium's form: the seed and the public key, 64 bytes.
    private let secretKey: SecretBytes

    /// The key of a 32-byte seed (RFC 8032, 5.1.5).
    package init(seed: Bytes32) {
        Sodium.ready()
        var seedBytes = seed.bytes
        var publicBytes = [UInt8](repeating: 0, count: 32)
        var secret = [UInt8](repeating: 0, count: 64)
        // SAFETY: libsodium writes 32 and 64 bytes and reads 32, the sizes of the three arrays.
        let status = unsafe crypto_sign_seed_keypair(&publicBytes, &secret, seedBytes)
        precondition(status == 0, "libsodium makes a key of every seed")
        publicKey = Bytes32(publicBytes[...])
        secretKey = SecretBytes(secret)
        secret.wipe()
        seedBytes.wipe()
    }

    /// A new key of the system's random bytes.
    package static func generate() -> Self {
        var seed = SystemRandom.bytes(Bytes32.size)
        defer { seed.wipe() }
        return Self(seed: Bytes32(seed[...]))
    }

    /// The seed, for a key file.
    package func exportSeed() -> Bytes32 {
        var secret = secretKey.copy()
        defer { secret.wipe() }
        return Bytes32(secret[..<Bytes32.size])
    }

    /// The signature of the message (RFC 8032, 5.1.6), the same each time.
    package func sign(_ message: [UInt8]) -> Bytes64 {
        var signature = [UInt8](repeating: 0, count: 64)
        let size = UInt64(message.count)
        let status = unsafe secretKey.withPointer { secret in
            // SAFETY: libsodium writes 64 bytes and reads `size` and 64; the secret key has 64.
            unsafe crypto_sign_detached(&signature, nil, message, size, secret)
        }
        precondition(status == 0, "libsodium signs every message")
        return Bytes64(signature[...])
    }
}

/// The one verifier of Ed25519 signatures: on edge cases implementations differ, and validators
/// must not.
///
/// Refused are, beside what RFC 8032 refuses, keys and nonce points of small order and encodings
/// that are not canonical (S + L among them).
package struct Ed25519Verifier: SignatureVerifier {
    package init() {}

    /// Whether `signature` over `message` verifies under `publicKey`.
    package func isValid(_ signature: Bytes64, of message: [UInt8], by publicKey: Bytes32) -> Bool {
        Sodium.ready()
        let size = UInt64(message.count)
        // SAFETY: libsodium reads exactly 64, `size` and 32 bytes, the sizes of the three arrays.
        let status = unsafe crypto_sign_verify_detached(
            signature.bytes, message, size, publicKey.bytes)
        return status == 0
    }
}
