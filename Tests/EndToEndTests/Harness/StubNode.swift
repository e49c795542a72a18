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

    /// Answers every GET while `body` runs, which is given the server's address.
    static func with<Value: Sendable>(
        _ answer: @escaping @Sendable (_ path: String) async throws -> Answer,
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
        _ answer: @Sendable (String) async throws -> Answer
    ) async {
        // A client that goes away is none of the test's business.
        try? await connection.executeThenClose { requests, responses in
            var path = ""
            for try await part in requests {
                switch part {
                case .head(let head): path = head.uri
                case .body: continue
                case .end:
                    let reply: Answer
                    do {
                        reply = try await answer(path)
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
