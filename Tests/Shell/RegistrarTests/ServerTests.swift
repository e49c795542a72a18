import APISchema
import BallotCryptography
import Codec
import Cryptography
import Foundation
import Ledger
import LedgerClient
import RawConnections
import Registrar
import Synchronization
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite struct ServerTests {
    /// Runs `body` beside a server on a free port.
    private func serving(
        _ office: Office, _ body: @escaping @Sendable (_ address: String) async throws -> Void
    ) async throws {
        let address = try #require(ListenAddress("127.0.0.1:0"))
        let server = RegistrarServer(
            issuer: office.issuer, secrets: Fixture.secrets, database: office.database,
            chain: office.chain, configuration: office.configuration, address: address,
            logger: Fixture.logger)
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await server.run { port in found.yield(port) }
                } catch is CancellationError {
                    // The test is over.
                }
            }
            for await port in ports {
                try await body("http://127.0.0.1:\(port)")
                break
            }
            group.cancelAll()
        }
    }

    private func post(_ body: String, _ url: String) async throws -> (Int, APIFailure?) {
        var request = URLRequest(url: try #require(URL(string: url)))
        request.httpMethod = "POST"
        request.httpBody = Data(body.utf8)
        let (data, response) = try await URLSession.shared.data(for: request)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        return (status, try? JSONDecoder().decode(APIFailure.self, from: data))
    }

    @Test func voterGetsEntryAndCredentialOverHTTPAndTheChainLearnsTheTotal() async throws {
        let office = try await Office()
        try await serving(office) { address in
            // The first address is nobody's: the client goes on to the next.
            let client = try RegistrarClient(registrars: ["http://127.0.0.1:9", address])
            let identity = Fixture.identity(0)
            let entry = try await client.entry(identity, election: "probe")
            #expect(entry.style == 1)
            let request = try Fixture.request(1)
            let answer = try await client.credential(
                identity, blindedMessage: request.blindedMessage, election: "probe")
            let signature = try #require(Hexadecimal.decode(answer.blindSignature))
            _ = try request.finalize(signature, verifier: CredentialVerifier())
            let other = await #expect(throws: ClientError.self) {
                try await client.credential(
                    identity, blindedMessage: try Fixture.request(2).blindedMessage,
                    election: "probe")
            }
            #expect(other?.refusalCode == "E_ISSUED")
            let unknown = await #expect(throws: ClientError.self) {
                try await client.entry(identity, election: "other")
            }
            #expect(unknown?.refusalCode == "NOT_FOUND")
            let status = try await client.status()
            #expect(status.ready)
            #expect(status.styles.map(\.issued) == [1, 0])
            await client.shutdown()
            for await total in office.chain.totals {
                #expect(total == 1)
                break
            }
        }
    }

    /// A code in clear on the way is anybody's.
    @Test(arguments: [
        ("https://registrar.example", true), ("https://192.0.2.1:8090/", true),
        ("HTTPS://registrar.example", true), ("http://127.0.0.1:8090", true),
        ("http://127.8.8.8", true), ("http://[::1]:8090", true), ("http://localhost:8090", true),
        ("http://[::ffff:127.0.0.1]", true), ("http://LOCALHOST", true),
        ("http://registrar.example", false), ("http://192.0.2.1:8090", false),
        ("HTTP://registrar.example", false), ("http://127.0.0.1.example", false),
        ("http://localhost.example", false), ("http://127.0.0.1%25.example", false),
        ("http://128.0.0.1", false), ("http://[2001:db8::1]", false), ("http://0.0.0.0", false),
        ("http://localhost%2Eexample", false), ("http://10.0.0.1", false),
    ])
    func codesGoToOtherMachinesEncryptedAlone(address: String, isSent: Bool) async throws {
        for registrars in [[address], ["https://registrar.example", address]] {
            do throws(ClientError) {
                try RegistrarClient.checkSecrecy(of: registrars)
                #expect(isSent)
            } catch {
                #expect(!isSent)
                #expect(error == .insecure(address))
            }
        }
        if !isSent {
            #expect(throws: ClientError.insecure(address)) {
                _ = try RegistrarClient(registrars: [address])
            }
        }
    }

    @Test func methodsThatAnAddressDoesNotHaveAreRefusedByName() async throws {
        let office = try await Office()
        try await serving(office) { address in
            for (path, allowed) in [
                ("/v1/status", "GET, HEAD, OPTIONS"),
                ("/v1/elections/probe/entry", "OPTIONS, POST"),
            ] {
                for (method, status) in [
                    ("PUT", 405), ("DELETE", 405), ("PATCH", 405), ("OPTIONS", 204),
                ] {
                    var request = URLRequest(url: try #require(URL(string: address + path)))
                    request.httpMethod = method
                    let (_, response) = try await URLSession.shared.data(for: request)
                    let answer = try #require(response as? HTTPURLResponse)
                    #expect(answer.statusCode == status, "\(method) \(path)")
                    #expect(answer.value(forHTTPHeaderField: "Allow") == allowed)
                    // Pages of other sites must not make their readers try codes.
                    #expect(
                        answer.value(forHTTPHeaderField: "Access-Control-Allow-Origin") == nil)
                }
            }
        }
    }

    @Test func wrongRequestsAreAnsweredWithWhatIsWrong() async throws {
        let office = try await Office()
        try await serving(office) { address in
            let client = try RegistrarClient(registrars: [address])
            _ = try await client.entry(Fixture.identity(0), election: "probe")
            await client.shutdown()
            let entry = address + "/v1/elections/probe/entry"
            for (body, code, part) in [
                ("", "BAD_REQUEST", "not JSON"),
                (#"{"voter": "a"}"#, "BAD_REQUEST", "`code` is missing"),
                (#"{"voter": "a", "code": "b", "name": "c"}"#, "BAD_REQUEST", "name"),
                (#"{"voter": 7, "code": "b"}"#, "BAD_REQUEST", "voter"),
                (#"{"voter": "v9", "code": "b"}"#, "E_AUTH", "roll"),
                (#"{"voter": "v1", "code": "b"}"#, "E_AUTH", "code"),
            ] {
                let (_, failure) = try await post(body, entry)
                #expect(failure?.code == code)
                #expect(failure?.message.contains(part) == true, "\(String(describing: failure))")
            }
            let (tooLarge, large) = try await post(String(repeating: " ", count: 9000), entry)
            #expect(tooLarge == 413)
            #expect(large?.code == "TOO_LARGE")
            let (missing, nothing) = try await post("{}", address + "/v1/nothing")
            #expect(missing == 404)
            #expect(nothing?.code == "NOT_FOUND")
            let (forbidden, _) = try await post(#"{"voter": "v2", "code": "b"}"#, entry)
            #expect(forbidden == 403)
        }
    }

    /// A proxy that passes on what clients write lets them choose their addresses; a client without a
    /// proxy chooses nothing.
    @Test func forgedAddressesGiveABoundedNumberOfGuesses() async throws {
        let office = try await Office()
        try await serving(office) { address in
            let port = try port(of: address)
            func looked(_ guesses: Int, from peer: String, voter: String) async throws -> Int {
                var count = 0
                for number in 0..<guesses {
                    let body = #"{"voter": "\#(voter)", "code": "guess-\#(number)"}"#
                    let connection = try await RawConnection(from: peer, port: port)
                    try await connection.send(
                        "POST /v1/elections/probe/entry HTTP/1.1\r\nHost: a\r\n"
                            + "X-Forwarded-For: 198.51.100.\(number)\r\nConnection: close\r\n"
                            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                    let text = try await connection.received { $0.contains("\"code\"") }
                    if text.contains("E_AUTH") { count += 1 }
                    await connection.close()
                }
                return count
            }
            #expect(try await looked(40, from: "127.0.0.1", voter: "v0") == 30)
            #expect(try await looked(10, from: "127.0.0.2", voter: "v1") == 3)
            // Whoever comes as the proxy's own client, without the field, shuts nobody else out.
            let client = try RegistrarClient(registrars: [address])
            _ = try await client.entry(Fixture.identity(2), election: "probe")
            await client.shutdown()
        }
    }

    @Test func aPortThatIsTakenIsSaidInWords() async throws {
        let office = try await Office()
        try await serving(office) { address in
            let listen = try #require(ListenAddress(String(address.dropFirst("http://".count))))
            let other = RegistrarServer(
                issuer: office.issuer, secrets: Fixture.secrets, database: office.database,
                chain: office.chain, configuration: office.configuration, address: listen,
                logger: Fixture.logger)
            let failure = await #expect(throws: ServingFailure.self) { try await other.run() }
            #expect(failure == .cannotListen(listen, .taken))
            #expect(failure?.description.contains("another program has this port") == true)
        }
    }

    @Test(arguments: [
        ("192.0.2.77:8090", "no network interface"), ("no-such-host.invalid:8090", "not known"),
    ])
    func anAddressThatIsNotOursIsSaidInWords(text: String, words: String) async throws {
        let office = try await Office()
        let server = RegistrarServer(
            issuer: office.issuer, secrets: Fixture.secrets, database: office.database,
            chain: office.chain, configuration: office.configuration,
            address: try #require(ListenAddress(text)), logger: Fixture.logger)
        let failure = await #expect(throws: ServingFailure.self) { try await server.run() }
        #expect(failure?.description.contains(words) == true, "\(String(describing: failure))")
    }

    @Test func unknownChainIsAnsweredWithUnavailable() async throws {
        let office = try await Office()
        office.chain.state.withLock { $0.isReachable = false }
        try await serving(office) { address in
            let (status, failure) = try await post(
                #"{"voter": "v0", "code": "passcode-0"}"#, address + "/v1/elections/probe/entry")
            #expect(status == 503)
            #expect(failure?.code == "UNAVAILABLE")
            #expect(failure?.retryAfterSeconds == 2)
        }
    }

    /// A client that sends part of a request and waits for the answer, which it prints.
    private func sendSlowly(to address: String) throws -> (Process, Pipe) {
        let port = try #require(address.split(separator: ":").last)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [
            "-c",
            """
            exec 3<>/dev/tcp/127.0.0.1/\(port)
            printf 'POST /v1/elections/probe/entry HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\r\n{' >&3
            head -n 1 <&3
            """,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        return (process, pipe)
    }

    @Test func requestsThatTrickleInTakeNobodysTurnAndAreEnded() async throws {
        var office = try await Office()
        office.configuration.requestsAtOnce = 2
        office.configuration.bodySeconds = 1
        try await serving(office) { address in
            let slow = try (0..<4).map { _ in try sendSlowly(to: address) }
            let client = try RegistrarClient(registrars: [address])
            for _ in 0..<30 {
                let entry = try await client.entry(Fixture.identity(0), election: "probe")
                #expect(entry.style == 1)
            }
            await client.shutdown()
            for (process, pipe) in slow {
                let answer = try pipe.fileHandleForReading.readToEnd() ?? Data()
                process.waitUntilExit()
                let line = String(decoding: answer, as: UTF8.self)
                #expect(line.hasPrefix("HTTP/1.1 408"), "\(line)")
            }
        }
    }

    private func port(of address: String) throws -> Int {
        try #require(address.split(separator: ":").last.flatMap { Int($0) })
    }

    @Test func aBodyWithoutEndIsAnsweredAndEnded() async throws {
        let office = try await Office()
        try await serving(office) { address in
            let connection = try await RawConnection(
                from: "127.0.0.2", port: try port(of: address))
            try await connection.send(
                "POST /v1/elections/probe/entry HTTP/1.1\r\nHost: a\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n")
            await connection.sendEndlessly(
                "4000\r\n" + String(repeating: " ", count: 16_384) + "\r\n")
            try await connection.end()
            #expect(connection.text.isEmpty || connection.text.hasPrefix("HTTP/1.1 413"))
        }
    }

    /// One address once could hold all connections of a registrar.
    @Test func oneAddressHoldsAShareOfTheConnections() async throws {
        let office = try await Office()
        try await serving(office) { address in
            let port = try port(of: address)
            var connections: [RawConnection] = []
            for _ in 0..<100 {
                connections.append(try await RawConnection(from: "127.0.0.2", port: port))
            }
            let open = connections
            try await eventually("one address holds all that it likes") {
                open.filter(\.isOpen).count <= 64
            }
            let other = try await RawConnection(from: "127.0.0.3", port: port)
            try await other.send("GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try await other.received { $0.contains("\r\n\r\n") }
            #expect(text.hasPrefix("HTTP/1.1 200"))
            for connection in connections { await connection.close() }
        }
    }

    @Test(arguments: [
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "Content-Length: 100\r\n\r\n{",
        "Content-Length: 2\r\n\r\n\u{0}\u{1}",
    ])
    func aMalformedBodyIsTheClientsFault(rest: String) async throws {
        let office = try await Office()
        try await serving(office) { address in
            let connection = try await RawConnection(
                from: "127.0.0.2", port: try port(of: address))
            try await connection.send(
                "POST /v1/elections/probe/entry HTTP/1.1\r\nHost: a\r\n" + rest)
            try await connection.endOutput()
            try await connection.end()
            #expect(connection.text.isEmpty || connection.text.hasPrefix("HTTP/1.1 400"))
        }
    }
}
