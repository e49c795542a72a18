package import Codec
import Ristretto

/// The fields at the start of every ballot, before anything but version and limits is checked.
package struct BallotHeader: Hashable, Sendable {
    /// Must be that of the rules it is checked against.
    package let electionID: Bytes32
    /// The ballot style's number in the election document.
    package let style: UInt32
    /// `P`, the voter's pseudonym in this election.
    package let credentialKey: Bytes32
    /// `seq`, from 1.
    package let sequence: UInt32
    /// `prev`: the ballotId of the ballot being replaced, else zeros.
    package let previous: Bytes32
    /// As announced; compared with the style before anything is read.
    package let contestCount: UInt32

    /// A header of these fields; nothing is checked.
    package init(
        electionID: Bytes32, style: UInt32, credentialKey: Bytes32, sequence: UInt32,
        previous: Bytes32, contestCount: UInt32
    ) {
        self.electionID = electionID
        self.style = style
        self.credentialKey = credentialKey
        self.sequence = sequence
        self.previous = previous
        self.contestCount = contestCount
    }

    /// Reads the header of a ballot, so that its election and style can be looked up.
    /// - Throws: `length` below or above the limits, `version`.
    package init(peeking wire: [UInt8]) throws(RefusalCode) {
        guard wire.count <= Limits.ballotSize else { throw .length }
        var reader = ByteReader(wire)
        do throws(CodecError) {
            guard try reader.readUInt8() == BallotLayout.version else {
                throw .invalid("version")
            }
            self.electionID = try reader.readBytes32()
            self.style = try reader.readUInt32()
            self.credentialKey = try reader.readBytes32()
            self.sequence = try reader.readUInt32()
            self.previous = try reader.readBytes32()
            self.contestCount = try reader.readUInt32()
        } catch {
            if case .invalid = error { throw .version }
            throw .length
        }
    }

    /// `electionId, u32 style, P, u32 seq, prev, u32 contests`: the start of the statement.
    var statementItems: [[UInt8]] {
        [
            self.electionID.bytes, Transcript.u32(self.style), self.credentialKey.bytes,
            Transcript.u32(self.sequence), self.previous.bytes,
            Transcript.u32(self.contestCount),
        ]
    }

    /// Writes version and fields as they stand on the wire.
    func write(to writer: inout ByteWriter) {
        writer.write(BallotLayout.version)
        writer.write(self.electionID)
        writer.write(self.style)
        writer.write(self.credentialKey)
        writer.write(self.sequence)
        writer.write(self.previous)
        writer.write(self.contestCount)
    }
}

/// The encrypted choice of one contest: `A = rB`, `C_i = r Y_i + v_i B`, as received.
package struct BallotCiphertext: Hashable, Sendable {
    /// The contest's index in the election document.
    package let contest: UInt32
    /// `A`. No two accepted ciphertexts of an election share it (E_DUP_A).
    package let a: Bytes32
    /// `C_1 … C_m`: options, blank if counted, slack.
    package let c: [Bytes32]

    /// A ciphertext of these encodings; nothing is decoded.
    package init(contest: UInt32, a: Bytes32, c: [Bytes32]) {
        self.contest = contest
        self.a = a
        self.c = c
    }

    /// `u32 contestIndex || u32 m || A || C_1 || … || C_m`, one item of the statement.
    package var part: [UInt8] { self.canonicalBytes }
}

/// A ballot whose lengths, version, election, style and contests are right; points and scalars are
/// still bytes. Step 1 of the order of checks (section 1.9).
package struct BallotForm: Sendable {
    /// The fields before the contests.
    package let header: BallotHeader
    /// The bytes as received.
    package let wire: [UInt8]
    let contests: [Contest]
    let k1: Bytes32
    let k0: Bytes32
    let zq: Bytes32
    let ts: Bytes32
    let zs: Bytes32

    /// One contest's fields as they stand on the wire.
    struct Contest: Sendable {
        let ciphertext: BallotCiphertext
        let ta: Bytes32
        let d: [Bytes32]
        let z: Bytes32
        let f: [Bytes32]
    }

    /// Reads `wire` by `rules`; nothing is allocated for a count that the style does not demand.
    /// - Throws: `length`, `version`, `election`, `style`, `contest`.
    package init(_ wire: [UInt8], rules: BallotRules) throws(RefusalCode) {
        let header = try BallotHeader(peeking: wire)
        guard header.electionID == rules.electionID else { throw .election }
        guard header.style == rules.style else { throw .style }
        guard header.contestCount == UInt32(rules.contests.count) else { throw .contest }
        var reader = ByteReader(wire)
        do throws(CodecError) {
            _ = try reader.readRaw(BallotLayout.headerSize)
            var contests: [Contest] = []
            for contest in rules.contests {
                contests.append(try Self.read(contest, from: &reader))
            }
            self.contests = contests
            self.k1 = try reader.readBytes32()
            self.k0 = try reader.readBytes32()
            self.zq = try reader.readBytes32()
            self.ts = try reader.readBytes32()
            self.zs = try reader.readBytes32()
            try reader.finish()
        } catch {
            if case .invalid = error { throw .contest }
            throw .length
        }
        self.header = header
        self.wire = wire
    }

    private static func read(
        _ contest: BallotContest, from reader: inout ByteReader
    ) throws(CodecError) -> Contest {
        let cells = contest.shape.cellCount
        guard
            try reader.readUInt32() == contest.index, try reader.readUInt32() == UInt32(cells)
        else { throw .invalid("contest") }
        let a = try reader.readBytes32()
        let c = try reader.readMany(cells)
        return Contest(
            ciphertext: BallotCiphertext(contest: contest.index, a: a, c: c),
            ta: try reader.readBytes32(), d: try reader.readMany(cells),
            z: try reader.readBytes32(), f: try reader.readMany(cells))
    }
}

extension BallotCiphertext: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(self.contest)
        writer.write(UInt32(self.c.count))
        writer.write(self.a)
        for c in self.c { writer.write(c) }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.contest = try reader.readUInt32()
        let count = Int(try reader.readUInt32())
        guard count <= Limits.cellsPerContest else {
            throw .overLimit(count: count, limit: Limits.cellsPerContest)
        }
        self.a = try reader.readBytes32()
        self.c = try reader.readMany(count)
    }
}
