package import Codec
import Hashing

/// Why a text is not a verifier key that we can use.
package enum VerifierKeyError: Error, Equatable, Sendable {
    /// Not `name+id+base64`.
    case malformed
    /// A signature type that this version does not verify, such as ML-DSA-44 (06).
    case unknownType(UInt8)
    /// The key has another length than its type says.
    case wrongLength
    /// The key ID is not the hash of name and key.
    case wrongID
}

/// A public key with its name and what it signs, as in `name+id+base64(type ‖ key)`.
package struct VerifierKey: Hashable, Sendable {
    /// What a key of a note signs.
    package enum Kind: UInt8, Hashable, Sendable {
        /// Ed25519 over the text of the note.
        case note = 0x01
        /// Ed25519 over a time and the text of a checkpoint.
        case cosignature = 0x04
    }

    /// Who signs with it.
    package let name: KeyName
    /// What it signs.
    package let kind: Kind
    /// The Ed25519 public key.
    package let publicKey: Bytes32
    /// The first four bytes of SHA-256 over name, LF, kind and key, big-endian.
    package let id: UInt32

    /// The key of a name; the id follows.
    package init(name: KeyName, kind: Kind, publicKey: Bytes32) {
        self.name = name
        self.kind = kind
        self.publicKey = publicKey
        id = Self.id(name: name, typedKey: [kind.rawValue] + publicKey.bytes)
    }

    /// Parses `name+<8 hexadecimal digits>+base64`.
    package init(vkey: [UInt8]) throws(VerifierKeyError) {
        let plus: UInt8 = 0x2B
        let limit = LogLimits.keyNameSize + 8192
        guard vkey.count <= limit, let first = vkey.firstIndex(of: plus),
            let second = vkey[(first + 1)...].firstIndex(of: plus),
            let name = KeyName([UInt8](vkey[..<first])),
            let idBytes = Hexadecimal.decode(text([UInt8](vkey[(first + 1)..<second]))),
            idBytes.count == 4,
            let typedKey = Base64.decode(vkey[(second + 1)...]), let type = typedKey.first
        else { throw .malformed }
        guard loadBigEndian(idBytes[...]) == Self.id(name: name, typedKey: typedKey) else {
            throw .wrongID
        }
        guard let kind = Kind(rawValue: type) else { throw .unknownType(type) }
        guard let publicKey = Bytes32(exactly: [UInt8](typedKey.dropFirst())) else {
            throw .wrongLength
        }
        self.init(name: name, kind: kind, publicKey: publicKey)
    }

    /// Parses `name+<8 hexadecimal digits>+base64`.
    package init(vkey: String) throws(VerifierKeyError) {
        try self.init(vkey: [UInt8](vkey.utf8))
    }

    /// `name+id+base64(type ‖ key)`.
    package var vkey: String {
        let idText = [UInt8](Hexadecimal.encode(bigEndian(id)).utf8)
        let key = Base64.encode([kind.rawValue] + publicKey.bytes)
        return text(name.utf8 + [0x2B] + idText + [0x2B] + key)
    }

    private static func id(name: KeyName, typedKey: [UInt8]) -> UInt32 {
        let digest = SHA256.digest(name.utf8, [lineFeed], typedKey).bytes
        return loadBigEndian(digest[..<4])
    }
}

func bigEndian(_ value: UInt32) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(value)
    return writer.bytes
}

/// The number of four bytes, the most significant first.
func loadBigEndian(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var value: UInt32 = 0
    for byte in bytes { value = value << 8 | UInt32(byte) }
    return value
}
