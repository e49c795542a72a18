import Registrar
import Testing

@Suite struct RegisterTests {
    private func rows(_ text: String) throws -> [RegisterRow] {
        try Register([UInt8](text.utf8), styles: [1, 2, 30]).rows
    }

    @Test(arguments: [
        "voter,code,style\nа1,c0dec0de,1\nb,code2222,30\n",
        "voter,code,style\r\nа1,c0dec0de,1\r\nb,code2222,30",
        "\u{FEFF}voter,code,style\n\nа1,c0dec0de,1\n\n\nb,code2222,30\n\n",
        "style,extra,code,voter\n1,\"x, \"\"y\"\"\nz\",c0dec0de,а1\n30,,code2222,b\n",
        "\"voter\",\"code\",\"style\"\n\"а1\",\"c0dec0de\",\"1\"\r\n\"b\",\"code2222\",\"30\"",
    ])
    func registerIsReadWhateverItsColumnsAndQuotes(text: String) throws {
        #expect(
            try rows(text).map { "\($0.voter) \($0.code) \($0.style)" } == [
                "а1 c0dec0de 1", "b code2222 30",
            ])
    }

    @Test func commasQuotesAndLineBreaksInsideOfQuotesBelongToTheField() throws {
        let row = try rows("voter,code,style\n\"a,\"\"b\"\"\",\"12345678,9\",2\n")[0]
        #expect(row.voter == "a,\"b\"")
        #expect(row.code == "12345678,9")
    }

    /// The text, the line of the first fault and a part of what it says.
    @Test(arguments: [
        ("", 1, "empty"),
        ("voter,code\na,12345678", 1, "`style`"),
        ("voter,code,style,code\na,12345678,1,x", 1, "`code`"),
        ("voter,code,style\n", 1, "no voter"),
        ("voter,code,style\na,12345678", 2, "2 fields where the header has 3"),
        ("voter,code,style\na,12345678,1,x", 2, "4 fields"),
        ("voter,code,style\na,12345678,1\nb,12345678,3", 3, "1, 2, 30"),
        ("voter,code,style\na,12345678,1\nb,12345678,-1", 3, "`style`"),
        ("voter,code,style\na,12345678,4294967297", 2, "`style`"),
        ("voter,code,style\n\na,1234567,1", 3, "at least 8"),
        ("voter,code,style\na,1234 567,1", 2, "at least 8"),
        ("voter,code,style\na, 12345678,1", 2, "`code`"),
        ("voter,code,style\na,1234\u{200B}5678,1", 2, "`code`"),
        ("voter,code,style\na,12345678,1\nu\u{200B}4,12345678,1", 3, "U+200B"),
        ("voter,code,style\nu\u{202E}4,12345678,1", 2, "U+202E"),
        ("voter,code,style\n\u{200F}u4,12345678,1", 2, "`voter`"),
        ("voter,code,style\n   ,12345678,1", 2, "`voter`"),
        ("voter,code,style\n\u{A0},12345678,1", 2, "`voter`"),
        ("voter,code,style\nHélène,12345678,1\nHe\u{301}le\u{300}ne,12345678,1", 3, "line 2"),
        ("voter,code,style\na b,12345678,1\na\u{A0}b,12345678,1", 3, "tell the two apart"),
        ("voter,code,style\na1,12345678,1\n\u{430}1,12345678,1", 3, "tell the two apart"),
        ("voter;code;style\nu1;CODECODE1;1", 1, "semicolons"),
        ("voter\tcode\tstyle\nu1\tCODECODE1\t1", 1, "tabs"),
        ("sep=;\nvoter;code;style", 1, "remove it"),
        ("sep=,\nvoter,code,style", 1, "remove it"),
        ("PK\u{3}\u{4}rest", 1, "xlsx"),
        ("v\u{0}o\u{0}t\u{0}e\u{0}r\u{0},\u{0}c\u{0}o\u{0}", 1, "UTF-16"),
        ("voter,code,style\n,,\n", 1, "no voter"),
        ("voter,code,style\n,12345678,1", 2, "`voter`"),
        ("voter,code,style\n a,12345678,1", 2, "`voter`"),
        ("voter,code,style\n\"a\nb\",12345678,1", 2, "`voter`"),
        ("voter,code,style\n\"a\nb\",12345678,1\na,12345678,9", 2, "`voter`"),
        ("voter,code,style\na,12345678,1\nb,12345678,1\na,99999999,2", 4, "line 2"),
        ("voter,code,style\na\"b,12345678,1", 2, "inside of a field"),
        ("voter,code,style\n\"a\"b,12345678,1", 2, "after the \""),
        ("voter,code,style\n\"a,12345678,1\n\n", 2, "never ends"),
        ("voter,code,style\na,12345678,1\rb,12345678,1", 2, "carriage return"),
    ])
    func wrongRegisterIsRefusedWithItsLine(text: String, line: Int, problem: String) throws {
        let failure = #expect(throws: RegisterFaults.self) { try rows(text) }
        let first = try #require(failure?.faults.first)
        #expect(first.line == line)
        #expect(first.problem.contains(problem), "\(first)")
    }

    @Test func referencesMayDifferInUpperAndLowerCaseAlone() throws {
        #expect(try rows("voter,code,style\naB,12345678,1\nAb,12345678,1\n").count == 2)
    }

    @Test(arguments: [
        "u1,CODECODE1,1\n,,\n,,\n", ",,,,\n\nu1,CODECODE1,1\n , ,\u{A0}", ",\nu1,CODECODE1,1",
    ])
    func rowsWithoutContentArePassedOver(text: String) throws {
        for text in ["voter,code,style\n" + text, ",,\nvoter,code,style\n" + text] {
            #expect(try rows(text).map(\.voter) == ["u1"])
        }
    }

    @Test(
        arguments: [
            [0xFF, 0xFE, 0x76, 0x00], [0xFE, 0xFF, 0x00, 0x76], [0xD0, 0xCF, 0x11, 0xE0, 0xA1],
            [0x1F, 0x8B, 0x08], [UInt8]("%PDF-1.4".utf8),
        ] as [[UInt8]])
    func otherKindsOfFilesAreNamed(bytes: [UInt8]) throws {
        let failure = #expect(throws: RegisterFaults.self) { try Register(bytes, styles: [1]) }
        let problem = try #require(failure?.faults.first).problem
        #expect(problem.contains("CSV UTF-8") || problem.contains("unpack"), "\(problem)")
    }

    @Test func everyFaultIsNamedUpToABound() throws {
        let text = "voter,code,style\n" + String(repeating: "a,12345678,9\n", count: 100)
        let failure = #expect(throws: RegisterFaults.self) { try rows(text) }
        let lines = try #require(failure).faults.map(\.line)
        #expect(lines == [Int](2..<22))
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        #expect(throws: RegisterFaults.self) {
            try Register(
                [UInt8]("voter,code,style\n".utf8) + [0xFF] + [UInt8](",12345678,1".utf8),
                styles: [1])
        }
    }

    @Test func registerFileThatIsMissingIsNamed() {
        #expect(throws: (any Error).self) { try Register(at: "/no/such.csv", styles: [1]) }
    }
}
