/// Multiplication by secret scalars. Nodes and tools use libsodium's, a browser our own Swift.
package protocol SecretArithmetic: Sendable {
    /// `scalar * B`, in time that does not depend on the scalar.
    func multiplyBase(by scalar: Scalar) -> Point

    /// `scalar * point`, in time that does not depend on the scalar.
    func multiply(_ point: Point, by scalar: Scalar) -> Point
}

/// Multiplication in Swift without a branch or an index that depends on the scalar.
///
/// The scalar is written with digits from -8 to 7, each multiple is picked by reading a whole table
/// under masks, and every step adds.
package struct ConstantTimeArithmetic: SecretArithmetic {
    package init() {}

    package func multiplyBase(by scalar: Scalar) -> Point {
        let digits = RadixSixteen(scalar)
        // The odd digits first, then 16 times them and the even digits: each table, of 16^(2i) B,
        // serves two digits.
        var sum = Point.identity
        for index in 0..<32 {
            sum = (sum + BaseTable.select(digits[2 * index + 1], of: index)).extended
        }
        sum = sum.doubled().doubled().doubled().doubled()
        for index in 0..<32 {
            sum = (sum + BaseTable.select(digits[2 * index], of: index)).extended
        }
        return sum
    }

    package func multiply(_ point: Point, by scalar: Scalar) -> Point {
        let digits = RadixSixteen(scalar)
        let table = MultipleTable(point)
        var sum = Point.identity
        for index in stride(from: 63, through: 0, by: -1) {
            var four = sum.projective
            for _ in 0..<3 { four = four.doubled().projective }
            sum = (four.doubled().extended + table.select(digits[index])).extended
        }
        return sum
    }
}

/// A scalar's 64 digits from -8 to 7 in base 16.
private struct RadixSixteen {
    private let shifted: Words

    init(_ scalar: Scalar) {
        // Adding 8 to every digit makes them all 0...15, the digits of the sum; it stays below
        // 2^256, since the scalar is below 2^253.
        let eights: UInt64 = 0x8888_8888_8888_8888
        shifted = scalar.words.adding(Words(eights, eights, eights, eights))
    }

    /// The digit's absolute value, and a mask of all ones if it is negative. The position is public.
    subscript(_ index: Int) -> SignedDigit {
        let digit = shifted.bits(at: 4 * index, count: 4) &- 8
        let negative = bitMask(digit >> 63)
        return SignedDigit(magnitude: (digit ^ negative) &- negative, negative: negative)
    }
}

private struct SignedDigit {
    let magnitude: UInt64
    let negative: UInt64

    /// All ones if the magnitude is `value`, else 0.
    @inline(__always)
    func mask(of value: Int) -> UInt64 {
        zeroMask(magnitude ^ UInt64(truncatingIfNeeded: value))
    }
}

/// The multiples 1 to 8 of a point.
private struct MultipleTable {
    private let multiples: [CachedPoint]

    init(_ point: Point) {
        var multiples = [CachedPoint(point)]
        multiples.reserveCapacity(8)
        var multiple = point
        for _ in 1..<8 {
            multiple = (multiple + multiples[0]).extended
            multiples.append(CachedPoint(multiple))
        }
        self.multiples = multiples
    }

    /// The digit times the point; reads the whole table.
    func select(_ digit: SignedDigit) -> CachedPoint {
        var picked = CachedPoint(Point.identity)
        for index in 0..<8 {
            picked.replace(by: multiples[index], where: digit.mask(of: index + 1))
        }
        picked.negate(where: digit.negative)
        return picked
    }
}

/// The multiples 1 to 8 of 256^i B for i in 0..<32, made at first use.
private enum BaseTable {
    private static let multiples: [AffinePoint] = {
        var points: [Point] = []
        points.reserveCapacity(256)
        var first = Point.base
        for _ in 0..<32 {
            let cached = CachedPoint(first)
            var multiple = first
            points.append(multiple)
            for _ in 1..<8 {
                multiple = (multiple + cached).extended
                points.append(multiple)
            }
            // 8 * 32 = 256
            for _ in 0..<5 { multiple = multiple.doubled() }
            first = multiple
        }
        return AffinePoint.all(of: points)
    }()

    /// The digit times 256^i B; reads the 8 multiples of that power.
    static func select(_ digit: SignedDigit, of power: Int) -> AffinePoint {
        let multiples = multiples
        var picked = AffinePoint.identity
        for index in 0..<8 {
            picked.replace(by: multiples[8 * power + index], where: digit.mask(of: index + 1))
        }
        picked.negate(where: digit.negative)
        return picked
    }
}

extension CachedPoint {
    @inline(__always)
    fileprivate mutating func replace(by other: Self, where mask: UInt64) {
        yPlusX = yPlusX.replaced(by: other.yPlusX, where: mask)
        yMinusX = yMinusX.replaced(by: other.yMinusX, where: mask)
        twiceZ = twiceZ.replaced(by: other.twiceZ, where: mask)
        twiceDT = twiceDT.replaced(by: other.twiceDT, where: mask)
    }

    @inline(__always)
    fileprivate mutating func negate(where mask: UInt64) {
        let plus = yPlusX
        yPlusX = yPlusX.replaced(by: yMinusX, where: mask)
        yMinusX = yMinusX.replaced(by: plus, where: mask)
        twiceDT = twiceDT.negated(where: mask)
    }
}

extension AffinePoint {
    @inline(__always)
    fileprivate mutating func replace(by other: Self, where mask: UInt64) {
        yPlusX = yPlusX.replaced(by: other.yPlusX, where: mask)
        yMinusX = yMinusX.replaced(by: other.yMinusX, where: mask)
        twiceDXY = twiceDXY.replaced(by: other.twiceDXY, where: mask)
    }

    @inline(__always)
    fileprivate mutating func negate(where mask: UInt64) {
        let plus = yPlusX
        yPlusX = yPlusX.replaced(by: yMinusX, where: mask)
        yMinusX = yMinusX.replaced(by: plus, where: mask)
        twiceDXY = twiceDXY.negated(where: mask)
    }
}
