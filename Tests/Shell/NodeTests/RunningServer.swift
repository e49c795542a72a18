import APISchema
import Codec
import Foundation
import FoundationNetworking
import Logging
import NetworkAddresses
import NodeAPI
import RawConnections
import Synchronization
import Testing

/// An answer of a server, as it came.
struct RawAnswer {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    /// The code of an `APIFailure`.
    var code: String? {
        (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])?["code"]
            as? String
    }
}

/// Sends one request and reads the whole answer; gives up after ten seconds.
func request(
    _ method: String = "GET", _ path: String, port: Int, body: [UInt8]? = nil
) async throws -> RawAnswer {
    let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
    var request = URLRequest(url: url, timeoutInterval: 10)
    request.httpMethod = method
    request.httpBody = body.map { Data($0) }
    let (data, response) = try await URLSession.shared.data(for: request)
    let answer = try #require(response as? HTTPURLResponse)
    var headers: [String: String] = [:]
    for (name, value) in answer.allHeaderFields {
        headers["\(name)".lowercased()] = "\(value)"
    }
    return RawAnswer(status: answer.statusCode, headers: headers, body: [UInt8](data))
}

/// A server of a fake service, while it runs.
struct RunningServer: Sendable {
    let port: Int
    let events: EventBroadcaster
    let senders: Senders
    let lines: LoggedLines

    /// Connects from an address of 127.0.0.0/8: each is a client of its own.
    func connect(from address: String = "127.0.0.2") async throws -> RawConnection {
        try await RawConnection(from: address, port: port)
    }
}

/// The lines that a server wrote to its log.
final class LoggedLines: Sendable {
    private let lines = Mutex<[(Logger.Level, String)]>([])

    func add(_ level: Logger.Level, _ text: String) { lines.withLock { $0.append((level, text)) } }

    /// Lines that tell an operator of a fault.
    var faults: [String] {
        lines.withLock { $0.filter { $0.0 >= .warning }.map(\.1) }
    }

    func logger() -> Logger {
        Logger(label: "test") { _ in Handler(lines: self) }
    }

    private struct Handler: LogHandler {
        let lines: LoggedLines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.add(event.level, "\(event.message)") }
    }
}

/// Counts what several tasks have done.
final class Count: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .acquiring) }

    func add() { count.add(1, ordering: .releasing) }
}

/// Runs a server of a fake service for as long as `body` takes.
func withServer(
    refusal: ServiceFailure? = nil, answer status: String = "accepted", genesisSize: Int = 3,
    proxies: [String] = [], limits: APILimits = APILimits(),
    _ body: @Sendable (RunningServer) async throws -> Void
) async throws {
    let events = EventBroadcaster(limits: limits)
    var service = FakeNodeService(events: events)
    service.refusal = refusal
    service.answer = .init(transactionID: .zero, status: status)
    service.genesisBytes = [UInt8](repeating: 7, count: genesisSize)
    let senders = service.senders
    let lines = LoggedLines()
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let server = APIServer(
        service: service, host: "127.0.0.1", port: 0, limits: limits,
        proxies: TrustedProxies(proxies), events: events, logger: lines.logger()
    ) { port.yield($0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { port.finish() }
            try await server.run()
        }
        var iterator = ports.makeAsyncIterator()
        let number = try #require(await iterator.next(), "the server did not start")
        try await body(
            RunningServer(port: number, events: events, senders: senders, lines: lines))
        group.cancelAll()
        try? await group.waitForAll()
    }
}

/// Runs a server of a fake service for as long as `body` takes.
func withServer(
    refusal: ServiceFailure? = nil, answer status: String = "accepted",
    limits: APILimits = APILimits(), _ body: @Sendable (Int, EventBroadcaster) async throws -> Void
) async throws {
    try await withServer(refusal: refusal, answer: status, limits: limits) { server in
        try await body(server.port, server.events)
    }
}
