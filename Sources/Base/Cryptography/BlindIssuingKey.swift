internal import Crypto
internal import CryptoExtras
internal import Foundation

/// Why nothing was signed or no key was made.
package enum BlindIssuingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// E_BLIND: the blinded message is not 384 bytes, or not above 1 and below n - 1.
    case blindedMessageRefused
    /// The key is not RSA of exactly 3072 bits with e = 65537.
    case keyRefused
    /// swift-crypto failed at something that does not depend on the input.
    case backendFailed

    package var description: String {
        switch self {
        case .blindedMessageRefused:
            "the blinded message is not 384 bytes above 1 and below the modulus less 1"
        case .keyRefused: "the issuing key is not an RSA key of 3072 bits with the exponent 65537"
        case .backendFailed: "the library for RSA failed"
        }
    }
}

/// The registrar's key for one ballot style (ballot.md 1.5): RSA of 3072 bits, e = 65537, for
/// RSABSSA-SHA384-PSS-Deterministic (RFC 9474).
package struct BlindIssuingKey: Sendable {
    /// The size of the modulus, a blinded message and a signature, in bytes.
    package static let size = 384

    /// The public key: 384 big-endian bytes.
    package let modulus: [UInt8]
    private let key: _RSA.BlindSigning.PrivateKey<Crypto.SHA384>

    private init(_ key: _RSA.BlindSigning.PrivateKey<Crypto.SHA384>) throws(BlindIssuingError) {
        guard let primitives = try? key.publicKey.getKeyPrimitives() else {
            // The error says nothing more than that the key is unusable.
            throw .keyRefused
        }
        guard key.keySizeInBits == 8 * Self.size, primitives.modulus.count == Self.size,
            primitives.publicExponent.elementsEqual([1, 0, 1])
        else { throw .keyRefused }
        self.key = key
        modulus = [UInt8](primitives.modulus)
    }

    /// A new key of the system's random bytes; takes about a second.
    package static func generate() throws(BlindIssuingError) -> Self {
        let key: _RSA.BlindSigning.PrivateKey<Crypto.SHA384>
        do {
            key = try _RSA.BlindSigning.PrivateKey(
                keySize: .bits3072, parameters: .RSABSSA_SHA384_PSS_Deterministic)
        } catch { throw .backendFailed }
        return try Self(key)
    }

    /// The key of a DER file.
    package init(der: [UInt8]) throws(BlindIssuingError) {
        let key: _RSA.BlindSigning.PrivateKey<Crypto.SHA384>
        do {
            key = try _RSA.BlindSigning.PrivateKey(
                derRepresentation: der, parameters: .RSABSSA_SHA384_PSS_Deterministic)
        } catch { throw .keyRefused }
        try self.init(key)
    }

    /// The secret key in DER, for a sealed file.
    package var der: [UInt8] { [UInt8](key.derRepresentation) }

    /// The blind signature of a blinded message: 384 bytes, the same each time.
    package func blindSign(_ blinded: [UInt8]) throws(BlindIssuingError) -> [UInt8] {
        // swift-crypto signs 0, 1 and n - 1, whose signatures are known without the key.
        guard blinded.count == Self.size, isAboveOne(blinded), isBelowModulusLessOne(blinded) else {
            throw .blindedMessageRefused
        }
        do {
            return [UInt8](try key.blindSignature(for: blinded).rawRepresentation)
        } catch { throw .backendFailed }
    }

    private func isAboveOne(_ number: [UInt8]) -> Bool {
        number.dropLast().contains { $0 != 0 } || number.last ?? 0 > 1
    }

    private func isBelowModulusLessOne(_ number: [UInt8]) -> Bool {
        // The modulus is odd, so n - 1 differs from it in the last byte alone.
        var bound = modulus
        bound[bound.count - 1] &-= 1
        return number.lexicographicallyPrecedes(bound)
    }
}
