import BallotCryptography
import Codec
import TransparencyLog

/// The bounds of what a host may give.
package enum WebLimits {
    /// Bytes of one input: a tally of 31 trustees and 64 cells takes 80,000.
    package static let inputSize = 262_144
    /// Encryptions that wait for the voter's decision.
    package static let encryptions = 16
    /// Bytes of a log entry, such as a genesis document or a transaction.
    static let entrySize = 65_535
    /// Bytes of a trust policy: 31 validators in lines of less than 400.
    static let policySize = 16_384
}

/// An input in the canonical encoding.
protocol WebInput {
    init(from reader: inout ByteReader) throws(CodecError)
}

extension WebInput {
    /// Decodes an input that fills `bytes`.
    init(_ bytes: [UInt8]) throws(WebRefusal) {
        do throws(CodecError) {
            var reader = ByteReader(bytes)
            try self.init(from: &reader)
            try reader.finish()
        } catch {
            throw .input
        }
    }
}

/// An input whose answer is refused by the protocol's own codes alone.
protocol CodedInput: WebInput {
    func answer() throws(RefusalCode) -> [UInt8]
}

/// `u32 options | u32 min | u32 max | bool blank`: a contest as the election document describes it.
struct ShapeInput: WebInput {
    private let options: UInt32
    private let min: UInt32
    private let max: UInt32
    private let countsBlank: Bool

    init(from reader: inout ByteReader) throws(CodecError) {
        self.options = try reader.readUInt32()
        self.min = try reader.readUInt32()
        self.max = try reader.readUInt32()
        self.countsBlank = try reader.readBool()
    }

    func shape() throws(RefusalCode) -> ContestShape {
        let limit = UInt32(Limits.cellsPerContest)
        guard self.options <= limit, self.min <= limit, self.max <= limit else {
            throw .parameter
        }
        return try ContestShape(
            options: Int(self.options), min: Int(self.min), max: Int(self.max),
            countsBlank: self.countsBlank)
    }
}

/// `electionId | u32 style | u32 contests | (u32 index | shape)* | election keys`: what a ballot is
/// made and checked by.
struct RulesInput: WebInput {
    private let electionID: Bytes32
    private let style: UInt32
    private let contests: [(index: UInt32, shape: ShapeInput)]
    private let keys: ElectionKeys

    init(from reader: inout ByteReader) throws(CodecError) {
        self.electionID = try reader.readBytes32()
        self.style = try reader.readUInt32()
        let count = Int(try reader.readUInt32())
        guard count <= Limits.contestsPerBallot else {
            throw .overLimit(count: count, limit: Limits.contestsPerBallot)
        }
        var contests: [(index: UInt32, shape: ShapeInput)] = []
        for _ in 0..<count {
            let index = try reader.readUInt32()
            contests.append((index, try ShapeInput(from: &reader)))
        }
        self.contests = contests
        self.keys = try ElectionKeys(from: &reader)
    }

    func rules() throws(RefusalCode) -> BallotRules {
        var contests: [BallotContest] = []
        for contest in self.contests {
            contests.append(
                BallotContest(index: contest.index, shape: try contest.shape.shape()))
        }
        return try BallotRules(
            electionID: self.electionID, style: self.style, contests: contests, keys: self.keys)
    }
}
