package import Logging
internal import NetworkErrors
internal import PlainText

/// Makes plain lines of messages and metadata. They hold texts of peers, clients, proxies and files: a
/// line break would forge an entry of the log, and a terminal that shows it takes controls as commands.
package struct PlainLogHandler: LogHandler {
    /// Our longest message tells an operator what to do.
    private static let limit = 4000

    private var handler: any LogHandler

    /// - Parameter handler: what writes the plain lines.
    package init(_ handler: any LogHandler) { self.handler = handler }

    package var logLevel: Logger.Level {
        get { handler.logLevel }
        set { handler.logLevel = newValue }
    }

    package var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = Self.plain(newValue) }
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { handler.metadataProvider }
        set { handler.metadataProvider = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key.plainLine] }
        set { handler[metadataKey: key.plainLine] = newValue.map(Self.plain) }
    }

    package func log(event: LogEvent) {
        var event = event
        event.message = "\(event.message.description.plainLine(limit: Self.limit))"
        event.metadata = event.metadata.map(Self.plain)
        if let error = event.error {
            event.error = nil
            event.metadata = (event.metadata ?? [:]).merging(
                ["error": "\(NetworkError.reason(error).plainLine(limit: Self.limit))"]) { $1 }
        }
        handler.log(event: event)
    }

    private static func plain(_ metadata: Logger.Metadata) -> Logger.Metadata {
        var result: Logger.Metadata = [:]
        for (key, value) in metadata { result[key.plainLine] = plain(value) }
        return result
    }

    private static func plain(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        switch value {
        case .string(let text): .string(text.plainLine(limit: limit))
        case .stringConvertible(let value): .string("\(value)".plainLine(limit: limit))
        case .array(let values): .array(values.map(plain))
        case .dictionary(let values): .dictionary(plain(values))
        @unknown default: .string("\(value)".plainLine(limit: limit))
        }
    }
}

/// The log of a process that serves: plain lines on standard error, each as often as a rate admits.
package enum ProcessLog {
    /// To be called once, before the first logger is made.
    package static func begin(rate: LogRate) {
        LoggingSystem.bootstrap { label in
            RateLimitedLogHandler(
                PlainLogHandler(StreamLogHandler.standardError(label: label)), rate: rate)
        }
    }
}
