internal import CSodium
internal import Codec

/// Why a passphrase does not open sealed bytes.
package enum PassphraseError: Error, Equatable, Sendable {
    /// The bytes are not in the sealed form, or longer than any secret we seal.
    case malformed
    /// Sealed by a version that this one does not know.
    case unknownVersion(UInt8)
    /// The stated cost is outside of the limits; nothing was computed.
    case costOutOfBounds(passes: UInt32, kibibytes: UInt32)
    /// Not this passphrase, or the bytes were changed.
    case wrongPassphrase
    /// The machine has not the memory that the stated cost needs.
    case outOfMemory
}

extension PassphraseError: CustomStringConvertible {
    /// In words, as they stand after a colon.
    package var description: String {
        switch self {
        case .malformed: "the sealed bytes are not in their form"
        case .unknownVersion(let version): "it is sealed by version \(version), which is not known"
        case .costOutOfBounds(let passes, let kibibytes):
            "it asks for \(passes) passes over \(kibibytes) KiB, which is out of bounds"
        case .wrongPassphrase: "the passphrase is another one, or the bytes were changed"
        case .outOfMemory: "there is too little memory to open it"
        }
    }
}

/// Secrets at rest: XChaCha20-Poly1305 under a key that Argon2id makes of a passphrase.
///
/// The form, version 1: `"veche-sealed"`, u8 version, u32 passes, u32 KiB of memory, 16 bytes of
/// salt, 24 of nonce, the ciphertext with its tag. All before the ciphertext is authenticated.
package enum PassphraseEncryption {
    /// How much work one guess of the passphrase costs.
    package enum Cost: Sendable {
        /// 2 passes over 64 MiB: a node that starts, a test.
        case interactive
        /// 4 passes over 1 GiB: a trustee's share.
        case sensitive
    }

    /// The largest secret that is sealed, in bytes.
    package static let secretLimit = 1 << 20

    private static let magic = [UInt8]("veche-sealed".utf8)
    private static let version: UInt8 = 1
    private static let headerSize = magic.count + 1 + 4 + 4 + saltSize + nonceSize
    private static let saltSize = 16
    private static let nonceSize = 24
    private static let tagSize = 16
    // Below the first we would accept files that are cheap to guess; above the second a file could
    // hold the reader for minutes or take all memory.
    private static let passesLimit: ClosedRange<UInt32> = 2...8
    private static let kibibytesLimit: ClosedRange<UInt32> = (64 << 10)...(1 << 20)

    /// The sealed form of the secret, different each time. Stops the process if the memory that the
    /// cost needs cannot be had.
    package static func seal(
        _ secret: [UInt8], passphrase: [UInt8], cost: Cost = .sensitive
    ) -> [UInt8] {
        precondition(secret.count <= secretLimit, "a secret within its limit")
        let (passes, kibibytes): (UInt32, UInt32) =
            switch cost {
            case .interactive: (2, 64 << 10)
            case .sensitive: (4, 1 << 20)
            }
        let salt = SystemRandom.bytes(saltSize)
        let nonce = SystemRandom.bytes(nonceSize)
        var writer = ByteWriter()
        writer.write(raw: magic)
        writer.write(version)
        writer.write(passes)
        writer.write(kibibytes)
        writer.write(raw: salt)
        writer.write(raw: nonce)
        let header = writer.bytes
        guard
            var key = key(of: passphrase, salt: salt, passes: passes, kibibytes: kibibytes)
        else {
            preconditionFailure("no memory for Argon2id")
        }
        defer { key.wipe() }
        var sealed = [UInt8](repeating: 0, count: secret.count + tagSize)
        // SAFETY: libsodium writes the secret's size and 16 bytes, the size of `sealed`; it reads
        // the two counted arrays, 24 bytes of nonce and 32 of key.
        let status = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
            &sealed, nil, secret, UInt64(secret.count), header, UInt64(header.count), nil, nonce,
            key)
        precondition(status == 0, "libsodium seals every text")
        return header + sealed
    }

    /// The secret; for the caller to `wipe()`.
    package static func open(
        _ bytes: [UInt8], passphrase: [UInt8]
    ) throws(PassphraseError) -> [UInt8] {
        guard bytes.count >= headerSize + tagSize,
            bytes.count <= headerSize + tagSize + secretLimit
        else { throw .malformed }
        let fields = try header(of: bytes)
        guard passesLimit.contains(fields.passes), kibibytesLimit.contains(fields.kibibytes) else {
            throw .costOutOfBounds(passes: fields.passes, kibibytes: fields.kibibytes)
        }
        guard
            var key = key(
                of: passphrase, salt: fields.salt, passes: fields.passes,
                kibibytes: fields.kibibytes)
        else { throw .outOfMemory }
        defer { key.wipe() }
        let header = [UInt8](bytes.prefix(headerSize))
        let sealed = [UInt8](bytes.dropFirst(headerSize))
        var secret = [UInt8](repeating: 0, count: sealed.count - tagSize)
        // SAFETY: libsodium writes 16 bytes less than it reads of `sealed`, the size of `secret`; it
        // reads the counted header, 24 bytes of nonce and 32 of key.
        let status = unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
            &secret, nil, nil, sealed, UInt64(sealed.count), header, UInt64(header.count),
            fields.nonce, key)
        guard status == 0 else { throw .wrongPassphrase }
        return secret
    }

    private struct Header {
        let passes: UInt32
        let kibibytes: UInt32
        let salt: [UInt8]
        let nonce: [UInt8]
    }

    private static func header(of bytes: [UInt8]) throws(PassphraseError) -> Header {
        var reader = ByteReader(bytes)
        let version: UInt8
        do throws(CodecError) {
            guard try reader.readRaw(magic.count) == magic else { throw .invalid("the magic") }
            version = try reader.readUInt8()
        } catch { throw .malformed }
        guard version == Self.version else { throw .unknownVersion(version) }
        do throws(CodecError) {
            return Header(
                passes: try reader.readUInt32(), kibibytes: try reader.readUInt32(),
                salt: try reader.readRaw(saltSize), nonce: try reader.readRaw(nonceSize))
        } catch { throw .malformed }
    }

    /// Argon2id's 32 bytes, nil if there is no memory for it.
    private static func key(
        of passphrase: [UInt8], salt: [UInt8], passes: UInt32, kibibytes: UInt32
    ) -> [UInt8]? {
        Sodium.ready()
        var key = [UInt8](repeating: 0, count: 32)
        var characters = passphrase.map { CChar(bitPattern: $0) }
        defer { characters.wipe() }
        // SAFETY: libsodium writes 32 bytes, the size of `key`; it reads the counted passphrase and
        // 16 bytes of salt.
        let status = unsafe crypto_pwhash(
            &key, 32, characters, UInt64(characters.count), salt, UInt64(passes),
            Int(kibibytes) << 10, crypto_pwhash_ALG_ARGON2ID13)
        return status == 0 ? key : nil
    }
}
