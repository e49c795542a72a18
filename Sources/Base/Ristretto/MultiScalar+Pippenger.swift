// Pippenger: for each window of bits, points fall into the bucket of their digit, and the buckets
// are summed with their weights. With signed digits half the buckets suffice.
extension MultiScalar {
    /// The same sum by Pippenger's method.
    package static func pippenger(_ scalars: [Scalar], _ points: [Point]) -> Point {
        var bitWidth = 0
        for scalar in scalars { bitWidth = max(bitWidth, scalar.words.bitWidth) }
        let width = windowWidth(terms: scalars.count, bitWidth: bitWidth)
        // One bit more, so that the last window has no carry.
        let windows = (bitWidth + width) / width
        let digits = signedDigits(of: scalars, width: width, windows: windows)
        let affine = affinePoints(of: points)

        var buckets = [DensePoint](repeating: .identity, count: 1 << (width - 1))
        var isFilled = [Bool](repeating: false, count: buckets.count)
        var sum = Point.identity
        for window in stride(from: windows - 1, through: 0, by: -1) {
            for _ in 0..<width { sum = sum.doubled() }
            let row = window * scalars.count
            for index in 0..<scalars.count {
                let digit = Int(digits[row + index])
                if digit > 0 {
                    if isFilled[digit - 1] {
                        buckets[digit - 1].add(affine[index])
                    } else {
                        buckets[digit - 1] = DensePoint(affine[index])
                        isFilled[digit - 1] = true
                    }
                } else if digit < 0 {
                    if isFilled[-1 - digit] {
                        buckets[-1 - digit].subtract(affine[index])
                    } else {
                        buckets[-1 - digit] = DensePoint(negating: affine[index])
                        isFilled[-1 - digit] = true
                    }
                }
            }
            sum = sum + weightedSum(buckets, &isFilled).point
        }
        return sum
    }

    /// `buckets[0] + 2 buckets[1] + 3 buckets[2] + ...` over the filled ones; empties them.
    private static func weightedSum(
        _ buckets: [DensePoint], _ isFilled: inout [Bool]
    ) -> DensePoint {
        var running = DensePoint.identity
        var sum = DensePoint.identity
        var isEmpty = true
        for index in stride(from: buckets.count - 1, through: 0, by: -1) {
            if isFilled[index] {
                running.add(buckets[index])
                isFilled[index] = false
                isEmpty = false
            }
            if !isEmpty { sum.add(running) }
        }
        return sum
    }

    /// The window width with the fewest multiplications of field elements.
    private static func windowWidth(terms: Int, bitWidth: Int) -> Int {
        var best = (width: 4, cost: Int.max)
        for width in 4...13 {
            let windows = (bitWidth + width) / width
            // 11 for adding a point to a bucket, twice 13 for a bucket's part of the weighted sum.
            let cost = windows * (11 * terms + 26 << (width - 1))
            if cost < best.cost { best = (width, cost) }
        }
        return best.width
    }

    /// Digits from 1 - 2^(width-1) to 2^(width-1), window by window.
    private static func signedDigits(
        of scalars: [Scalar], width: Int, windows: Int
    ) -> [Int16] {
        let count = scalars.count
        var digits = [Int16](repeating: 0, count: windows * count)
        let half = 1 << (width - 1)
        for index in 0..<count {
            let words = scalars[index].words
            var carry = 0
            for window in 0..<windows {
                let position = window * width
                let bits = position < 256 ? Int(words.bits(at: position, count: width)) : 0
                let digit = bits + carry
                carry = digit > half ? 1 : 0
                digits[window * count + index] = Int16(digit - carry * 2 * half)
            }
        }
        return digits
    }

    /// The points with Z = 1. Decoded points have it already; others share one inversion.
    private static func affinePoints(of points: [Point]) -> [DenseAffinePoint] {
        var affine = [DenseAffinePoint](
            repeating: DenseAffinePoint(.identity), count: points.count)
        var others: [Point] = []
        var places: [Int] = []
        for index in 0..<points.count {
            let point = points[index]
            if point.z.isLiteralOne {
                affine[index] = DenseAffinePoint(
                    AffinePoint(
                        yPlusX: point.y + point.x, yMinusX: point.y - point.x,
                        twiceDXY: point.t * .twiceD))
            } else {
                others.append(point)
                places.append(index)
            }
        }
        let converted = AffinePoint.all(of: others)
        for index in 0..<converted.count {
            affine[places[index]] = DenseAffinePoint(converted[index])
        }
        return affine
    }
}

extension FieldElement {
    /// Whether the limbs, and not only the number they stand for, are those of 1.
    fileprivate var isLiteralOne: Bool { (a ^ 1) | b | c | d | e == 0 }
}
