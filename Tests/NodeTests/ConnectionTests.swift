import NIOCore
import NIOPosix
import NodeAPI
import Testing

/// What one address may hold of the HTTP interface's connections.
@Suite struct ConnectionTests {
    /// Connects and takes nothing of what comes.
    private func connect(_ port: Int) async throws -> any Channel {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: true)
            .connect(host: "127.0.0.1", port: port).get()
    }

    @Test(.timeLimit(.minutes(1)))
    func oneAddressShutsNobodyElseOut() async throws {
        let limits = APILimits(connectionsPerAddress: 2, unboundedAddresses: [])
        try await withServer(limits: limits) { port, _ in
            let first = try await connect(port)
            let second = try await connect(port)
            let third = try await connect(port)
            // The surplus one is closed by the server; the others stay.
            try await third.closeFuture.get()
            #expect(first.isActive)
            #expect(second.isActive)
            try await first.close()
            // Its place is free again, as soon as the server has seen the end.
            var isServed = false
            while !isServed {
                // A connection that is still one too many fails.
                let answer = try? await request("GET", "/v1/status", port: port)
                isServed = answer?.status == 200
            }
            try await second.close()
        }
    }

    @Test func aProxyOnThisMachineAnswersForMany() async throws {
        let limits = APILimits(connectionsPerAddress: 1)
        try await withServer(limits: limits) { port, _ in
            let first = try await connect(port)
            let second = try await connect(port)
            #expect(try await request("GET", "/v1/status", port: port).status == 200)
            #expect(first.isActive && second.isActive)
            try await first.close()
            try await second.close()
        }
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
