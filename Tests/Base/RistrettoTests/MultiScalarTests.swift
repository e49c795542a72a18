import Cryptography
import Ristretto
import Testing

@Suite struct MultiScalarTests {
    /// Points with known discrete logarithms, so that one multiplication of B checks a whole sum.
    private struct Terms {
        var scalars: [Scalar] = []
        var points: [Point] = []
        var logarithm = Scalar.zero

        mutating func append(_ scalar: Scalar, times base: Scalar) {
            scalars.append(scalar)
            points.append(SodiumArithmetic().multiplyBase(by: base))
            logarithm += scalar * base
        }

        var expected: Point { SodiumArithmetic().multiplyBase(by: logarithm) }
    }

    @Test func sumsOfUpToThreeHundredTermsAreTheSameByBothMethods() throws {
        var random = SeededRandom(31)
        var terms = Terms()
        for size in 0...300 {
            if size < 12 || size % 60 == 0 || (size + 1) % 64 == 0 || 189...191 ~= size {
                #expect(MultiScalar.straus(terms.scalars, terms.points) == terms.expected)
                #expect(MultiScalar.pippenger(terms.scalars, terms.points) == terms.expected)
                #expect(MultiScalar.sum(terms.scalars, terms.points) == terms.expected)
            }
            // Every second scalar is short, as the weights of a batch are.
            let short = Scalar(reducing: random.bytes(16) + [UInt8](repeating: 0, count: 48))
            terms.append(size % 2 == 0 ? random.scalar() : short, times: random.scalar())
        }
    }

    @Test func scalarsOfEveryBitLengthAreSummedByBothMethods() throws {
        var power = Scalar.one
        for _ in 0..<253 {
            var terms = Terms()
            terms.append(power - .one, times: .one)
            terms.append(power, times: Scalar(3))
            terms.append(Scalar.zero - power, times: Scalar(5))
            #expect(MultiScalar.straus(terms.scalars, terms.points) == terms.expected)
            power += power
        }
        // Few terms take narrow windows; these have each bit length end at each place in one.
        power = .one
        for _ in 0..<40 {
            var terms = Terms()
            terms.append(power - .one, times: .one)
            terms.append(power - Scalar(2), times: Scalar(3))
            #expect(MultiScalar.pippenger(terms.scalars, terms.points) == terms.expected)
            power += power
        }
    }

    @Test func zerosIdentitiesAndRepeatedPointsAreOrdinaryTerms() throws {
        var random = SeededRandom(32)
        for size in [1, 5, 250] {
            var terms = Terms()
            let repeated = random.scalar()
            for index in 0..<size {
                switch index % 4 {
                case 0: terms.append(.zero, times: random.scalar())
                case 1: terms.append(random.scalar(), times: .zero)
                case 2: terms.append(repeated, times: repeated)
                default: terms.append(-repeated, times: repeated)
                }
            }
            #expect(MultiScalar.straus(terms.scalars, terms.points) == terms.expected)
            #expect(MultiScalar.pippenger(terms.scalars, terms.points) == terms.expected)
        }
        let zeros = [Scalar](repeating: .zero, count: 200)
        let points = [Point](repeating: .base, count: 200)
        #expect(MultiScalar.sum(zeros, points).isIdentity)
    }

    @Test func pointsThatAreSumsThemselvesAreNormalised() throws {
        var random = SeededRandom(33)
        var terms = Terms()
        for _ in 0..<210 { terms.append(random.scalar(), times: random.scalar()) }
        // Adding a point and taking it away again leaves Z other than 1.
        let masked = terms.points.map { $0 + .base - .base }
        #expect(MultiScalar.pippenger(terms.scalars, masked) == terms.expected)
        #expect(MultiScalar.straus(terms.scalars, masked) == terms.expected)
    }
}
