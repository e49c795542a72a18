import Codec
import Logging
import NIOCore
import NIOSSL

extension PeerNetwork {
    /// A connection over a fresh socket.
    func connection(over channel: any Channel, isDialed: Bool) -> PeerConnection {
        PeerConnection(
            number: table.nextNumber(), channel: channel, isDialed: isDialed,
            limits: configuration.limits)
    }

    /// Serves one connection from handshake to end: it has a peer then if it was established.
    func serve(
        _ connection: PeerConnection, over secured: SecuredChannel, dialing peer: DialedPeer?
    ) async {
        let limits = configuration.limits
        var failure: (any Error)?
        do {
            try await secured.channel.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await connection.keepTime(limits) }
                    group.addTask { await self.write(connection, to: outbound) }
                    defer {
                        connection.outbox.close()
                        group.cancelAll()
                    }
                    try await self.read(inbound, of: connection, secured)
                }
            }
        } catch {
            failure = error
        }
        // Counted first: who hears of the end finds it in the counters.
        report(connection, connection.failure ?? failure, dialed: peer)
        table.remove(connection)
    }

    /// Writes what waits, in its order, at the speed at which the peer reads.
    private func write(
        _ connection: PeerConnection, to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async {
        do {
            while let buffer = await connection.outbox.next() { try await outbound.write(buffer) }
        } catch {
            connection.end(because: .ended("the connection broke while writing"))
        }
    }

    private func read(
        _ inbound: NIOAsyncChannelInboundStream<WireFrame>, of connection: PeerConnection,
        _ secured: SecuredChannel
    ) async throws {
        if connection.isDialed { _ = connection.outbox.push(ownHello, as: .consensus) }
        var frames = inbound.makeAsyncIterator()
        guard let first = try await frames.next() else { return }
        connection.received(first)
        if let refusal = try greet(connection, first, secured) {
            _ = connection.outbox.push(
                WireFrame(type: TransportType.refusal.rawValue, payload: [refusal.rawValue]),
                as: .consensus)
            // The peer closes when it has read the reason; the clock of the handshake runs on.
            while try await frames.next() != nil {}
            throw ConnectionFailure.refused(refusal)
        }
        guard let peer = connection.peer else { return }
        var assembly = MessageAssembly(limit: secured.limit.payloadBytes)
        // The operator has chosen those that we dial: they may answer at length.
        var rate = isConfigured(peer) ? nil : ObserverRate(connection.role, configuration.limits)
        while let frame = try await frames.next() {
            connection.received(frame)
            if let pause = rate?.take(frame) {
                connection.setHolding(true)
                try await Task.sleep(for: pause)
                connection.setHolding(false)
            }
            guard let message = try assembly.accept(frame, on: connection) else { continue }
            connection.setHolding(true)
            let isTaken = await inbox.push(
                InboundFrame(
                    peer: peer, role: connection.role, type: message.type,
                    payload: message.payload),
                connection: connection.number)
            connection.setHolding(false)
            guard isTaken else { return }
        }
    }

    private var ownHello: WireFrame {
        let hello = Hello(
            version: Hello.version, chainID: configuration.chainID, role: ownRole,
            instance: instance)
        return WireFrame(type: TransportType.hello.rawValue, payload: hello.canonicalBytes)
    }

    /// Handles the first frame: the peer is known and established after it, or refused.
    private func greet(
        _ connection: PeerConnection, _ frame: WireFrame, _ secured: SecuredChannel
    ) throws -> Refusal? {
        if frame.type == TransportType.refusal.rawValue {
            throw ConnectionFailure.refusedByPeer(frame.payload.first.flatMap(Refusal.init))
        }
        guard frame.type == TransportType.hello.rawValue,
            let hello = try? Hello(canonicalBytes: frame.payload)
        else { throw ConnectionFailure.violation("the first frame is no hello") }
        guard let peer = secured.proof.proved else {
            throw ConnectionFailure.violation("no certificate was shown")
        }
        guard hello.version == Hello.version else { return .version }
        guard hello.chainID == configuration.chainID else { return .chain }
        guard peer != ownID else { return .ownKey }
        // The peer states its role as it knows the validators; ours is what counts here. The two
        // differ while one of us has not seen the newest change yet.
        let role = role(of: peer)
        if case .observer = role, !connection.isDialed, !configuration.acceptsObservers {
            return .observersNotAccepted
        }
        connection.identify(as: peer, role: role, instance: hello.instance)
        if !connection.isDialed {
            secured.limit.payloadBytes = largestPayload(from: peer)
        }
        let answer = connection.isDialed ? nil : ownHello
        if let refusal = table.establish(connection, answering: answer) {
            connection.forget()
            return refusal
        }
        logger.info(
            "peer connected",
            metadata: [
                "peer": "\(peer)", "role": "\(role)", "address": "\(connection.address)",
            ])
        return nil
    }

    /// Counts and logs the end of a connection.
    private func report(
        _ connection: PeerConnection, _ failure: (any Error)?, dialed: DialedPeer?
    ) {
        let address = dialed.map { "\($0.endpoint)" } ?? connection.address
        var metadata: Logger.Metadata = ["address": "\(address)"]
        if let peer = connection.peer ?? dialed?.nodeKey { metadata["peer"] = "\(peer)" }
        guard let failure, !(failure is CancellationError) else {
            if connection.peer != nil { logger.info("peer disconnected", metadata: metadata) }
            return
        }
        switch failure {
        case ConnectionFailure.refused(.duplicate), ConnectionFailure.refusedByPeer(.duplicate):
            logger.debug("a second connection to a peer was given up", metadata: metadata)
        case ConnectionFailure.refused(let refusal):
            metadata["reason"] = "\(refusal.text)"
            table.count { $0.connectionsRefused += 1 }
            logger.warning("a peer was turned away", metadata: metadata)
        case ConnectionFailure.refusedByPeer(let refusal):
            metadata["reason"] = "\(refusal?.text ?? "a reason that this version does not know")"
            logger.warning("a peer turned us away", metadata: metadata)
        case ConnectionFailure.violation(let reason):
            metadata["reason"] = "\(reason)"
            reportViolation(metadata, isKnown: connection.peer != nil)
        case let error as FrameError:
            metadata["reason"] = "\(error)"
            reportViolation(metadata, isKnown: connection.peer != nil)
        case ConnectionFailure.ended(let reason):
            metadata["reason"] = "\(reason)"
            // Silent strangers fill no log.
            let isStranger = connection.peer == nil && dialed == nil
            logger.log(
                level: isStranger ? .debug : .info, "the connection to a peer ended",
                metadata: metadata)
        default:
            metadata["reason"] = "\(failure)"
            if connection.peer != nil {
                logger.info("the connection to a peer broke", metadata: metadata)
            } else if dialed != nil {
                logger.warning(
                    "a peer did not prove its key, or broke off the handshake", metadata: metadata)
            } else {
                reportViolation(metadata, isKnown: false)
            }
        }
    }

    /// Garbage is cheap to send, so strangers fill no log with it: the first and every hundredth.
    private func reportViolation(_ metadata: Logger.Metadata, isKnown: Bool) {
        let count = table.count { $0.protocolViolations += 1 }.protocolViolations
        if isKnown || count % 100 == 1 {
            logger.warning(
                "what came is not our protocol (\(count) such connections so far)",
                metadata: metadata)
        } else {
            logger.debug("what came is not our protocol", metadata: metadata)
        }
    }
}

/// Puts the parts of long messages together, and answers what is the transport's own.
private struct MessageAssembly {
    /// The largest payload of a message, in one frame or in parts.
    let limit: Int
    private var parts: [UInt8] = []

    init(limit: Int) { self.limit = limit }

    /// The message that the frame completes, if it does.
    mutating func accept(
        _ frame: WireFrame, on connection: PeerConnection
    ) throws(ConnectionFailure) -> WireFrame? {
        guard frame.type >= WireFrame.firstTransportType else { return frame }
        switch TransportType(rawValue: frame.type) {
        case .part:
            guard !frame.payload.isEmpty, frame.payload.count <= limit - parts.count else {
                throw .violation("a message in parts is empty or too long")
            }
            parts += frame.payload
            return nil
        case .lastPart:
            guard let type = frame.payload.first, type < WireFrame.firstTransportType,
                frame.payload.count - 1 <= limit - parts.count
            else { throw .violation("the last part of a message has no type or is too long") }
            let payload = parts + frame.payload.dropFirst()
            parts = []
            return WireFrame(type: type, payload: payload)
        case .ping:
            guard frame.payload.count == 8 else { throw .violation("a ping has 8 bytes") }
            _ = connection.outbox.push(
                WireFrame(type: TransportType.pong.rawValue, payload: frame.payload),
                as: .consensus)
            return nil
        case .pong:
            do {
                try connection.receivedPong(frame.payload)
            } catch {
                throw .violation("a pong has 8 bytes")
            }
            return nil
        case .refusal:
            throw .refusedByPeer(frame.payload.first.flatMap(Refusal.init))
        case .hello, nil:
            throw .violation("a frame type that has no place here")
        }
    }
}

/// How much an observer may send; validators are bounded by the inbox alone.
private struct ObserverRate {
    private var bytes: RateLimit?
    private var frames: RateLimit?

    init(_ role: PeerRole, _ limits: PeerLimits) {
        switch role {
        case .validator: break
        case .observer:
            bytes = RateLimit(perSecond: limits.observerBytesPerSecond, now: .now)
            frames = RateLimit(perSecond: limits.observerFramesPerSecond, now: .now)
        }
    }

    /// How long to leave the socket alone after this frame.
    mutating func take(_ frame: WireFrame) -> Duration? {
        let now = ContinuousClock.now
        let size = WireFrame.headerSize + frame.payload.count
        let pauses = [bytes?.take(size, now: now), frames?.take(1, now: now)]
        return pauses.compactMap { $0 ?? nil }.max()
    }
}
