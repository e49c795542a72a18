import CommandOptions
import Ledger
import Testing

/// What voters read of a time.
struct LocalTimeTests {
    @Test func timesForVotersNameUTCAndThePlace() throws {
        let time = try #require(Timestamp("2026-09-18T22:30:00Z"))
        #expect(
            time.words(in: "Europe/Berlin")
                == "2026-09-18 22:30:00 UTC (2026-09-19 00:30 Europe/Berlin)")
        #expect(time.words(in: "UTC") == "2026-09-18 22:30:00 UTC")
        #expect(time.words(in: "No/Where") == "2026-09-18 22:30:00 UTC")
        #expect(time.words().hasPrefix("2026-09-18 22:30:00 UTC"))
    }
}
