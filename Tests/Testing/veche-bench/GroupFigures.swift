import BallotCryptography
import Codec
import Cryptography
import Hashing
import Ristretto

/// What the verification is made of: decoding, sums of many products, hashing, and libsodium's
/// multiplication beside them.
struct GroupFigures {
    let rounds: Int

    func report(to report: Report) {
        var random = SystemRandom()
        let count = 8192
        let scalars = (0..<count).map { _ in random.scalar() }
        let mixed = scalars.enumerated().map { index, scalar in
            index % 2 == 0 ? scalar : Self.short(scalar)
        }
        let points = (0..<count).map { _ in Point(uniform: random.bytes(64)) }
        let encodings = points.map { $0.encoded() }
        let decoded = encodings.compactMap { Point(decoding: $0) }
        require(decoded.count == count, "a point does not decode")

        report.heading("Group operations, one core")
        let secret = scalars[0].encoded
        let message = random.bytes(1024)
        let basics = measure(
            rounds: self.rounds,
            [
                Subject(units: 512) {
                    for encoding in encodings.prefix(512) {
                        require(Point(decoding: encoding) != nil, "a point does not decode")
                    }
                },
                Subject(units: 512) {
                    require(
                        Point.decode([Bytes32](encodings.prefix(512))) != nil,
                        "points do not decode")
                },
                Subject(units: 50) {
                    for encoding in encodings.prefix(50) {
                        require(
                            SodiumReference.product(encoding, by: secret) != nil, "no product")
                    }
                },
                Subject(units: 200) {
                    for _ in 0..<200 { require(SHA512.hash(message).count == 64, "no digest") }
                },
                Subject(units: 50) {
                    let arithmetic = ConstantTimeArithmetic()
                    for point in decoded.prefix(50) {
                        require(
                            !arithmetic.multiply(point, by: scalars[0]).isIdentity, "no product")
                    }
                },
            ])
        report.add("decode.ns", basics[0], "ns", nanoseconds: 1)
        report.add("decode.batch.ns", basics[1], "ns", nanoseconds: 1)
        report.add("libsodium.scalarmult.us", basics[2], "us", nanoseconds: 1000)
        report.add("sha512.1k.us", basics[3], "us", nanoseconds: 1000)
        report.add("scalarmult.constant.us", basics[4], "us", nanoseconds: 1000)

        report.heading("Multi-scalar multiplication, a term")
        for terms in [16, 128, 1024, 8192] {
            let some = [Point](decoded.prefix(terms))
            let full = [Scalar](scalars.prefix(terms))
            let half = [Scalar](mixed.prefix(terms))
            let bytes = [Bytes32](encodings.prefix(terms))
            let repetitions = max(1, 1024 / terms)
            let samples = measure(
                rounds: self.rounds,
                [
                    Subject(units: terms * repetitions) {
                        for _ in 0..<repetitions {
                            require(!MultiScalar.sum(full, some).isIdentity, "a sum is zero")
                        }
                    },
                    Subject(units: terms * repetitions) {
                        for _ in 0..<repetitions {
                            require(!MultiScalar.sum(half, some).isIdentity, "a sum is zero")
                        }
                    },
                    Subject(units: terms * repetitions) {
                        for _ in 0..<repetitions {
                            require(Point.decode(bytes) != nil, "points do not decode")
                        }
                    },
                ])
            report.add("msm.\(terms).ns", samples[0], "ns", nanoseconds: 1)
            report.add("msm.\(terms).mixed.ns", samples[1], "ns", nanoseconds: 1)
            let decoding = samples[2].median
            report.add(
                "msm.\(terms).decoding.share", decoding / (decoding + samples[0].median), "")
            report.add(
                "msm.\(terms).mixed.decoding.share", decoding / (decoding + samples[1].median), "")
        }
    }

    /// The low 128 bits.
    private static func short(_ scalar: Scalar) -> Scalar {
        let low = scalar.encoded.bytes.prefix(16) + [UInt8](repeating: 0, count: 16)
        guard let short = Scalar(canonical: Bytes32(low[...])) else { return .one }
        return short
    }
}
