// Ristretto: the group that ballots live in, with its scalars, encodings, sums of many products, and
// SHA-2. It is pure Swift that also compiles as Embedded Swift, and knows no message of the protocol.

/// An element of ristretto255 (RFC 9496), a group of prime order L.
///
/// Inside it is a point of edwards25519 in extended coordinates, one of the eight that stand for
/// the same element; equality and encoding do not tell them apart. Sums and encodings take the same
/// time for all values.
package struct Point: Sendable {
    // x = X/Z, y = Y/Z, x y = T/Z; all four carried.
    var x, y, z, t: FieldElement

    @inline(__always)
    init(x: FieldElement, y: FieldElement, z: FieldElement, t: FieldElement) {
        (self.x, self.y, self.z, self.t) = (x, y, z, t)
    }

    package static let identity = Point(x: .zero, y: .one, z: .one, t: .zero)

    /// The generator B.
    package static let base = Point(
        x: FieldElement(
            0x6_2d60_8f25_d51a, 0x4_12a4_b4f6_592a, 0x7_5b71_71a4_b31d, 0x1_ff60_5271_18fe,
            0x2_1693_6d3c_d6e5),
        y: FieldElement(
            0x6_6666_6666_6658, 0x4_cccc_cccc_cccc, 0x1_9999_9999_9999, 0x3_3333_3333_3333,
            0x6_6666_6666_6666),
        z: .one,
        t: FieldElement(
            0x6_8ab3_a5b7_dda3, 0x0_0eea_2a5e_adbb, 0x2_af8d_f483_c27e, 0x3_32b3_7527_4732,
            0x6_7875_f0fd_78b7))

    /// Whether this is the identity, in any of its representations.
    package var isIdentity: Bool { x.isZeroMask | y.isZeroMask != 0 }

    package static func + (lhs: Self, rhs: Self) -> Self {
        (lhs + CachedPoint(rhs)).extended
    }

    package static func - (lhs: Self, rhs: Self) -> Self {
        (lhs - CachedPoint(rhs)).extended
    }

    package static func += (lhs: inout Self, rhs: Self) { lhs = lhs + rhs }

    package static prefix func - (point: Self) -> Self {
        Point(x: point.x.negated(), y: point.y, z: point.z, t: point.t.negated())
    }

    /// Twice the point.
    package func doubled() -> Point { doubledCompleted().extended }
}

extension Point: Equatable {
    /// RFC 9496, 4.3.3: x1 y2 = y1 x2 or y1 y2 = x1 x2.
    package static func == (lhs: Self, rhs: Self) -> Bool {
        let crossed = (lhs.x * rhs.y - lhs.y * rhs.x).isZeroMask
        let straight = (lhs.y * rhs.y - lhs.x * rhs.x).isZeroMask
        return crossed | straight != 0
    }
}
