/// What the long powers of a square root are made of.
protocol FieldPowers {
    static func * (lhs: Self, rhs: Self) -> Self

    /// The power 2^count.
    func squared(times count: Int) -> Self
}

extension FieldElement: FieldPowers {}

extension FieldPowers {
    /// The powers 2^250 - 1 and 11, from which the two long exponents are made.
    func commonPowers() -> (long: Self, eleven: Self) {
        let x2 = squared(times: 1)
        let x9 = x2.squared(times: 2) * self
        let x11 = x9 * x2
        let x5 = x11.squared(times: 1) * x9
        let x10 = x5.squared(times: 5) * x5
        let x20 = x10.squared(times: 10) * x10
        let x40 = x20.squared(times: 20) * x20
        let x50 = x40.squared(times: 10) * x10
        let x100 = x50.squared(times: 50) * x50
        let x200 = x100.squared(times: 100) * x100
        return (x200.squared(times: 50) * x50, x11)
    }
}

/// Two independent field elements that are squared side by side: a run of squarings is a chain in
/// which each waits for the last, and two lanes of a vector register do the work of one.
struct FieldPair: FieldPowers {
    var first, second: FieldElement

    @inline(__always)
    init(_ first: FieldElement, _ second: FieldElement) {
        (self.first, self.second) = (first, second)
    }

    @inline(__always)
    static func * (lhs: Self, rhs: Self) -> Self {
        Self(lhs.first * rhs.first, lhs.second * rhs.second)
    }

    /// The power 2^count of both; for carried elements and their products.
    func squared(times count: Int) -> Self {
        // Splitting the limbs and joining them again costs about as much as a squaring saves.
        guard count > 2 else {
            return Self(first.squared(times: count), second.squared(times: count))
        }
        var lanes = FieldLanes(self)
        for _ in 0..<count { lanes = lanes.squared() }
        return lanes.joined
    }
}

/// Two field elements in ten limbs of 26 and 25 bits by turns, whose products fit into the 64-bit
/// lanes of a vector register. Two limbs make one of `FieldElement`.
///
/// Even limbs stay below 2^26 + 2^11 and odd ones below 2^25 + 2^14, so that a limb times 38 has
/// 31 bits and a column of products 60.
private struct FieldLanes {
    typealias Lanes = SIMD2<UInt64>

    var a, b, c, d, e, f, g, h, i, j: Lanes

    @inline(__always)
    init(_ pair: FieldPair) {
        let (x, y) = (pair.first.carried(), pair.second.carried())
        (a, b) = Self.split(x.a, y.a)
        (c, d) = Self.split(x.b, y.b)
        (e, f) = Self.split(x.c, y.c)
        (g, h) = Self.split(x.d, y.d)
        (i, j) = Self.split(x.e, y.e)
    }

    @inline(__always)
    private init(
        _ a: Lanes, _ b: Lanes, _ c: Lanes, _ d: Lanes, _ e: Lanes, _ f: Lanes, _ g: Lanes,
        _ h: Lanes, _ i: Lanes, _ j: Lanes
    ) {
        (self.a, self.b, self.c, self.d, self.e) = (a, b, c, d, e)
        (self.f, self.g, self.h, self.i, self.j) = (f, g, h, i, j)
    }

    @inline(__always)
    private static func split(_ x: UInt64, _ y: UInt64) -> (even: Lanes, odd: Lanes) {
        let limbs = Lanes(x, y)
        return (limbs & mask26, limbs &>> 26)
    }

    var joined: FieldPair {
        let (p, q, r) = (a &+ b &<< 26, c &+ d &<< 26, e &+ f &<< 26)
        let (s, t) = (g &+ h &<< 26, i &+ j &<< 26)
        return FieldPair(
            FieldElement(p[0], q[0], r[0], s[0], t[0]).carried(),
            FieldElement(p[1], q[1], r[1], s[1], t[1]).carried())
    }

    // Two odd limbs stand at half a bit each below their place, so their product counts twice;
    // a product that lies 2^255 too high counts 19 times.
    @inline(__always)
    func squared() -> Self {
        let (a2, b2, c2, d2) = (a &+ a, b &+ b, c &+ c, d &+ d)
        let (e2, f2, g2, h2) = (e &+ e, f &+ f, g &+ g, h &+ h)
        let (f38, h38, j38) = (product(f, lanes38), product(h, lanes38), product(j, lanes38))
        let (g19, i19) = (product(g, lanes19), product(i, lanes19))
        var (t0, t1, t2, t3, t4): (Lanes, Lanes, Lanes, Lanes, Lanes)
        var (t5, t6, t7, t8, t9): (Lanes, Lanes, Lanes, Lanes, Lanes)
        t0 = product(a, a) &+ product(b2, j38) &+ product(c2, i19)
        t0 = t0 &+ product(d2, h38) &+ product(e2, g19) &+ product(f, f38)
        t1 = product(a2, b) &+ product(c, j38) &+ product(d2, i19)
        t1 = t1 &+ product(e, h38) &+ product(f2, g19)
        t2 = product(a2, c) &+ product(b2, b) &+ product(d2, j38)
        t2 = t2 &+ product(e2, i19) &+ product(f2, h38) &+ product(g, g19)
        t3 = product(a2, d) &+ product(b2, c) &+ product(e, j38)
        t3 = t3 &+ product(f2, i19) &+ product(g, h38)
        t4 = product(a2, e) &+ product(b2, d2) &+ product(c, c)
        t4 = t4 &+ product(f2, j38) &+ product(g2, i19) &+ product(h, h38)
        t5 = product(a2, f) &+ product(b2, e) &+ product(c2, d)
        t5 = t5 &+ product(g, j38) &+ product(h2, i19)
        t6 = product(a2, g) &+ product(b2, f2) &+ product(c2, e)
        t6 = t6 &+ product(d2, d) &+ product(h2, j38) &+ product(i, i19)
        t7 = product(a2, h) &+ product(b2, g) &+ product(c2, f)
        t7 = t7 &+ product(d2, e) &+ product(i, j38)
        t8 = product(a2, i) &+ product(b2, h2) &+ product(c2, g)
        t8 = t8 &+ product(d2, f2) &+ product(e, e) &+ product(j, j38)
        t9 = product(a2, j) &+ product(b2, i) &+ product(c2, h)
        t9 = t9 &+ product(d2, g) &+ product(e2, f)

        // Two chains of carries, from limbs 0 and 5, that meet.
        carry(&t0, &t1, 26, mask26)
        carry(&t5, &t6, 25, mask25)
        carry(&t1, &t2, 25, mask25)
        carry(&t6, &t7, 26, mask26)
        carry(&t2, &t3, 26, mask26)
        carry(&t7, &t8, 25, mask25)
        carry(&t3, &t4, 25, mask25)
        carry(&t8, &t9, 26, mask26)
        carry(&t4, &t5, 26, mask26)
        let over = t9 &>> 25
        t9 &= mask25
        t0 = t0 &+ over &+ over &<< 1 &+ over &<< 4
        carry(&t5, &t6, 25, mask25)
        carry(&t0, &t1, 26, mask26)
        return Self(t0, t1, t2, t3, t4, t5, t6, t7, t8, t9)
    }
}

private let mask26 = SIMD2<UInt64>(repeating: 1 << 26 - 1)
private let mask25 = SIMD2<UInt64>(repeating: 1 << 25 - 1)
private let lanes38 = SIMD2<UInt64>(repeating: 38)
private let lanes19 = SIMD2<UInt64>(repeating: 19)

/// Products of numbers below 2^32. Saying so lets the compiler take the one instruction for it.
@inline(__always)
private func product(_ x: SIMD2<UInt64>, _ y: SIMD2<UInt64>) -> SIMD2<UInt64> {
    let low = SIMD2<UInt64>(repeating: 0xffff_ffff)
    return (x & low) &* (y & low)
}

@inline(__always)
private func carry(
    _ limb: inout SIMD2<UInt64>, _ next: inout SIMD2<UInt64>, _ bits: UInt64,
    _ mask: SIMD2<UInt64>
) {
    next = next &+ limb &>> SIMD2<UInt64>(repeating: bits)
    limb &= mask
}
