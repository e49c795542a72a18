internal import APISchema
package import Codec
internal import FoundationEssentials
internal import Ledger

/// Asks nodes. Several addresses of one chain may be given: when one fails, the next is asked.
package struct NodeClient: Sendable {
    let transport: Transport
    let chainID: Bytes32?

    /// - Parameters:
    ///   - nodes: base addresses, as in `http://127.0.0.1:8080`.
    ///   - chainID: where it is known, nodes of another chain are refused by `status()`.
    /// - Throws: `.badAddress`.
    package init(
        nodes: [String], chainID: Bytes32? = nil, limits: ClientLimits = ClientLimits()
    ) throws(ClientError) {
        transport = try Transport(servers: nodes, limits: limits)
        self.chainID = chainID
    }

    /// The addresses that are asked.
    package var nodes: [String] { transport.servers }

    /// Ends all connections. Every client is shut down once, after its last use.
    package func shutdown() async { await transport.shutdown() }

    /// Runs `body` with a client that is shut down afterwards.
    package static func with<Result>(
        nodes: [String], chainID: Bytes32? = nil, limits: ClientLimits = ClientLimits(),
        _ body: (NodeClient) async throws -> Result
    ) async throws -> Result {
        let client = try NodeClient(nodes: nodes, chainID: chainID, limits: limits)
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }
}

extension Transport {
    func json<Value: Decodable>(
        _ type: Value.Type = Value.self, _ path: String
    ) async throws(ClientError) -> (server: String, value: Value) {
        try await firstGood { () async throws(ClientError) in
            let answer = try await send(Call(path: path, limit: limits.documentBytes))
            return (answer.server, try decode(type, from: answer))
        }
    }

    /// Asks again, another server first, while an answer is one that no honest server gives.
    private func firstGood<Value>(
        _ body: () async throws(ClientError) -> Value
    ) async throws(ClientError) -> Value {
        for _ in servers.dropFirst() {
            do throws(ClientError) {
                return try await body()
            } catch {
                guard case .badAnswer = error else { throw error }
                preferAnother()
            }
        }
        return try await body()
    }

    func decode<Value: Decodable>(
        _ type: Value.Type, from answer: Answer
    ) throws(ClientError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(answer.body))
        } catch {
            throw .badAnswer(server: answer.server, problem: "it is not the JSON of \(type)")
        }
    }

    func canonical<Value: CanonicalCodable>(
        _ type: Value.Type = Value.self, _ path: String, limit: Int
    ) async throws(ClientError) -> (server: String, value: Value) {
        try await firstGood { () async throws(ClientError) in
            let answer = try await bytes(path, limit: limit)
            do throws(CodecError) {
                return (answer.server, try Value(canonicalBytes: answer.body))
            } catch {
                throw .badAnswer(
                    server: answer.server, problem: "it is not the encoding of \(type)")
            }
        }
    }

    func bytes(_ path: String, limit: Int) async throws(ClientError) -> Answer {
        try await send(Call(path: path, limit: limit, accept: "*/*"))
    }
}

extension ClientError {
    /// Runs `body`, with nil for an answer of NOT_FOUND.
    static func orNil<Value>(
        _ body: () async throws(ClientError) -> Value
    ) async throws(ClientError) -> Value? {
        do throws(ClientError) {
            return try await body()
        } catch {
            guard error.refusalCode == "NOT_FOUND" else { throw error }
            return nil
        }
    }
}
