package import Codec

/// A person or an office with an Ed25519 key: a commission member, a trustee, the registrar.
package struct Member: Hashable, Codable, Sendable {
    package let name: String
    package let key: Bytes32

    package init(name: String, key: Bytes32) {
        self.name = name
        self.key = key
    }
}

/// Members of whom `threshold` must sign what the commission decides.
package struct Commission: Hashable, Codable, Sendable {
    package let members: [Member]
    package let threshold: UInt32

    package init(members: [Member], threshold: UInt32) {
        self.members = members
        self.threshold = threshold
    }
}

/// A rule that a document breaks, for the person who wrote it.
package struct DocumentFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where in the document, as in `styles[2].closes`.
    package let path: String
    package let problem: String

    package init(path: String, problem: String) {
        self.path = path
        self.problem = problem
    }

    package var description: String { path + ": " + problem }
}

extension Member: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(name, limit: Limits.name)
        writer.write(key)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            name: try reader.readString(limit: Limits.name), key: try reader.readBytes32())
    }
}

extension Commission: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(list: members, limit: Limits.commissionMembers)
        writer.write(threshold)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            members: try reader.readList(limit: Limits.commissionMembers),
            threshold: try reader.readUInt32())
    }
}
