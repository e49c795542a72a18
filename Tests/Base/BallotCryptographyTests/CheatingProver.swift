import BallotCryptography
import Codec
import Ristretto

/// A prover that knows the equations and cheats in one place *before* the challenge is taken, so
/// that every other equation still holds. It also proves any cell values, and any start of the
/// statement.
struct CheatingProver {
    /// Which element of the first message gets a point added that its secret does not explain.
    enum Cheat: Hashable {
        case none
        case a(contest: Int)
        case c(contest: Int, cell: Int)
        case ta(contest: Int)
        case d(contest: Int, cell: Int)
        case k1
        case k0
        case ts
        case credentialKey
    }

    let rules: BallotRules
    let keys: ElectionKeys
    var cheat = Cheat.none
    /// The secret x of P; nil draws one.
    var credential: Scalar?
    /// The r of every contest; nil draws them.
    var r: Scalar?
    var sequence: UInt32 = 1
    var previous = Bytes32.zero

    private struct Contest {
        let r: Scalar
        let v: [Scalar]
        let w: Scalar
        let a: [Scalar]
        let ciphertext: BallotCiphertext
        let ta: Bytes32
        let d: [Bytes32]
    }

    /// The wire for these cell values, whatever they are.
    func wire(_ values: [[Scalar]], random: inout SeededRandom) -> [UInt8] {
        let x = self.credential ?? random.scalar()
        let header = BallotHeader(
            electionID: self.rules.electionID, style: self.rules.style,
            credentialKey: self.point([x], [.base], .credentialKey), sequence: self.sequence,
            previous: self.previous, contestCount: UInt32(self.rules.contests.count))
        var contests: [Contest] = []
        for (position, v) in values.enumerated() {
            contests.append(self.commit(position, v, &random))
        }
        let statement = self.statement(header, contests)
        let delta = Transcript.scalar(.ballotDelta, statement)
        let (l1, l0) = Self.bitCoefficients(contests, delta)
        let (s1, s0, ws) = (random.scalar(), random.scalar(), random.scalar())
        let k1 = self.point([l1, s1], [.base, FixedGenerators.pedersen], .k1)
        let k0 = self.point([l0, s0], [.base, FixedGenerators.pedersen], .k0)
        let ts = self.point([ws], [.base], .ts)
        let c = Transcript.scalar(
            .ballotChallenge,
            statement + contests.map { Transcript.joined([$0.ta] + $0.d) }
                + [k1.bytes, k0.bytes, ts.bytes])
        var writer = ByteWriter()
        writer.write(UInt8(1))
        for item in statement.prefix(6) { writer.write(raw: item) }
        for contest in contests {
            writer.write(raw: contest.ciphertext.part)
            writer.write(contest.ta)
            for d in contest.d { writer.write(d) }
            writer.write((contest.w + c * contest.r).encoded)
            for (a, v) in zip(contest.a, contest.v) { writer.write((a + c * v).encoded) }
        }
        for bytes in [k1, k0, (s0 + c * s1).encoded, ts, (ws + c * x).encoded] {
            writer.write(bytes)
        }
        return writer.bytes
    }

    private func commit(
        _ position: Int, _ v: [Scalar], _ random: inout SeededRandom
    ) -> Contest {
        let shape = self.rules.contests[position].shape
        let r = self.r ?? random.scalar()
        let w = random.scalar()
        var a = v.map { _ in random.scalar() }
        if shape.hasRule {
            a[0] = zip(shape.weights, a).dropFirst().reduce(Scalar.zero) {
                $0 - Scalar(UInt64($1.0)) * $1.1
            }
        }
        let keys = v.indices.map { self.key($0, shape) }
        let c = v.indices.map {
            self.point([r, v[$0]], [keys[$0], .base], .c(contest: position, cell: $0))
        }
        let d = v.indices.map {
            self.point([w, a[$0]], [keys[$0], .base], .d(contest: position, cell: $0))
        }
        return Contest(
            r: r, v: v, w: w, a: a,
            ciphertext: BallotCiphertext(
                contest: self.rules.contests[position].index,
                a: self.point([r], [.base], .a(contest: position)), c: c),
            ta: self.point([w], [.base], .ta(contest: position)), d: d)
    }

    private func key(_ cell: Int, _ shape: ContestShape) -> Point {
        cell < shape.keyCount
            ? self.keys.jointKeys[cell].point : FixedGenerators.slack[cell - shape.keyCount]
    }

    private func statement(_ header: BallotHeader, _ contests: [Contest]) -> [[UInt8]] {
        [
            header.electionID.bytes, Transcript.u32(header.style), header.credentialKey.bytes,
            Transcript.u32(header.sequence), header.previous.bytes,
            Transcript.u32(header.contestCount),
        ] + contests.map { $0.ciphertext.part }
    }

    private static func bitCoefficients(
        _ contests: [Contest], _ delta: Scalar
    ) -> (l1: Scalar, l0: Scalar) {
        var (l1, l0, power) = (Scalar.zero, Scalar.zero, delta)
        for contest in contests {
            for (a, v) in zip(contest.a, contest.v) {
                l1 += power * a * (v + v - .one)
                l0 += power * a * a
                power *= delta
            }
        }
        return (l1, l0)
    }

    private func point(_ scalars: [Scalar], _ points: [Point], _ place: Cheat) -> Bytes32 {
        let honest = MultiScalar.sum(scalars, points)
        return (self.cheat == place ? honest + .base : honest).encoded()
    }
}
