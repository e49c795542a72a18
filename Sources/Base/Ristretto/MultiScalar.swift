/// Sums of many products of a scalar and a point, **for public data only**: the time and the memory
/// accesses depend on the scalars and on the points.
package enum MultiScalar {
    /// The number of terms from which Pippenger's method is faster than Straus's, as measured.
    static let pippengerThreshold = 190

    /// `scalars[0] * points[0] + scalars[1] * points[1] + ...`, zero for none, in variable time.
    ///
    /// Scalars that are short (128 bits) cost less. The two lists have the same length.
    package static func sum(_ scalars: [Scalar], _ points: [Point]) -> Point {
        precondition(scalars.count == points.count, "a scalar for each point")
        return scalars.count < pippengerThreshold
            ? straus(scalars, points) : pippenger(scalars, points)
    }
}

// Straus: one run of doublings for all terms, and a table of odd multiples for each.
extension MultiScalar {
    /// The same sum by Straus's method.
    package static func straus(_ scalars: [Scalar], _ points: [Point]) -> Point {
        let count = scalars.count
        var digits = [Int8](repeating: 0, count: 256 * count)
        var width = 0
        for index in 0..<count {
            width = max(
                width,
                writeNonAdjacentForm(of: scalars[index].words, to: &digits, at: index, of: count))
        }
        var tables: [CachedPoint] = []
        tables.reserveCapacity(8 * count)
        for point in points { appendOddMultiples(of: point, to: &tables) }

        var sum = ProjectivePoint.identity
        for position in stride(from: width - 1, through: 0, by: -1) {
            var completed = sum.doubled()
            let row = position * count
            for index in 0..<count {
                let digit = Int(digits[row + index])
                if digit > 0 {
                    completed = completed.extended + tables[8 * index + digit >> 1]
                } else if digit < 0 {
                    completed = completed.extended - tables[8 * index + (0 - digit) >> 1]
                }
            }
            guard position > 0 else { return completed.extended }
            sum = completed.projective
        }
        return .identity
    }

    /// Writes digits that are 0 or odd from -15 to 15, no two of five neighbours both not 0, one at
    /// every `count`-th place from `start`; returns how many there are.
    private static func writeNonAdjacentForm(
        of words: Words, to digits: inout [Int8], at start: Int, of count: Int
    ) -> Int {
        var position = 0
        var carry: UInt64 = 0
        var end = 0
        // A scalar is below 2^253, so the carry is used up before position 256.
        while position < 256 {
            let window = words.bits(at: position, count: 5) &+ carry
            if window & 1 == 0 {
                position += 1
                continue
            }
            let digit = Int8(truncatingIfNeeded: window)
            let isNegative = digit >= 16
            digits[position * count + start] = isNegative ? digit - 32 : digit
            carry = isNegative ? 1 : 0
            end = position + 1
            position += 5
        }
        return end
    }

    /// Appends P, 3P, 5P, ... 15P.
    private static func appendOddMultiples(of point: Point, to tables: inout [CachedPoint]) {
        let twice = CachedPoint(point.doubled())
        var multiple = point
        tables.append(CachedPoint(multiple))
        for _ in 1..<8 {
            multiple = (multiple + twice).extended
            tables.append(CachedPoint(multiple))
        }
    }
}
