import BallotCryptography
import Codec

/// `electionId | u32 unit | shape | total | election keys | u32 shares | (u32 trustee | partial
/// decryption)* | bool given | u32 counts | u64 count* if given`: one decrypted unit of the record.
struct VerifyTallyInput: WebInput {
    private let unit: DecryptionUnit
    private let shape: ShapeInput
    private let keys: ElectionKeys
    private let shares: [(trustee: UInt32, decryption: PartialDecryption)]
    private let claimed: [UInt64]?

    init(from reader: inout ByteReader) throws(CodecError) {
        let electionID = try reader.readBytes32()
        let unit = try reader.readUInt32()
        self.shape = try ShapeInput(from: &reader)
        self.unit = DecryptionUnit(
            electionID: electionID, unit: unit, total: try EncryptedTotal(from: &reader))
        self.keys = try ElectionKeys(from: &reader)
        let count = Int(try reader.readUInt32())
        guard count <= Int(Limits.trustees) else {
            throw .overLimit(count: count, limit: Int(Limits.trustees))
        }
        var shares: [(trustee: UInt32, decryption: PartialDecryption)] = []
        for _ in 0..<count {
            let trustee = try reader.readUInt32()
            shares.append((trustee, try PartialDecryption(from: &reader)))
        }
        self.shares = shares
        self.claimed = try reader.readBool() ? Self.readCounts(&reader) : nil
    }

    private static func readCounts(_ reader: inout ByteReader) throws(CodecError) -> [UInt64] {
        let count = Int(try reader.readUInt32())
        guard count <= Limits.cellsPerContest else {
            throw .overLimit(count: count, limit: Limits.cellsPerContest)
        }
        var counts: [UInt64] = []
        for _ in 0..<count { counts.append(try reader.readUInt64()) }
        return counts
    }

    /// `u32 counts | u64 count*`: what the total decrypts to. Every share's proof holds, and the
    /// counts are possible for so many ballots; they are the claimed ones, if any were.
    func answer() throws(WebRefusal) -> [UInt8] {
        let shape: ContestShape
        var verified: [VerifiedShare] = []
        do throws(RefusalCode) {
            shape = try self.shape.shape()
            for share in self.shares {
                verified.append(
                    try VerifiedShare(
                        share.decryption, of: self.unit, trustee: share.trustee, keys: self.keys))
            }
        } catch {
            throw .code(error)
        }
        let counts: [UInt64]
        do throws(TallyError) {
            counts = try Tally.counts(
                of: self.unit, shares: verified, keys: self.keys, shape: shape,
                logarithms: DiscreteLogarithms(bound: UInt64(self.unit.total.counted)))
        } catch {
            switch error {
            case .tooFewShares: throw .tooFewShares
            case .cellCount, .outOfRange, .inconsistent: throw .tally
            }
        }
        if let claimed, claimed != counts { throw .tally }
        var writer = ByteWriter()
        writer.write(UInt32(counts.count))
        for count in counts { writer.write(count) }
        return writer.bytes
    }
}
