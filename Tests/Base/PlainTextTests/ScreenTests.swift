import PlainText
import Testing

/// What a text takes on a screen, and what stands beside it.
@Suite struct ScreenTests {
    @Test(arguments: [
        ("Ann", 3), ("東京", 4), ("ｱﾝ", 2), ("한국", 4), ("He\u{301}le\u{300}ne", 6), ("ועד", 3),
        ("👩‍👩‍👧‍👦", 2), ("❤\u{FE0F}", 2), ("🇯🇵", 2), ("👍🏽", 2), ("می‌خواهم", 7),
        ("\u{1112}\u{1161}\u{11AB}", 2), ("", 0),
    ])
    func columnsAreThoseOfTheScreen(text: String, columns: Int) {
        #expect(text.columns == columns)
    }

    @Test func longNamesAreBrokenAtBlanksAndElseAnywhere() {
        #expect("one two three".lines(ofColumns: 7) == ["one two", "three"])
        #expect("one two three".lines(ofColumns: 8) == ["one two", "three"])
        #expect("abcdefgh".lines(ofColumns: 3) == ["abc", "def", "gh"])
        #expect("東京都知事".lines(ofColumns: 5) == ["東京", "都知", "事"])
        #expect("a  bcd".lines(ofColumns: 3) == ["a", "bcd"])
        #expect("".lines(ofColumns: 3) == [""])
        #expect("  ".lines(ofColumns: 1).count <= 2)
    }

    private static let long = String(
        repeating: "A very long official name of a list which goes on and on, ", count: 4)

    /// What stands before the names, up to the bar's end.
    private static let edge = 54

    @Test(arguments: [
        "Ann", "東京都知事候補者山田太郎", "ועד העיר", "👩‍👩‍👧‍👦 family", long,
        String(repeating: "東", count: 200), String(repeating: "x", count: 300),
        "a\nb  99  99.00 %  ███",
    ])
    func aNameMovesNothingInItsRow(name: String) {
        let lines = BarTable(
            total: 4,
            rows: [
                BarTable.Row(name: "Short", id: "s", count: 1),
                BarTable.Row(name: name, id: "n", count: 3),
            ]
        ).lines
        #expect(lines[0] == "         1   25.00 %  ████████······················  Short")
        #expect(
            lines[1].hasPrefix("         3   75.00 %  ███████████████████████·······  "))
        for line in lines { #expect(line.columns <= 100) }
        for line in lines.dropFirst(2) {
            #expect(line.hasPrefix(String(repeating: " ", count: Self.edge)))
        }
        #expect(lines.allSatisfy { !$0.contains("\n") })
    }

    @Test func sharesAreRoundedAndNothingIsDividedByNothing() {
        func line(_ count: UInt64, of total: UInt64) -> String {
            BarTable(total: total, rows: [BarTable.Row(name: "x", id: "x", count: count)]).lines[0]
        }
        #expect(line(0, of: 0).contains("0.00 %"))
        #expect(line(1, of: 3).contains("33.33 %"))
        #expect(line(2, of: 3).contains("66.67 %"))
        #expect(line(2001, of: 20_000).contains("10.01 %"))
        #expect(line(5, of: 4).contains("125.00 %"))
    }

    /// Other tools may have made an election with such names.
    @Test func rowsWithNamesThatLookAlikeShowTheirIds() {
        let names = ["Ivanov I. I.", "ivanov  I.\u{A0}I.", "Petrov", "(blank)", "(Blank)"]
        let rows = names.enumerated().map { BarTable.Row(name: $1, id: "o\($0)", count: 1) }
        let labels = BarTable(total: 5, rows: rows).lines.map { String($0.dropFirst(Self.edge)) }
        #expect(
            labels == [
                "[o0] Ivanov I. I.", "[o1] ivanov  I.\u{A0}I.", "Petrov", "[o3] (blank)",
                "[o4] (Blank)",
            ])
    }
}
