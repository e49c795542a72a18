import Glibc
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A socket with TLS and frames in front of it, on which nothing has been read yet.
struct SecuredChannel: Sendable {
    let channel: NIOAsyncChannel<WireFrame, ByteBuffer>
    let limit: FrameLimit
    let proof: KeyProof
}

/// The key that the peer proved in TLS. Empty until then, and after a resumed session, in which no
/// certificate is shown: that is then no proof.
final class KeyProof: Sendable {
    private let expected: PeerID?
    private let key = Mutex<PeerID?>(nil)

    /// `expected` is the only key that is accepted; nil accepts any Ed25519 key.
    init(expected: PeerID?) { self.expected = expected }

    var proved: PeerID? { key.withLock { $0 } }

    /// Judges the certificates of the peer. TLS itself then checks that it has the secret key.
    func judge(_ certificates: [NIOSSLCertificate]) -> NIOSSLVerificationResult {
        guard let certificate = certificates.first,
            let found = NodeCertificate.nodeKey(of: certificate),
            expected == nil || expected == found
        else { return .failed }
        key.withLock { $0 = found }
        return .certificateVerified
    }
}

extension PeerNetwork {
    /// Accepts connections until cancelled.
    func listen(on endpoint: PeerEndpoint) async throws {
        var server = try await bind(to: endpoint)
        let port = server.channel.localAddress?.port ?? endpoint.port
        listening.set(port)
        logger.info("listening for peers", metadata: ["address": "\(endpoint.host):\(port)"])
        await withDiscardingTaskGroup { group in
            while true {
                do {
                    try await server.executeThenClose { inbound in
                        for try await accepted in inbound {
                            group.addTask { await self.accept(accepted) }
                        }
                    }
                } catch {
                    guard !Task.isCancelled else { return }
                    // Such as no file descriptor left: connected peers stay, new ones come later.
                    logger.error("listening failed", metadata: ["reason": "\(error)"])
                }
                guard let again = await bindAgain(to: endpoint, port: port) else { return }
                server = again
            }
        }
    }

    private func bind(
        to endpoint: PeerEndpoint
    ) async throws(PeerNetworkError) -> NIOAsyncChannel<SecuredChannel, Never> {
        do {
            return try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.backlog, value: 128)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.writeBufferWaterMark, value: writeBufferWaterMark)
                .childChannelOption(.tcpOption(.unsentLowWaterMark), value: unsentBytes)
                .bind(host: endpoint.host, port: endpoint.port) { channel in
                    self.secure(channel, dialing: nil)
                }
        } catch {
            throw .cannotListen(endpoint, reason: "\(error)")
        }
    }

    /// Takes the port again after a failure, until that works or the task is cancelled (nil).
    private func bindAgain(
        to endpoint: PeerEndpoint, port: Int
    ) async -> NIOAsyncChannel<SecuredChannel, Never>? {
        while true {
            do {
                try await Task.sleep(for: configuration.limits.reconnectPause)
                return try await bind(to: PeerEndpoint(host: endpoint.host, port: port))
            } catch {
                guard !Task.isCancelled else { return nil }
                logger.error("cannot listen again", metadata: ["reason": "\(error)"])
            }
        }
    }

    private func accept(_ accepted: SecuredChannel) async {
        let connection = connection(over: accepted, isDialed: false)
        guard table.admit(connection) else {
            // Nobody waits for the outcome: the socket is gone either way.
            accepted.channel.channel.close(promise: nil)
            try? await accepted.channel.executeThenClose { _, _ in }
            return
        }
        await serve(connection, over: accepted, dialing: nil)
        table.release(connection)
    }

    /// Connects to a peer, again and again, as long as there is no connection to it.
    func keepDialing(_ peer: DialedPeer) async {
        let limits = configuration.limits
        var pause = limits.reconnectPause
        while !Task.isCancelled {
            if table.connection(to: peer.nodeKey) == nil {
                let wasEstablished = await dial(peer)
                pause =
                    wasEstablished
                    ? limits.reconnectPause : min(pause * 2, limits.longestReconnectPause)
            } else {
                // The peer has connected to us: look again after the shortest pause.
                pause = limits.reconnectPause
            }
            // Cancelled: the loop ends by itself.
            try? await Task.sleep(for: pause * Double.random(in: 0.5...1.5))
        }
    }

    /// One connection to a peer, from dialing to its end. True if it was established.
    private func dial(_ peer: DialedPeer) async -> Bool {
        let secured: SecuredChannel
        do {
            let timeout = configuration.limits.connectTimeout / .nanoseconds(1)
            secured = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(.nanoseconds(Int64(timeout)))
                .channelOption(.writeBufferWaterMark, value: writeBufferWaterMark)
                .channelOption(.tcpOption(.unsentLowWaterMark), value: unsentBytes)
                .connect(host: peer.endpoint.host, port: peer.endpoint.port) { channel in
                    self.secure(channel, dialing: peer.nodeKey)
                }
        } catch {
            table.count { $0.dialFailures += 1 }
            logger.debug(
                "cannot reach a peer",
                metadata: ["address": "\(peer.endpoint)", "reason": "\(error)"])
            return false
        }
        let connection = connection(over: secured, isDialed: true)
        table.note(peer.nodeKey, at: connection.addressGroup)
        await serve(connection, over: secured, dialing: peer)
        let wasEstablished = connection.peer != nil
        if !wasEstablished { table.count { $0.dialFailures += 1 } }
        return wasEstablished
    }

    /// Puts TLS and frames in front of a fresh socket.
    private func secure(
        _ channel: any Channel, dialing expected: PeerID?
    ) -> EventLoopFuture<SecuredChannel> {
        let proof = KeyProof(expected: expected)
        // Whom we dial is known; who dials us says so first, in a small frame.
        let limit = FrameLimit(
            expected == nil ? FrameLimit.beforeHello : configuration.limits.frameBytes)
        let certificate = certificate
        return channel.eventLoop.makeCompletedFuture {
            let tls: NIOSSLHandler =
                if expected == nil {
                    NIOSSLServerHandler(
                        context: certificate.serverContext,
                        customVerificationCallback: { $1.succeed(proof.judge($0)) })
                } else {
                    try NIOSSLClientHandler(
                        context: certificate.clientContext, serverHostname: nil,
                        customVerificationCallback: { $1.succeed(proof.judge($0)) })
                }
            try channel.pipeline.syncOperations.addHandlers([
                tls, ByteToMessageHandler(FrameDecoder(limit: limit)),
            ])
            let asyncChannel = try NIOAsyncChannel<WireFrame, ByteBuffer>(
                wrappingChannelSynchronously: channel,
                configuration: .init(backPressureStrategy: .init(lowWatermark: 1, highWatermark: 4))
            )
            return SecuredChannel(channel: asyncChannel, limit: limit, proof: proof)
        }
    }
}

/// What the channel and the kernel may hold of unsent bytes: whatever is there, a vote waits behind.
private let writeBufferWaterMark = ChannelOptions.Types.WriteBufferWaterMark(
    low: 32 << 10, high: 64 << 10)
private let unsentBytes: ChannelOptions.Types.SocketOption.Value = 128 << 10

extension NIOBSDSocket.Option {
    fileprivate static let unsentLowWaterMark = NIOBSDSocket.Option(rawValue: TCP_NOTSENT_LOWAT)
}
