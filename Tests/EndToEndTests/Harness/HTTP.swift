import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Raw requests, as a hostile client would make them.
enum HTTP {
    struct Answer: Sendable {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The answer as JSON of a type.
        func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
            do {
                return try JSONDecoder().decode(type, from: Data(body))
            } catch {
                throw HarnessFailure("\(status) with another body than expected: \(text)")
            }
        }

        /// The stable code of a refusal, "" if the body is none.
        var code: String {
            struct Failure: Decodable { let code: String }
            return (try? JSONDecoder().decode(Failure.self, from: Data(body)).code) ?? ""
        }

        /// The message of a refusal for a person, "" if the body is none.
        var message: String {
            struct Failure: Decodable { let message: String }
            return (try? JSONDecoder().decode(Failure.self, from: Data(body)).message) ?? ""
        }
    }

    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 20
        return URLSession(configuration: configuration)
    }()

    static func get(_ address: String) async throws -> Answer {
        try await send("GET", address, body: nil, type: nil)
    }

    static func post(
        _ address: String, _ body: [UInt8], type: String = "application/octet-stream"
    ) async throws -> Answer {
        try await send("POST", address, body: body, type: type)
    }

    static func send(
        _ method: String, _ address: String, body: [UInt8]?, type: String?
    ) async throws -> Answer {
        guard let url = URL(string: address) else {
            throw HarnessFailure("\(address) is no address.")
        }
        var request = URLRequest(url: url)
        request.httpMethod = method
        if let body { request.httpBody = Data(body) }
        if let type { request.setValue(type, forHTTPHeaderField: "Content-Type") }
        // Waiting for permission to send a body is libcurl's habit, not the server's duty.
        request.setValue("", forHTTPHeaderField: "Expect")
        let (data, response) = try await session.data(for: request)
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
