package import Codec

/// Creates an election: signed by k of the chain's commission.
package struct CreateElection: Hashable, Sendable {
    package let document: ElectionDocument

    package init(document: ElectionDocument) { self.document = document }
}

/// Moves the close of styles to a later time, with a reason: signed by k of the election's
/// commission, in a block before the close.
package struct ExtendWindow: Hashable, Codable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    /// Style numbers, strictly rising, at least one.
    package let styles: [UInt32]
    package let closes: Timestamp
    package let reason: String

    package init(election: Bytes32, styles: [UInt32], closes: Timestamp, reason: String) {
        self.election = election
        self.styles = styles
        self.closes = closes
        self.reason = reason
    }
}

/// Ends an election without a result, with a reason: signed by k of the election's commission.
package struct AbortElection: Hashable, Codable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    package let reason: String

    package init(election: Bytes32, reason: String) {
        self.election = election
        self.reason = reason
    }
}

extension CreateElection: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) { document.encode(to: &writer) }
    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(document: try ElectionDocument(from: &reader))
    }
}

extension ExtendWindow: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(election)
        writer.write(UInt32(styles.count))
        for style in styles { writer.write(style) }
        closes.encode(to: &writer)
        writer.write(reason, limit: Limits.reason)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let election = try reader.readBytes32()
        let count = Int(try reader.readUInt32())
        guard count <= Limits.styles else { throw .overLimit(count: count, limit: Limits.styles) }
        var styles: [UInt32] = []
        for _ in 0..<count { styles.append(try reader.readUInt32()) }
        self.init(
            election: election, styles: styles, closes: try Timestamp(from: &reader),
            reason: try reader.readString(limit: Limits.reason))
    }
}

extension AbortElection: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(election)
        writer.write(reason, limit: Limits.reason)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            election: try reader.readBytes32(),
            reason: try reader.readString(limit: Limits.reason))
    }
}
