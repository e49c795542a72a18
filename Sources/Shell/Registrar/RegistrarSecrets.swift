internal import Codec
package import Cryptography
package import DocumentFiles
internal import Ledger

/// Everything secret that a registrar holds: one encrypted key file.
package struct RegistrarSecrets: Sendable {
    /// Signs the registrar's transactions.
    package let signingKey: Ed25519SigningKey
    /// Encrypts personal data at rest.
    let databaseKey: SecretBytes
    /// By ballot style.
    package let issuingKeys: [UInt32: BlindIssuingKey]

    private static let derLimit = 4096

    init(
        signingKey: Ed25519SigningKey, databaseKey: SecretBytes,
        issuingKeys: [UInt32: BlindIssuingKey]
    ) {
        self.signingKey = signingKey
        self.databaseKey = databaseKey
        self.issuingKeys = issuingKeys
    }

    /// New secrets; takes about a second for each style.
    package static func generate(styles: [UInt32]) throws(BlindIssuingError) -> Self {
        var issuingKeys: [UInt32: BlindIssuingKey] = [:]
        for style in styles { issuingKeys[style] = try BlindIssuingKey.generate() }
        return Self(
            signingKey: .generate(), databaseKey: SecretBytes(SystemRandom.bytes(32)),
            issuingKeys: issuingKeys)
    }

    /// What others may know.
    package func publicKeys(name: String) -> RegistrarKeys {
        RegistrarKeys(
            name: name, registrarKey: signingKey.publicKey,
            styles: issuingKeys.sorted { $0.key < $1.key }.map { style, key in
                RegistrarKeys.Style(
                    number: style, issuingKey: Hexadecimal.encode(key.modulus))
            })
    }

    /// Writes the key file. Its secret is: seed (32 bytes), database key (32), u32 count of styles,
    /// each u32 number and the issuing key in DER.
    package func write(to path: String, passphrase: Passphrase) throws(FileFailure) {
        var writer = ByteWriter()
        writer.write(signingKey.exportSeed())
        writer.write(raw: databaseKey.copy())
        writer.write(UInt32(issuingKeys.count))
        for (style, key) in issuingKeys.sorted(by: { $0.key < $1.key }) {
            writer.write(style)
            writer.write(variable: key.der, limit: Self.derLimit)
        }
        var secret = writer.bytes
        defer { secret.wipe() }
        try KeyFile.create(
            at: path, purpose: .registrar, publicKey: signingKey.publicKey.bytes, secret: secret,
            passphrase: passphrase)
    }

    /// Opens the key file.
    package init(at path: String, passphrase: Passphrase) throws(FileFailure) {
        let file = try KeyFile.open(at: path, purpose: .registrar, passphrase: passphrase)
        var secret = file.secret.copy()
        defer { secret.wipe() }
        var reader = ByteReader(secret)
        do {
            signingKey = Ed25519SigningKey(seed: try reader.readBytes32())
            databaseKey = SecretBytes(try reader.readRaw(32))
            var keys: [UInt32: BlindIssuingKey] = [:]
            for _ in 0..<min(Int(try reader.readUInt32()), Limits.styles) {
                let style = try reader.readUInt32()
                keys[style] = try BlindIssuingKey(
                    der: try reader.readVariable(limit: Self.derLimit))
            }
            try reader.finish()
            issuingKeys = keys
        } catch {
            throw .damagedKey(path: path, problem: "its secret is not a registrar's")
        }
        guard signingKey.publicKey.bytes == file.publicKey else {
            throw .damagedKey(path: path, problem: "the public key is not the secret's")
        }
    }
}
