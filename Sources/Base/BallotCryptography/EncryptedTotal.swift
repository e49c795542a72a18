package import Codec
package import Ristretto

/// The running sum of the encrypted choices of one contest in one tally unit: `A_S = sum A`,
/// `C_S,k = sum C_k` over the decryptable cells.
package struct EncryptedTotal: Sendable, Equatable {
    /// `A_S`. The identity while nothing was counted, which is an ordinary value.
    package private(set) var a: Point
    /// `C_S,1 … C_S,m` for options and blank; slack cells are never decrypted.
    package private(set) var c: [Point]
    /// How many ballots are in the sum.
    package private(set) var counted: UInt32

    /// The empty sum of a contest with `cellCount` decryptable cells (`ContestShape.keyCount`).
    package init(cellCount: Int) {
        self.init(a: .identity, c: [Point](repeating: .identity, count: cellCount), counted: 0)
    }

    /// A sum of these points.
    package init(a: Point, c: [Point], counted: UInt32) {
        self.a = a
        self.c = c
        self.counted = counted
    }

    /// Adds one contest of an accepted ballot.
    /// - Throws: `contest` if it has fewer cells, `parameter` above the limit of ballots, `point`.
    package mutating func add(_ ciphertext: BallotCiphertext) throws(RefusalCode) {
        guard self.counted < Limits.ballotsPerUnit else { throw .parameter }
        let (a, c) = try self.decode(ciphertext)
        self.a += a
        for index in self.c.indices { self.c[index] += c[index] }
        self.counted += 1
    }

    /// Adds the contest at `position` of an accepted ballot, whose points are decoded already.
    /// - Throws: `contest` if there is no such contest or it has fewer cells, `parameter` above the
    ///   limit of ballots.
    package mutating func add(_ ballot: Ballot, position: Int) throws(RefusalCode) {
        guard self.counted < Limits.ballotsPerUnit else { throw .parameter }
        guard ballot.contests.indices.contains(position) else { throw .contest }
        let contest = ballot.contests[position]
        guard contest.c.count >= self.c.count else { throw .contest }
        self.a += contest.a
        for index in self.c.indices { self.c[index] += contest.c[index] }
        self.counted += 1
    }

    /// Takes a replaced ballot out of the sum again.
    /// - Throws: `contest` if it has fewer cells or the sum is empty, `point`.
    package mutating func subtract(_ ciphertext: BallotCiphertext) throws(RefusalCode) {
        guard self.counted > 0 else { throw .contest }
        let (a, c) = try self.decode(ciphertext)
        self.a = self.a - a
        for index in self.c.indices { self.c[index] = self.c[index] - c[index] }
        self.counted -= 1
    }

    /// Adds another unit's sum, before anything of either is decrypted.
    /// - Throws: `contest` for another number of cells, `parameter` above the limit of ballots.
    package mutating func merge(_ other: EncryptedTotal) throws(RefusalCode) {
        guard self.c.count == other.c.count else { throw .contest }
        let (sum, overflow) = self.counted.addingReportingOverflow(other.counted)
        guard !overflow, sum <= Limits.ballotsPerUnit else { throw .parameter }
        self.a += other.a
        for index in self.c.indices { self.c[index] += other.c[index] }
        self.counted = sum
    }

    private func decode(
        _ ciphertext: BallotCiphertext
    ) throws(RefusalCode) -> (a: Point, c: [Point]) {
        guard ciphertext.c.count >= self.c.count else { throw .contest }
        let c = try GroupElement.decode([Bytes32](ciphertext.c.prefix(self.c.count)))
        return (try GroupElement(ciphertext.a).point, c.map { $0.point })
    }

    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.counted == rhs.counted && lhs.a == rhs.a && lhs.c == rhs.c
    }
}

extension EncryptedTotal: CanonicalCodable {
    /// u32 counted, A_S, u32 cells, C_S,1 ….
    package func encode(to writer: inout ByteWriter) {
        writer.write(self.counted)
        writer.write(self.a.encoded())
        writer.write(UInt32(self.c.count))
        for point in self.c { writer.write(point.encoded()) }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let counted = try reader.readUInt32()
        guard counted <= Limits.ballotsPerUnit else {
            throw .overLimit(count: Int(counted), limit: Int(Limits.ballotsPerUnit))
        }
        let a = try reader.readBytes32()
        let count = Int(try reader.readUInt32())
        guard count <= Limits.cellsPerContest else {
            throw .overLimit(count: count, limit: Limits.cellsPerContest)
        }
        let c = try reader.readMany(count)
        do throws(RefusalCode) {
            self.init(
                a: try GroupElement(a).point, c: try GroupElement.decode(c).map { $0.point },
                counted: counted)
        } catch {
            throw .invalid("an encrypted total is not of canonical points")
        }
    }
}
