import BallotCryptography
import Codec
import Ledger

/// The running total of a (tally unit, contest) pair.
struct TotalRecord: Equatable {
    var total: EncryptedTotal
}

/// What is decrypted as one: a (tally unit, contest) pair with those merged into it, numbered from 1
/// in document order, or one that was merged away.
struct UnitRecord: Equatable {
    let contest: UInt32
    /// Its own tally unit first, then those merged into it.
    let tallyUnits: [UInt32]
    /// The unit that took this one's ballots.
    let mergedInto: UInt32?
    let total: EncryptedTotal
    /// Trustees (document numbers) with a valid share, in order of arrival.
    var shares: [UInt32] = []
    /// Votes of each option, then of the counted blank.
    var counts: [UInt64]?
    /// Whether valid shares led to no possible count: A_TALLY_RANGE.
    var isBeyondRange = false
}

/// A verified partial decryption.
struct ShareRecord: Hashable {
    let transaction: Bytes32
    let payload: [UInt8]
}

/// The result protocol's bytes.
struct ResultRecord: Hashable {
    /// The largest protocol: an election document and the counts of all its units.
    static let limit = 64 * 1024 * 1024
    let bytes: [UInt8]
}

/// A member's signature over the result protocol.
struct SignatureRecord: Hashable {
    let transaction: Bytes32
    let signature: ProtocolSignature
}

extension TotalRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) { self.total.encode(to: &writer) }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.total = try EncryptedTotal(from: &reader)
    }
}

extension UnitRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(self.contest)
        writer.write(numbers: self.tallyUnits)
        writer.write(self.mergedInto != nil)
        if let mergedInto { writer.write(mergedInto) }
        self.total.encode(to: &writer)
        writer.write(numbers: self.shares)
        writer.write(self.counts != nil)
        if let counts {
            writer.write(UInt32(counts.count))
            for count in counts { writer.write(count) }
        }
        writer.write(self.isBeyondRange)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.contest = try reader.readUInt32()
        self.tallyUnits = try reader.readNumbers(limit: Ledger.Limits.styles)
        self.mergedInto = try reader.readBool() ? try reader.readUInt32() : nil
        self.total = try EncryptedTotal(from: &reader)
        self.shares = try reader.readNumbers(limit: Ledger.Limits.trustees)
        if try reader.readBool() {
            let cells = BallotCryptography.Limits.cellsPerContest
            let count = Int(try reader.readUInt32())
            guard count <= cells else { throw .overLimit(count: count, limit: cells) }
            var counts: [UInt64] = []
            for _ in 0..<count { counts.append(try reader.readUInt64()) }
            self.counts = counts
        }
        self.isBeyondRange = try reader.readBool()
    }
}

extension ShareRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(self.transaction)
        writer.write(variable: self.payload, limit: Ledger.Limits.ceremonyPayload)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.transaction = try reader.readBytes32()
        self.payload = try reader.readVariable(limit: Ledger.Limits.ceremonyPayload)
    }
}

extension ResultRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(variable: self.bytes, limit: Self.limit)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.bytes = try reader.readVariable(limit: Self.limit)
    }
}

extension SignatureRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(self.transaction)
        self.signature.encode(to: &writer)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.transaction = try reader.readBytes32()
        self.signature = try ProtocolSignature(from: &reader)
    }
}
