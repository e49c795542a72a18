import PlainText
import Testing

@Suite struct PlainLineTests {
    @Test(arguments: [
        "", "A bridge", "Мост через реку", "ועד העיר", "東京都知事候補者", "Hélène", "He\u{301}le\u{300}ne",
        "А.\u{A0}С. Пушкин", "👩‍👩‍👧‍👦 family", "می‌خواهم", "❤\u{FE0F}", "1\u{FE0F}\u{20E3}",
    ])
    func namesOfManyLanguagesArePlainLines(line: String) {
        #expect(line.isPlainLine)
        #expect(line.isPlainText)
        #expect(line.plainLine == line)
        #expect(line.printable == line)
    }

    @Test(arguments: [
        "a\nb", "a\rb", "a\tb", "\u{1B}[2J", "a\u{7F}", "a\u{9B}2J", "a\u{85}b", "a\u{2028}b",
        "a\u{200B}b",
        "a\u{AD}b", "a\u{200E}", "\u{202E}a", "a\u{2066}b", "a\u{FEFF}", "a\u{3164}b", "a\u{E0041}",
        "a\u{FFFE}", "a\u{61C}b", "a\u{FE00}", "a\u{FFF9}b",
    ])
    func whatHidesOrActsIsInNoPlainLine(line: String) {
        #expect(!line.isPlainLine)
        #expect(line.plainLine.isPlainLine)
        #expect(line.plainLine != line)
    }

    @Test(arguments: [
        "\u{200D}a", "a\u{200D}", "a \u{200D}b", "a\u{200D} b", "a\u{200D}\u{200D}b", "\u{FE0F}",
        "a \u{FE0F}",
        "a\u{FE0F}\u{FE0F}", "a\u{200C}",
    ])
    func joinersAndSelectorsStandWhereTheyHaveAMeaning(line: String) {
        #expect(!line.isPlainLine)
        #expect(line.plainLine.isPlainLine)
    }

    @Test func marksStandOnLettersAndDoNotPileUp() {
        #expect(("a" + String(repeating: "\u{301}", count: 8)).isPlainLine)
        for line in [
            "\u{336}Ann", "\u{20E0}", "a" + String(repeating: "\u{301}", count: 9),
            "ก" + String(repeating: "\u{E47}", count: 9),
            "a" + String(repeating: "\u{301}\u{200D}", count: 9) + "a",
        ] {
            #expect(!line.isPlainLine)
            #expect(line.plainLine.isPlainLine)
        }
        #expect("\u{336}Ann".plainLine == "◌\u{336}Ann")
    }

    @Test func aFaultNamesTheScalarAndItsPlace() {
        #expect("ab\u{200B}c".plainLineFault?.place == 3)
        #expect("\("a\nb".plainLineFault as Any)".contains("U+000A (a line break)"))
        #expect("ab\nc\u{202E}".plainTextFault?.place == 5)
        #expect("\("ab\nc\u{202E}".plainTextFault as Any)".contains("U+202E"))
        #expect("a\u{200D} b".plainLineFault?.scalar == "\u{200D}")
        #expect("ab\nc".plainTextFault == nil)
    }

    @Test func linesOfAPlainTextArePlain() {
        #expect("one\ntwo\n".isPlainText)
        #expect(!"one\r\ntwo".isPlainText)
        #expect(!"one\n\u{1B}".isPlainText)
        #expect(!"one\u{200D}\ntwo".isPlainText)
    }

    @Test func blankIsWhatShowsNothing() {
        #expect("".isBlank)
        #expect(" \u{A0}\u{2003}\u{2800}\u{3000}".isBlank)
        #expect(!" a ".isBlank)
    }

    @Test func aReferenceCanBeTypedAgain() {
        #expect("u1".isPlainReference)
        #expect("Hélène 2".isPlainReference)
        for text in ["", " ", " a", "a\u{A0}", "a\u{200D}b", "a\u{200B}b", "a\nb"] {
            #expect(!text.isPlainReference)
        }
    }

    @Test func foreignTextBecomesOneLineThatShowsWhatWasFiltered() {
        #expect("a\r\nb\nc".plainLine == "a⏎b⏎c")
        #expect("\u{1B}[2Jx\tz".plainLine == "\u{FFFD}[2Jx z")
        #expect(String(repeating: "x", count: 2000).plainLine.unicodeScalars.count == 1001)
        #expect("abcdef".plainLine(limit: 3) == "abc…")
        let stacked = "a" + String(repeating: "\u{301}", count: 500)
        #expect(stacked.plainLine.unicodeScalars.count == 9)
    }

    @Test func whatIsPrintedHoldsNoCommandForATerminal() {
        #expect("a\n\u{1B}]0;x\u{7}\u{202E}".printable == "a\n\u{FFFD}]0;x\u{FFFD}\u{FFFD}")
    }
}

@Suite struct DistinguishableNameTests {
    @Test(arguments: [
        ("Ivanov I. I.", "Ivanov I. I."), ("Ivanov I. I.", "ivanov  I.\u{A0}I. "),
        ("H\u{E9}l\u{E8}ne", "He\u{301}le\u{300}ne"), ("Сорос", "Copoc"), ("Ann", "An\u{200D}n"),
        ("ΑΒΕ", "ABE"), ("Ёлка", "Ëлка"), ("Μαρ\u{3AF}α", "Μαρι\u{301}α"), ("\u{450}", "е\u{300}"),
        ("Ａｎｎ １", "Ann 1"),
    ])
    func namesThatLookAlikeAreOne(first: String, second: String) {
        #expect(DistinguishableName(first) == DistinguishableName(second))
    }

    @Test(arguments: [("Ivanov I. I.", "Ivanov I. P."), ("Yes", "No"), ("AB", "A B"), ("и", "й")])
    func namesThatDifferForEyesAreTwo(first: String, second: String) {
        #expect(DistinguishableName(first) != DistinguishableName(second))
    }
}
