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

    /// Steps 1 and 3 together, for readers that have no state to check in between.
    /// - Throws: the codes of `BallotForm` and `decoded()`.
    package init(_ wire: [UInt8], rules: BallotRules) throws(RefusalCode) {
        self = try BallotForm(wire, rules: rules).decoded()
    }

    fileprivate init(_ form: BallotForm) throws(RefusalCode) {
        var responses: [(z: Scalar, f: [Scalar])] = []
        for contest in form.contests {
            responses.append((try Scalar(checking: contest.z), try decodeScalars(contest.f)))
        }
        self.zq = try Scalar(checking: form.zq)
        self.zs = try Scalar(checking: form.zs)
        self.key = try GroupElement(nonIdentity: form.header.credentialKey).point
        var contests: [Contest] = []
        for (contest, response) in zip(form.contests, responses) {
            contests.append(
                Contest(
                    ciphertext: contest.ciphertext,
                    a: try GroupElement(nonIdentity: contest.ciphertext.a).point,
                    c: try GroupElement.decode(contest.ciphertext.c).map { $0.point },
                    ta: try GroupElement(contest.ta).point,
                    d: try GroupElement.decode(contest.d).map { $0.point }, z: response.z,
                    f: response.f))
        }
        self.contests = contests
        self.k1 = try GroupElement(form.k1).point
        self.k0 = try GroupElement(form.k0).point
        self.ts = try GroupElement(form.ts).point
        self.header = form.header
        self.wire = form.wire
        self.ballotID = Transcript.digest(.ballotID, [form.wire])
        let statement = BallotStatement(
            header: form.header, ciphertexts: form.contests.map { $0.ciphertext })
        self.tracker = statement.tracker
        self.delta = statement.delta
        self.challenge = statement.challenge(
            commitments: form.contests.map { Transcript.joined([$0.ta] + $0.d) },
            k1: form.k1, k0: form.k0, ts: form.ts)
    }
}

extension BallotForm {
    /// Step 3 of the order of checks: decodes scalars and points.
    /// - Throws: `scalar`, `identity`, `point`.
    package func decoded() throws(RefusalCode) -> Ballot { try Ballot(self) }
}

/// `St = [electionId, u32 style, P, u32 seq, prev, u32 contests, part_1, …, part_M]`, and the
/// hashes over it (section 1.7).
struct BallotStatement {
    let items: [[UInt8]]

    init(header: BallotHeader, ciphertexts: [BallotCiphertext]) {
        self.items = header.statementItems + ciphertexts.map { $0.part }
    }

    /// `H32("ballot/tracker", St)`.
    var tracker: Bytes32 { Transcript.digest(.ballotTracker, self.items) }

    /// `delta = Hs("ballot/delta", St)`.
    var delta: Scalar { Transcript.scalar(.ballotDelta, self.items) }

    /// `c = Hs("ballot/challenge", St ++ [T_A||D_1||..||D_m per contest] ++ [K1, K0, T_s])`.
    func challenge(commitments: [[UInt8]], k1: Bytes32, k0: Bytes32, ts: Bytes32) -> Scalar {
        Transcript.scalar(
            .ballotChallenge, self.items + commitments + [k1.bytes, k0.bytes, ts.bytes])
    }
}
