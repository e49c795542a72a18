import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Raw requests, as a hostile client would make them.
package enum HTTP {
    /// An answer as it came.
    package struct Answer: Sendable {
        package let status: Int
        package let headers: [String: String]
        package let body: [UInt8]

        package var text: String { String(decoding: body, as: UTF8.self) }

        /// The answer as JSON of a type.
        package func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
            do {
                return try JSONDecoder().decode(type, from: Data(body))
            } catch {
                throw HarnessFailure("\(status) with another body than expected: \(text)")
            }
        }

        /// The stable code of a refusal, "" if the body is none.
        package var code: String {
            struct Failure: Decodable { let code: String }
            return (try? JSONDecoder().decode(Failure.self, from: Data(body)).code) ?? ""
        }

        /// The message of a refusal for a person, "" if the body is none.
        package var message: String {
            struct Failure: Decodable { let message: String }
            return (try? JSONDecoder().decode(Failure.self, from: Data(body)).message) ?? ""
        }
    }

    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 20
        return URLSession(configuration: configuration)
    }()

    package static func get(
        _ address: String, timeout seconds: Double = 20
    ) async throws -> Answer {
        try await send("GET", address, body: nil, type: nil, timeout: seconds)
    }

    package static func post(
        _ address: String, _ body: [UInt8], type: String = "application/octet-stream",
        timeout seconds: Double = 20
    ) async throws -> Answer {
        try await send("POST", address, body: body, type: type, timeout: seconds)
    }

    package static func send(
        _ method: String, _ address: String, body: [UInt8]?, type: String?,
        timeout seconds: Double = 20
    ) async throws -> Answer {
        guard let url = URL(string: address) else {
            throw HarnessFailure("\(address) is no address.")
        }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.timeoutInterval = seconds
        if let body { request.httpBody = Data(body) }
        if let type { request.setValue(type, forHTTPHeaderField: "Content-Type") }
        // Waiting for permission to send a body is libcurl's habit, not the server's duty.
        request.setValue("", forHTTPHeaderField: "Expect")
        // Foundation's session can end the process where a task of it is cancelled: the request goes
        // on to its end, or to its timeout, whoever waits for it.
        let asked = request
        let (data, response) = try await Task.detached { try await session.data(for: asked) }.value
        guard let answer = response as? HTTPURLResponse else {
            throw HarnessFailure("\(address) did not answer in HTTP.")
        }
        var headers: [String: String] = [:]
        for (name, value) in answer.allHeaderFields {
            headers["\(name)".lowercased()] = "\(value)"
        }
        return Answer(status: answer.statusCode, headers: headers, body: [UInt8](data))
    }
}
