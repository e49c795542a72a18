import Registrar
import Testing

@Suite struct RegisterTests {
    private func rows(_ text: String) throws -> [RegisterRow] {
        try Register([UInt8](text.utf8), styles: [1, 2, 30]).rows
    }

    @Test(arguments: [
        "voter,code,style\nа1,c0de,1\nb,code2,30\n",
        "voter,code,style\r\nа1,c0de,1\r\nb,code2,30",
        "\u{FEFF}voter,code,style\n\nа1,c0de,1\n\n\nb,code2,30\n\n",
        "style,extra,code,voter\n1,\"x, \"\"y\"\"\nz\",c0de,а1\n30,,code2,b\n",
        "\"voter\",\"code\",\"style\"\n\"а1\",\"c0de\",\"1\"\r\n\"b\",\"code2\",\"30\"",
    ])
    func registerIsReadWhateverItsColumnsAndQuotes(text: String) throws {
        #expect(
            try rows(text).map { "\($0.voter) \($0.code) \($0.style)" } == [
                "а1 c0de 1", "b code2 30",
            ])
    }

    @Test func commasQuotesAndLineBreaksInsideOfQuotesBelongToTheField() throws {
        let row = try rows("voter,code,style\n\"a,\"\"b\"\"\",\"1234,5\",2\n")[0]
        #expect(row.voter == "a,\"b\"")
        #expect(row.code == "1234,5")
    }

    /// The text, the line of the first fault and a part of what it says.
    @Test(arguments: [
        ("", 1, "empty"),
        ("voter,code\na,1234", 1, "`style`"),
        ("voter,code,style,code\na,1234,1,x", 1, "`code`"),
        ("voter,code,style\n", 1, "no voter"),
        ("voter,code,style\na,1234", 2, "2 fields where the header has 3"),
        ("voter,code,style\na,1234,1,x", 2, "4 fields"),
        ("voter,code,style\na,1234,1\nb,1234,3", 3, "1, 2, 30"),
        ("voter,code,style\na,1234,1\nb,1234,-1", 3, "`style`"),
        ("voter,code,style\na,1234,4294967297", 2, "`style`"),
        ("voter,code,style\n\na,123,1", 3, "`code`"),
        ("voter,code,style\n,1234,1", 2, "`voter`"),
        ("voter,code,style\n a,1234,1", 2, "`voter`"),
        ("voter,code,style\n\"a\nb\",1234,1", 2, "`voter`"),
        ("voter,code,style\n\"a\nb\",1234,1\na,1234,9", 2, "`voter`"),
        ("voter,code,style\na,1234,1\nb,1234,1\na,9999,2", 4, "line 2"),
        ("voter,code,style\na\"b,1234,1", 2, "inside of a field"),
        ("voter,code,style\n\"a\"b,1234,1", 2, "after the \""),
        ("voter,code,style\n\"a,1234,1\n\n", 2, "never ends"),
        ("voter,code,style\na,1234,1\rb,1234,1", 2, "carriage return"),
    ])
    func wrongRegisterIsRefusedWithItsLine(text: String, line: Int, problem: String) throws {
        let failure = #expect(throws: RegisterFaults.self) { try rows(text) }
        let first = try #require(failure?.faults.first)
        #expect(first.line == line)
        #expect(first.problem.contains(problem), "\(first)")
    }

    @Test func everyFaultIsNamedUpToABound() throws {
        let text = "voter,code,style\n" + String(repeating: "a,1234,9\n", count: 100)
        let failure = #expect(throws: RegisterFaults.self) { try rows(text) }
        let lines = try #require(failure).faults.map(\.line)
        #expect(lines == [Int](2..<22))
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        #expect(throws: RegisterFaults.self) {
            try Register(
                [UInt8]("voter,code,style\n".utf8) + [0xFF] + [UInt8](",1234,1".utf8),
                styles: [1])
        }
    }

    @Test func registerFileThatIsMissingIsNamed() {
        #expect(throws: (any Error).self) { try Register(at: "/no/such.csv", styles: [1]) }
    }
}
