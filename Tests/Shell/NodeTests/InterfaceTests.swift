import APISchema
import Foundation
import NodeAPI
import RawConnections
import Testing

/// What HTTP itself asks of a server (RFC 9110 to 9112), beside what our routes say.
@Suite(.serialized, .timeLimit(.minutes(2))) struct InterfaceTests {
    /// Sends bytes, and reads until the server has answered.
    private func answer(to bytes: String, _ server: RunningServer) async throws -> RawConnection {
        let connection = try await server.connect()
        try await connection.send(bytes)
        _ = try await connection.received { $0.contains("\r\n\r\n") }
        return connection
    }

    @Test(arguments: [
        ("no host", "GET /checkpoint HTTP/1.1\r\n\r\n"),
        ("two hosts", "GET /checkpoint HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        ("one host twice", "GET /checkpoint HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"),
        ("no host for a body", "POST /v1/transactions HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"),
        ("a host with a blank", "GET /checkpoint HTTP/1.1\r\nHost: a b\r\n\r\n"),
        ("a host with an address", "GET /checkpoint HTTP/1.1\r\nHost: http://a/\r\n\r\n"),
        ("two hosts in HTTP/1.0", "GET /checkpoint HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
    ])
    func aRequestNamesOneHost(name: String, bytes: String) async throws {
        try await withServer { server in
            let connection = try await answer(to: bytes, server)
            #expect(connection.statuses == [400], "\(name): \(connection.text)")
            #expect(connection.text.lowercased().contains("connection: close"))
            try await connection.end()
            #expect(server.lines.faults == [])
        }
    }

    @Test(arguments: [
        "Host: a", "Host: a:80", "Host: [::1]:80", "Host: 127.0.0.1", "Host:",
        "HOST: xn--a.example",
    ])
    func everyFormOfAHostIsTaken(field: String) async throws {
        try await withServer { server in
            let connection = try await answer(
                to: "GET /checkpoint HTTP/1.1\r\n\(field)\r\n\r\n", server)
            #expect(connection.statuses == [200], "\(field)")
            #expect(connection.isOpen)
        }
    }

    @Test(arguments: ["", "Host: a\r\n", "Connection: keep-alive\r\n"])
    func aConnectionOfHTTP10EndsWithItsAnswer(fields: String) async throws {
        try await withServer { server in
            let connection = try await server.connect()
            try await connection.send("GET /checkpoint HTTP/1.0\r\n\(fields)\r\n")
            try await connection.end()
            #expect(connection.statuses == [200])
            #expect(connection.text.lowercased().contains("connection: close"))
            #expect(connection.text.hasSuffix("short\n"))
        }
    }

    @Test func aStreamForHTTP10HasNoChunks() async throws {
        try await withServer { server in
            let connection = try await server.connect()
            try await connection.send("GET /v1/events HTTP/1.0\r\n\r\n")
            let text = try await connection.received { $0.contains("retry: 3000\n\n") }
            #expect(text.hasPrefix("HTTP/1.0 200"))
            #expect(!text.lowercased().contains("transfer-encoding"))
            #expect(text.hasSuffix("\r\n\r\nretry: 3000\n\n"))
        }
    }

    @Test(arguments: [
        ("/v1/status", "GET, HEAD, OPTIONS"), ("/v1/blocks/7", "GET, HEAD, OPTIONS"),
        ("/tile/0/x001/234", "GET, HEAD, OPTIONS"), ("/v1/transactions", "OPTIONS, POST"),
        ("/v1/elections/a/document.json", "GET, HEAD, OPTIONS"),
    ])
    func methodsThatAnAddressDoesNotHaveAreRefusedByName(
        path: String, allowed: String
    ) async throws {
        try await withServer { server in
            for method in ["PUT", "DELETE", "PATCH", "TRACE", "POST", "GET"]
            where !allowed.contains(method) {
                let answer = try await request(method, path, port: server.port)
                #expect(answer.status == 405, "\(method) \(path)")
                #expect(answer.headers["allow"] == allowed)
                #expect(answer.code == "WRONG_METHOD")
            }
            let answer = try await request("OPTIONS", path, port: server.port)
            #expect(answer.status == 204)
            #expect(answer.headers["allow"] == allowed)
        }
    }

    @Test func headIsGetWithoutTheBody() async throws {
        try await withServer { server in
            for path in ["/v1/status", "/checkpoint", "/openapi.json", "/metrics"] {
                let get = try await answer(
                    to: "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", server)
                try await get.end()
                let head = try await answer(
                    to: "HEAD \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", server)
                try await head.end()
                #expect(head.text.hasSuffix("\r\n\r\n"), "\(path)")
                #expect(fields(of: head) == fields(of: get), "\(path)")
            }
        }
    }

    /// The head of an answer without its date.
    private func fields(of connection: RawConnection) -> [String] {
        let head = connection.text.components(separatedBy: "\r\n\r\n")[0]
        return head.components(separatedBy: "\r\n").filter {
            !$0.lowercased().hasPrefix("date:")
        }.sorted()
    }

    /// What a browser asks before a page of another site submits a ballot.
    @Test func pagesOfAllSitesMaySubmitBallots() async throws {
        try await withServer { server in
            let preflight = try await answer(
                to: "OPTIONS /v1/transactions HTTP/1.1\r\nHost: a\r\nOrigin: https://vote.example"
                    + "\r\nAccess-Control-Request-Method: POST"
                    + "\r\nAccess-Control-Request-Headers: content-type\r\n\r\n", server)
            let text = preflight.text.lowercased()
            #expect(preflight.statuses == [204])
            #expect(text.contains("access-control-allow-origin: *\r\n"))
            #expect(text.contains("access-control-allow-methods: options, post\r\n"))
            #expect(text.contains("access-control-allow-headers: content-type,"))
            #expect(text.contains("access-control-max-age: 86400\r\n"))
            #expect(!text.contains("content-length"))
            let answer = try await request(
                "POST", "/v1/transactions", port: server.port, body: [0x40])
            #expect(answer.headers["access-control-allow-origin"] == "*")
        }
    }

    @Test func aRefusedBallotTellsItsPageWhyToo() async throws {
        let refusal = ServiceFailure.refused(code: "E_PROOF", "m")
        try await withServer(refusal: refusal) { port, _ in
            let answer = try await request("POST", "/v1/transactions", port: port, body: [0x40])
            #expect(answer.status == 422)
            #expect(answer.headers["access-control-allow-origin"] == "*")
            #expect(answer.headers["access-control-expose-headers"] == "etag, retry-after")
        }
    }

    @Test func whatTheClientHasAlreadyIsNotSentAgain() async throws {
        try await withServer { server in
            for path in ["/v1/status", "/checkpoint", "/v1/genesis", "/v1/blocks/7"] {
                let first = try await request("GET", path, port: server.port)
                let tag = try #require(first.headers["etag"], "\(path)")
                for (known, status) in [
                    (tag, 304), ("\"x\", \(tag)", 304), ("*", 304),
                    (String(tag.dropFirst(2)), 304), ("W/\"x\"", 200),
                ] {
                    let second = try await answer(
                        to: "GET \(path) HTTP/1.1\r\nHost: a\r\nIf-None-Match: \(known)\r\n\r\n",
                        server)
                    #expect(second.statuses == [status], "\(path) \(known)")
                    #expect(second.text.lowercased().contains("etag: \(tag.lowercased())"))
                    if status == 304 { #expect(second.text.hasSuffix("\r\n\r\n")) }
                }
            }
            for path in ["/metrics", "/healthz"] {
                #expect(try await request("GET", path, port: server.port).headers["etag"] == nil)
            }
        }
    }

    @Test(arguments: [
        ("gzip", true), ("gzip, deflate, br", true), ("br;q=1.0, gzip;q=0.8", true),
        ("GZIP", true), ("gzip;q=0", false), ("gzip; q=0.000", false), ("identity", false),
        ("*", false), ("", false),
    ])
    func textIsCompressedForWhomItHelps(accepted: String, isCompressed: Bool) async throws {
        try await withServer { server in
            let connection = try await answer(
                to: "GET /v1/blocks HTTP/1.1\r\nHost: a\r\nAccept-Encoding: \(accepted)\r\n"
                    + "Connection: close\r\n\r\n", server)
            try await connection.end()
            let text = connection.text.lowercased()
            #expect(text.contains("content-encoding: gzip") == isCompressed, "\(accepted)")
            #expect(text.contains("vary: accept-encoding"))
            #expect((connection.text.utf8.count < 5000) == isCompressed)
        }
    }

    @Test func aCompressedAnswerSaysTheSame() async throws {
        try await withServer { server in
            // URLSession asks for gzip and expands it.
            let answer = try await request("GET", "/v1/blocks", port: server.port)
            let blocks = try JSONDecoder().decode([BlockSummary].self, from: Data(answer.body))
            #expect(blocks.count == APILimits.blocks)
        }
    }

    @Test(arguments: ["/v1/genesis", "/tile/0/000", "/v1/status"])
    func whatDoesNotShrinkIsSentAsItIs(path: String) async throws {
        try await withServer { server in
            let connection = try await answer(
                to: "GET \(path) HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n", server)
            #expect(!connection.text.lowercased().contains("content-encoding"))
        }
    }

    @Test(arguments: [
        ("/v1/blocks/7", true), ("/v1/genesis", true), ("/tile/0/000.p/5", true),
        ("/tile/entries/000.p/5", true), ("/v1/blocks?from=1", false), ("/v1/status", false),
        ("/v1/elections/a", false), ("/v1/export", false), ("/checkpoint", false),
        // The service says that it waits.
        ("/v1/transactions/\(String(repeating: "0", count: 64))", false),
    ])
    func whatNeverChangesIsKeptForAYear(path: String, isImmutable: Bool) async throws {
        try await withServer { port, _ in
            let cache = try await request("GET", path, port: port).headers["cache-control"]
            #expect(
                cache
                    == (isImmutable
                        ? "public, max-age=31536000, immutable" : "public, max-age=1"),
                "\(path)")
        }
    }

    /// The document once allowed what the routes refuse.
    @Test func theDescriptionAllowsWhatTheRoutesTake() async throws {
        var limits = 0
        for (path, item) in OpenAPI.paths {
            guard case .array(let parameters)? = item["get"]?["parameters"] else { continue }
            for parameter in parameters where parameter["name"] == "limit" {
                #expect(parameter["schema"]?["minimum"] == 1, "\(path)")
                limits += 1
            }
        }
        #expect(limits == 3)
        let index = try #require(
            OpenAPI.paths["/tile/{level}/{index}"]?["get"]?["parameters"].flatMap { parameters in
                guard case .array(let list) = parameters else { return JSONValue?.none }
                return list.first { $0["name"] == "index" }?["schema"]?["pattern"]
            })
        guard case .string(let pattern) = index else { throw TestFailure("no pattern") }
        let expression = try Regex(pattern)
        for (text, isTile) in [
            ("000", true), ("x001/234", true), ("x123/x000/000.p/255", true), ("005.p/17", true),
            ("0", false), ("x000/001", false), ("000.p/0", false), ("000.p/256", false),
        ] {
            #expect((text.wholeMatch(of: expression) != nil) == isTile, "\(text)")
            try await withServer { port, _ in
                let answer = try await request("GET", "/tile/0/\(text)", port: port)
                #expect(answer.status == (isTile ? 200 : 400), "\(text)")
            }
        }
        try await withServer { port, _ in
            for path in ["/v1/blocks", "/v1/export", "/v1/elections/a/roll/1"] {
                for (limit, status) in [
                    ("0", 400), ("1", 200), ("\(Int.max)", 200), ("\(UInt64.max)", 400),
                ] {
                    let answer = try await request("GET", "\(path)?limit=\(limit)", port: port)
                    #expect(answer.status == status, "\(path) \(limit)")
                }
            }
        }
    }
}
