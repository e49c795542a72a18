package import Codec
import Hashing

/// What became of a voter on the roll.
package enum RollStatus: UInt8, Sendable, CaseIterable {
    case counted = 1
    case withdrawn = 2
    case paper = 3
    case deceased = 4
    case error = 5
}

/// A part of one style's roll: salted voter commitments, sorted over all parts. Parts come in order.
package struct RollPart: Hashable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    package let style: UInt32
    /// The part's number, from 0; all but the last hold `Limits.rollLeaves` leaves.
    package let part: UInt32
    /// Leaves of all parts.
    package let total: UInt32
    /// RFC 6962 root over all leaves, the 32 bytes of each as the entry.
    package let root: Bytes32
    package let leaves: [Bytes32]

    package init(
        election: Bytes32, style: UInt32, part: UInt32, total: UInt32, root: Bytes32,
        leaves: [Bytes32]
    ) {
        self.election = election
        self.style = style
        self.part = part
        self.total = total
        self.root = root
        self.leaves = leaves
    }

    /// A voter's commitment: SHA-256("veche/roll-leaf/v1", 0, chain id, salt (32 bytes), the
    /// registrar's reference of the voter in UTF-8).
    package static func leaf(chainID: Bytes32, salt: Bytes32, voter: String) -> Bytes32 {
        SHA256.digest(
            [UInt8]("veche/roll-leaf/v1".utf8) + [0], chainID.bytes, salt.bytes,
            [UInt8](voter.utf8))
    }
}

/// A change of one roll leaf that no ballot was issued for.
package struct RollChange: Hashable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    package let style: UInt32
    /// The leaf's place in the style's roll, from 0.
    package let leaf: UInt32
    package let status: RollStatus
    /// The registrar's code of the reason.
    package let reason: UInt16
    /// The registrar's number of this change. The ledger does not read it; another number makes
    /// another transaction of the same change, as when a voter withdraws for the second time.
    package let number: UInt32

    package init(
        election: Bytes32, style: UInt32, leaf: UInt32, status: RollStatus, reason: UInt16,
        number: UInt32
    ) {
        self.election = election
        self.style = style
        self.leaf = leaf
        self.status = status
        self.reason = reason
        self.number = number
    }
}

/// How many ballots of a style have been issued so far; only growing.
package struct IssueCount: Hashable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    package let style: UInt32
    package let total: UInt32

    package init(election: Bytes32, style: UInt32, total: UInt32) {
        self.election = election
        self.style = style
        self.total = total
    }
}

/// Roll leaves of a style whose ballots were issued, at no stated time and in no stated order.
package struct IssuedLeaves: Hashable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    package let style: UInt32
    /// Places in the style's roll, strictly rising, 1 to `Limits.issuedLeaves`.
    package let leaves: [UInt32]

    package init(election: Bytes32, style: UInt32, leaves: [UInt32]) {
        self.election = election
        self.style = style
        self.leaves = leaves
    }
}

extension RollPart: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(election)
        writer.write(style)
        writer.write(part)
        writer.write(total)
        writer.write(root)
        writer.write(list: leaves, limit: Limits.rollLeaves)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            election: try reader.readBytes32(),
            style: try reader.readUInt32(),
            part: try reader.readUInt32(),
            total: try reader.readUInt32(),
            root: try reader.readBytes32(),
            leaves: try reader.readList(limit: Limits.rollLeaves))
    }
}

extension RollChange: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(election)
        writer.write(style)
        writer.write(leaf)
        writer.write(status.rawValue)
        writer.write(reason)
        writer.write(number)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let election = try reader.readBytes32()
        let style = try reader.readUInt32()
        let leaf = try reader.readUInt32()
        let byte = try reader.readUInt8()
        guard let status = RollStatus(rawValue: byte) else { throw .unknownTag(byte) }
        self.init(
            election: election, style: style, leaf: leaf, status: status,
            reason: try reader.readUInt16(), number: try reader.readUInt32())
    }
}

extension IssueCount: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(election)
        writer.write(style)
        writer.write(total)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            election: try reader.readBytes32(),
            style: try reader.readUInt32(),
            total: try reader.readUInt32())
    }
}

extension IssuedLeaves: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(election)
        writer.write(style)
        precondition(leaves.count <= Limits.issuedLeaves, "too many issued leaves in one part")
        writer.write(UInt32(leaves.count))
        for leaf in leaves { writer.write(leaf) }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let election = try reader.readBytes32()
        let style = try reader.readUInt32()
        let count = Int(try reader.readUInt32())
        guard count <= Limits.issuedLeaves else {
            throw .overLimit(count: count, limit: Limits.issuedLeaves)
        }
        var leaves: [UInt32] = []
        for _ in 0..<count { leaves.append(try reader.readUInt32()) }
        self.init(election: election, style: style, leaves: leaves)
    }
}
