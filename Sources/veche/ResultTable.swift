import Ledger

/// The result of one (tally unit, contest) pair as people read it: a row and a bar per option.
struct ResultTable {
    struct Row {
        let name: String
        let count: UInt64
    }

    let title: String
    let subtitle: String
    let counted: UInt32
    let rows: [Row]

    /// The table in lines of at most about 100 columns. Percentages are of the ballots counted, to
    /// two digits, rounded half up.
    var lines: [String] {
        let nameWidth = max(12, rows.map(\.name.count).max() ?? 0)
        let barWidth = 30
        var lines = [title, "  " + subtitle]
        for row in rows {
            let share =
                counted == 0 ? 0 : (row.count * 20_000 + UInt64(counted)) / (2 * UInt64(counted))
            let filled =
                counted == 0
                ? 0
                : Int((row.count * UInt64(barWidth) * 2 + UInt64(counted)) / (2 * UInt64(counted)))
            let bar =
                String(repeating: "█", count: min(filled, barWidth))
                + String(repeating: "·", count: barWidth - min(filled, barWidth))
            lines.append(
                "  " + row.name.padded(to: nameWidth) + "  " + String(row.count).leftPadded(to: 8)
                    + "  " + percentage(share).leftPadded(to: 8) + "  " + bar)
        }
        return lines
    }

    private func percentage(_ hundredths: UInt64) -> String {
        let fraction = String(hundredths % 100).leftPadded(to: 2, with: "0")
        return "\(hundredths / 100).\(fraction) %"
    }
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    func leftPadded(to width: Int, with filler: String = " ") -> String {
        String(repeating: filler, count: max(0, width - count)) + self
    }
}

extension [LocalizedText] {
    /// The text in a language, else the first one.
    func text(in language: String) -> String {
        first { $0.language == language }?.text ?? first?.text ?? ""
    }
}
