import Codec
import Cryptography
import Ristretto
import Testing

@Suite struct SecretArithmeticTests {
    private func edgeScalars(_ random: inout SeededRandom) -> [Scalar] {
        var scalars: [Scalar] = [
            .zero, .one, Scalar(2), Scalar(8), Scalar(0x88), -.one, -Scalar(8),
        ]
        for _ in 0..<12 { scalars.append(random.scalar()) }
        return scalars
    }

    @Test func ourMultiplesOfTheBaseAgreeWithLibsodium() throws {
        var random = SeededRandom(21)
        for scalar in edgeScalars(&random) {
            let ours = ConstantTimeArithmetic().multiplyBase(by: scalar)
            #expect(ours == SodiumArithmetic().multiplyBase(by: scalar))
            #expect(ours.isIdentity == scalar.isZero)
        }
    }

    @Test func ourMultiplesOfAnyPointAgreeWithLibsodium() throws {
        var random = SeededRandom(22)
        for scalar in edgeScalars(&random) {
            let point = random.point()
            let ours = ConstantTimeArithmetic().multiply(point, by: scalar)
            #expect(ours == SodiumArithmetic().multiply(point, by: scalar))
        }
    }

    @Test func aMultipleOfTheIdentityIsTheIdentity() throws {
        var random = SeededRandom(23)
        let scalar = random.scalar()
        #expect(ConstantTimeArithmetic().multiply(.identity, by: scalar).isIdentity)
        #expect(SodiumArithmetic().multiply(.identity, by: scalar).isIdentity)
    }
}
