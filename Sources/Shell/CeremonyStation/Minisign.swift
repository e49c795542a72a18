package import Codec
package import Cryptography
internal import FoundationEssentials
internal import Hashing

/// Signatures as minisign and OpenBSD's signify read them: the legacy form `Ed`, an Ed25519 signature
/// of the file's bytes themselves, so that it is the one that the chain carries. What minisign adds,
/// only who holds the key can make: a signature over it and the trusted comment.
package enum Minisign {
    private static let algorithm: [UInt8] = [0x45, 0x64]

    /// The number by which signature and key find each other; any will do, ours is the key's hash.
    private static func keyNumber(_ key: Bytes32) -> [UInt8] {
        [UInt8](SHA256.digest(key.bytes).bytes.prefix(8))
    }

    /// A public key for `minisign -P`.
    package static func publicKey(_ key: Bytes32) -> String {
        Self.base64(Self.algorithm + Self.keyNumber(key) + key.bytes)
    }

    /// The content of a signature file.
    ///
    /// - Parameters:
    ///   - signature: over the file's bytes, by `key`.
    ///   - comment: signed with it. Control characters, which could end its line, become spaces.
    package static func signatureFile(
        _ signature: Bytes64, comment: String, key: Ed25519SigningKey
    ) -> String {
        let line = String(
            decoding: comment.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }.prefix(4096),
            as: UTF8.self)
        let both = key.sign(signature.bytes + [UInt8](line.utf8))
        return """
            untrusted comment: signature of a commission member; key \(Self.publicKey(key.publicKey))
            \(Self.base64(Self.algorithm + Self.keyNumber(key.publicKey) + signature.bytes))
            trusted comment: \(line)
            \(Self.base64(both.bytes))

            """
    }

    private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
