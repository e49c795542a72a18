import Foundation
import NodeAPI
import RawConnections
import Testing

/// Which clients hold the connections of the HTTP interface, and which ones make place.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ConnectionTests {
    private static let status = "GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n"
    /// The head of a request whose body does not come.
    private static let begun =
        "POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"

    private func isServed(_ connection: RawConnection) async throws {
        try await connection.send(Self.status)
        let text = try await connection.received { $0.contains("\r\n\r\n") }
        #expect(text.hasPrefix("HTTP/1.1 200"), "\(text)")
    }

    @Test func anIdleConnectionOfAnAddressMakesPlaceForItsNext() async throws {
        let limits = APILimits(connectionsPerAddress: 2)
        try await withServer(limits: limits) { server in
            let first = try await server.connect()
            try await isServed(first)
            let second = try await server.connect()
            try await isServed(second)
            let third = try await server.connect()
            try await isServed(third)
            try await first.end()
            #expect(second.isOpen)
        }
    }

    @Test func anAddressWithRequestsUnderWayGetsNoFurtherConnection() async throws {
        let limits = APILimits(connectionsPerAddress: 2, bodySeconds: 60, slowSeconds: 60)
        try await withServer(limits: limits) { server in
            var busy: [RawConnection] = []
            for _ in 0..<2 {
                let connection = try await server.connect()
                // The server's word shows that it has seen the request.
                try await connection.send(
                    "POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n"
                        + "Expect: 100-continue\r\n\r\n")
                _ = try await connection.received { $0.contains("100 Continue") }
                busy.append(connection)
            }
            let third = try? await server.connect()
            try? await third?.send(Self.status)
            _ = try? await third?.received { $0.contains("200") }
            #expect(third?.text.contains("200") != true)
            #expect(busy.allSatisfy { $0.isOpen })
            let other = try await server.connect(from: "127.0.0.3")
            try await isServed(other)
        }
    }

    /// Seventeen addresses once took all places for a minute.
    @Test func idleConnectionsOfManyAddressesShutNobodyOut() async throws {
        let limits = APILimits(connections: 16, connectionsPerAddress: 4)
        try await withServer(limits: limits) { server in
            var idle: [RawConnection] = []
            for number in 2..<22 {
                idle.append(try await server.connect(from: "127.0.0.\(number)"))
            }
            for number in 100..<110 {
                let client = try await server.connect(from: "127.0.0.\(number)")
                try await isServed(client)
                await client.close()
            }
        }
    }

    /// As many addresses as there are places, with an open event stream each, keep nobody's question
    /// out.
    @Test func eventStreamsMakePlaceForQuestions() async throws {
        let limits = APILimits(connections: 16, subscribers: 16, waitingSubscribers: 16)
        try await withServer(limits: limits) { server in
            var streams: [RawConnection] = []
            for number in 2..<18 {
                let stream = try await server.connect(from: "127.0.0.\(number)")
                try await stream.send("GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n")
                streams.append(stream)
            }
            let opened = streams
            try await eventually("the streams are not open") {
                opened.count { $0.text.contains("text/event-stream") } >= 8
            }
            for number in 100..<110 {
                let client = try await server.connect(from: "127.0.0.\(number)")
                try await isServed(client)
                await client.close()
            }
        }
    }

    @Test func halfSentRequestsMakePlaceAfterAMoment() async throws {
        let limits = APILimits(
            connections: 16, connectionsPerAddress: 16, bodySeconds: 60, slowSeconds: 1)
        try await withServer(limits: limits) { server in
            var slow: [RawConnection] = []
            for number in 0..<14 {
                let connection = try await server.connect(from: "127.0.0.\(number + 2)")
                try await connection.send(Self.begun)
                slow.append(connection)
            }
            try await eventually("a client is not served") {
                guard let client = try? await server.connect(from: "127.0.0.99") else {
                    return false
                }
                try? await client.send(Self.status)
                _ = try? await client.received { $0.contains("\r\n\r\n") }
                defer { Task { await client.close() } }
                return client.text.contains("200")
            }
        }
    }

    @Test func thisMachineHasPlacesThatStrangersCannotTake() async throws {
        let limits = APILimits(
            connections: 8, connectionsPerAddress: 8, bodySeconds: 60, slowSeconds: 60)
        try await withServer(limits: limits) { server in
            var busy: [RawConnection] = []
            for number in 0..<12 {
                let connection = try await server.connect(from: "127.0.0.\(number + 2)")
                // The last ones are refused, perhaps while they write.
                try? await connection.send(Self.begun)
                busy.append(connection)
            }
            let own = try await server.connect(from: "127.0.0.1")
            try await isServed(own)
        }
    }

    @Test func aProxyOnThisMachineAnswersForMany() async throws {
        let limits = APILimits(connectionsPerAddress: 1)
        try await withServer(limits: limits) { server in
            let first = try await server.connect(from: "127.0.0.1")
            let second = try await server.connect(from: "127.0.0.1")
            try await isServed(first)
            try await isServed(second)
            #expect(first.isOpen && second.isOpen)
        }
    }

    /// Descriptors belong to the database too.
    @Test func aBurstOfConnectionsOpensNoMoreDescriptorsThanIsSaid() async throws {
        let limits = APILimits(connections: 32, connectionsPerAddress: 4)
        try await withServer(limits: limits) { server in
            var highest = 0
            try await withThrowingTaskGroup(of: RawConnection?.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        // One that is refused at once may fail to connect.
                        try? await server.connect(from: "127.0.1.\(number % 50 + 1)")
                    }
                }
                var connections: [RawConnection] = []
                for try await connection in group {
                    if let connection { connections.append(connection) }
                    highest = max(highest, try Self.sockets(of: server.port))
                }
                // The system's table may leave out what changes while it is read.
                for _ in 0..<1000 where highest == 0 {
                    highest = try Self.sockets(of: server.port)
                    try await Task.sleep(for: .milliseconds(10))
                }
                for connection in connections { await connection.close() }
            }
            #expect((1...limits.sockets).contains(highest), "of \(limits.sockets)")
        }
    }

    /// Sockets of the server: those with its port that are open in this process.
    private static func sockets(of port: Int) throws -> Int {
        let table = try String(contentsOfFile: "/proc/self/net/tcp", encoding: .utf8)
        let local = String(format: ":%04X", port)
        var inodes: Set<String> = []
        for line in table.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[1].hasSuffix(local) else { continue }
            inodes.insert("socket:[\(fields[9])]")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        return names.filter { name in
            // A descriptor may be closed while we look.
            let target = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/fd/\(name)")
            return target.map(inodes.contains) ?? false
        }.count
    }

    @Test(arguments: ["/v1/status", "/v1/genesis", "/checkpoint", "/healthz", "/metrics"])
    func noAnswerSetsACookie(path: String) async throws {
        try await withServer { port, _ in
            let answer = try await request("GET", path, port: port)
            #expect(answer.headers["set-cookie"] == nil)
            let submitted = try await request(
                "POST", "/v1/transactions", port: port, body: [1, 2, 3])
            #expect(submitted.status < 300)
            #expect(submitted.headers["set-cookie"] == nil)
        }
    }
}
