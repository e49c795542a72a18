/// An element of the field in four full words: a number below 2^256, which stands for itself modulo
/// p = 2^255 - 19.
///
/// A product takes twenty word multiplications and not twenty-five, but sums have to carry. That
/// pays where nearly all is products and registers are short: in the buckets of Pippenger's method.
/// For public data only: the compiler makes branches of the rare carries.
struct DenseElement: Sendable {
    var a, b, c, d: UInt64

    @inline(__always)
    init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
        (self.a, self.b, self.c, self.d) = (a, b, c, d)
    }

    @inline(__always)
    init(_ element: FieldElement) {
        let words = element.reduced()
        self.init(words.a, words.b, words.c, words.d)
    }

    static let zero = DenseElement(0, 0, 0, 0)
    static let one = DenseElement(1, 0, 0, 0)

    /// The same element in limbs of 51 bits, carried.
    @inline(__always)
    var fieldElement: FieldElement {
        // 2^255 = 19: the highest bit, which the limbs have no room for, counts 19.
        var element = FieldElement(Words(a, b, c, d))
        element.a &+= (d >> 63) &* 19
        return element
    }

    // Whatever is above 2^256 counts 38 times. Once that is added, a second carry leaves a number
    // below 2^64, which takes another 38 without one.

    @inline(__always)
    static func + (x: Self, y: Self) -> Self {
        var carry: UInt64 = 0
        let a = add(x.a, y.a, &carry)
        let b = add(x.b, y.b, &carry)
        let c = add(x.c, y.c, &carry)
        let d = add(x.d, y.d, &carry)
        return folded(a, b, c, d, over: carry)
    }

    @inline(__always)
    static func - (x: Self, y: Self) -> Self {
        var borrow: UInt64 = 0
        let a = subtract(x.a, y.a, &borrow)
        let b = subtract(x.b, y.b, &borrow)
        let c = subtract(x.c, y.c, &borrow)
        let d = subtract(x.d, y.d, &borrow)
        let under = (0 &- borrow) & 38
        borrow = 0
        let a1 = subtract(a, under, &borrow)
        let b1 = subtract(b, 0, &borrow)
        let c1 = subtract(c, 0, &borrow)
        let d1 = subtract(d, 0, &borrow)
        return Self(a1 &- ((0 &- borrow) & 38), b1, c1, d1)
    }

    @inline(__always)
    static func * (x: Self, y: Self) -> Self {
        var carry: UInt64 = 0
        let r0 = multiplyAdd(0, x.a, y.a, &carry)
        let p1 = multiplyAdd(0, x.a, y.b, &carry)
        let p2 = multiplyAdd(0, x.a, y.c, &carry)
        let p3 = multiplyAdd(0, x.a, y.d, &carry)
        let p4 = carry
        carry = 0
        let r1 = multiplyAdd(p1, x.b, y.a, &carry)
        let q2 = multiplyAdd(p2, x.b, y.b, &carry)
        let q3 = multiplyAdd(p3, x.b, y.c, &carry)
        let q4 = multiplyAdd(p4, x.b, y.d, &carry)
        let q5 = carry
        carry = 0
        let r2 = multiplyAdd(q2, x.c, y.a, &carry)
        let s3 = multiplyAdd(q3, x.c, y.b, &carry)
        let s4 = multiplyAdd(q4, x.c, y.c, &carry)
        let s5 = multiplyAdd(q5, x.c, y.d, &carry)
        let s6 = carry
        carry = 0
        let r3 = multiplyAdd(s3, x.d, y.a, &carry)
        let r4 = multiplyAdd(s4, x.d, y.b, &carry)
        let r5 = multiplyAdd(s5, x.d, y.c, &carry)
        let r6 = multiplyAdd(s6, x.d, y.d, &carry)
        let r7 = carry
        // The upper half counts 38 times.
        carry = 0
        let a = multiplyAdd(r0, r4, 38, &carry)
        let b = multiplyAdd(r1, r5, 38, &carry)
        let c = multiplyAdd(r2, r6, 38, &carry)
        let d = multiplyAdd(r3, r7, 38, &carry)
        carry &*= 38
        var over: UInt64 = 0
        let a1 = add(a, carry, &over)
        let b1 = add(b, 0, &over)
        let c1 = add(c, 0, &over)
        let d1 = add(d, 0, &over)
        return Self(a1 &+ ((0 &- over) & 38), b1, c1, d1)
    }

    @inline(__always)
    private static func folded(
        _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, over: UInt64
    ) -> Self {
        var carry: UInt64 = 0
        let a1 = add(a, (0 &- over) & 38, &carry)
        let b1 = add(b, 0, &carry)
        let c1 = add(c, 0, &carry)
        let d1 = add(d, 0, &carry)
        return Self(a1 &+ ((0 &- carry) & 38), b1, c1, d1)
    }
}

@inline(__always)
private func add(_ x: UInt64, _ y: UInt64, _ carry: inout UInt64) -> UInt64 {
    let (sum, first) = x.addingReportingOverflow(y)
    let (total, second) = sum.addingReportingOverflow(carry)
    carry = (first ? 1 : 0) | (second ? 1 : 0)
    return total
}

@inline(__always)
private func subtract(_ x: UInt64, _ y: UInt64, _ borrow: inout UInt64) -> UInt64 {
    let (difference, first) = x.subtractingReportingOverflow(y)
    let (rest, second) = difference.subtractingReportingOverflow(borrow)
    borrow = (first ? 1 : 0) | (second ? 1 : 0)
    return rest
}

/// The low word of `sum + x * y + carry`; the high word becomes the carry.
@inline(__always)
private func multiplyAdd(_ sum: UInt64, _ x: UInt64, _ y: UInt64, _ carry: inout UInt64) -> UInt64 {
    let value = wide(x, y) &+ UInt128(truncatingIfNeeded: sum) &+ UInt128(truncatingIfNeeded: carry)
    carry = high(value)
    return low(value)
}
