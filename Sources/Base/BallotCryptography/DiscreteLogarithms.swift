import Codec
package import Ristretto

/// Small discrete logarithms by baby steps and giant steps, with a table that is built once and
/// serves any number of totals.
package struct DiscreteLogarithms: Sendable {
    /// The largest logarithm that is found.
    package let bound: UInt64
    /// The baby steps `i B` for i = 0…m - 1, by the first eight bytes of their encodings, ascending.
    private let babySteps: [Entry]
    /// `m B`.
    private let giantStep: Point

    private struct Entry: Sendable {
        let key: UInt64
        let index: UInt32
    }

    /// A table for logarithms 0…bound. A larger `tableSize` than the default, the square root of
    /// the bound, makes each search shorter; building costs an addition and an encoding an entry.
    package init(bound: UInt64, tableSize: Int? = nil) {
        precondition(bound <= 1 << 40, "a discrete logarithm is above what can be searched")
        let wanted = UInt64(max(1, min(tableSize ?? Self.squareRoot(bound), 1 << 22)))
        let size = min(wanted, bound + 1)
        var entries: [Entry] = []
        entries.reserveCapacity(Int(size))
        var point = Point.identity
        for index in 0..<UInt32(size) {
            entries.append(Entry(key: Self.key(of: point), index: index))
            point += .base
        }
        entries.sort { $0.key < $1.key }
        self.bound = bound
        self.babySteps = entries
        self.giantStep = point
    }

    /// The v with `V = v B` and 0 <= v <= `limit`, nil if there is none. Variable time: totals are
    /// public once decrypted.
    package func logarithm(of point: Point, atMost limit: UInt64) -> UInt64? {
        let limit = min(limit, self.bound)
        var rest = point
        var start: UInt64 = 0
        while start <= limit {
            if let index = self.babyStep(of: rest) {
                let value = start + UInt64(index)
                return value <= limit ? value : nil
            }
            rest = rest - self.giantStep
            start += UInt64(self.babySteps.count)
        }
        return nil
    }

    private func babyStep(of point: Point) -> UInt32? {
        let key = Self.key(of: point)
        var low = 0
        var high = self.babySteps.count
        while low < high {
            let middle = (low + high) / 2
            if self.babySteps[middle].key < key { low = middle + 1 } else { high = middle }
        }
        while low < self.babySteps.count, self.babySteps[low].key == key {
            let index = self.babySteps[low].index
            // The key is only a part of the encoding.
            if MultiScalar.sum([Scalar(UInt64(index))], [.base]) == point { return index }
            low += 1
        }
        return nil
    }

    private static func key(of point: Point) -> UInt64 {
        point.encoded().bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The least r with r^2 >= value, at least 1.
    private static func squareRoot(_ value: UInt64) -> Int {
        var low: UInt64 = 1
        var high: UInt64 = 1 << 20
        while low < high {
            let middle = (low + high) / 2
            if middle * middle < value { low = middle + 1 } else { high = middle }
        }
        return Int(low)
    }
}
