import Codec
import Files
import Glibc
package import Logging
import NIOCore
import NIOPosix
import NetworkErrors
import ServiceLifecycle
import UnixSignals

/// The signer's process: one socket, one node at a time.
package struct SignerServer: Sendable {
    private let holder: KeyHolder
    private let path: String
    private let logger: Logger

    /// - Parameter path: the socket; one that a dead signer left is replaced.
    package init(holder: KeyHolder, socket path: String, logger: Logger) {
        self.holder = holder
        self.path = path
        self.logger = logger
    }

    /// Serves until cancelled.
    ///
    /// - Throws: where the socket cannot be made, and `DiskFailure` where the record cannot be
    ///   written.
    package func run() async throws {
        // Only the owner may connect, from the moment on which the socket is there.
        umask(0o177)
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(SignerFrameDecoder()),
                        MessageToByteHandler(SignerFrameEncoder()))
                    return try NIOAsyncChannel<[UInt8], [UInt8]>(
                        wrappingChannelSynchronously: channel)
                }
            }
        logger.notice("the signer listens", metadata: ["socket": "\(path)"])
        try await cancelWhenGracefulShutdown {
            try await withThrowingDiscardingTaskGroup { group in
                try await server.executeThenClose { connections in
                    for try await connection in connections {
                        group.addTask { try await serve(connection) }
                    }
                }
            }
        }
    }

    /// Serves until SIGTERM or SIGINT.
    package func runUntilSignalled(logger: Logger) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: self, successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private func serve(_ connection: NIOAsyncChannel<[UInt8], [UInt8]>) async throws {
        let greeting = await holder.take()
        let isOurs = greeting != .busy
        if !isOurs {
            logger.error(
                """
                A_DOPPELGANGER: a second node asks for the key and is turned away; two nodes must \
                not vote with one key
                """)
        }
        do {
            try await connection.executeThenClose { requests, answers in
                try await answers.write(greeting.canonicalBytes)
                guard isOurs else { return }
                logger.notice("a node has the key")
                for try await bytes in requests {
                    guard let request = try? SignerRequest(canonicalBytes: bytes) else {
                        logger.warning("a request does not decode; its connection ends")
                        return
                    }
                    let answer = try await holder.answer(request)
                    if case .refused(let reason) = answer {
                        logger.error(
                            "A_SIGNER_REFUSED: a vote is not signed",
                            metadata: ["request": "\(request)", "reason": "\(reason)"])
                    }
                    try await answers.write(answer.canonicalBytes)
                }
            }
        } catch let failure as DiskFailure {
            throw failure
        } catch {
            logger.info(
                "a connection has ended", metadata: ["reason": "\(NetworkError.reason(error))"])
        }
        if isOurs {
            await holder.release()
            logger.notice("the node has left")
        }
    }
}

extension SignerServer: Service {}
