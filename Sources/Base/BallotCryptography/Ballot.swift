package import Codec
package import Ristretto

/// A ballot in canonical form: every scalar below L, every point decoded, neither P nor any A the
/// identity. Its proof is still to be verified.
///
/// Kept between mempool and block, it saves decoding the points again.
package struct Ballot: Sendable {
    /// The fields before the contests.
    package let header: BallotHeader
    /// The bytes as received.
    package let wire: [UInt8]
    /// `tracker = H32("ballot/tracker", St)`: what the voter sees, fixed by the encryption alone.
    package let tracker: Bytes32
    /// `ballotId = H32("ballot/id", [wire])`: key for duplicates and `prev`.
    package let ballotID: Bytes32
    let contests: [Contest]
    let key: Point
    let k1: Point
    let k0: Point
    let ts: Point
    let zq: Scalar
    let zs: Scalar
    /// `delta`, fixed by the statement.
    package let delta: Scalar
    /// `c`, fixed by statement and commitments.
    package let challenge: Scalar

    /// One contest's ciphertext and proof, decoded.
    struct Contest: Sendable {
        let ciphertext: BallotCiphertext
        let a: Point
        let c: [Point]
        let ta: Point
        let d: [Point]
        let z: Scalar
        let f: [Scalar]
    }

    /// The encrypted choices, one per contest in the order of the style.
    package var ciphertexts: [BallotCiphertext] { self.contests.map { $0.ciphertext } }

    /// About how many bytes of memory the ballot takes: its wire, and what was decoded.
    package var memorySize: Int {
        let pointCount = self.contests.reduce(4) { $0 + 2 + 2 * $1.c.count }
        return 3 * self.wire.count + pointCount * MemoryLayout<Point>.stride
    }

    /// Steps 1 and 3 together, for readers that have no state to check in between.
    /// - Throws: the codes of `BallotForm` and `decoded()`.
    package init(_ wire: [UInt8], rules: BallotRules) throws(RefusalCode) {
        self = try BallotForm(wire, rules: rules).decoded()
    }

    /// Step 3: decodes what `signature`, which is of this form, does not hold already.
    init(
        _ form: BallotForm, names: BallotNames, signature: BallotSignature?
    ) throws(RefusalCode) {
        var responses: [(z: Scalar, f: [Scalar])] = []
        for contest in form.contests {
            responses.append((try Scalar(checking: contest.z), try decodeScalars(contest.f)))
        }
        self.zq = try Scalar(checking: form.zq)
        if let signature { self.zs = signature.zs } else { self.zs = try Scalar(checking: form.zs) }
        var points = try form.decodedPoints(withSignature: signature == nil)[...]
        self.key = signature?.key ?? points.removeFirst()
        var contests: [Contest] = []
        contests.reserveCapacity(form.contests.count)
        for (contest, response) in zip(form.contests, responses) {
            let cells = contest.d.count
            let a = points.removeFirst()
            let c = [Point](points.prefix(cells))
            points = points.dropFirst(cells)
            let ta = points.removeFirst()
            let d = [Point](points.prefix(cells))
            points = points.dropFirst(cells)
            contests.append(
                Contest(
                    ciphertext: contest.ciphertext, a: a, c: c, ta: ta, d: d, z: response.z,
                    f: response.f))
        }
        self.contests = contests
        self.k1 = points.removeFirst()
        self.k0 = points.removeFirst()
        self.ts = signature?.ts ?? points.removeFirst()
        self.header = form.header
        self.wire = form.wire
        self.ballotID = names.ballotID
        self.tracker = names.tracker
        self.delta = names.statement.delta
        self.challenge = signature?.challenge ?? names.statement.challenge(of: form)
    }
}

extension BallotForm {
    /// The points in the order of the wire: P; per contest A, C, T_A, D; K1, K0, T_s. Without the
    /// signature, P and T_s are left out.
    /// - Throws: `identity`, `point` for the first that is refused.
    fileprivate func decodedPoints(withSignature: Bool) throws(RefusalCode) -> [Point] {
        var encodings: [Bytes32] = []
        encodings.reserveCapacity(self.wire.count / Bytes32.size)
        if withSignature { encodings.append(self.header.credentialKey) }
        for contest in self.contests {
            encodings.append(contest.ciphertext.a)
            encodings.append(contentsOf: contest.ciphertext.c)
            encodings.append(contest.ta)
            encodings.append(contentsOf: contest.d)
        }
        encodings.append(self.k1)
        encodings.append(self.k0)
        if withSignature { encodings.append(self.ts) }
        // An identity where it is refused, P or A, is caught before all else by the zeros it is.
        let telling = [self.header.credentialKey] + self.contests.map { $0.ciphertext.a }
        if !telling.contains(.zero), let points = Point.decode(encodings) { return points }
        // One by one, to name what is wrong first.
        _ = try GroupElement(nonIdentity: self.header.credentialKey)
        for contest in self.contests {
            _ = try GroupElement(nonIdentity: contest.ciphertext.a)
            _ = try GroupElement.decode(contest.ciphertext.c)
            _ = try GroupElement(contest.ta)
            _ = try GroupElement.decode(contest.d)
        }
        throw .point
    }
}

/// `St = [electionId, u32 style, P, u32 seq, prev, u32 contests, part_1, …, part_M]`, and the
/// hashes over it (section 1.7).
struct BallotStatement {
    private let items: TranscriptItems

    init(header: BallotHeader, ciphertexts: [BallotCiphertext]) {
        var items = TranscriptItems(reservingCapacity: 256)
        for item in header.statementItems { items.append(item) }
        for ciphertext in ciphertexts { items.append(ciphertext.part) }
        self.items = items
    }

    /// The statement of a ballot as received: its items lie on the wire as they are hashed.
    init(_ form: BallotForm) {
        var items = TranscriptItems(reservingCapacity: form.wire.count)
        // electionId, u32 style, P, u32 seq, prev, u32 contests; before them the version.
        var position = 1
        for size in [32, 4, 32, 4, 32, 4] {
            items.append(form.wire[position..<position + size])
            position += size
        }
        for contest in form.contests {
            let cells = contest.d.count
            items.append(form.wire[position..<position + 8 + 32 * (1 + cells)])
            position += BallotLayout.contestSize(cells: cells)
        }
        self.items = items
    }

    /// `H32("ballot/tracker", St)`.
    var tracker: Bytes32 { Transcript.digest(.ballotTracker, self.items) }

    /// `delta = Hs("ballot/delta", St)`.
    var delta: Scalar { Transcript.scalar(.ballotDelta, self.items) }

    /// `c = Hs("ballot/challenge", St ++ [T_A||D_1||..||D_m per contest] ++ [K1, K0, T_s])`.
    func challenge(commitments: [[UInt8]], k1: Bytes32, k0: Bytes32, ts: Bytes32) -> Scalar {
        var items = self.items
        for commitment in commitments { items.append(commitment) }
        for point in [k1, k0, ts] { items.append(point.bytes) }
        return Transcript.scalar(.ballotChallenge, items)
    }

    /// The same of a ballot as received.
    func challenge(of form: BallotForm) -> Scalar {
        let wire = form.wire
        var items = self.items
        var position = BallotLayout.headerSize
        for contest in form.contests {
            let cells = contest.d.count
            let start = position + 8 + 32 * (1 + cells)
            items.append(wire[start..<start + 32 * (1 + cells)])
            position += BallotLayout.contestSize(cells: cells)
        }
        // K1, K0, zq, T_s, zs.
        items.append(wire[position..<position + 32])
        items.append(wire[position + 32..<position + 64])
        items.append(wire[position + 96..<position + 128])
        return Transcript.scalar(.ballotChallenge, items)
    }
}
