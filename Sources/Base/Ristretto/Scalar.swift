package import Codec

/// An integer modulo the group order L = 2^252 + 27742317777372353535851937790883648493.
///
/// Sums, differences, products and inverses take the same time for all values, so secrets may flow
/// through them. Comparison does not.
package struct Scalar: Hashable, Sendable {
    /// Always below L.
    let words: Words

    package static let zero = Scalar(words: Words(0, 0, 0, 0))
    package static let one = Scalar(words: Words(1, 0, 0, 0))

    @inline(__always)
    init(words: Words) { self.words = words }

    package init(_ value: UInt64) { words = Words(value, 0, 0, 0) }

    /// The number of 16 little-endian bytes, below 2^128. Any other count is a mistake of the caller.
    package init(littleEndian bytes: ArraySlice<UInt8>) {
        precondition(bytes.count == 16, "16 bytes expected")
        var low: UInt64 = 0
        var high: UInt64 = 0
        for index in bytes.startIndex..<bytes.startIndex + 8 {
            low = low >> 8 | UInt64(bytes[index]) << 56
            high = high >> 8 | UInt64(bytes[index + 8]) << 56
        }
        words = Words(low, high, 0, 0)
    }

    /// The scalar of 32 little-endian bytes; nil unless the number is below L (ballot.md 1.1).
    package init?(canonical bytes: Bytes32) {
        let words = Words(bytes)
        guard words.subtracting(order).borrow != 0 else { return nil }
        self.words = words
    }

    /// The number of 64 little-endian bytes modulo L. Any other count is a mistake of the caller.
    package init(reducing wide: [UInt8]) {
        precondition(wide.count == 64, "64 bytes expected")
        let low = Words(littleEndian: wide, at: 0)
        let high = Words(littleEndian: wide, at: 32)
        // With R = 2^256: low = (low R) / R, and high R comes out of one multiplication by R^2.
        let lowReduced = montgomeryProduct(montgomeryProduct(low, radixSquared), Words(1, 0, 0, 0))
        let highReduced = montgomeryProduct(high, radixSquared)
        words = reduceOnce(lowReduced.adding(highReduced))
    }

    /// 32 little-endian bytes.
    package var encoded: Bytes32 { words.bytes32 }

    package var isZero: Bool { words.isZero }

    package static func + (lhs: Self, rhs: Self) -> Self {
        // Both are below 2^253, so the sum does not overflow.
        Scalar(words: reduceOnce(lhs.words.adding(rhs.words)))
    }

    package static func += (lhs: inout Self, rhs: Self) { lhs = lhs + rhs }

    package static func - (lhs: Self, rhs: Self) -> Self {
        let (difference, borrow) = lhs.words.subtracting(rhs.words)
        return Scalar(words: difference.adding(order.masked(borrow)))
    }

    package static prefix func - (value: Self) -> Self { .zero - value }

    package static func * (lhs: Self, rhs: Self) -> Self {
        let scaled = montgomeryProduct(lhs.words, radixSquared)
        return Scalar(words: montgomeryProduct(scaled, rhs.words))
    }

    package static func *= (lhs: inout Self, rhs: Self) { lhs = lhs * rhs }

    /// The inverse modulo L, as the power L - 2; zero for zero.
    package func inverted() -> Scalar {
        // The exponent is public, so branching on its bits tells nothing about the scalar.
        let base = montgomeryProduct(words, radixSquared)
        var power = radix
        for position in stride(from: 252, through: 0, by: -1) {
            power = montgomeryProduct(power, power)
            if orderMinusTwo.bits(at: position, count: 1) == 1 {
                power = montgomeryProduct(power, base)
            }
        }
        return Scalar(words: montgomeryProduct(power, Words(1, 0, 0, 0)))
    }
}

/// L, and what Montgomery multiplication needs of it: -1/L modulo 2^64, and R = 2^256 and R^2 modulo L.
private let order = Words(0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000)
private let orderMinusTwo = Words(
    0x5812_631a_5cf5_d3eb, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000)
private let negatedInverse: UInt64 = 0xd2b5_1da3_1254_7e1b
private let radix = Words(
    0xd6ec_3174_8d98_951d, 0xc6ef_5bf4_737d_cf70, 0xffff_ffff_ffff_fffe, 0x0fff_ffff_ffff_ffff)
private let radixSquared = Words(
    0xa406_11e3_449c_0f01, 0xd00e_1ba7_6885_9347, 0xceec_73d2_17f5_be65, 0x0399_411b_7c30_9a3d)

/// `value` modulo L, for values below 2L.
@inline(__always)
private func reduceOnce(_ value: Words) -> Words {
    let (difference, borrow) = value.subtracting(order)
    return difference.adding(order.masked(borrow))
}

/// `x * y / 2^256` modulo L, for any `x` below 2^256 and `y` below L.
private func montgomeryProduct(_ x: Words, _ y: Words) -> Words {
    var sum = Words(0, 0, 0, 0)
    montgomeryStep(&sum, x.a, y)
    montgomeryStep(&sum, x.b, y)
    montgomeryStep(&sum, x.c, y)
    montgomeryStep(&sum, x.d, y)
    // (2^256 L + 2^256 L) / 2^256 = 2L bounds the sum.
    return reduceOnce(sum)
}

/// `sum = (sum + x * y + m L) / 2^64` with the `m` that makes it divisible.
@inline(__always)
private func montgomeryStep(_ sum: inout Words, _ x: UInt64, _ y: Words) {
    var carry: UInt64 = 0
    let a = multiplyAdd(sum.a, x, y.a, &carry)
    let b = multiplyAdd(sum.b, x, y.b, &carry)
    let c = multiplyAdd(sum.c, x, y.c, &carry)
    let d = multiplyAdd(sum.d, x, y.d, &carry)
    let e = carry
    let m = a &* negatedInverse
    carry = 0
    _ = multiplyAdd(a, m, order.a, &carry)
    sum.a = multiplyAdd(b, m, order.b, &carry)
    sum.b = multiplyAdd(c, m, order.c, &carry)
    sum.c = multiplyAdd(d, m, order.d, &carry)
    sum.d = e &+ carry
}

/// The low word of `sum + x * y + carry`; the high word becomes the carry.
@inline(__always)
private func multiplyAdd(_ sum: UInt64, _ x: UInt64, _ y: UInt64, _ carry: inout UInt64) -> UInt64 {
    let value = wide(x, y) &+ UInt128(truncatingIfNeeded: sum) &+ UInt128(truncatingIfNeeded: carry)
    carry = high(value)
    return low(value)
}
