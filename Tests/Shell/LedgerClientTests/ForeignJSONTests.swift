import LedgerClient
import Testing

@Suite struct ForeignJSONTests {
    /// JSON texts, and what stands in their place.
    @Test(arguments: [
        (#"{"a": 1}"#, #"{"a": 1}"#),
        (#"["\u001b[2Jx"]"#, "[\"\u{FFFD}[2Jx\"]"),
        (#"["one\ntwo\rthree\tfour"]"#, #"["one⏎two⏎three four"]"#),
        (#"["\u000a\u000D"]"#, #"["⏎⏎"]"#),
        (#"["\b\f"]"#, "[\"\u{FFFD}\u{FFFD}\"]"),
        (#"["\u202e\u200b\u009b"]"#, "[\"\u{FFFD}\u{FFFD}\u{FFFD}\"]"),
        ("[\"\u{9B}2J\u{202E}\"]", "[\"\u{FFFD}2J\u{FFFD}\"]"),
        (#"["\u0041\u00e9"]"#, #"["Aé"]"#),
        (#"["\ud83d\udc69"]"#, #"["👩"]"#),
        (#"["\ud83d"]"#, "[\"\u{FFFD}\"]"),
        (#"["\udb40\udc41"]"#, "[\"\u{FFFD}\"]"),
        (#"["\u005c\u0022"]"#, #"["\\\""]"#),
        (#"["\\u001b"]"#, #"["\\u001b"]"#),
        (#"["\"\/"]"#, #"["\"\/"]"#),
    ])
    func stringsOfAServerAreOnePlainLineEach(text: String, filtered: String) {
        #expect(String(decoding: ForeignJSON.filtered(Array(text.utf8)), as: UTF8.self) == filtered)
    }

    @Test func lineBreaksBetweenValuesStay() {
        let text = "{\n  \"é\": 1\n}\n"
        #expect(String(decoding: ForeignJSON.filtered(Array(text.utf8)), as: UTF8.self) == text)
    }

    @Test func whatIsNoJSONIsFilteredWithoutATrap() {
        for text in ["\\", "\"\\u", "\"\\u12", "\"\\ud83d\\u", "\"\\ud83d\\u00"] {
            _ = ForeignJSON.filtered(Array(text.utf8))
        }
        _ = ForeignJSON.filtered([0xFF, 0xFE, 0x5C])
    }
}
