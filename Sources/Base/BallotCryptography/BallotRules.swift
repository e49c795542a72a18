package import Codec
import Hashing
import Ristretto

/// One contest of a ballot style: its index in the election document, and its cells.
package struct BallotContest: Hashable, Sendable {
    /// The contest's index in the election document.
    package let index: UInt32
    /// Its cells and their rule.
    package let shape: ContestShape

    /// A contest at its place in the document.
    package init(index: UInt32, shape: ContestShape) {
        self.index = index
        self.shape = shape
    }
}

/// What a ballot of one style is checked against. Build once per style and keep it: it holds the
/// decoded keys.
package struct BallotRules: Sendable {
    /// What the first item of every statement must be.
    package let electionID: Bytes32
    /// The style's number in the election document.
    package let style: UInt32
    /// The contests of the style, in its order.
    package let contests: [BallotContest]
    /// The size in bytes of every ballot of this style.
    package let wireSize: Int
    /// `Y_1 … Y_K`, then the slack keys: `keyIndices` points into this.
    let keys: [Point]
    /// For each contest, for each cell, the position of its key in `keys`.
    let keyIndices: [[Int]]
    /// Tells apart rules with different `keys`.
    let keysDigest: Bytes32

    /// - Throws: `parameter` for no contest or more than 16, a contest twice, a contest with more
    ///   decryptable cells than keys, or a ballot above the size limit.
    package init(
        electionID: Bytes32, style: UInt32, contests: [BallotContest], keys: ElectionKeys
    ) throws(RefusalCode) {
        guard (1...Limits.contestsPerBallot).contains(contests.count) else { throw .parameter }
        guard Set(contests.map { $0.index }).count == contests.count else { throw .parameter }
        var size = BallotLayout.fixedSize
        var keyIndices: [[Int]] = []
        for contest in contests {
            let shape = contest.shape
            guard shape.keyCount <= keys.jointKeys.count else { throw .parameter }
            size += BallotLayout.contestSize(cells: shape.cellCount)
            let slack = (shape.keyCount..<shape.cellCount).map {
                keys.jointKeys.count + $0 - shape.keyCount
            }
            keyIndices.append([Int](0..<shape.keyCount) + slack)
        }
        guard size <= Limits.ballotSize else { throw .parameter }
        self.electionID = electionID
        self.style = style
        self.contests = contests
        self.wireSize = size
        self.keys = keys.jointKeys.map { $0.point } + FixedGenerators.slack
        self.keyIndices = keyIndices
        self.keysDigest = Bytes32(SHA256.hash(keys.jointKeyBytes)[...])
    }

    /// `Y_i` of a cell, the slack key in slack cells.
    func key(contest: Int, cell: Int) -> Point { self.keys[self.keyIndices[contest][cell]] }
}

/// The sizes of the wire layout (section 1.7).
enum BallotLayout {
    static let version: UInt8 = 1
    /// version, electionId, style, P, seq, prev, number of contests.
    static let headerSize = 1 + 32 + 4 + 32 + 4 + 32 + 4
    /// The header, and K1, K0, zq, T_s, zs at the end.
    static let fixedSize = headerSize + 5 * 32

    /// index, m, A, C*m, T_A, D*m, z, f*m.
    static func contestSize(cells: Int) -> Int { 8 + 32 * (3 + 3 * cells) }
}
