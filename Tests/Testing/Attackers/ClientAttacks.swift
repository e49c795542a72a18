/// Attacks on the HTTP port.
struct ClientAttacks: Sendable {
    private let target: Target

    init(_ target: Target) { self.target = target }

    private static func text(_ lines: String...) -> [UInt8] {
        [UInt8]((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    func idleClients() async {
        let target = target
        await keep(1200) { number in
            let connection = try await HostileConnection.open(
                to: target.apiPort, from: hostileAddress(number / 30))
            await connection.send(Self.text("GET /v1/status HTTP/1.1", "Host: a"))
            await hold(connection)
        }
    }

    func endlessBodies() async {
        let target = target
        await keep(16) { number in
            let connection = try await HostileConnection.open(
                to: target.apiPort, from: hostileAddress(number))
            let filling = [UInt8](repeating: 0x61, count: 64 << 10)
            switch number % 4 {
            case 0:
                await connection.send(
                    Self.text(
                        "POST /v1/transactions HTTP/1.1", "Host: a",
                        "Content-Length: 999999999999"))
                while await connection.send(filling), !Task.isCancelled {}
            case 1:
                await connection.send(
                    Self.text(
                        "POST /v1/transactions HTTP/1.1", "Host: a", "Transfer-Encoding: chunked"))
                while await connection.send([UInt8]("10000\r\n".utf8) + filling + [13, 10]),
                    !Task.isCancelled
                {}
            case 2:
                await connection.send(
                    Self.text("POST /nowhere HTTP/1.1", "Host: a", "Transfer-Encoding: chunked"))
                while await connection.send([UInt8]("1\r\na\r\n".utf8)), !Task.isCancelled {}
            default:
                // Requests in a row, none of whose answers is read.
                let request = Self.text("GET /v1/status HTTP/1.1", "Host: a")
                let many = Array(repeatElement(request, count: 500).joined())
                while await connection.send(many), !Task.isCancelled {}
            }
            connection.close()
        }
    }

    func slowRequests() async {
        let target = target
        await keep(600) { number in
            let connection = try await HostileConnection.open(
                to: target.apiPort, from: hostileAddress(number / 15))
            let request = Self.text(
                "POST /v1/transactions HTTP/1.1", "Host: a", "Content-Length: 4000")
            let sent = number % 2 == 0 ? request : Array(request.dropLast(8))
            await connection.send(sent)
            while await connection.send([0x61]), !Task.isCancelled {
                try await Task.sleep(for: .seconds(1))
            }
            connection.close()
        }
    }

    func unreadAnswers() async {
        let target = target
        let paths = [
            "/v1/export?from=1&limit=256", "/v1/blocks?limit=100", "/tile/entries/000",
            "/openapi.json",
        ]
        await keep(300) { number in
            let connection = try await HostileConnection.open(
                to: target.apiPort, from: hostileAddress(number / 10), reads: false)
            let request = Self.text("GET \(paths[number % paths.count]) HTTP/1.1", "Host: a")
            while await connection.send(request), !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(20))
            }
            connection.close()
        }
    }

    func malformedRequests() async {
        let target = target
        let requests: [[UInt8]] = [
            Self.text("GET /v1/status HTTP/9.9", "Host: a"), [UInt8](repeating: 0, count: 2000),
            Self.text(
                "POST /v1/transactions HTTP/1.1", "Host: a", "Transfer-Encoding: chunked")
                + [
                    UInt8
                ]("ZZ\r\n".utf8),
            Self.text(
                "POST /v1/transactions HTTP/1.1", "Host: a", "Content-Length: 5",
                "Content-Length: 6"),
            Self.text(
                "POST /v1/transactions HTTP/1.1", "Host: a", "Content-Length: 5",
                "Transfer-Encoding: chunked") + [UInt8]("5\r\nhello\r\n0\r\n\r\n".utf8),
            Self.text("POST /v1/transactions HTTP/1.1", "Host: a", "Content-Length: -1"),
            Self.text("GET /v1/blocks/%FF%00 HTTP/1.1", "Host: a"),
            Self.text("GET /\(String(repeating: "a", count: 100_000)) HTTP/1.1", "Host: a"),
            Self.text(
                "GET /v1/status HTTP/1.1", "Host: a",
                "X: \(String(repeating: "b", count: 100_000))"),
            Self.text("CONNECT a:1 HTTP/1.1", "Host: a"), [UInt8]("PRI * HTTP/2.0\r\n\r\n".utf8),
        ]
        await keep(16) { number in
            for request in requests {
                let connection = try await HostileConnection.open(
                    to: target.apiPort, from: hostileAddress(number))
                await connection.send(request)
                if number % 2 == 0 {
                    _ = await connection.waitForEnd(within: .milliseconds(500))
                }
                connection.close()
            }
        }
    }

    func silentSubscribers() async {
        let target = target
        await keep(300) { number in
            let connection = try await HostileConnection.open(
                to: target.apiPort, from: hostileAddress(number / 20), reads: false)
            await connection.send(Self.text("GET /v1/events HTTP/1.1", "Host: a"))
            await hold(connection)
        }
    }
}
