import Codec
import Ledger

/// How far an election has come; what time alone decides (open or not) is not stored.
enum ElectionStage: UInt8, CaseIterable {
    /// The key ceremony is not finished.
    case ceremony = 1
    /// Keys and election id are final. Issuing and voting go by style and time.
    case prepared = 2
    /// Past every style's close and grace; units are being decrypted.
    case closed = 3
    /// All units are counted; the next block fixes the result protocol.
    case counted = 4
    /// The result protocol is fixed.
    case resulted = 5
    case aborted = 6
}

/// What the state knows of an election beside its document.
struct ElectionRecord: Hashable {
    let number: UInt32
    let createdAt: Height
    let createdTime: Timestamp
    var stage: ElectionStage
    /// The number of the present or last attempt at the key ceremony, from 1.
    var ceremony: UInt32
    /// Whether any trustee has registered yet.
    var hasCeremonyBegun: Bool
    /// Final from `prepared` on.
    var electionID: Bytes32?
    /// The latest close and grace of any style: ballots are over from here.
    var closesFinally: Timestamp
    /// How many styles' rolls are not complete.
    var rollsMissing: UInt32
    /// Decryption units that are not counted yet.
    var unitsOpen: UInt32 = 0
    /// Valid partial decryptions so far.
    var shares: UInt32 = 0
    /// The block that completed the counts.
    var countedAt: Height = .genesis
    var countedTime = Timestamp(milliseconds: 0)
    /// SHA-256 of the result protocol.
    var resultHash: Bytes32?
    /// Members who signed the result without and with a dissent.
    var agreeing: UInt32 = 0
    var dissenting: UInt32 = 0
    /// Why the election was aborted, else empty.
    var abortReason: String = ""
}

extension ElectionRecord: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(self.number)
        self.createdAt.encode(to: &writer)
        self.createdTime.encode(to: &writer)
        writer.write(self.stage.rawValue)
        writer.write(self.ceremony)
        writer.write(self.hasCeremonyBegun)
        writer.write(optional: self.electionID)
        self.closesFinally.encode(to: &writer)
        writer.write(self.rollsMissing)
        writer.write(self.unitsOpen)
        writer.write(self.shares)
        self.countedAt.encode(to: &writer)
        self.countedTime.encode(to: &writer)
        writer.write(optional: self.resultHash)
        writer.write(self.agreeing)
        writer.write(self.dissenting)
        writer.write(self.abortReason, limit: Ledger.Limits.reason)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.number = try reader.readUInt32()
        self.createdAt = try Height(from: &reader)
        self.createdTime = try Timestamp(from: &reader)
        self.stage = try reader.readCase()
        self.ceremony = try reader.readUInt32()
        self.hasCeremonyBegun = try reader.readBool()
        self.electionID = try reader.readOptional()
        self.closesFinally = try Timestamp(from: &reader)
        self.rollsMissing = try reader.readUInt32()
        self.unitsOpen = try reader.readUInt32()
        self.shares = try reader.readUInt32()
        self.countedAt = try Height(from: &reader)
        self.countedTime = try Timestamp(from: &reader)
        self.resultHash = try reader.readOptional()
        self.agreeing = try reader.readUInt32()
        self.dissenting = try reader.readUInt32()
        self.abortReason = try reader.readString(limit: Ledger.Limits.reason)
    }
}

extension ByteReader {
    /// Reads the raw byte of an enumeration.
    mutating func readCase<Value: RawRepresentable<UInt8>>(
        of type: Value.Type = Value.self
    ) throws(CodecError) -> Value {
        let byte = try self.readUInt8()
        guard let value = Value(rawValue: byte) else { throw .unknownTag(byte) }
        return value
    }

    /// Reads a u32 count of at most `limit` and that many numbers.
    mutating func readNumbers(limit: Int) throws(CodecError) -> [UInt32] {
        let count = Int(try self.readUInt32())
        guard count <= limit else { throw .overLimit(count: count, limit: limit) }
        var numbers: [UInt32] = []
        for _ in 0..<count { numbers.append(try self.readUInt32()) }
        return numbers
    }
}

extension ByteWriter {
    /// Writes a u32 count and each number.
    mutating func write(numbers: [UInt32]) {
        self.write(UInt32(numbers.count))
        for number in numbers { self.write(number) }
    }
}
