internal import CSodium
package import Codec
package import Ristretto

/// libsodium's group operations on encodings: the slow second implementation that tests and
/// benchmarks hold ours against.
///
/// libsodium accepts encodings with bit 255 set, so this is no way to decode what others sent.
package enum SodiumReference {
    /// Whether libsodium takes the 32 bytes for a point.
    package static func isPoint(_ bytes: Bytes32) -> Bool {
        Sodium.ready()
        // SAFETY: libsodium reads 32 bytes, the size of the array.
        return unsafe crypto_core_ristretto255_is_valid_point(bytes.bytes) == 1
    }

    /// The sum of two encoded points, nil if one does not decode.
    package static func sum(_ first: Bytes32, _ second: Bytes32) -> Bytes32? {
        Sodium.ready()
        var sum = [UInt8](repeating: 0, count: 32)
        // SAFETY: libsodium writes 32 bytes and reads 32 and 32, the sizes of the arrays.
        let status = unsafe crypto_core_ristretto255_add(&sum, first.bytes, second.bytes)
        return status == 0 ? Bytes32(sum[...]) : nil
    }

    /// The difference of two encoded points, nil if one does not decode.
    package static func difference(_ first: Bytes32, _ second: Bytes32) -> Bytes32? {
        Sodium.ready()
        var difference = [UInt8](repeating: 0, count: 32)
        // SAFETY: libsodium writes 32 bytes and reads 32 and 32, the sizes of the arrays.
        let status = unsafe crypto_core_ristretto255_sub(&difference, first.bytes, second.bytes)
        return status == 0 ? Bytes32(difference[...]) : nil
    }

    /// `scalar * point` on encodings, nil if the point does not decode or the product is zero.
    package static func product(_ point: Bytes32, by scalar: Bytes32) -> Bytes32? {
        Sodium.ready()
        var product = [UInt8](repeating: 0, count: 32)
        // SAFETY: libsodium writes 32 bytes and reads 32 and 32, the sizes of the arrays.
        let status = unsafe crypto_scalarmult_ristretto255(&product, scalar.bytes, point.bytes)
        return status == 0 ? Bytes32(product[...]) : nil
    }

    /// `scalar * B` as an encoding, nil if the product is zero.
    package static func baseProduct(by scalar: Bytes32) -> Bytes32? {
        Sodium.ready()
        var product = [UInt8](repeating: 0, count: 32)
        // SAFETY: libsodium writes 32 bytes and reads 32, the sizes of the arrays.
        let status = unsafe crypto_scalarmult_ristretto255_base(&product, scalar.bytes)
        return status == 0 ? Bytes32(product[...]) : nil
    }

    /// SHA-512 of a message, 64 bytes.
    package static func sha512(_ message: [UInt8]) -> [UInt8] {
        Sodium.ready()
        var digest = [UInt8](repeating: 0, count: 64)
        // SAFETY: libsodium writes 64 bytes and reads `count`, the sizes of the arrays.
        _ = unsafe crypto_hash_sha512(&digest, message, UInt64(message.count))
        return digest
    }

    /// The one-way map of 64 bytes.
    package static func map(uniform bytes: [UInt8]) -> Bytes32 {
        precondition(bytes.count == 64, "64 bytes expected")
        Sodium.ready()
        var point = [UInt8](repeating: 0, count: 32)
        // SAFETY: libsodium writes 32 bytes, the size of the array, and reads 64, checked above.
        _ = unsafe crypto_core_ristretto255_from_hash(&point, bytes)
        return Bytes32(point[...])
    }

    /// The sum of two scalars.
    package static func sum(_ first: Scalar, _ second: Scalar) -> Scalar? {
        Sodium.ready()
        var result = [UInt8](repeating: 0, count: 32)
        // SAFETY: libsodium writes 32 bytes and reads 32 and 32, the sizes of the arrays.
        unsafe crypto_core_ristretto255_scalar_add(
            &result, first.encoded.bytes, second.encoded.bytes)
        return Scalar(canonical: Bytes32(result[...]))
    }

    /// The difference of two scalars.
    package static func difference(_ first: Scalar, _ second: Scalar) -> Scalar? {
        Sodium.ready()
        var result = [UInt8](repeating: 0, count: 32)
        // SAFETY: libsodium writes 32 bytes and reads 32 and 32, the sizes of the arrays.
        unsafe crypto_core_ristretto255_scalar_sub(
            &result, first.encoded.bytes, second.encoded.bytes)
        return Scalar(canonical: Bytes32(result[...]))
    }

    /// The product of two scalars.
    package static func product(_ first: Scalar, _ second: Scalar) -> Scalar? {
        Sodium.ready()
        var result = [UInt8](repeating: 0, count: 32)
        // SAFETY: libsodium writes 32 bytes and reads 32 and 32, the sizes of the arrays.
        unsafe crypto_core_ristretto255_scalar_mul(
            &result, first.encoded.bytes, second.encoded.bytes)
        return Scalar(canonical: Bytes32(result[...]))
    }

    /// The inverse of a scalar, nil for zero.
    package static func inverse(_ scalar: Scalar) -> Scalar? {
        Sodium.ready()
        var result = [UInt8](repeating: 0, count: 32)
        // SAFETY: libsodium writes 32 bytes and reads 32, the sizes of the arrays.
        let status = unsafe crypto_core_ristretto255_scalar_invert(&result, scalar.encoded.bytes)
        return status == 0 ? Scalar(canonical: Bytes32(result[...])) : nil
    }

    /// 64 little-endian bytes modulo L.
    package static func reduce(_ wide: [UInt8]) -> Scalar? {
        precondition(wide.count == 64, "64 bytes expected")
        Sodium.ready()
        var result = [UInt8](repeating: 0, count: 32)
        // SAFETY: libsodium writes 32 bytes, the size of the array, and reads 64, checked above.
        unsafe crypto_core_ristretto255_scalar_reduce(&result, wide)
        return Scalar(canonical: Bytes32(result[...]))
    }
}
