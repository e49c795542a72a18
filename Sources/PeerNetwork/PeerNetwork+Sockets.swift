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

    /// On the channel's event loop.
    init(over channel: any Channel, limit: FrameLimit, proof: KeyProof) throws {
        self.channel = try NIOAsyncChannel(
            wrappingChannelSynchronously: channel,
            configuration: .init(backPressureStrategy: .init(lowWatermark: 1, highWatermark: 4)))
        self.limit = limit
        self.proof = proof
    }
}

/// An incoming socket with TLS and frames in front of it, which is not read before it is served. It
/// closes when nobody takes it, as when the listener has ended meanwhile.
final class AcceptedSocket: Sendable {
    let channel: any Channel
    let limit: FrameLimit
    let proof: KeyProof

    init(channel: any Channel, limit: FrameLimit, proof: KeyProof) {
        self.channel = channel
        self.limit = limit
        self.proof = proof
    }

    deinit { channel.close(promise: nil) }

    /// Begins to read.
    func open() async throws -> SecuredChannel {
        try await channel.eventLoop.submit { [self] in
            let secured = try SecuredChannel(over: channel, limit: limit, proof: proof)
            try channel.syncOptions?.setOption(.autoRead, value: true)
            return secured
        }.get()
    }
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
    ) async throws(PeerNetworkError) -> NIOAsyncChannel<AcceptedSocket, Never> {
        do {
            return try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.backlog, value: 128)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                // One that nobody serves any more must be droppable, so it is wrapped when it is.
                .childChannelOption(.autoRead, value: false)
                .childChannelOption(.writeBufferWaterMark, value: writeBufferWaterMark)
                .childChannelOption(.tcpOption(.unsentLowWaterMark), value: unsentBytes)
                .bind(host: endpoint.host, port: endpoint.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let (limit, proof) = try self.secure(channel, dialing: nil)
                        return AcceptedSocket(channel: channel, limit: limit, proof: proof)
                    }
                }
        } catch {
            throw .cannotListen(endpoint, reason: "\(error)")
        }
    }

    /// Takes the port again after a failure, until that works or the task is cancelled (nil).
    private func bindAgain(
        to endpoint: PeerEndpoint, port: Int
    ) async -> NIOAsyncChannel<AcceptedSocket, Never>? {
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

    private func accept(_ accepted: AcceptedSocket) async {
        let connection = connection(over: accepted.channel, isDialed: false)
        guard table.admit(connection) else { return }
        defer { table.release(connection) }
        // It fails only for a socket that is closed already.
        guard let secured = try? await accepted.open() else { return }
        await serve(connection, over: secured, dialing: nil)
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
                    channel.eventLoop.makeCompletedFuture {
                        let (limit, proof) = try self.secure(channel, dialing: peer.nodeKey)
                        return try SecuredChannel(over: channel, limit: limit, proof: proof)
                    }
                }
        } catch {
            table.count { $0.dialFailures += 1 }
            logger.debug(
                "cannot reach a peer",
                metadata: ["address": "\(peer.endpoint)", "reason": "\(error)"])
            return false
        }
        let connection = connection(over: secured.channel.channel, isDialed: true)
        table.note(peer.nodeKey, at: connection.addressGroup)
        await serve(connection, over: secured, dialing: peer)
        let wasEstablished = connection.peer != nil
        if !wasEstablished { table.count { $0.dialFailures += 1 } }
        return wasEstablished
    }

    /// Puts TLS and frames in front of a fresh socket, on its event loop.
    private func secure(
        _ channel: any Channel, dialing expected: PeerID?
    ) throws -> (FrameLimit, KeyProof) {
        let proof = KeyProof(expected: expected)
        // Whom we dial is known; who dials us says so first, in a small frame.
        let limit = FrameLimit(
            expected == nil ? FrameLimit.beforeHello : configuration.limits.frameBytes)
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
        return (limit, proof)
    }
}

/// What the channel and the kernel may hold of unsent bytes: whatever is there, a vote waits behind.
private let writeBufferWaterMark = ChannelOptions.Types.WriteBufferWaterMark(
    low: 32 << 10, high: 64 << 10)
private let unsentBytes: ChannelOptions.Types.SocketOption.Value = 128 << 10

extension NIOBSDSocket.Option {
    fileprivate static let unsentLowWaterMark = NIOBSDSocket.Option(rawValue: TCP_NOTSENT_LOWAT)
}
