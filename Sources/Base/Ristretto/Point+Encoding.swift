package import Codec

/// A canonical encoding on its way to a point: all that comes before the square root.
private struct PointDecoding {
    private let s, u1, u2, v: FieldElement
    /// The number whose inverse square root is needed.
    let radicand: FieldElement

    /// Nil for numbers of p or more, among them every one with bit 255, and negative (odd) numbers.
    @inline(__always)
    init?(_ bytes: Bytes32) {
        let words = Words(bytes)
        let s = FieldElement(words)
        // `s` drops bit 255 and `reduced` drops p, so this refuses both.
        guard s.reduced() == words, words.a & 1 == 0 else { return nil }
        let ss = s.squared()
        let u2Squared = (.one + ss).squared()
        (self.s, self.u1, self.u2) = (s, .one - ss, .one + ss)
        self.v = .zero - (.d * self.u1.squared() + u2Squared)
        self.radicand = self.v * u2Squared
    }

    /// The point; nil for numbers that no point encodes to.
    @inline(__always)
    func point(_ wasSquare: UInt64, _ root: FieldElement) -> Point? {
        let denominatorX = root * u2
        let denominatorY = root * denominatorX * v
        let x = ((s + s) * denominatorX).absolute()
        let y = u1 * denominatorY
        let t = x * y
        guard wasSquare & ~t.isNegativeMask & ~y.isZeroMask != 0 else { return nil }
        return Point(x: x, y: y, z: .one, t: t)
    }
}

extension Point {
    /// The point of a canonical encoding (RFC 9496, 4.3.1), else nil.
    ///
    /// Refused are numbers of p or more, among them every one with bit 255, negative (odd) numbers,
    /// and numbers that no point encodes to. The time tells only whether, and why, it is refused.
    package init?(decoding bytes: Bytes32) {
        guard let decoding = PointDecoding(bytes) else { return nil }
        let (wasSquare, root) = FieldElement.squareRoot(of: .one, over: decoding.radicand)
        guard let point = decoding.point(wasSquare, root) else { return nil }
        self = point
    }

    /// The points of canonical encodings, nil if one of them is refused. Two at a time, this takes
    /// two thirds of the time of decoding them one by one.
    package static func decode(_ encodings: [Bytes32]) -> [Point]? {
        var points: [Point] = []
        points.reserveCapacity(encodings.count)
        var index = 0
        while index + 1 < encodings.count {
            guard let first = PointDecoding(encodings[index]),
                let second = PointDecoding(encodings[index + 1])
            else { return nil }
            let roots = FieldElement.squareRootsOfOne(
                over: FieldPair(first.radicand, second.radicand))
            guard let one = first.point(roots.first.wasSquare, roots.first.root),
                let two = second.point(roots.second.wasSquare, roots.second.root)
            else { return nil }
            points.append(one)
            points.append(two)
            index += 2
        }
        if index < encodings.count {
            guard let last = Point(decoding: encodings[index]) else { return nil }
            points.append(last)
        }
        return points
    }

    /// The canonical encoding (RFC 9496, 4.3.2).
    package func encoded() -> Bytes32 {
        let u1 = (z + y) * (z - y)
        let u2 = x * y
        let (_, root) = FieldElement.squareRoot(of: .one, over: u1 * u2.squared())
        let denominator1 = root * u1
        let denominator2 = root * u2
        let inverseZ = denominator1 * denominator2 * t
        let rotate = (t * inverseZ).isNegativeMask
        let rotatedX = x.replaced(by: y * .rootOfMinusOne, where: rotate)
        let rotatedY = y.replaced(by: x * .rootOfMinusOne, where: rotate)
        let enchanted = denominator1 * .inverseRootOfAMinusD
        let denominator = denominator2.replaced(by: enchanted, where: rotate)
        let finalY = rotatedY.negated(where: (rotatedX * inverseZ).isNegativeMask)
        return (denominator * (z - finalY)).absolute().reduced().bytes32
    }

    /// The one-way map of 64 uniform bytes (RFC 9496, 4.3.4): nobody knows a relation of its results
    /// to other points. Any other count is a mistake of the caller.
    package init(uniform bytes: [UInt8]) {
        precondition(bytes.count == 64, "64 bytes expected")
        let first = FieldElement(Words(littleEndian: bytes, at: 0))
        let second = FieldElement(Words(littleEndian: bytes, at: 32))
        self = Point(mapping: first) + Point(mapping: second)
    }

    /// MAP of RFC 9496, 4.3.4.
    private init(mapping t: FieldElement) {
        let one = FieldElement.one
        let r = .rootOfMinusOne * t.squared()
        let u = (r + one) * .oneMinusDSquared
        let v = (.zero - (one + r * .d)) * (r + .d)
        let (wasSquare, root) = FieldElement.squareRoot(of: u, over: v)
        let flippedRoot = (root * t).absolute().negated()
        let s = flippedRoot.replaced(by: root, where: wasSquare)
        let c = r.replaced(by: one.negated(), where: wasSquare)
        let n = c * (r - one) * .dMinusOneSquared - v
        let ss = s.squared()
        let w0 = (s + s) * v
        let w1 = n * .rootOfADMinusOne
        let w2 = one - ss
        let w3 = one + ss
        self.init(x: w0 * w3, y: w2 * w1, z: w1 * w3, t: w0 * w2)
    }
}
