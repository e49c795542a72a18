import Codec
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

    @Test func timesForPeopleNameUTC() {
        #expect(Timestamp("2026-09-18T05:00:00Z")?.words == "2026-09-18 05:00:00 UTC")
        #expect(Timestamp("2026-09-18T05:00:00.120Z")?.words == "2026-09-18 05:00:00.120 UTC")
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
        #expect(end == .latest && end.description == "9999-12-31T23:59:59.999Z")
        let last = Timestamp(milliseconds: Timestamp.latest.milliseconds - 1)
        #expect(last.adding(milliseconds: 3_600_000) == .latest)
    }

    @Test func timeAfterTheYear9999IsNoValueWhereverItStands() throws {
        func bytes(_ milliseconds: UInt64) -> [UInt8] {
            var writer = ByteWriter()
            writer.write(milliseconds)
            return writer.bytes
        }
        let latest = Timestamp.latest.milliseconds
        #expect(try Timestamp(canonicalBytes: bytes(latest)) == .latest)
        for late in [latest + 1, 1 << 63, .max] {
            #expect(throws: CodecError.invalid("a time is after the year 9999")) {
                try Timestamp(canonicalBytes: bytes(late))
            }
        }
        // In a genesis, a header, and in transactions: an extension, and a document's deadline.
        func refuses<Value: CanonicalCodable>(_ value: Value, time: UInt64) throws -> Bool {
            let encoded = value.canonicalBytes
            let place = try #require(encoded.firstRange(of: bytes(time)))
            let late =
                encoded[..<place.lowerBound] + bytes(latest + 1)
                + encoded[place.upperBound...]
            do throws(CodecError) {
                _ = try Value(canonicalBytes: [UInt8](late))
                return false
            } catch {
                return error == .invalid("a time is after the year 9999")
            }
        }
        #expect(try refuses(Samples.genesis(), time: 1_800_000_000_000))
        #expect(try refuses(Samples.header, time: 1_800_000_000_123))
        #expect(try refuses(DocumentParts().document, time: 400))
        let window = try #require(Samples.transactions.first { $0.tag == .extendWindow })
        #expect(try refuses(window, time: 1_800_000_360_000))
    }
}
