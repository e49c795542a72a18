package import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// Where an attack goes: a node on this machine.
package struct Target: Sendable {
    package let chainID: [UInt8]
    package let peerPort: Int
    package let apiPort: Int

    package init(chainID: [UInt8], peerPort: Int, apiPort: Int) {
        self.chainID = chainID
        self.peerPort = peerPort
        self.apiPort = apiPort
    }
}

/// One of this machine's many addresses, as an attacker has many.
package func hostileAddress(_ number: Int) -> String {
    "127.7.\(number / 250 % 250).\(number % 250 + 1)"
}

/// A TCP connection that says what it likes. It keeps what it was told, up to a bound, and reads only
/// where it was made to.
package final class HostileConnection: Sendable {
    private let channel: any Channel
    private let received: Received

    /// Connects.
    ///
    /// - Parameters:
    ///   - address: the own address, one of 127.0.0.0/8.
    ///   - reads: false never takes a byte of what is sent.
    package static func open(
        to port: Int, from address: String = "127.0.0.1", reads: Bool = true
    ) async throws -> HostileConnection {
        let received = Received()
        let channel = try await bootstrap(from: address, reads: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(received))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        AttackProgress.current?.countConnection()
        return HostileConnection(channel: channel, received: received)
    }

    /// Connects and completes the TLS handshake; the hello has not been said.
    package static func openPeer(
        to port: Int, as identity: HostileIdentity, from address: String = "127.0.0.1"
    ) async throws -> HostileConnection {
        let received = Received()
        let channel = try await bootstrap(from: address, reads: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(
                        context: identity.context, serverHostname: nil)
                    try channel.pipeline.syncOperations.addHandlers([tls, Reader(received)])
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let connection = HostileConnection(channel: channel, received: received)
        guard await received.wait(until: { $0.isSecured || $0.isClosed }),
            received.value.isSecured
        else {
            connection.close()
            throw HostileFailure(description: "no TLS handshake")
        }
        AttackProgress.current?.countConnection()
        return connection
    }

    private static func bootstrap(from address: String, reads: Bool) throws -> ClientBootstrap {
        ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.seconds(10))
            .channelOption(.autoRead, value: reads)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(to: try SocketAddress(ipAddress: address, port: 0))
    }

    private init(channel: any Channel, received: Received) {
        self.channel = channel
        self.received = received
    }

    package var isOpen: Bool { channel.isActive && !received.value.isClosed }

    /// What was read last, at most some kilobytes.
    package var bytes: [UInt8] { received.value.bytes }

    /// Sends bytes and waits until the socket has taken them, or for a moment only where the other
    /// side reads nothing; false once the connection has ended.
    @discardableResult
    package func send(_ bytes: [UInt8], within limit: TimeAmount = .seconds(2)) async -> Bool {
        guard isOpen else { return false }
        let written = channel.eventLoop.makePromise(of: Bool.self)
        let timer = channel.eventLoop.scheduleTask(in: limit) { written.succeed(true) }
        channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenComplete { result in
            timer.cancel()
            if case .success = result { written.succeed(true) } else { written.succeed(false) }
        }
        // The promise is always kept, with a value.
        return (try? await written.futureResult.get()) ?? false
    }

    /// Waits until the other side has closed, or something was read that fits.
    ///
    /// - Returns: whether that came within the limit.
    package func wait(
        within limit: Duration = .seconds(10), for condition: @escaping @Sendable ([UInt8]) -> Bool
    ) async -> Bool {
        await received.wait(within: limit) { condition($0.bytes) }
    }

    /// Takes the whole frames that were read (PROTOCOL 9.6). Not for a connection that has read more
    /// than is kept.
    package func takeFrames() -> [(type: UInt8, payload: [UInt8])] {
        received.change { state in
            var frames: [(type: UInt8, payload: [UInt8])] = []
            var start = 0
            while state.bytes.count - start >= 5 {
                let length = state.bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
                guard length > 0, state.bytes.count - start - 4 >= length else { break }
                frames.append(
                    (state.bytes[start + 4], Array(state.bytes[start + 5..<start + 4 + length])))
                start += 4 + length
            }
            state.bytes.removeFirst(start)
            return frames
        }
    }

    /// How many bytes were read in all.
    package var receivedCount: Int { received.value.count }

    /// Waits until more than so many bytes were read.
    package func waitForMore(than count: Int, within limit: Duration = .seconds(10)) async -> Bool {
        await received.wait(within: limit) { $0.count > count || $0.isClosed }
            && received.value.count > count
    }

    package func waitForEnd(within limit: Duration = .seconds(10)) async -> Bool {
        await received.wait(within: limit) { $0.isClosed }
    }

    /// Takes no byte any more of what is sent.
    package func stopReading() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    package func close() { channel.close(promise: nil) }
}

/// Why an attacker did not come as far as it wanted.
package struct HostileFailure: Error, CustomStringConvertible {
    package let description: String
}

/// What a connection has read.
private final class Received: Sendable {
    struct State {
        var bytes: [UInt8] = []
        /// All that were read, also those that are not kept.
        var count = 0
        var isSecured = false
        var isClosed = false
    }

    private let state = Mutex(State())

    var value: State { state.withLock { $0 } }

    func change<Value>(_ body: (inout State) -> Value) -> Value { state.withLock { body(&$0) } }

    func wait(
        within limit: Duration = .seconds(10), until condition: @Sendable (State) -> Bool
    ) async -> Bool {
        let end = ContinuousClock.now + limit
        while !condition(value) {
            guard ContinuousClock.now < end, !Task.isCancelled else { return false }
            // A cancelled attacker stops waiting at the next look.
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }
}

private final class Reader: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    /// The newest bytes that are kept: the longest frame, and more.
    private static let kept = 9 << 20

    private let received: Received

    init(_ received: Received) { self.received = received }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        received.change { state in
            state.bytes += buffer.readableBytesView
            state.count += buffer.readableBytes
            if state.bytes.count > Self.kept {
                state.bytes.removeFirst(state.bytes.count - Self.kept)
            }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            received.change { $0.isSecured = true }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        received.change { $0.isClosed = true }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        received.change { $0.isClosed = true }
        context.close(promise: nil)
    }
}
