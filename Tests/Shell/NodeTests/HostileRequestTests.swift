import Ledger
import NodeAPI
import RawConnections
import Testing

/// Requests that are endless, cut off, slow, malformed or ambiguous. Each costs little, ends soon, is
/// answered as the client's fault, and is no fault in the operator's log.
@Suite(.serialized, .timeLimit(.minutes(2))) struct HostileRequestTests {
    private static let post = "POST /v1/transactions HTTP/1.1\r\nHost: a\r\n"
    private static let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"
    private static let get = "GET /v1/status HTTP/1.1\r\nHost: a\r\n"

    /// Sends a beginning, then a piece without end, and waits until the server has closed.
    private func end(
        _ beginning: String, endlessly piece: String, limits: APILimits = APILimits(),
        _ check: @Sendable (String) -> Void
    ) async throws {
        try await withServer(limits: limits) { server in
            let connection = try await server.connect()
            try await connection.send(beginning)
            let ended = Count()
            let sender = Task {
                await connection.sendEndlessly(piece)
                ended.add()
            }
            do {
                try await eventually("the server takes bytes without end", within: .seconds(90)) {
                    ended.value == 1
                }
            } catch {
                await connection.close()
                await sender.value
                throw error
            }
            try await connection.end()
            check(connection.text)
            #expect(server.lines.faults == [])
        }
    }

    @Test(arguments: [
        ("a length that is too large", post + "Content-Length: 99999999999\r\n\r\n", "x", 413),
        ("large chunks", chunked, "1000\r\n" + String(repeating: "x", count: 4096) + "\r\n", 413),
        ("chunks of one byte", chunked, "1\r\nx\r\n", 413),
        (
            "no such address",
            "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
            "x", 404
        ),
        (
            "a request without use for a body",
            get + "Content-Length: 99999999\r\n\r\n", "x", 200
        ),
        ("an extension of a chunk", chunked + "1;", "x", 400),
        ("a header", get + "X-A: ", "x", 431),
        ("many headers", get, "X-A: b\r\n", 431),
        ("an address", "GET /", "x", 431),
        ("trailers", chunked + "0\r\n", "X-A: b\r\n", 400),
        ("another protocol", get + "Connection: upgrade\r\nUpgrade: x\r\n\r\n", "x", 200),
        ("a tunnel", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "x", 404),
    ])
    func whatHasNoEndIsEnded(name: String, head: String, piece: String, status: Int) async throws {
        let many = String(repeating: piece, count: max(1, 16_384 / piece.utf8.count))
        try await end(head, endlessly: many) { text in
            // A client that only writes may lose the answer, but not to another one.
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 \(status)"), "\(name): \(text)")
        }
    }

    @Test func aClientReadsWhyItsBodyIsTooLargeBeforeTheConnectionEnds() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            try await connection.send(
                Self.post + "Content-Length: 1000000\r\n\r\n"
                    + String(repeating: "x", count: 60_000))
            try await connection.end()
            #expect(connection.text.hasPrefix("HTTP/1.1 413"))
            #expect(connection.text.lowercased().contains("connection: close"))
            #expect(connection.text.contains("TOO_LARGE"))
        }
    }

    @Test func aBodyThatTricklesInIsGivenUp() async throws {
        try await withServer(limits: APILimits(bodySeconds: 1)) { server in
            let connection = try await server.connect()
            try await connection.send(Self.post + "Content-Length: 100\r\n\r\nx")
            try await connection.end()
            #expect(connection.text.hasPrefix("HTTP/1.1 408"), "\(connection.text)")
            #expect(connection.text.contains("TOO_SLOW"))
            #expect(server.lines.faults == [])
        }
    }

    @Test func aHeadThatTricklesInIsGivenUp() async throws {
        try await withServer(limits: APILimits(idleSeconds: 1)) { server in
            let connection = try await server.connect()
            try await connection.send("GET / HT")
            try await connection.end()
        }
    }

    @Test(arguments: [
        ("a bad size of a chunk", chunked + "zz\r\n", 400),
        ("a size beyond all numbers", chunked + "ffffffffffffffffffff\r\n", 400),
        ("a chunk without its end", chunked + "1\r\nxyz", 400),
        ("a coding that we do not know", post + "Transfer-Encoding: gzip\r\n\r\n", 400),
        (
            "a length and chunks", post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400
        ),
        ("two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
        ("a negative length", post + "Content-Length: -1\r\n\r\n", 400),
        ("a length that is no number", post + "Content-Length: 1x\r\n\r\n", 400),
        ("a length beyond all numbers", post + "Content-Length: 99999999999999999999\r\n\r\n", 400),
        ("no HTTP", "\u{16}\u{3}\u{1}\r\n\r\n", 400),
        ("another version", "GET / HTTP/3.7\r\nHost: a\r\n\r\n", 400),
        ("a header without a name", get + ": x\r\n\r\n", 400),
        ("a folded header", get + "X-A: b\r\n c\r\n\r\n", 400),
        ("a zero in a header", get + "X-A: \u{0}\r\n\r\n", 400),
        ("bad escapes", "GET /v1/blocks/%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("escapes that are no text", "GET /v1/elections/%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("bad escapes of a query", "GET /v1/blocks?from=%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("no text at all", "GET /v1/blocks?limit=%ff%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ])
    func malformedInputIsTheClientsFault(name: String, bytes: String, status: Int) async throws {
        try await withServer { server in
            let connection = try await server.connect()
            try await connection.send(bytes)
            let text = try await connection.received { $0.contains("\r\n\r\n") }
            #expect(text.hasPrefix("HTTP/1.1 \(status)"), "\(name): \(text)")
            #expect(server.lines.faults == [], "\(name)")
        }
    }

    @Test(arguments: [
        "Content-Length: 100\r\n\r\nxyz", "Transfer-Encoding: chunked\r\n\r\n5\r\nxyz",
    ])
    func aBodyThatIsCutOffIsNeverTakenForAWholeOne(rest: String) async throws {
        try await withServer { server in
            let connection = try await server.connect()
            try await connection.send(Self.post + rest)
            try await connection.endOutput()
            try await connection.end()
            #expect(connection.text.isEmpty || connection.text.hasPrefix("HTTP/1.1 400"))
            #expect(server.senders.seen.isEmpty)
            // A client that goes away without a word is no fault either.
            let other = try await server.connect()
            try await other.send(Self.post + rest)
            await other.close()
            #expect(try await request("GET", "/v1/status", port: server.port).status == 200)
            #expect(server.senders.seen.isEmpty)
            #expect(server.lines.faults == [])
        }
    }

    @Test func requestsInARowAreBoundedAndThoseBeforeTheBoundAreAnswered() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            try await connection.send(String(repeating: Self.get + "\r\n", count: 300))
            try await connection.end()
            let statuses = connection.statuses
            #expect((1..<300).contains(statuses.count))
            #expect(statuses.allSatisfy { $0 == 200 })
            #expect(connection.text.lowercased().contains("connection: close"))
        }
    }

    @Test func aFewRequestsInARowAreAllAnsweredAndTheConnectionGoesOn() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            for round in 1...3 {
                try await connection.send(String(repeating: Self.get + "\r\n", count: 4))
                try await eventually("answers are missing") {
                    connection.statuses.count == 4 * round
                }
            }
            #expect(connection.statuses.allSatisfy { $0 == 200 })
            #expect(connection.isOpen)
        }
    }

    @Test func aClientThatAsksFirstIsToldToSendItsBody() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            try await connection.send(
                Self.post + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            _ = try await connection.received { $0.contains("\r\n\r\n") }
            #expect(connection.statuses == [100])
            try await connection.send("xyz")
            try await eventually("no answer comes") { connection.statuses.count == 2 }
            #expect(connection.statuses == [100, 202])
            #expect(connection.isOpen)
        }
    }

    @Test func anAddressWithItsHostIsServed() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            try await connection.send("GET http://a/v1/status HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try await connection.received { $0.contains("\r\n\r\n") }
            #expect(text.hasPrefix("HTTP/1.1 200"), "\(text)")
        }
    }

    /// The answers to clients that do not read once were bounded by nothing but their number.
    @Test func largeAnswersThatNobodyReadsAreBoundedAndMakePlace() async throws {
        let size = 16 << 20
        let limits = APILimits(slowSeconds: 1, writeSeconds: 60, answerBytes: 2 * size)
        try await withServer(genesisSize: size, limits: limits) { server in
            var silent: [RawConnection] = []
            for number in 2..<8 {
                let connection = try await RawConnection(
                    from: "127.0.0.\(number)", port: server.port, reads: false,
                    bufferSize: 4096)
                try await connection.send("GET /v1/genesis HTTP/1.1\r\nHost: a\r\n\r\n")
                silent.append(connection)
            }
            try await eventually("a client that reads is not served") {
                guard let answer = try? await request("GET", "/v1/genesis", port: server.port)
                else { return false }
                #expect(answer.status == 200 || answer.status == 503)
                return answer.body.count == size
            }
            for connection in silent { await connection.close() }
        }
    }

    @Test func aSenderBehindATrustedProxyIsTheAddressThatTheProxySaw() async throws {
        try await withServer(proxies: ["127.0.0.2"]) { server in
            for (peer, forwarded) in [
                ("127.0.0.2", "198.51.100.7"), ("127.0.0.2", "203.0.113.9, 2001:db8:1:2::9"),
                ("127.0.0.3", "198.51.100.7"), ("127.0.0.2", "nonsense"),
            ] {
                let connection = try await server.connect(from: peer)
                try await connection.send(
                    Self.post + "X-Forwarded-For: \(forwarded)\r\nContent-Length: 3\r\n\r\nxyz")
                _ = try await connection.received { $0.contains("\r\n\r\n") }
            }
            #expect(
                server.senders.seen == [
                    "198.51.100.7", "2001:db8:1:2::/64", "127.0.0.3", "127.0.0.2",
                ])
        }
    }
}
