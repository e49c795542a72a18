internal import APISchema
internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Requests to several servers that answer alike: when one fails the next is asked.
final class Transport: Sendable {
    let servers: [String]
    let limits: ClientLimits
    private let client: HTTPClient
    /// The server that answered last.
    private let preferred = Mutex(0)

    init(servers: [String], limits: ClientLimits) throws(ClientError) {
        guard !servers.isEmpty else { throw .badAddress("") }
        guard servers.count <= limits.servers else {
            throw .badAddress(servers[limits.servers])
        }
        var addresses: [String] = []
        for server in servers { addresses.append(try Self.address(server)) }
        self.servers = addresses
        self.limits = limits
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = HTTPClient.Configuration.Timeout(
            connect: .seconds(5), read: .seconds(30))
        // A refused connection is for the next server, not to be tried again until the timeout.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends all connections; to be called once.
    func shutdown() async {
        // A client that is shut down already has nothing left to end.
        try? await client.shutdown()
    }

    /// The address without a slash at its end.
    private static func address(_ text: String) throws(ClientError) -> String {
        guard let url = URL(string: text), let scheme = url.scheme,
            scheme == "http" || scheme == "https", url.host()?.isEmpty == false,
            url.query() == nil, url.fragment() == nil, url.user() == nil, text.count <= 2048
        else { throw .badAddress(text) }
        var address = text
        while address.hasSuffix("/") { address.removeLast() }
        return address
    }

    struct Call: Sendable {
        var method = HTTPMethod.GET
        let path: String
        var body: [UInt8] = []
        var contentType: String?
        /// The largest body of an answer, in bytes.
        let limit: Int
        var accept = "application/json"
        /// Whether one server's refusal counts only if every other that answers refuses, too.
        var confirmsRefusal = false
    }

    struct Answer: Sendable {
        let server: String
        let body: [UInt8]
    }

    /// The answer of the first server that gives one.
    func send(_ call: Call) async throws(ClientError) -> Answer {
        var pause = limits.firstPause
        var attempts: [String] = []
        for round in 0..<limits.rounds {
            if round > 0 {
                try await rest(for: pause)
                pause = min(pause * 2, limits.longestPause)
            }
            attempts = []
            var refusal: APIFailure?
            let first = preferred.withLock { $0 }
            for offset in servers.indices {
                let index = (first + offset) % servers.count
                switch try await attempt(call, at: servers[index]) {
                case .answer(let answer):
                    preferred.withLock { $0 = index }
                    return answer
                case .refusal(let failure):
                    guard call.confirmsRefusal else { throw .refused(failure) }
                    refusal = refusal ?? failure
                case .tryAnother(let reason, let after):
                    attempts.append("\(servers[index]): \(reason)")
                    if let after { pause = min(max(pause, after), limits.longestPause) }
                }
            }
            if let refusal { throw .refused(refusal) }
        }
        throw .unreachable(attempts)
    }

    private enum Attempt {
        case answer(Answer)
        /// The rules refuse it, as this server says.
        case refusal(APIFailure)
        case tryAnother(reason: String, after: Duration?)
    }

    private func attempt(_ call: Call, at server: String) async throws(ClientError) -> Attempt {
        let status: HTTPResponseStatus
        let headers: HTTPHeaders
        let body: [UInt8]
        do {
            let response = try await client.execute(
                request(call, at: server), timeout: limits.requestTimeout.timeAmount)
            status = response.status
            headers = response.headers
            body = [UInt8](try await response.body.collect(upTo: call.limit).readableBytesView)
        } catch is CancellationError {
            throw .cancelled
        } catch is NIOTooManyBytesError {
            return .tryAnother(
                reason: "its answer is larger than \(call.limit) bytes", after: nil)
        } catch {
            if Task.isCancelled { throw .cancelled }
            return .tryAnother(reason: Self.text(error), after: nil)
        }
        if (200..<300).contains(status.code) {
            return .answer(Answer(server: server, body: body))
        }
        let failure = Self.failure(status: status, body: body)
        switch status {
        case .tooManyRequests, .badGateway, .serviceUnavailable, .gatewayTimeout:
            // A refusal by the rules stays one, whenever it may be tried again.
            if failure.code.hasPrefix("E_") { return .refusal(failure) }
            let after =
                headers.first(name: "Retry-After").flatMap(Int.init)
                ?? failure.retryAfterSeconds
            return .tryAnother(
                reason: failure.message,
                after: after.map { .seconds(min(max($0, 0), 60)) })
        case let status where status.code >= 500:
            return .tryAnother(reason: failure.message, after: nil)
        default:
            return .refusal(failure)
        }
    }

    private func request(_ call: Call, at server: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: server + call.path)
        request.method = call.method
        request.headers.add(name: "Accept", value: call.accept)
        request.headers.add(name: "User-Agent", value: "veche")
        if let contentType = call.contentType {
            request.headers.add(name: "Content-Type", value: contentType)
            request.body = .bytes(ByteBuffer(bytes: call.body))
        }
        return request
    }

    /// The body of an event stream; the caller reads it until it ends.
    func open(_ path: String) async throws(ClientError) -> (String, HTTPClientResponse.Body) {
        let server = servers[preferred.withLock { $0 }]
        let call = Call(path: path, limit: 0, accept: "text/event-stream")
        do {
            let response = try await client.execute(
                request(call, at: server), deadline: .distantFuture)
            guard response.status == .ok else {
                throw ClientError.badAnswer(
                    server: server, problem: "it refuses the event stream (\(response.status))")
            }
            return (server, response.body)
        } catch let error as ClientError {
            throw error
        } catch is CancellationError {
            throw .cancelled
        } catch {
            throw .unreachable(["\(server): \(Self.text(error))"])
        }
    }

    /// The next server is asked first from now on.
    func preferAnother() {
        let count = servers.count
        preferred.withLock { $0 = ($0 + 1) % count }
    }

    func rest(for duration: Duration) async throws(ClientError) {
        do {
            try await Task.sleep(for: duration)
        } catch {
            throw .cancelled
        }
    }

    private static func failure(status: HTTPResponseStatus, body: [UInt8]) -> APIFailure {
        if let failure = try? JSONDecoder().decode(APIFailure.self, from: Data(body)) {
            return failure
        }
        // Something between us and the server answered, not the server.
        return APIFailure(
            code: "HTTP_\(status.code)",
            message: "The server answered \(status.code) "
                + "\(status.reasonPhrase).")
    }

    private static func text(_ error: any Error) -> String {
        guard let error = error as? HTTPClientError else { return String(describing: error) }
        return error.shortDescription
    }
}
