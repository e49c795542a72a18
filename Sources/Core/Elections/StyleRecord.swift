import BallotCryptography
import Codec
import Ledger
import TransparencyLog

/// A style's window, roll and accounting: cast <= issued <= counted.
struct StyleRecord: Hashable {
    /// The effective close, which extensions move.
    var closes: Timestamp
    /// What the first part of the roll announced; nil before it.
    var roll: Roll?
    /// Leaves of the roll that may vote.
    var counted: UInt32 = 0
    var issued: UInt32 = 0
    /// How many leaves were published as issued.
    var leavesIssued: UInt32 = 0
    /// Credentials seen in ballots.
    var cast: UInt32 = 0

    struct Roll: Hashable {
        let total: UInt32
        let root: Bytes32
        var parts: UInt32
        var received: UInt32
        var last: Bytes32?
        var isComplete: Bool
    }

    var isRollComplete: Bool { self.roll?.isComplete ?? false }

    init(closes: Timestamp) { self.closes = closes }
}

/// The leaves of one part of a roll.
struct RollPartRecord: Hashable {
    let leaves: [Bytes32]
}

/// One byte for each leaf of a part: the status, and whether a ballot was issued for it. There is no
/// record for a part of which every leaf is counted and not issued.
struct RollMarks: Hashable {
    private static let issuedBit: UInt8 = 0x80
    private var marks: [UInt8]

    init(count: Int) {
        self.marks = [UInt8](repeating: RollStatus.counted.rawValue, count: count)
    }

    func status(of leaf: Int) -> RollStatus {
        RollStatus(rawValue: self.marks[leaf] & ~Self.issuedBit) ?? .error
    }

    func isIssued(_ leaf: Int) -> Bool { self.marks[leaf] & Self.issuedBit != 0 }

    mutating func setStatus(_ status: RollStatus, of leaf: Int) {
        self.marks[leaf] = self.marks[leaf] & Self.issuedBit | status.rawValue
    }

    mutating func setIssued(_ leaf: Int) { self.marks[leaf] |= Self.issuedBit }
}

/// The last ballot of a credential.
struct CredentialRecord: Hashable {
    let style: UInt32
    let sequence: UInt32
    let ballotID: Bytes32
    let tracker: Bytes32
    let transaction: Bytes32
    /// What a revote takes out of the totals again.
    let ciphertexts: [BallotCiphertext]
}

extension StyleRecord.Roll: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(self.total)
        writer.write(self.root)
        writer.write(self.parts)
        writer.write(self.received)
        writer.write(optional: self.last)
        writer.write(self.isComplete)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            total: try reader.readUInt32(),
            root: try reader.readBytes32(),
            parts: try reader.readUInt32(),
            received: try reader.readUInt32(),
            last: try reader.readOptional(),
            isComplete: try reader.readBool())
    }
}

extension StyleRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        self.closes.encode(to: &writer)
        writer.write(optional: self.roll)
        writer.write(self.counted)
        writer.write(self.issued)
        writer.write(self.leavesIssued)
        writer.write(self.cast)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.closes = try Timestamp(from: &reader)
        self.roll = try reader.readOptional()
        self.counted = try reader.readUInt32()
        self.issued = try reader.readUInt32()
        self.leavesIssued = try reader.readUInt32()
        self.cast = try reader.readUInt32()
    }
}

extension RollPartRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(list: self.leaves, limit: Ledger.Limits.rollLeaves)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.leaves = try reader.readList(limit: Ledger.Limits.rollLeaves)
    }
}

extension RollMarks: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(variable: self.marks, limit: Ledger.Limits.rollLeaves)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.marks = try reader.readVariable(limit: Ledger.Limits.rollLeaves)
        for mark in self.marks where RollStatus(rawValue: mark & ~Self.issuedBit) == nil {
            throw .unknownTag(mark)
        }
    }
}

extension CredentialRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(self.style)
        writer.write(self.sequence)
        writer.write(self.ballotID)
        writer.write(self.tracker)
        writer.write(self.transaction)
        writer.write(list: self.ciphertexts, limit: Ledger.Limits.contestsPerBallot)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            style: try reader.readUInt32(),
            sequence: try reader.readUInt32(),
            ballotID: try reader.readBytes32(),
            tracker: try reader.readBytes32(),
            transaction: try reader.readBytes32(),
            ciphertexts: try reader.readList(limit: Ledger.Limits.contestsPerBallot))
    }
}
