internal import Codec
package import Cryptography

/// An encrypted key file, opened: a secret with its purpose and public key.
///
/// The file is JSON: `format`, `purpose` and `publicKey` in clear, and `sealed`, the secret under
/// Argon2id and XChaCha20-Poly1305. What is in clear is repeated inside, so that a file whose label
/// was changed is refused.
package struct KeyFile: Sendable {
    package let purpose: KeyPurpose
    /// Ed25519 (32 bytes), an RSA modulus (384), or whatever names the secret; may be empty.
    package let publicKey: [UInt8]
    package let secret: SecretBytes

    private static let format = "veche-key-1"
    /// Twice the largest sealed secret as hexadecimal digits.
    private static let sizeLimit = 4 << 20
    private static let publicKeyLimit = 1024

    private struct Envelope: Codable {
        let format: String
        let purpose: String
        let publicKey: String
        let sealed: String
    }

    /// Writes a new key file with mode 0600.
    ///
    /// - Throws: `.exists` where there is a file already: a key is never overwritten.
    package static func create(
        at path: String, purpose: KeyPurpose, publicKey: [UInt8], secret: [UInt8],
        passphrase: Passphrase, cost: PassphraseEncryption.Cost = .interactive
    ) throws(FileFailure) {
        // Also before Argon2id, which takes its time.
        guard !LocalFile.exists(path) else { throw .exists(path: path) }
        var writer = ByteWriter()
        writer.write(format, limit: 64)
        writer.write(purpose.name, limit: 64)
        writer.write(variable: publicKey, limit: publicKeyLimit)
        writer.write(variable: secret, limit: PassphraseEncryption.secretLimit)
        var plain = writer.bytes
        defer { plain.wipe() }
        let sealed = passphrase.withBytes { bytes in
            PassphraseEncryption.seal(plain, passphrase: bytes, cost: cost)
        }
        let envelope = Envelope(
            format: format, purpose: purpose.name, publicKey: Hexadecimal.encode(publicKey),
            sealed: Hexadecimal.encode(sealed))
        let text: [UInt8]
        do throws(JSONFailure) {
            text = try JSONDocument.encode(envelope)
        } catch {
            throw .json(path: path, error)
        }
        try LocalFile.write(text, to: path, mode: .secret)
    }

    /// Makes a new Ed25519 key and its file.
    package static func createSigningKey(
        at path: String, purpose: KeyPurpose, passphrase: Passphrase,
        cost: PassphraseEncryption.Cost = .interactive
    ) throws(FileFailure) -> Ed25519SigningKey {
        let key = Ed25519SigningKey.generate()
        var seed = key.exportSeed().bytes
        defer { seed.wipe() }
        try create(
            at: path, purpose: purpose, publicKey: key.publicKey.bytes, secret: seed,
            passphrase: passphrase, cost: cost)
        return key
    }

    /// Opens a key file of the purpose.
    ///
    /// - Throws: `.tooPermissive`, `.wrongPurpose`, `.wrongPassphrase`, `.damagedKey`, `.json`, and
    ///   what reading a file may throw.
    package static func open(
        at path: String, purpose: KeyPurpose, passphrase: Passphrase
    ) throws(FileFailure) -> KeyFile {
        let (publicKey, sealed) = try envelope(at: path, purpose: purpose)
        var plain = try unseal(sealed, path: path, passphrase: passphrase)
        defer { plain.wipe() }
        var reader = ByteReader(plain)
        do throws(CodecError) {
            let innerFormat = try reader.readString(limit: 64)
            let innerPurpose = try reader.readString(limit: 64)
            let innerKey = try reader.readVariable(limit: publicKeyLimit)
            var secret = try reader.readVariable(limit: PassphraseEncryption.secretLimit)
            defer { secret.wipe() }
            try reader.finish()
            guard innerFormat == format, innerPurpose == purpose.name, innerKey == publicKey else {
                throw .invalid("purpose or public key")
            }
            return KeyFile(purpose: purpose, publicKey: publicKey, secret: SecretBytes(secret))
        } catch {
            throw .damagedKey(
                path: path, problem: "what it says in clear is not what was encrypted")
        }
    }

    /// The public key of a file, which needs no passphrase. It is a statement of the file alone.
    package static func publicKey(
        at path: String, purpose: KeyPurpose
    ) throws(FileFailure) -> [UInt8] {
        try envelope(at: path, purpose: purpose).publicKey
    }

    /// Opens the file of an Ed25519 key.
    package static func openSigningKey(
        at path: String, purpose: KeyPurpose, passphrase: Passphrase
    ) throws(FileFailure) -> Ed25519SigningKey {
        let file = try open(at: path, purpose: purpose, passphrase: passphrase)
        var bytes = file.secret.copy()
        defer { bytes.wipe() }
        guard let seed = Bytes32(exactly: bytes) else {
            throw .damagedKey(path: path, problem: "the secret is not an Ed25519 seed")
        }
        let key = Ed25519SigningKey(seed: seed)
        guard key.publicKey.bytes == file.publicKey else {
            throw .damagedKey(path: path, problem: "the public key is not the secret's")
        }
        return key
    }

    private static func envelope(
        at path: String, purpose: KeyPurpose
    ) throws(FileFailure) -> (publicKey: [UInt8], sealed: [UInt8]) {
        let text = try LocalFile.readSecret(path, limit: sizeLimit)
        let envelope: Envelope
        do throws(JSONFailure) {
            envelope = try JSONDocument.decode(Envelope.self, from: text)
        } catch {
            throw .json(path: path, error)
        }
        guard envelope.format == format else {
            throw .damagedKey(
                path: path, problem: "its format is `\(envelope.format)`, not `\(format)`")
        }
        guard envelope.purpose == purpose.name else {
            throw .wrongPurpose(path: path, found: envelope.purpose, expected: purpose.name)
        }
        guard let publicKey = Hexadecimal.decode(envelope.publicKey),
            let sealed = Hexadecimal.decode(envelope.sealed)
        else {
            throw .damagedKey(
                path: path, problem: "publicKey and sealed need hexadecimal digits of lower case")
        }
        return (publicKey, sealed)
    }

    private static func unseal(
        _ sealed: [UInt8], path: String, passphrase: Passphrase
    ) throws(FileFailure) -> [UInt8] {
        do throws(PassphraseError) {
            return try passphrase.withBytes { (bytes) throws(PassphraseError) in
                try PassphraseEncryption.open(sealed, passphrase: bytes)
            }
        } catch {
            switch error {
            case .wrongPassphrase: throw .wrongPassphrase(path: path)
            case .malformed:
                throw .damagedKey(path: path, problem: "the sealed bytes are not in their form")
            case .unknownVersion(let version):
                throw .damagedKey(path: path, problem: "it is sealed by version \(version)")
            case .costOutOfBounds(let passes, let kibibytes):
                throw .damagedKey(
                    path: path, problem: "it asks for \(passes) passes over \(kibibytes) KiB")
            case .outOfMemory:
                throw .unreadable(path: path, reason: "there is too little memory to open it")
            }
        }
    }
}
