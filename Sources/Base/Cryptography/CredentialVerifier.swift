internal import BallotCryptography
internal import Crypto
internal import CryptoExtras
internal import Foundation

/// Checks credentials: RSABSSA-SHA384-PSS-Deterministic signatures (RFC 9474), which are those of
/// RSASSA-PSS with SHA-384, MGF1 of SHA-384 and 48 bytes of salt.
package struct CredentialVerifier: BlindSignatureVerifier {
    private let keys: [[UInt8]: _RSA.Signing.PublicKey]

    /// A verifier that has the keys of `moduli` parsed; others it parses each time.
    package init(moduli: [[UInt8]] = []) {
        var keys: [[UInt8]: _RSA.Signing.PublicKey] = [:]
        for modulus in moduli { keys[modulus] = Self.key(of: modulus) }
        self.keys = keys
    }

    /// A verifier that has the key of `modulus` parsed, and no other.
    package func keeping(_ modulus: [UInt8]) -> Self {
        keys[modulus] == nil ? Self(moduli: [modulus]) : self
    }

    /// Whether `signature` over `message` verifies under the 384-byte `modulus` and e = 65537.
    package func isValid(_ signature: [UInt8], of message: [UInt8], modulus: [UInt8]) -> Bool {
        guard signature.count == BlindIssuingKey.size,
            let key = keys[modulus] ?? Self.key(of: modulus)
        else { return false }
        return key.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: signature),
            for: Crypto.SHA384.hash(data: message), padding: .PSS)
    }

    /// The key of an odd modulus of exactly 3072 bits.
    private static func key(of modulus: [UInt8]) -> _RSA.Signing.PublicKey? {
        guard modulus.count == BlindIssuingKey.size, modulus[0] >= 0x80,
            modulus[modulus.count - 1] & 1 == 1
        else { return nil }
        // An error means that it is no RSA modulus, and nothing verifies under it.
        return try? _RSA.Signing.PublicKey(n: modulus, e: [1, 0, 1] as [UInt8])
    }
}
