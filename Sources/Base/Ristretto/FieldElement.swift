/// An element of the field of p = 2^255 - 19, in five limbs of 51 bits.
///
/// Limbs may exceed 51 bits. A product is *carried*: its limbs are below 2^51 + 2^13. Factors may
/// have limbs up to 2^54, so that sums and differences need no carrying before they are multiplied:
/// - `x + y` adds the bounds;
/// - `x - y` asks for `y` of limbs up to 2^53 - 76 (a sum of two products) and adds 2^53 to x's bound.
///
/// All operations take the same time for all values.
struct FieldElement: Sendable {
    var a, b, c, d, e: UInt64

    @inline(__always)
    init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, _ e: UInt64) {
        (self.a, self.b, self.c, self.d, self.e) = (a, b, c, d, e)
    }

    /// The number of the low 255 bits, possibly above p.
    @inline(__always)
    init(_ words: Words) {
        a = words.a & mask51
        b = (words.a >> 51 | words.b << 13) & mask51
        c = (words.b >> 38 | words.c << 26) & mask51
        d = (words.c >> 25 | words.d << 39) & mask51
        e = (words.d >> 12) & mask51
    }

    static let zero = FieldElement(0, 0, 0, 0, 0)
    static let one = FieldElement(1, 0, 0, 0, 0)

    @inline(__always)
    static func + (x: Self, y: Self) -> Self {
        Self(x.a &+ y.a, x.b &+ y.b, x.c &+ y.c, x.d &+ y.d, x.e &+ y.e)
    }

    @inline(__always)
    static func - (x: Self, y: Self) -> Self {
        // Adding 4p keeps every limb from going below zero.
        Self(
            x.a &+ 0x1f_ffff_ffff_ffb4 &- y.a, x.b &+ 0x1f_ffff_ffff_fffc &- y.b,
            x.c &+ 0x1f_ffff_ffff_fffc &- y.c, x.d &+ 0x1f_ffff_ffff_fffc &- y.d,
            x.e &+ 0x1f_ffff_ffff_fffc &- y.e)
    }

    #if arch(wasm32)
        // Four times the instructions of other machines: a call costs less than so many copies.
        @inline(never)
    #else
        @inline(__always)
    #endif
    static func * (x: Self, y: Self) -> Self {
        let (b19, c19, d19, e19) = (y.b &* 19, y.c &* 19, y.d &* 19, y.e &* 19)
        let a =
            wide(x.a, y.a) &+ wide(x.b, e19) &+ wide(x.c, d19) &+ wide(x.d, c19) &+ wide(x.e, b19)
        let b =
            wide(x.a, y.b) &+ wide(x.b, y.a) &+ wide(x.c, e19) &+ wide(x.d, d19) &+ wide(x.e, c19)
        let c =
            wide(x.a, y.c) &+ wide(x.b, y.b) &+ wide(x.c, y.a) &+ wide(x.d, e19) &+ wide(x.e, d19)
        let d =
            wide(x.a, y.d) &+ wide(x.b, y.c) &+ wide(x.c, y.b) &+ wide(x.d, y.a) &+ wide(x.e, e19)
        let e =
            wide(x.a, y.e) &+ wide(x.b, y.d) &+ wide(x.c, y.c) &+ wide(x.d, y.b) &+ wide(x.e, y.a)
        return carry(a, b, c, d, e)
    }

    #if arch(wasm32)
        // Four times the instructions of other machines: a call costs less than so many copies.
        @inline(never)
    #else
        @inline(__always)
    #endif
    func squared() -> Self {
        let (a2, b2, c2) = (a &* 2, b &* 2, c &* 2)
        let (d19, e19) = (d &* 19, e &* 19)
        let d38 = d19 &* 2
        return Self.carry(
            wide(a, a) &+ wide(b2, e19) &+ wide(c, d38),
            wide(a2, b) &+ wide(c2, e19) &+ wide(d, d19),
            wide(a2, c) &+ wide(b, b) &+ wide(d38, e),
            wide(a2, d) &+ wide(b2, c) &+ wide(e, e19),
            wide(a2, e) &+ wide(b2, d) &+ wide(c, c))
    }

    /// The power 2^count.
    func squared(times count: Int) -> Self {
        var power = self
        for _ in 0..<count { power = power.squared() }
        return power
    }

    // Factors of up to 2^54 keep each column below 2^115 and the last one, which has no factor 19,
    // below 2^111: its carry times 19 still fits into a word.
    @inline(__always)
    private static func carry(
        _ a: UInt128, _ b: UInt128, _ c: UInt128, _ d: UInt128, _ e: UInt128
    ) -> Self {
        let b1 = b &+ (a >> 51)
        let c1 = c &+ (b1 >> 51)
        let d1 = d &+ (c1 >> 51)
        let e1 = e &+ (d1 >> 51)
        let a1 = (low(a) & mask51) &+ low(e1 >> 51) &* 19
        return Self(
            a1 & mask51, (low(b1) & mask51) &+ (a1 >> 51), low(c1) & mask51, low(d1) & mask51,
            low(e1) & mask51)
    }

    /// The same element with limbs below 2^51 + 2^18.
    @inline(__always)
    func carried() -> Self {
        Self(
            (a & mask51) &+ (e >> 51) &* 19, (b & mask51) &+ (a >> 51), (c & mask51) &+ (b >> 51),
            (d & mask51) &+ (c >> 51), (e & mask51) &+ (d >> 51))
    }

    /// The negative, carried; for limbs as `-` allows.
    @inline(__always)
    func negated() -> Self { (Self.zero - self).carried() }

    /// The number below p.
    func reduced() -> Words {
        let x = carried()
        // The quotient by p is 0 or 1: it is 1 if adding 19 reaches 2^255.
        var q = (x.a &+ 19) >> 51
        q = (x.b &+ q) >> 51
        q = (x.c &+ q) >> 51
        q = (x.d &+ q) >> 51
        q = (x.e &+ q) >> 51
        let a = x.a &+ q &* 19
        let b = x.b &+ (a >> 51)
        let c = x.c &+ (b >> 51)
        let d = x.d &+ (c >> 51)
        let e = (x.e &+ (d >> 51)) & mask51
        let (a51, b51, c51, d51) = (a & mask51, b & mask51, c & mask51, d & mask51)
        return Words(
            a51 | b51 << 51, b51 >> 13 | c51 << 38, c51 >> 26 | d51 << 25, d51 >> 39 | e << 12)
    }

    /// All ones if the element is zero, else 0.
    var isZeroMask: UInt64 {
        let words = reduced()
        return zeroMask(words.a | words.b | words.c | words.d)
    }

    /// All ones if the element is negative, which is to say odd below p (RFC 9496, 4.1), else 0.
    var isNegativeMask: UInt64 { bitMask(reduced().a) }

    var isZero: Bool { isZeroMask != 0 }

    /// `other` where `mask` is all ones, this element where it is 0.
    @inline(__always)
    func replaced(by other: Self, where mask: UInt64) -> Self {
        Self(
            a ^ (mask & (a ^ other.a)), b ^ (mask & (b ^ other.b)), c ^ (mask & (c ^ other.c)),
            d ^ (mask & (d ^ other.d)), e ^ (mask & (e ^ other.e)))
    }

    /// The negative where `mask` is all ones.
    @inline(__always)
    func negated(where mask: UInt64) -> Self { replaced(by: negated(), where: mask) }

    /// The one of `x` and `-x` that is not negative (CT_ABS of RFC 9496).
    func absolute() -> Self { negated(where: isNegativeMask) }
}

// 2^51 - 1, as a literal: Embedded Swift computes an expression at first use, and asks each time.
private let mask51: UInt64 = 0x7_ffff_ffff_ffff
