package import Codec
import TransparencyLog

/// A transaction's bytes with their id. The id is taken once, where the bytes come in, and goes with
/// them from then on.
package struct Entry: Sendable {
    /// The RFC 6962 leaf hash of `bytes`.
    package let id: Bytes32
    /// The canonical encoding of a transaction, at most `Limits.entryBytes` long.
    package let bytes: [UInt8]

    /// Takes the id of bytes that came in.
    package init(_ bytes: [UInt8]) {
        id = LogHash.leaf(bytes)
        self.bytes = bytes
    }

    /// Joins bytes with the id that was taken from them before.
    ///
    /// An id that is not theirs would let a block seem to be what its header commits to. So the id
    /// comes from `init(_:)`, or from a place that took it there.
    package init(id: Bytes32, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }
}

extension Entry: Hashable {
    package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

extension Entry: CanonicalCodable {
    /// A u32 length and the bytes; the id is not written.
    package func encode(to writer: inout ByteWriter) {
        writer.write(variable: bytes, limit: Limits.entryBytes)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(try reader.readVariable(limit: Limits.entryBytes))
    }
}
