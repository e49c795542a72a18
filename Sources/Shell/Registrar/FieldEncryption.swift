internal import APISchema
internal import Codec
internal import Cryptography
internal import Hashing
internal import Ristretto

/// Personal data at rest: sealed field by field, found by a keyed hash.
struct FieldEncryption: Sendable {
    private let lookupKey: SecretBytes
    private let sealingKey: SecretBytes
    private let codeKey: SecretBytes
    private let registerKey: SecretBytes
    private let slotKey: SecretBytes
    private let recordKey: SecretBytes

    init(databaseKey: SecretBytes) {
        func derived(_ purpose: String) -> SecretBytes {
            var master = databaseKey.copy()
            defer { master.wipe() }
            return SecretBytes(
                Self.authenticationCode([UInt8](purpose.utf8), key: master).bytes)
        }
        lookupKey = derived("lookup")
        sealingKey = derived("sealing")
        codeKey = derived("code")
        registerKey = derived("register")
        slotKey = derived("slot")
        recordKey = derived("issue")
    }

    /// What is sealed of one voter.
    struct VoterFields: Equatable, CanonicalCodable {
        let voter: String
        /// Opens the roll leaf.
        let salt: Bytes32
        let codeSalt: Bytes32
        let codeHash: Bytes32

        init(voter: String, salt: Bytes32, codeSalt: Bytes32, codeHash: Bytes32) {
            self.voter = voter
            self.salt = salt
            self.codeSalt = codeSalt
            self.codeHash = codeHash
        }

        func encode(to writer: inout ByteWriter) {
            writer.write(voter, limit: 1024)
            writer.write(salt)
            writer.write(codeSalt)
            writer.write(codeHash)
        }

        init(from reader: inout ByteReader) throws(CodecError) {
            self.init(
                voter: try reader.readString(limit: 1024), salt: try reader.readBytes32(),
                codeSalt: try reader.readBytes32(), codeHash: try reader.readBytes32())
        }
    }

    /// The name under which a voter is found; without the key it says nothing.
    func lookup(_ voter: VoterReference) -> Bytes32 {
        code(over: [UInt8](voter.text.utf8), lookupKey)
    }

    func codeHash(_ code: String, salt: Bytes32) -> Bytes32 {
        self.code(over: salt.bytes + [UInt8](code.utf8), codeKey)
    }

    /// Whether a hash is that of one of these codes, after the same work whichever it is.
    func isHash(_ hash: Bytes32, ofOneOf codes: [String], salt: Bytes32) -> Bool {
        codes.map { Self.areEqual(codeHash($0, salt: salt), hash) }.contains(true)
    }

    /// The name of a leaf's record; without the key it says nothing of the leaf.
    func slot(style: UInt32, leaf: UInt32) -> Bytes32 {
        var writer = ByteWriter()
        writer.write(style)
        writer.write(leaf)
        return code(over: writer.bytes, slotKey)
    }

    /// Identifies a register's content.
    func registerDigest(_ rows: [RegisterRow]) -> Bytes32 {
        var writer = ByteWriter()
        for row in rows.sorted(by: { $0.voter < $1.voter }) {
            writer.write(row.voter, limit: 1024)
            writer.write(row.code, limit: 1024)
            writer.write(row.style)
        }
        return code(over: writer.bytes, registerKey)
    }

    /// Seals a voter's fields under the voter's lookup name.
    func seal(_ fields: VoterFields, for lookup: Bytes32) -> [UInt8] {
        seal(fields.canonicalBytes, for: lookup, sealingKey)
    }

    /// Nil where the bytes were not sealed with this key for this voter.
    func open(_ bytes: [UInt8], for lookup: Bytes32) -> VoterFields? {
        // What was sealed here decodes; anything else is not ours.
        open(bytes, for: lookup, sealingKey).flatMap { try? VoterFields(canonicalBytes: $0) }
    }

    /// Of every sealed record of an issue, in bytes.
    static let sealedRecordSize =
        ChaCha20Poly1305.nonceSize + IssueRecord.size + ChaCha20Poly1305.tagSize

    /// Seals a leaf's record under its name.
    func seal(_ record: IssueRecord, for slot: Bytes32) -> [UInt8] {
        seal(record.canonicalBytes, for: slot, recordKey)
    }

    /// Nil where the bytes were not sealed with this key for this record.
    func openRecord(_ bytes: [UInt8], for slot: Bytes32) -> IssueRecord? {
        // What was sealed here decodes; anything else is not ours.
        open(bytes, for: slot, recordKey).flatMap { try? IssueRecord(canonicalBytes: $0) }
    }

    private func seal(_ plain: [UInt8], for name: Bytes32, _ key: SecretBytes) -> [UInt8] {
        let nonce = SystemRandom.bytes(ChaCha20Poly1305.nonceSize)
        let sealed = withKey(key) { key in
            ChaCha20Poly1305.seal(plain, key: key, nonce: nonce, associatedData: name.bytes)
        }
        return nonce + sealed
    }

    private func open(_ bytes: [UInt8], for name: Bytes32, _ key: SecretBytes) -> [UInt8]? {
        withKey(key) { key in
            ChaCha20Poly1305.open(
                [UInt8](bytes.dropFirst(ChaCha20Poly1305.nonceSize)), key: key,
                nonce: [UInt8](bytes.prefix(ChaCha20Poly1305.nonceSize)),
                associatedData: name.bytes)
        }
    }

    private func withKey<Result>(_ key: SecretBytes, _ body: (Bytes32) -> Result) -> Result {
        var copy = key.copy()
        defer { copy.wipe() }
        return body(Bytes32(copy[...]))
    }

    private func code(over message: [UInt8], _ key: SecretBytes) -> Bytes32 {
        var copy = key.copy()
        defer { copy.wipe() }
        return Self.authenticationCode(message, key: copy)
    }

    /// HMAC-SHA256 (RFC 2104) under a key of at most 64 bytes.
    static func authenticationCode(_ message: [UInt8], key: [UInt8]) -> Bytes32 {
        precondition(key.count <= 64, "a key within one block of SHA-256")
        let block = key + [UInt8](repeating: 0, count: 64 - key.count)
        let inner = SHA256.digest(block.map { $0 ^ 0x36 }, message)
        return SHA256.digest(block.map { $0 ^ 0x5C }, inner.bytes)
    }

    /// Compares without telling by its time where the two differ.
    static func areEqual(_ first: Bytes32, _ second: Bytes32) -> Bool {
        zip(first.bytes, second.bytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
