/// Counts with their names as people read them: a row and a bar each.
///
/// The numbers stand before the name: a name in any script, of any length, moves nothing in its row.
/// Where letters run from right to left, a terminal may turn what follows them, and nothing does.
package struct BarTable {
    package struct Row {
        /// Anybody's text.
        let name: String
        /// What tells the row apart where another one's name looks the same.
        let id: String
        let count: UInt64

        package init(name: String, id: String, count: UInt64) {
            self.name = name
            self.id = id
            self.count = count
        }
    }

    /// What a line takes at most, in columns.
    package static let width = 100
    private static let barWidth = 30

    /// What is a hundred percent.
    let total: UInt64
    let rows: [Row]

    /// - Parameter total: what percentages are of, less than 2^48.
    package init(total: UInt64, rows: [Row]) {
        self.total = total
        self.rows = rows
    }

    /// The rows. Percentages have two digits, rounded half up.
    package var lines: [String] {
        var looks: [DistinguishableName: Int] = [:]
        for row in rows { looks[DistinguishableName(row.name), default: 0] += 1 }
        return rows.flatMap { row in
            let isAlone = looks[DistinguishableName(row.name)] == 1
            return lines(of: row, label: isAlone ? row.name : "[\(row.id)] \(row.name)")
        }
    }

    private func lines(of row: Row, label: String) -> [String] {
        let filled = Int(min(UInt64(Self.barWidth), parts(UInt64(Self.barWidth), of: row)))
        let bar =
            String(repeating: "█", count: filled)
            + String(repeating: "·", count: Self.barWidth - filled)
        let hundredths = parts(10_000, of: row)
        let fraction = String(hundredths % 100)
        let share =
            "\(hundredths / 100)." + (fraction.count < 2 ? "0" : "") + fraction + " %"
        let numbers = String(row.count).leftPadded(toColumns: 8)
        return Self.lines(
            "  \(numbers)  \(share.leftPadded(toColumns: 8))  \(bar)  ", label)
    }

    /// How many of so many equal parts of the total the row has, rounded half up.
    private func parts(_ parts: UInt64, of row: Row) -> UInt64 {
        total == 0 ? 0 : (row.count * parts * 2 + total) / (2 * total)
    }

    /// A row of numbers with anybody's text after them, which goes on below itself.
    package static func lines(_ numbers: String, _ text: String) -> [String] {
        let indent = String(repeating: " ", count: numbers.columns)
        return text.plainLine(limit: 4096).lines(ofColumns: max(12, width - numbers.columns))
            .enumerated().map { ($0 == 0 ? numbers : indent) + $1 }
    }
}
