import Codec
import NIOCore
import Synchronization

/// One established TCP connection with TLS, from its beginning to its end.
final class PeerConnection: Sendable {
    private struct State {
        var role = PeerRole.observer
        var peer: PeerID?
        var instance: UInt64 = 0
        var lastReceived: ContinuousClock.Instant
        /// We do not read at the moment: the frame before is not taken, or the rate is exceeded.
        var isHolding = false
        var lastPing: ContinuousClock.Instant
        var roundTrip: Duration?
        var framesReceived: UInt64 = 0
        var bytesReceived: UInt64 = 0
        var failure: ConnectionFailure?
    }

    /// Rises with every connection of this process.
    let number: UInt64
    let channel: any Channel
    /// Whether we made the connection.
    let isDialed: Bool
    /// Where the other end is, for the bounds per address.
    let addressGroup: AddressGroup
    let outbox: Outbox
    let start: ContinuousClock.Instant
    private let state: Mutex<State>

    init(number: UInt64, channel: any Channel, isDialed: Bool, limits: PeerLimits) {
        self.number = number
        self.channel = channel
        self.isDialed = isDialed
        addressGroup = AddressGroup(channel.remoteAddress?.ipAddress ?? "unknown")
        outbox = Outbox(limits: limits)
        start = .now
        state = Mutex(State(lastReceived: start, lastPing: start))
    }

    /// Where the other end is, for people.
    var address: String {
        channel.remoteAddress.map { address in
            PeerEndpoint(host: address.ipAddress ?? "?", port: address.port ?? 0).description
        } ?? "unknown address"
    }

    /// Who the peer is, once the handshake is over.
    var peer: PeerID? { state.withLock { $0.peer } }
    var role: PeerRole { state.withLock { $0.role } }
    /// The peer's random number of this run.
    var instance: UInt64 { state.withLock { $0.instance } }

    /// The handshake is over.
    func identify(as peer: PeerID, role: PeerRole, instance: UInt64) {
        state.withLock {
            $0.peer = peer
            $0.role = role
            $0.instance = instance
        }
    }

    /// The handshake ended in a refusal after all.
    func forget() {
        state.withLock { $0.peer = nil }
    }

    /// Ends the connection. The first reason is the one that counts.
    func end(because failure: ConnectionFailure) {
        state.withLock { if $0.failure == nil { $0.failure = failure } }
        outbox.close()
        channel.close(promise: nil)
    }

    /// Why we ended it, if we did.
    var failure: ConnectionFailure? { state.withLock { $0.failure } }

    /// Counts a frame that came in.
    func received(_ frame: WireFrame) {
        state.withLock {
            $0.lastReceived = .now
            $0.framesReceived += 1
            $0.bytesReceived += UInt64(WireFrame.headerSize + frame.payload.count)
        }
    }

    /// Says that we leave the socket alone for a while, or read again: silence is then our own.
    func setHolding(_ isHolding: Bool) {
        state.withLock {
            $0.isHolding = isHolding
            $0.lastReceived = .now
        }
    }

    /// Asks for a sign of life; the answer brings back the time since `start`.
    private func ping(at now: ContinuousClock.Instant) {
        let elapsed = (now - start) / .nanoseconds(1)
        var writer = ByteWriter()
        writer.write(UInt64(elapsed))
        // A full queue is no reason to end: what is in it will show whether the peer reads.
        _ = outbox.push(
            WireFrame(type: TransportType.ping.rawValue, payload: writer.bytes), as: .consensus)
    }

    /// Takes the answer to a ping. A number that we never sent is only a wrong measurement.
    func receivedPong(_ payload: [UInt8]) throws(CodecError) {
        var reader = ByteReader(payload)
        let sent = try reader.readUInt64()
        try reader.finish()
        let elapsed = UInt64((ContinuousClock.now - start) / .nanoseconds(1))
        guard sent <= elapsed else { return }
        state.withLock { $0.roundTrip = .nanoseconds(Int64(clamping: elapsed - sent)) }
    }

    /// Looks at the clock until the connection ends, and ends it when a time is over.
    func keepTime(_ limits: PeerLimits) async throws {
        let tick = min(limits.pingInterval, limits.idleTimeout, limits.stallTimeout) / 4
        while true {
            try await Task.sleep(for: min(tick, .milliseconds(500)))
            let now = ContinuousClock.now
            let (isKnown, silence, needsPing) = state.withLock { state in
                let needsPing =
                    state.peer != nil && now - state.lastPing >= limits.pingInterval
                if needsPing { state.lastPing = now }
                let silence = state.isHolding ? Duration.zero : now - state.lastReceived
                return (state.peer != nil, silence, needsPing)
            }
            if !isKnown {
                if now - start > limits.handshakeTimeout {
                    return end(because: .ended("no handshake within \(limits.handshakeTimeout)"))
                }
            } else if silence > limits.idleTimeout {
                return end(because: .ended("silent for \(limits.idleTimeout)"))
            }
            if let since = outbox.writingSince, now - since > limits.stallTimeout {
                return end(because: .ended("did not read for \(limits.stallTimeout)"))
            }
            if needsPing { ping(at: now) }
        }
    }

    /// What an operator sees; nil before the handshake is over.
    var status: PeerStatus? {
        let sent = outbox.counters
        return state.withLock { state in
            guard let peer = state.peer else { return nil }
            return PeerStatus(
                id: peer, role: state.role, address: address, isDialed: isDialed,
                connectedFor: .now - start, roundTrip: state.roundTrip,
                bytesReceived: state.bytesReceived, bytesSent: sent.bytes,
                framesReceived: state.framesReceived, framesSent: sent.frames,
                queuedBytes: sent.queuedBytes, droppedFrames: sent.dropped)
        }
    }
}

/// One connected peer, for an operator.
package struct PeerStatus: Equatable, Sendable {
    package let id: PeerID
    package let role: PeerRole
    package let address: String
    /// Whether we made the connection.
    package let isDialed: Bool
    package let connectedFor: Duration
    /// Of the last ping; nil before the first answer.
    package let roundTrip: Duration?
    package let bytesReceived: UInt64
    package let bytesSent: UInt64
    package let framesReceived: UInt64
    package let framesSent: UInt64
    /// What waits to be sent.
    package let queuedBytes: Int
    /// Messages refused because a queue was full.
    package let droppedFrames: UInt64
}
