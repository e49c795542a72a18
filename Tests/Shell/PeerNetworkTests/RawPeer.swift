import Codec
import NIOCore
import NIOPosix
import NIOSSL
import PeerNetwork
import Synchronization

/// A peer that proves a key, says hello, and then sends whatever bytes a test wants. It reads only
/// when it is told to.
struct RawPeer {
    let id: PeerID
    let channel: any Channel
    private let received: Received

    /// What came from the other side, as frames.
    private final class Received: Sendable {
        private let bytes = Mutex(ByteBuffer())
        let isCutOff = Atomic(false)

        func append(_ more: ByteBuffer) {
            bytes.withLock { _ = $0.writeImmutableBuffer(more) }
        }

        var frames: [(type: UInt8, payload: [UInt8])] {
            var rest = bytes.withLock { $0 }
            var frames: [(type: UInt8, payload: [UInt8])] = []
            while let length: UInt32 = rest.readInteger(),
                let type: UInt8 = rest.readInteger(),
                let payload = rest.readBytes(length: Int(length) - 1)
            {
                frames.append((type, payload))
            }
            return frames
        }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let received: Received

        init(_ received: Received) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.append(unwrapInboundIn(data))
        }

        // The end of a connection is seen at the channel.
        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            received.isCutOff.store(true, ordering: .relaxed)
            context.close(promise: nil)
        }
    }

    /// Connects from an address of this machine as the node with a seed, and says hello.
    init(
        seed number: UInt8, to node: TestNode, from address: String = "127.0.0.1",
        instance: UInt64 = .random(in: .min ... .max)
    ) async throws {
        let certificate = try NodeCertificate(seed: seed(number))
        let endpoint = try await node.asPeer.endpoint
        let received = Received()
        channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(to: try SocketAddress(ipAddress: address, port: 0))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLClientHandler(
                            context: certificate.clientContext, serverHostname: nil,
                            customVerificationCallback: { $1.succeed(.certificateVerified) }),
                        Collector(received),
                    ])
                }
            }
            .connect(host: endpoint.host, port: endpoint.port).get()
        self.received = received
        id = certificate.nodeKey
        var hello = ByteWriter()
        hello.write(raw: Array("VECH".utf8))
        hello.write(UInt16(1))
        hello.write(chain)
        hello.write(UInt8(2))
        hello.write(instance)
        try await send(0xF0, hello.bytes)
    }

    /// Waits for the answer to the hello, and returns its type.
    @discardableResult
    func waitForAnswer() async throws -> UInt8? {
        try await eventually { !received.frames.isEmpty || !channel.isActive }
        return received.frames.first?.type
    }

    /// Whether the other side ended the connection without TLS's goodbye.
    var isCutOff: Bool { received.isCutOff.load(ordering: .relaxed) }

    /// Reads nothing from now on.
    func stopReading() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    func write(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func send(_ type: UInt8, _ payload: [UInt8]) async throws {
        try await write(Self.frame(type, payload))
    }

    static func frame(_ type: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(UInt32(payload.count + 1))
        writer.write(type)
        writer.write(raw: payload)
        return writer.bytes
    }
}
