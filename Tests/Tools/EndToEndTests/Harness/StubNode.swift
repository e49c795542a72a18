import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import ProcessHarness

/// An HTTP server of a test: a node that answers what the test says.
enum StubNode {
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]

        init(_ body: [UInt8], status: Int = 200) {
            self.status = status
            self.body = body
        }
    }

    struct Request: Sendable {
        var method = ""
        var path = ""
        /// The body's content type, "" without one.
        var type = ""
        var body: [UInt8] = []
    }

    /// Answers every GET while `body` runs, which is given the server's address.
    static func with<Value: Sendable>(
        _ answer: @escaping @Sendable (_ path: String) async throws -> Answer,
        _ body: (String) async throws -> Value
    ) async throws -> Value {
        try await self.withRequests({ try await answer($0.path) }, body)
    }

    /// Answers every request while `body` runs, which is given the server's address.
    static func withRequests<Value: Sendable>(
        _ answer: @escaping @Sendable (_ request: Request) async throws -> Answer,
        _ body: (String) async throws -> Value
    ) async throws -> Value {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>(
                        wrappingChannelSynchronously: channel)
                }
            }
        guard let port = server.channel.localAddress?.port else {
            throw HarnessFailure("The stub listens nowhere.")
        }
        let serving = Task {
            try await withThrowingDiscardingTaskGroup { group in
                try await server.executeThenClose { connections in
                    for try await connection in connections {
                        group.addTask { await serve(connection, answer) }
                    }
                }
            }
        }
        let result: Result<Value, any Error>
        do {
            result = .success(try await body("http://127.0.0.1:\(port)"))
        } catch {
            result = .failure(error)
        }
        serving.cancel()
        // It ends with the cancellation, which is no failure of the test.
        _ = try? await serving.value
        return try result.get()
    }

    private static func serve(
        _ connection: NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>,
        _ answer: @Sendable (Request) async throws -> Answer
    ) async {
        // A client that goes away is none of the test's business.
        try? await connection.executeThenClose { requests, responses in
            var request = Request()
            for try await part in requests {
                switch part {
                case .head(let head):
                    request = Request(
                        method: head.method.rawValue, path: head.uri,
                        type: head.headers.first(name: "Content-Type") ?? "")
                case .body(let bytes): request.body += bytes.readableBytesView
                case .end:
                    let reply: Answer
                    do {
                        reply = try await answer(request)
                    } catch {
                        reply = Answer([UInt8]("\(error)".utf8), status: 500)
                    }
                    var head = HTTPResponseHead(
                        version: .http1_1, status: .init(statusCode: reply.status))
                    head.headers.add(name: "Content-Length", value: "\(reply.body.count)")
                    try await responses.write(.head(head))
                    try await responses.write(.body(.byteBuffer(ByteBuffer(bytes: reply.body))))
                    try await responses.write(.end(nil))
                }
            }
        }
    }
}
