import BallotCryptography
import Codec
import Cryptography
import Ristretto
import Testing

/// The equations of section 1.7 a second time: one by one, on encodings, with libsodium, and
/// sharing nothing with the verifier under test but the transcript's hash.
struct SlowVerifier {
    enum Equation: Hashable, CaseIterable {
        case sum
        case linkA
        case linkC
        case bit
        case signature
    }

    private let wire: [UInt8]
    private let layout: WireLayout
    private let rules: BallotRules
    private let jointKeys: [Bytes32]

    /// For wires whose form, points and scalars are good.
    init(_ wire: [UInt8], rules: BallotRules, jointKeys: [Bytes32]) {
        self.wire = wire
        self.layout = WireLayout(rules)
        self.rules = rules
        self.jointKeys = jointKeys
    }

    /// Every equation that does not hold.
    func broken() throws -> Set<Equation> {
        let c = self.challenge
        var broken: Set<Equation> = []
        for (contest, rule) in self.rules.contests.enumerated() {
            let z = try self.scalar("z", contest)
            let a = self.bytes("A", contest)
            if try !self.equal(
                self.sum([(z, Self.base)]),
                self.sum([(c, a), (.one, self.bytes("T_A", contest))]))
            {
                broken.insert(.linkA)
            }
            var sum = Scalar.zero
            for (cell, weight) in rule.shape.weights.enumerated() {
                let f = try self.scalar("f", contest, cell)
                sum += Scalar(UInt64(weight)) * f
                let left = try self.sum([(z, self.key(contest, cell)), (f, Self.base)])
                let right = try self.sum([
                    (c, self.bytes("C", contest, cell)), (.one, self.bytes("D", contest, cell)),
                ])
                if !self.equal(left, right) { broken.insert(.linkC) }
            }
            if rule.shape.hasRule, sum != c * Scalar(UInt64(rule.shape.target)) {
                broken.insert(.sum)
            }
        }
        if try !self.equal(
            self.sum([(self.bitCoefficient(c), Self.base), (self.scalar("zq"), Self.pedersen)]),
            self.sum([(c, self.bytes("K1")), (.one, self.bytes("K0"))]))
        {
            broken.insert(.bit)
        }
        if try !self.equal(
            self.sum([(self.scalar("zs"), Self.base)]),
            self.sum([(c, self.bytes("P")), (.one, self.bytes("T_s"))]))
        {
            broken.insert(.signature)
        }
        return broken
    }

    private static let base = Point.base.encoded()
    private static let pedersen = SodiumReference.map(
        uniform: Transcript.wideDigest(
            TranscriptLabel("nums"), [[UInt8]("pedersen-h".utf8), Transcript.u32(0)]))

    private func key(_ contest: Int, _ cell: Int) -> Bytes32 {
        let keyCount = self.rules.contests[contest].shape.keyCount
        guard cell >= keyCount else { return self.jointKeys[cell] }
        return SodiumReference.map(
            uniform: Transcript.wideDigest(
                TranscriptLabel("nums"),
                [[UInt8]("slack".utf8), Transcript.u32(UInt32(cell - keyCount))]))
    }

    private func bytes(_ name: String, _ contest: Int? = nil, _ cell: Int? = nil) -> Bytes32 {
        Bytes32(self.wire[self.layout.field(name, contest: contest, cell: cell).range])
    }

    private func scalar(
        _ name: String, _ contest: Int? = nil, _ cell: Int? = nil
    ) throws -> Scalar {
        try #require(Scalar(canonical: self.bytes(name, contest, cell)))
    }

    private var statement: [[UInt8]] {
        let names = ["electionId", "style", "P", "seq", "prev", "contests"]
        let header = names.map { [UInt8](self.wire[self.layout.field($0).range]) }
        return header
            + self.rules.contests.indices.map { contest in
                self.piece(from: "index", contest, to: "T_A")
            }
    }

    private var challenge: Scalar {
        let commitments = self.rules.contests.indices.map { self.piece(from: "T_A", $0, to: "z") }
        return Transcript.scalar(
            TranscriptLabel("ballot/challenge"),
            self.statement + commitments
                + [self.bytes("K1").bytes, self.bytes("K0").bytes, self.bytes("T_s").bytes])
    }

    private func piece(from first: String, _ contest: Int, to end: String) -> [UInt8] {
        let start = self.layout.field(first, contest: contest).start
        return [UInt8](self.wire[start..<self.layout.field(end, contest: contest).start])
    }

    private func bitCoefficient(_ c: Scalar) throws -> Scalar {
        let delta = Transcript.scalar(TranscriptLabel("ballot/delta"), self.statement)
        var power = delta
        var sum = Scalar.zero
        for field in self.layout.fields where field.name == "f" {
            let f = try self.scalar("f", field.contest, field.cell)
            sum += power * f * (f - c)
            power *= delta
        }
        return sum
    }

    /// The sum of multiples; nil is the identity, which libsodium does not give as a product.
    private func sum(_ terms: [(Scalar, Bytes32)]) throws -> Bytes32? {
        var total: Bytes32?
        for (scalar, point) in terms where !scalar.isZero && point != .zero {
            let product = try #require(SodiumReference.product(point, by: scalar.encoded))
            total = try total.map { try #require(SodiumReference.sum($0, product)) } ?? product
        }
        return total
    }

    private func equal(_ left: Bytes32?, _ right: Bytes32?) -> Bool {
        (left ?? .zero) == (right ?? .zero)
    }
}
