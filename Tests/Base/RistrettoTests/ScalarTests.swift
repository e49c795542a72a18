import Codec
import Cryptography
import Ristretto
import Testing

@Suite struct ScalarTests {
    @Test func ballotVectorsOfScalarEncodingsHold() throws {
        for vector in try GroupVectors.load().scalarEncodings {
            let encoding = try bytes32(vector.hex)
            let scalar = Scalar(canonical: encoding)
            #expect((scalar != nil) == vector.accept, "\(vector.hex)")
            if let scalar { #expect(scalar.encoded == encoding) }
        }
    }

    @Test func arithmeticAgreesWithLibsodium() throws {
        var random = SeededRandom(11)
        let edge = [Scalar.zero, .one, -.one, Scalar(UInt64.max), -Scalar(2)]
        var scalars = edge
        for _ in 0..<40 { scalars.append(random.scalar()) }
        for x in scalars {
            for y in edge + [random.scalar()] {
                #expect(x + y == SodiumReference.sum(x, y))
                #expect(x - y == SodiumReference.difference(x, y))
                #expect(x * y == SodiumReference.product(x, y))
            }
            #expect(x + (-x) == .zero)
        }
    }

    @Test func inverseTimesItselfIsOneAndZeroStaysZero() throws {
        var random = SeededRandom(12)
        for _ in 0..<20 {
            let x = random.scalar()
            #expect(x * x.inverted() == .one)
            #expect(x.inverted() == SodiumReference.inverse(x))
        }
        #expect(Scalar.zero.inverted().isZero)
        #expect((-Scalar.one).inverted() == -.one)
    }

    @Test func wideReductionAgreesWithLibsodium() throws {
        var random = SeededRandom(13)
        for _ in 0..<100 {
            let wide = random.bytes(64)
            #expect(Scalar(reducing: wide) == SodiumReference.reduce(wide))
        }
        for byte in [UInt8(0), 1, 0x7f, 0x80, 0xff] {
            let wide = [UInt8](repeating: byte, count: 64)
            #expect(Scalar(reducing: wide) == SodiumReference.reduce(wide))
        }
    }

    @Test func anIntegerIsItsLittleEndianBytes() throws {
        #expect(Scalar(0x0102).encoded.bytes.prefix(3) == [2, 1, 0])
        #expect(Scalar(7) + Scalar(8) == Scalar(15))
        #expect(Scalar(7) * Scalar(8) == Scalar(56))
    }
}
