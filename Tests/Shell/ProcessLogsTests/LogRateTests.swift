import Logging
import PlainText
import ProcessLogs
import Synchronization
import Testing

struct LogRateTests {
    private let line = LogRate.Line(file: "A.swift", number: 1)

    @Test func oneLineOfTheSourceWritesSoOftenWithinAnInterval() {
        let rate = LogRate(count: 2, interval: .seconds(10))
        let written = (0..<5).map { second in
            rate.admit(line, "m", level: .info, at: .seconds(second)).isWritten
        }
        #expect(written == [true, true, false, false, false])
        #expect(rate.omitted == 3)
        #expect(rate.admit(line, "m", level: .info, at: .seconds(10)).isWritten)
    }

    @Test func anotherLineHasItsOwnShare() {
        let rate = LogRate(count: 1, interval: .seconds(10))
        #expect(rate.admit(line, "m", level: .info, at: .zero).isWritten)
        #expect(!rate.admit(line, "m", level: .info, at: .zero).isWritten)
        let other = LogRate.Line(file: "A.swift", number: 2)
        #expect(rate.admit(other, "m", level: .info, at: .zero).isWritten)
    }

    @Test func whateverIsWrittenNextSaysOnceHowManyWereLeftOut() {
        let rate = LogRate(count: 1, interval: .seconds(10))
        for number in 0..<4 {
            let admitted = rate.admit(line, "m \(number)", level: .warning, at: .zero)
            #expect(admitted.omissions.isEmpty)
        }
        let other = LogRate.Line(file: "B.swift", number: 1)
        let omissions = rate.admit(other, "n", level: .info, at: .seconds(10)).omissions
        #expect(omissions.map(\.message) == ["m 3"])
        #expect(omissions.map(\.level) == [.warning])
        #expect(omissions.map(\.count) == [3])
        #expect(rate.admit(other, "n", level: .info, at: .seconds(10)).omissions.isEmpty)
    }

    @Test func aClientCannotFillTheLog() {
        let written = Written()
        let rate = LogRate(count: 20, interval: .seconds(3600))
        let logger = Logger(label: "test") { _ in
            RateLimitedLogHandler(Handler(written: written), rate: rate)
        }
        for number in 0..<5000 { logger.info("a peer was disconnected: \(number)") }
        logger.info("something else")
        #expect(written.lines.count == 21)
        #expect(written.lines.last == "something else")
        #expect(rate.omitted == 4980)
    }

    /// A peer's text with a line break would be an entry of its own.
    @Test func textsOfOthersAreOnePlainLine() {
        struct Broken: Error, CustomStringConvertible { let description = "e\nforged" }
        let written = Written()
        var logger = Logger(label: "test") { _ in
            PlainLogHandler(Handler(written: written, showsMetadata: true))
        }
        logger[metadataKey: "own\n"] = "o\u{1B}[2J"
        logger.info(
            "m\r\nforged", error: Broken(),
            metadata: [
                "k\u{9B}": "v\n\u{202E}", "list": ["a\n", ["b\n": "c\n"]],
                "value": .stringConvertible(Broken()),
            ])
        #expect(written.lines.count == 1)
        let line = written.lines.first ?? ""
        #expect(line.unicodeScalars.allSatisfy { $0.isPlain }, "\(line)")
        for word in ["m⏎forged", "e⏎forged", "o\u{FFFD}[2J", "v⏎\u{FFFD}", "b⏎", "c⏎"] {
            #expect(line.contains(word), "\(line)")
        }
    }

    private final class Written: Sendable {
        private let messages = Mutex<[String]>([])

        func add(_ message: String) { messages.withLock { $0.append(message) } }

        var lines: [String] { messages.withLock { $0 } }
    }

    private struct Handler: LogHandler {
        let written: Written
        var showsMetadata = false
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let more = "\(event.error.map { "\($0)" } ?? "") \(metadata) \(event.metadata ?? [:])"
            written.add("\(event.message)" + (showsMetadata ? more : ""))
        }
    }
}
