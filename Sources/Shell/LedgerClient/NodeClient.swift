package import Codec

/// Asks nodes, none of which is believed. Several addresses of one chain may be given: where one
/// gives no answer, refuses, or gives an answer that does not hold, the next is asked (`Transport`).
package struct NodeClient: Sendable {
    let transport: Transport
    let chainID: Bytes32?

    /// - Parameters:
    ///   - nodes: base addresses, as in `http://127.0.0.1:8080`.
    ///   - chainID: where it is known, `status()` and `genesis()` of another chain do not hold.
    /// - Throws: `.badAddress`.
    package init(
        nodes: [String], chainID: Bytes32? = nil, limits: ClientLimits = ClientLimits()
    ) throws(ClientError) {
        transport = try Transport(servers: nodes, limits: limits)
        self.chainID = chainID
    }

    private init(transport: Transport, chainID: Bytes32?) {
        self.transport = transport
        self.chainID = chainID
    }

    /// The addresses that are asked.
    package var nodes: [String] { transport.servers }

    /// Ends all connections. Every client is shut down once, after its last use.
    package func shutdown() async { await transport.pool.shutdown() }

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

extension NodeClient {
    /// A client for each server alone, in the order in which they are to be asked: what is put
    /// together from several answers is checked as the word of one server. They share connections,
    /// and what is remembered of the servers, with this client, which is shut down for all of them.
    package func each(limits: ClientLimits? = nil) -> [NodeClient] {
        transport.each(limits: limits).map { NodeClient(transport: $0, chainID: chainID) }
    }

    /// The same, with one attempt at each: for who asks the next server where one gives no answer.
    package func eachOnce() -> [NodeClient] {
        var once = limits
        once.rounds = 1
        return each(limits: once)
    }

    private var limits: ClientLimits { transport.limits }

    /// What the first server gives for which `body` succeeds, called with a client of it alone.
    ///
    /// An error of `body` that is no `ClientError` is remembered against the server, as an answer
    /// that does not hold.
    /// - Throws: the first refusal where servers refused; else the first error.
    package func first<Value>(
        for subject: String, _ body: (NodeClient) async throws -> Value
    ) async throws -> Value {
        var refusal: ClientError?
        var failure: (any Error)?
        // Each once at first: one that hangs must not keep the next one waiting round after round.
        for node in eachOnce() + each() {
            if node.limits.rounds > 1, refusal != nil || !failure.isTemporary { break }
            do {
                return try await body(node)
            } catch let error as ClientError {
                if case .cancelled = error { throw error }
                if error.refusalCode != nil { refusal = refusal ?? error }
                failure = failure ?? error
            } catch {
                node.complain("\(error)", about: subject)
                failure = failure ?? error
            }
        }
        throw refusal ?? failure ?? ClientError.unreachable([])
    }

    /// Remembers something against the servers of this client, which is one of `each`.
    ///
    /// - Parameter subject: what was asked for.
    package func complain(_ problem: String, about subject: String, evidence: [UInt8] = []) {
        for server in nodes {
            transport.pool.complain(
                of: server, path: subject, problem: problem, evidence: evidence)
        }
    }

    /// What servers said that does not hold, in the order in which it came.
    package var complaints: [ServerComplaint] { transport.pool.complaints }

    /// The next server is asked first from now on: the present one may only seem to work.
    package func preferAnother() { transport.pool.preferAnother(of: nodes) }

    /// Waits, as between two questions.
    ///
    /// - Throws: `.cancelled`.
    package func rest(for duration: Duration) async throws(ClientError) {
        try await transport.rest(for: duration)
    }
}

extension (any Error)? {
    /// Whether the same may succeed later.
    fileprivate var isTemporary: Bool { (self as? ClientError)?.isTemporary ?? false }
}

extension Transport {
    /// JSON, whose strings are plain lines afterwards.
    func json<Value: Decodable, Result>(
        _ type: Value.Type, _ path: String,
        check: (Value) throws(AnswerFault) -> Result
    ) async throws(ClientError) -> Result {
        try await ask(Call(path: path, limit: limits.documentBytes)) { answer in
            try check(try ForeignJSON.decode(type, from: answer.body))
        }
    }

    /// The same without a check of what it says.
    func json<Value: Decodable>(
        _ type: Value.Type, _ path: String
    ) async throws(ClientError) -> Value {
        try await json(type, path) { value throws(AnswerFault) in value }
    }

    func canonical<Value: CanonicalCodable, Result>(
        _ type: Value.Type, _ path: String, limit: Int,
        check: (Value) throws -> Result
    ) async throws(ClientError) -> Result {
        try await bytes(path, limit: limit) { body in
            let value: Value
            do throws(CodecError) {
                value = try Value(canonicalBytes: body)
            } catch {
                throw AnswerFault("it is not the encoding of \(ForeignJSON.name(of: type))")
            }
            return try check(value)
        }
    }

    func bytes<Result>(
        _ path: String, limit: Int, check: ([UInt8]) throws -> Result
    ) async throws(ClientError) -> Result {
        try await ask(Call(path: path, limit: limit, accept: "*/*")) { try check($0.body) }
    }

    func bytes(_ path: String, limit: Int) async throws(ClientError) -> [UInt8] {
        try await bytes(path, limit: limit) { $0 }
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
