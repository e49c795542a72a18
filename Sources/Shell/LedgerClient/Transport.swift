internal import APISchema
internal import AsyncHTTPClient
internal import Codec
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import NetworkErrors
internal import PlainText

/// Why an answer is not used: what an honest server would not have said.
package struct AnswerFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with it, as in "it names another transaction".
    package let problem: String

    package init(_ problem: String) { self.problem = problem }

    package var description: String { problem }
}

/// Requests to several servers, none of which is believed.
///
/// One rule holds for all requests: an answer counts if it passes the caller's check. An answer that
/// does not, a refusal, a late answer or none is remembered against its server, and the next server
/// is asked. A refusal counts once every server that can be reached refuses.
struct Transport: Sendable {
    let pool: ServerPool
    let servers: [String]
    let limits: ClientLimits

    /// - Throws: `.badAddress`.
    init(servers: [String], limits: ClientLimits) throws(ClientError) {
        guard !servers.isEmpty else { throw .badAddress("") }
        guard servers.count <= limits.servers else { throw .badAddress(servers[limits.servers]) }
        var addresses: [String] = []
        for server in servers {
            let address = try Self.address(server)
            // One that is named twice is one.
            if !addresses.contains(address) { addresses.append(address) }
        }
        self.servers = addresses
        self.limits = limits
        pool = ServerPool(limits: limits)
    }

    private init(_ other: Transport, servers: [String], limits: ClientLimits) {
        pool = other.pool
        self.servers = servers
        self.limits = limits
    }

    /// One transport for each server, with the same connections and the same memory.
    ///
    /// - Parameter limits: bounds of their requests.
    func each(limits: ClientLimits? = nil) -> [Transport] {
        let (first, resting) = pool.order(of: servers)
        return (first + resting).map {
            Transport(self, servers: [$0], limits: limits ?? self.limits)
        }
    }

    /// The address without a slash at its end.
    private static func address(_ text: String) throws(ClientError) -> String {
        guard text.isPlainReference, let url = URL(string: text), let scheme = url.scheme,
            scheme == "http" || scheme == "https", url.host()?.isEmpty == false,
            url.query() == nil, url.fragment() == nil, url.user() == nil, text.count <= 2048
        else { throw .badAddress(text.plainLine(limit: 200)) }
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
    }

    struct Answer: Sendable {
        let server: String
        let body: [UInt8]
    }

    /// The first answer that passes `check`.
    ///
    /// - Throws: `.refused`, `.badAnswer`, `.unreachable`, `.cancelled`.
    func ask<Value>(
        _ call: Call, check: (Answer) throws -> Value
    ) async throws(ClientError) -> Value {
        var pause = limits.firstPause
        var outcome = Outcome()
        for round in 0..<limits.rounds {
            if round > 0 {
                limits.notice?(
                    "No server gives an answer yet; asking again: "
                        + outcome.attempts.joined(separator: "; "))
                try await rest(for: pause)
                pause = min(pause * 2, limits.longestPause)
            }
            outcome = Outcome()
            let (first, resting) = pool.order(of: servers)
            for server in first {
                if let value = try await ask(call, at: server, &outcome, check) { return value }
            }
            // Those that failed a moment ago are asked where the others do not settle it.
            if outcome.refusals.isEmpty || (call.method == .POST && outcome.refusals.count < 2) {
                for server in resting {
                    if let value = try await ask(call, at: server, &outcome, check) { return value }
                }
            }
            if let error = outcome.verdict(of: call, isLast: round + 1 == limits.rounds) {
                throw error
            }
            if let after = outcome.after { pause = min(max(pause, after), limits.longestPause) }
        }
        throw .unreachable(outcome.attempts)
    }

    /// What the servers of one round came to.
    private struct Outcome {
        var refusals: [APIFailure] = []
        var faults: [(server: String, problem: String)] = []
        /// What happened at those that gave no answer.
        var attempts: [String] = []
        /// When one of them asked to be asked again.
        var after: Duration?

        /// Why the request is over; nil where another round may help.
        func verdict(of call: Call, isLast: Bool) -> ClientError? {
            // A ballot is not given up because one server refuses it while others restart.
            let isSettled =
                call.method != .POST || refusals.count > 1 || attempts.isEmpty || isLast
            if let refusal = refusals.first, isSettled { return .refused(refusal) }
            guard attempts.isEmpty || isLast, let fault = faults.first else { return nil }
            guard faults.count > 1 else {
                return .badAnswer(server: fault.server, problem: fault.problem)
            }
            return .allBad(faults.map { "\($0.server): \($0.problem)" })
        }
    }

    private func ask<Value>(
        _ call: Call, at server: String, _ outcome: inout Outcome,
        _ check: (Answer) throws -> Value
    ) async throws(ClientError) -> Value? {
        switch try await attempt(call, at: server) {
        case .answer(let answer):
            do {
                let value = try check(answer)
                pool.commend(server, isPreferred: servers.count > 1)
                return value
            } catch {
                let problem = (error as? AnswerFault)?.problem ?? "\(error)"
                pool.complain(
                    of: server, path: call.path, problem: problem, evidence: answer.body)
                outcome.faults.append((server, problem.plainLine))
            }
        case .refusal(let failure):
            outcome.refusals.append(failure)
        case .nothing(let reason, let after, let isLate):
            pool.excuse(server, isLate: isLate)
            outcome.attempts.append("\(server): \(reason)")
            if let after { outcome.after = max(outcome.after ?? after, after) }
        }
        return nil
    }

    private enum Attempt {
        case answer(Answer)
        /// The rules refuse it, as this server says.
        case refusal(APIFailure)
        case nothing(reason: String, after: Duration?, isLate: Bool)
    }

    private func attempt(_ call: Call, at server: String) async throws(ClientError) -> Attempt {
        let status: HTTPResponseStatus
        let headers: HTTPHeaders
        let body: [UInt8]
        do {
            (status, headers, body) = try await exchange(call, at: server)
        } catch {
            if error is CancellationError || Task.isCancelled { throw .cancelled }
            return .nothing(
                reason: Self.text(error, call), after: nil, isLate: Self.isLate(error))
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
            return .nothing(
                reason: failure.message,
                after: after.map { .seconds(min(max($0, 0), 60)) }, isLate: false)
        case let status where status.code >= 500:
            return .nothing(reason: failure.message, after: nil, isLate: false)
        default:
            return .refusal(failure)
        }
    }

    /// Sends a request and reads the whole answer, which must keep coming.
    private func exchange(
        _ call: Call, at server: String
    ) async throws -> (HTTPResponseStatus, HTTPHeaders, [UInt8]) {
        try await withNotices(of: server) {
            let start = ContinuousClock.now
            let response = try await pool.client.execute(
                request(call, at: server), timeout: limits.requestTimeout.timeAmount)
            var body: [UInt8] = []
            for try await part in response.body {
                body += part.readableBytesView
                guard body.count <= call.limit else {
                    throw NIOTooManyBytesError(maxBytes: call.limit)
                }
                let late = ContinuousClock.now - start - limits.requestTimeout
                guard late < .seconds(body.count / limits.slowestBytesPerSecond) else {
                    throw LateAnswer()
                }
            }
            return (response.status, response.headers, body)
        }
    }

    /// An answer that comes so slowly that it may never be whole.
    private struct LateAnswer: Error, CustomStringConvertible {
        let description = "the answer comes too slowly"
    }

    /// Runs `body`, and says now and then that a server is being waited for.
    private func withNotices<Value: Sendable>(
        of server: String, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let notice = limits.notice else { return try await body() }
        let step = limits.noticeInterval
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                var waited = Duration.zero
                while !Task.isCancelled {
                    try await Task.sleep(for: step)
                    waited += step
                    notice("Waiting for \(server), \(waited.components.seconds) s so far.")
                }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let value = result { return value }
            }
            throw CancellationError()
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

    /// The body of an event stream of the first server that gives one; the caller reads it until it
    /// ends.
    func open(_ path: String) async throws(ClientError) -> (String, HTTPClientResponse.Body) {
        let call = Call(path: path, limit: 0, accept: "text/event-stream")
        let (first, resting) = pool.order(of: servers)
        var attempts: [String] = []
        for server in first + resting {
            do {
                let response = try await pool.client.execute(
                    request(call, at: server), deadline: .distantFuture)
                if response.status == .ok { return (server, response.body) }
                attempts.append("\(server): it refuses the event stream (\(response.status.code))")
            } catch {
                if error is CancellationError || Task.isCancelled { throw .cancelled }
                attempts.append("\(server): \(Self.text(error, call))")
            }
            pool.excuse(server, isLate: false)
        }
        throw .unreachable(attempts)
    }

    func rest(for duration: Duration) async throws(ClientError) {
        do {
            try await Task.sleep(for: duration)
        } catch {
            throw .cancelled
        }
    }

    /// A refusal as it may be shown: plain lines, whatever the server or a proxy wrote.
    private static func failure(status: HTTPResponseStatus, body: [UInt8]) -> APIFailure {
        if let failure = try? JSONDecoder().decode(APIFailure.self, from: Data(body)),
            (1...32).contains(failure.code.utf8.count),
            failure.code.utf8.allSatisfy({
                (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
            })
        {
            return APIFailure(
                code: failure.code, message: failure.message.plainLine,
                retryAfterSeconds: failure.retryAfterSeconds)
        }
        // Something between us and the server answered, not the server.
        return APIFailure(
            code: "HTTP_\(status.code)", message: "The server answered with status \(status.code).")
    }

    private static func isLate(_ error: any Error) -> Bool {
        switch error {
        case is LateAnswer: true
        case let error as HTTPClientError:
            [.deadlineExceeded, .readTimeout, .connectTimeout].contains(error)
        default: false
        }
    }

    private static func text(_ error: any Error, _ call: Call) -> String {
        switch error {
        case let error as LateAnswer: return error.description
        case is NIOTooManyBytesError: return "its answer is larger than \(call.limit) bytes"
        case let error as HTTPClientError:
            switch error {
            case .deadlineExceeded, .readTimeout: return "no answer in time"
            case .connectTimeout: return "no connection in time"
            case .remoteConnectionClosed: return "it closed the connection without an answer"
            case .cancelled: return "the request was cancelled"
            default: return "the answer is no HTTP that can be used (\(error.shortDescription))"
            }
        default: return NetworkError.reason(error)
        }
    }
}
