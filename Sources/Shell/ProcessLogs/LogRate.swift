// ProcessLogs: the log of a process that serves others: plain lines on standard error, each line of the
// source as often as a rate admits. It knows neither who is served nor how.

package import Logging
import Synchronization

/// How often one line of the source may write to the log. Clients cause many lines; no client may fill
/// the operator's disk, or drown what others wrote.
package final class LogRate: Sendable {
    /// A place in our source that writes to the log: clients cannot make more of these.
    package struct Line: Hashable, Sendable {
        let file: String
        let number: UInt

        package init(file: String, number: UInt) {
            self.file = file
            self.number = number
        }
    }

    /// What was not written of one line within an interval.
    package struct Omission: Hashable, Sendable {
        /// The last message that was left out.
        package let message: String
        package let level: Logger.Level
        package let count: Int
    }

    private struct Count {
        let start: Duration
        var written = 0
        var omitted = 0
        var lastMessage = ""
        var lastLevel = Logger.Level.trace
    }

    private struct State {
        var counts: [Line: Count] = [:]
        var omitted: UInt64 = 0
    }

    /// Messages of one line that are written within an interval; the rest is counted.
    package let count: Int
    package let interval: Duration
    private let state = Mutex(State())

    package init(count: Int = 20, interval: Duration = .seconds(10)) {
        self.count = count
        self.interval = interval
    }

    /// The messages that were left out since the process began.
    package var omitted: UInt64 { state.withLock { $0.omitted } }

    /// Whether a message may be written.
    ///
    /// - Returns: also what was left out in intervals that have ended, each once.
    package func admit(
        _ line: Line, _ message: @autoclosure () -> String, level: Logger.Level, at now: Duration
    ) -> (isWritten: Bool, omissions: [Omission]) {
        state.withLock { state in
            var omissions: [Omission] = []
            for (line, ended) in state.counts where now - ended.start >= interval {
                state.counts[line] = nil
                guard ended.omitted > 0 else { continue }
                omissions.append(
                    Omission(
                        message: ended.lastMessage, level: ended.lastLevel, count: ended.omitted))
            }
            var present = state.counts[line] ?? Count(start: now)
            let isWritten = present.written < count
            if isWritten {
                present.written += 1
            } else {
                present.omitted += 1
                present.lastMessage = message()
                present.lastLevel = level
                state.omitted += 1
            }
            state.counts[line] = present
            return (isWritten, omissions)
        }
    }
}

/// Writes through another handler, as often as a `LogRate` admits. Says how many messages it left out
/// when the next one is written after their interval.
package struct RateLimitedLogHandler: LogHandler {
    private var handler: any LogHandler
    private let rate: LogRate
    private static let start = ContinuousClock.now

    /// - Parameter rate: shared by all handlers of a process.
    package init(_ handler: any LogHandler, rate: LogRate) {
        self.handler = handler
        self.rate = rate
    }

    package var logLevel: Logger.Level {
        get { handler.logLevel }
        set { handler.logLevel = newValue }
    }

    package var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { handler.metadataProvider }
        set { handler.metadataProvider = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    package func log(event: LogEvent) {
        let (isWritten, omissions) = rate.admit(
            LogRate.Line(file: event.file, number: event.line), "\(event.message)",
            level: event.level, at: Self.start.duration(to: .now))
        for omission in omissions {
            var summary = event
            summary.level = omission.level
            summary.message =
                "\(omission.count) more messages like this were left out: \(omission.message)"
            summary.metadata = nil
            summary.error = nil
            handler.log(event: summary)
        }
        if isWritten { handler.log(event: event) }
    }
}
