import Glibc
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import NetworkErrors
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
    let connection: PeerConnection
    let limit: FrameLimit
    let proof: KeyProof

    init(connection: PeerConnection, limit: FrameLimit, proof: KeyProof) {
        self.connection = connection
        self.limit = limit
        self.proof = proof
    }

    deinit { connection.channel.close(promise: nil) }

    /// Begins to read.
    func open() async throws -> SecuredChannel {
        let channel = connection.channel
        return try await channel.eventLoop.submit { [self] in
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
                            guard let accepted else { continue }
                            group.addTask { await self.serve(accepted) }
                        }
                    }
                } catch {
                    guard !Task.isCancelled else { return }
                    // Connected peers stay, new ones come later.
                    log(
                        .error, "listening failed", .stranger,
                        ["reason": "\(NetworkError.reason(error))"])
                }
                guard let again = await bindAgain(to: endpoint, port: port) else { return }
                server = again
            }
        }
    }

    private func bind(
        to endpoint: PeerEndpoint
    ) async throws(PeerNetworkError) -> NIOAsyncChannel<AcceptedSocket?, Never> {
        do {
            return try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.backlog, value: 128)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let gate = AcceptGate(sockets: self.sockets) {
                            self.table.count { $0.connectionsRefused += 1 }
                        }
                        try channel.pipeline.syncOperations.addHandler(gate)
                    }
                }
                // One that nobody serves any more must be droppable, so it is wrapped when it is.
                .childChannelOption(.autoRead, value: false)
                .childChannelOption(.writeBufferWaterMark, value: writeBufferWaterMark)
                .childChannelOption(.tcpOption(.unsentLowWaterMark), value: unsentBytes)
                .bind(host: endpoint.host, port: endpoint.port) { channel in
                    channel.eventLoop.makeSucceededFuture(self.accept(channel))
                }
        } catch {
            throw .cannotListen(endpoint, reason: NetworkError.reason(error))
        }
    }

    /// Takes the port again after a failure, until that works or the task is cancelled (nil).
    private func bindAgain(
        to endpoint: PeerEndpoint, port: Int
    ) async -> NIOAsyncChannel<AcceptedSocket?, Never>? {
        while true {
            do {
                try await Task.sleep(for: configuration.limits.reconnectPause)
                return try await bind(to: PeerEndpoint(host: endpoint.host, port: port))
            } catch {
                guard !Task.isCancelled else { return nil }
                log(
                    .error, "cannot listen again", .stranger,
                    ["reason": "\(NetworkError.reason(error))"])
            }
        }
    }

    /// Sets an accepted socket up, on its event loop; nil if that fails.
    private func accept(_ channel: any Channel) -> AcceptedSocket? {
        let connection = connection(over: channel, isDialed: false)
        let table = table
        channel.closeFuture.whenComplete { _ in table.release(connection) }
        do {
            let (limit, proof) = try secure(connection, dialing: nil)
            return AcceptedSocket(connection: connection, limit: limit, proof: proof)
        } catch {
            // What remains is a socket that nobody serves.
            channel.close(promise: nil)
            return nil
        }
    }

    private func serve(_ accepted: AcceptedSocket) async {
        // It fails only for a socket that is closed already.
        guard let secured = try? await accepted.open() else { return }
        await serve(accepted.connection, over: secured, dialing: nil)
    }

    /// Connects to a peer, again and again, as long as there is no connection to it.
    func keepDialing(_ peer: DialedPeer) async {
        let limits = configuration.limits
        var pause = limits.reconnectPause
        var conflicts = 0
        while !Task.isCancelled {
            if table.connection(to: peer.nodeKey) == nil {
                let begin = ContinuousClock.now
                let outcome = await dial(peer)
                switch outcome {
                case .established where .now - begin >= limits.longestReconnectPause:
                    (pause, conflicts) = (limits.reconnectPause, 0)
                case .established, .failed:
                    pause = min(pause * 2, limits.longestReconnectPause)
                case .keyElsewhere(let address):
                    conflicts += 1
                    tellOfCopy(peer, at: address, conflicts: conflicts)
                    // One refusal may be due to connections of ours that are just ending.
                    pause = conflicts == 1 ? limits.reconnectPause : limits.sameKeyPause
                }
            } else {
                // The peer has connected to us: look again after the shortest pause.
                pause = limits.reconnectPause
            }
            // Cancelled: the loop ends by itself.
            try? await Task.sleep(for: pause * Double.random(in: 0.5...1.5))
        }
    }

    /// A peer says that another node with our key is connected to it.
    private func tellOfCopy(_ peer: DialedPeer, at address: String, conflicts: Int) {
        inbox.noteOwnKeyElsewhere(peer.nodeKey, address: address)
        guard conflicts == 1 else { return }
        logger.warning(
            "a peer does not connect with us, since another node with our key is connected to it; stop one of the two, or give it a node key of its own",
            metadata: ["peer": "\(peer.nodeKey)", "other": "\(address)"])
    }

    /// How a dialed connection went.
    private enum DialOutcome {
        case failed
        /// It stood, and has ended.
        case established
        /// The peer talks to another node with our key, whose address it names.
        case keyElsewhere(String)
    }

    /// One connection to a peer, from dialing to its end.
    private func dial(_ peer: DialedPeer) async -> DialOutcome {
        let (connection, secured): (PeerConnection, SecuredChannel)
        do {
            let timeout = configuration.limits.connectTimeout / .nanoseconds(1)
            (connection, secured) = try await ClientBootstrap(
                group: .singletonMultiThreadedEventLoopGroup
            )
            .connectTimeout(.nanoseconds(Int64(timeout)))
            .channelOption(.writeBufferWaterMark, value: writeBufferWaterMark)
            .channelOption(.tcpOption(.unsentLowWaterMark), value: unsentBytes)
            .connect(host: peer.endpoint.host, port: peer.endpoint.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = self.connection(over: channel, isDialed: true)
                    let (limit, proof) = try self.secure(connection, dialing: peer.nodeKey)
                    let secured = try SecuredChannel(over: channel, limit: limit, proof: proof)
                    return (connection, secured)
                }
            }
        } catch {
            table.count { $0.dialFailures += 1 }
            logger.debug(
                "cannot reach a peer",
                metadata: [
                    "address": "\(peer.endpoint)", "reason": "\(NetworkError.reason(error))",
                ])
            return .failed
        }
        table.note(peer.nodeKey, at: connection.addressGroup)
        let failure = await serve(connection, over: secured, dialing: peer)
        if case ConnectionFailure.refusedByPeer(let notice)? = failure,
            notice.refusal == .keyElsewhere
        {
            return .keyElsewhere(notice.address)
        }
        guard connection.peer == nil else { return .established }
        table.count { $0.dialFailures += 1 }
        return .failed
    }

    /// Puts TLS and frames in front of a fresh socket, on its event loop.
    private func secure(
        _ connection: PeerConnection, dialing expected: PeerID?
    ) throws -> (FrameLimit, KeyProof) {
        let proof = KeyProof(expected: expected)
        // We know the peer that we dial. A peer that dials us first sends its hello, a small frame.
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
        let (table, sockets) = (table, sockets)
        let socket = SocketGuard(
            connection, limits: configuration.limits, common: observersRate
        ) {
            connection.isDialed
                || table.admit(connection, areSocketsScarce: sockets.isScarce)
        }
        try connection.channel.pipeline.syncOperations.addHandlers([
            socket, tls, FrameReader(connection, limit: limit),
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
