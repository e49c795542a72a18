import APISchema
import Codec
import Foundation
import FoundationNetworking
import Logging
import NodeAPI
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

/// Runs a server of a fake service for as long as `body` takes.
func withServer(
    refusal: ServiceFailure? = nil, answer status: String = "accepted",
    limits: APILimits = APILimits(), _ body: @Sendable (Int, EventBroadcaster) async throws -> Void
) async throws {
    let events = EventBroadcaster(limits: limits)
    var service = FakeNodeService(events: events)
    service.refusal = refusal
    service.answer = .init(transactionID: .zero, status: status)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let server = APIServer(
        service: service, host: "127.0.0.1", port: 0, limits: limits, events: events,
        logger: logger
    ) { port.yield($0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { port.finish() }
            try await server.run()
        }
        var iterator = ports.makeAsyncIterator()
        let number = try #require(await iterator.next(), "the server did not start")
        try await body(number, events)
        group.cancelAll()
        try? await group.waitForAll()
    }
}
