import Codec

/// Puts the parts of long messages together, and answers what is the transport's own.
struct MessageAssembly {
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
            // The payload stays counted until the message is whole.
            connection.receiving.release(WireFrame.headerSize)
            connection.setInParts(true)
            return nil
        case .lastPart:
            guard let type = frame.payload.first, type < WireFrame.firstTransportType,
                frame.payload.count - 1 <= limit - parts.count
            else { throw .violation("the last part of a message has no type or is too long") }
            parts += frame.payload.dropFirst()
            connection.setInParts(false)
            defer { parts = [] }
            // The type's byte is part of the last payload, and of the message's header.
            connection.receiving.release(1)
            return WireFrame(type: type, payload: parts)
        case .ping:
            guard frame.payload.count == 8 else { throw .violation("a ping has 8 bytes") }
            connection.receiving.release(frame.size)
            _ = connection.outbox.push(
                WireFrame(type: TransportType.pong.rawValue, payload: frame.payload),
                as: .consensus)
            return nil
        case .pong:
            connection.receiving.release(frame.size)
            do {
                try connection.receivedPong(frame.payload)
            } catch {
                throw .violation("a pong has 8 bytes")
            }
            return nil
        case .refusal:
            throw .refusedByPeer(RefusalNotice(payload: frame.payload))
        case .hello, nil:
            throw .violation("a frame type that has no place here")
        }
    }
}

/// How much an observer may send; validators are bounded by the inbox alone.
struct ObserverRate {
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
