internal import CSodium
internal import Codec
package import Ristretto

/// Multiplication by secret scalars in libsodium's constant time.
package struct SodiumArithmetic: SecretArithmetic {
    package init() {}

    package func multiplyBase(by scalar: Scalar) -> Point {
        Sodium.ready()
        var secret = scalar.encoded.bytes
        defer { secret.wipe() }
        var product = [UInt8](repeating: 0, count: 32)
        // SAFETY: libsodium writes 32 bytes and reads 32, the sizes of the arrays.
        let status = unsafe crypto_scalarmult_ristretto255_base(&product, secret)
        return result(product, status, isIdentity: scalar.isZero)
    }

    package func multiply(_ point: Point, by scalar: Scalar) -> Point {
        Sodium.ready()
        var secret = scalar.encoded.bytes
        defer { secret.wipe() }
        var product = [UInt8](repeating: 0, count: 32)
        // SAFETY: libsodium writes 32 bytes and reads 32 and 32, the sizes of the arrays.
        let status = unsafe crypto_scalarmult_ristretto255(
            &product, secret, point.encoded().bytes)
        return result(product, status, isIdentity: scalar.isZero || point.isIdentity)
    }

    /// libsodium reports a failure when the product is the identity, which for us is a value. Any
    /// other failure must not pass for one: an encryption with an identity for a mask is a vote in
    /// clear.
    private func result(
        _ product: [UInt8], _ status: Int32, isIdentity: @autoclosure () -> Bool
    ) -> Point {
        guard status == 0 else {
            precondition(isIdentity(), "libsodium failed at a multiplication")
            return .identity
        }
        guard let point = Point(decoding: Bytes32(product[...])) else {
            preconditionFailure("libsodium made an encoding that is not canonical")
        }
        return point
    }
}
