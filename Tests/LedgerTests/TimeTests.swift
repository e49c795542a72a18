import Ledger
import Testing

struct TimeTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001Z", 1),
            ("2000-02-29T23:59:59Z", 951_868_799_000), ("2026-09-18T05:00:00Z", 1_789_707_600_000),
            ("2100-03-01T00:00:00.5Z", nil), ("2100-03-01T00:00:00Z", 4_107_542_400_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, UInt64?)])
    func textNamesItsMillisecond(text: String, milliseconds: UInt64?) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
        if let milliseconds {
            #expect(Timestamp(milliseconds: milliseconds).description == text)
        }
    }

    @Test(arguments: [
        "", "2026-09-18", "2026-09-18T05:00:00", "2026-09-18T05:00:00z", "2026-09-18 05:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "1969-12-31T23:59:59Z",
        "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00,123Z", "2026-01-01T00:00:00.12aZ",
        "+026-01-01T00:00:00Z", "2026-01-01T00:00:00+Z", "２026-01-01T00:00Z",
        "aaaaaaaaaaaaaaaaaaaZ",
        "2026/01/01T00:00:00Z", "2026-01-01T00-00-00Z",
    ])
    func otherTextsNameNoTime(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(arguments: 0..<100)
    func everyTimeComesBackFromItsText(run: Int) {
        var noise = Noise(run)
        for _ in 0..<50 {
            let time = Timestamp(
                milliseconds: UInt64.random(in: 0...253_402_300_799_999, using: &noise))
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test func arithmeticSaturates() {
        let end = Timestamp(milliseconds: .max)
        #expect(end.adding(milliseconds: 1) == end)
        #expect(Timestamp(milliseconds: 5).subtracting(milliseconds: 6).milliseconds == 0)
        #expect(Timestamp(milliseconds: 5).subtracting(milliseconds: 2).milliseconds == 3)
        #expect(!end.description.isEmpty)
    }
}
