import NIOCore
import NIOPosix
import Synchronization

/// A TCP connection that says exactly what a test tells it to, from an address of its own.
package final class RawConnection: Sendable {
    private let channel: any Channel
    private let received: Received

    /// - Parameters:
    ///   - address: the local address.
    ///   - reads: whether it reads what it is sent.
    ///   - bufferSize: what its system takes for it while it does not read, in bytes.
    package init(
        from address: String, port: Int, reads: Bool = true, bufferSize: Int? = nil
    ) async throws {
        let received = Received()
        self.received = received
        var bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: reads)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .bind(to: try SocketAddress(ipAddress: address, port: 0))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Receiver(received))
                }
            }
        if let bufferSize {
            bootstrap = bootstrap.channelOption(
                .socketOption(.so_rcvbuf), value: SocketOptionValue(bufferSize))
        }
        channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
    }

    package func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    /// Sends a text again and again until the connection ends.
    package func sendEndlessly(_ text: String) async {
        let buffer = ByteBuffer(string: text)
        while channel.isActive {
            do {
                try await channel.writeAndFlush(buffer).get()
            } catch {
                return
            }
        }
    }

    package func endOutput() async throws { try await channel.close(mode: .output).get() }

    package func close() async { try? await channel.close().get() }

    package var text: String { received.text }
    package var isOpen: Bool { channel.isActive && !received.hasEnded }

    /// The status of each answer so far.
    package var statuses: [Int] {
        text.split(separator: "HTTP/1.1 ", omittingEmptySubsequences: false).dropFirst()
            .compactMap { Int($0.prefix(3)) }
    }

    /// Waits until something is true of what was received, or the other side has ended.
    package func received(_ condition: @Sendable (String) -> Bool) async throws -> String {
        try await eventually("nothing more came") { condition(self.text) || !self.isOpen }
        return text
    }

    /// Waits until the other side has ended.
    package func end() async throws {
        try await eventually("the connection stays open") { !self.isOpen }
    }
}

/// Waits until a condition is true; fails after a time that only a broken server needs.
package func eventually(
    _ failure: String, within limit: Duration = .seconds(180),
    _ condition: @Sendable () async -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while !(await condition()) {
        guard ContinuousClock.now < end else { throw WaitFailure(description: failure) }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Something did not happen in time.
private struct WaitFailure: Error, CustomStringConvertible {
    let description: String
}

private final class Received: Sendable {
    private let state = Mutex((bytes: [UInt8](), hasEnded: false))

    func add(_ buffer: ByteBuffer) {
        state.withLock { $0.bytes += buffer.readableBytesView }
    }

    func end() { state.withLock { $0.hasEnded = true } }

    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }
}

private final class Receiver: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let received: Received

    init(_ received: Received) { self.received = received }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.add(unwrapInboundIn(data))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { received.end() }
    }

    func channelInactive(context: ChannelHandlerContext) { received.end() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { received.end() }
}
