import Codec
import Glibc
import NIOCore
import NetworkAddresses
import Synchronization

/// One established TCP connection with TLS, from its beginning to its end.
final class PeerConnection: Sendable {
    private struct State {
        var role = PeerRole.observer
        var peer: PeerID?
        var instance: UInt64 = 0
        /// Whether its peer may send more than an observer, and is heard to the end.
        var isTrusted: Bool
        var lastReceived: ContinuousClock.Instant
        /// When the last message of its own came.
        var lastMessage: ContinuousClock.Instant
        /// Since when the beginning of a frame waits for its end, and the parts of a message for theirs.
        var frame = MessageClock()
        var partsSince: ContinuousClock.Instant?
        /// How many reasons there are not to read at the moment: the frame before is not taken, or
        /// the rate is exceeded.
        var holds = 0
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
    let outbox: Outbox
    /// What waits to be sent, and what has come and is not taken, of the common room for each.
    let sending: QueueAccount
    let receiving: QueueAccount
    let start: ContinuousClock.Instant
    private let state: Mutex<State>

    init(
        number: UInt64, channel: any Channel, isDialed: Bool, limits: PeerLimits,
        budgets: QueueBudgets
    ) {
        self.number = number
        self.channel = channel
        self.isDialed = isDialed
        let reference = WeakConnection()
        // Where an incoming one is from is not known before it is open. Nothing is large until then.
        let group = Self.addressGroup(of: channel)
        sending = budgets.sending.open(.observer, from: group) {
            reference.connection?.abort(
                because: .ended("it reads slowly what it is sent, and others need the room"))
        }
        receiving = budgets.receiving.open(.observer, from: group) {
            reference.connection?.abort(
                because: .ended("it completes nothing that it sends, and others need the room"))
        }
        outbox = Outbox(limits: limits, account: sending)
        start = .now
        state = Mutex(
            State(isTrusted: isDialed, lastReceived: start, lastMessage: start, lastPing: start))
        reference.set(self)
    }

    /// Where the other end is, for the bounds per address.
    var addressGroup: AddressGroup {
        Self.addressGroup(of: channel)
    }

    private static func addressGroup(of channel: any Channel) -> AddressGroup {
        AddressGroup(channel.remoteAddress?.ipAddress ?? "unknown")
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

    /// Whether it is a validator's, or one with a peer that we are configured to dial.
    var isTrusted: Bool { state.withLock { $0.isTrusted } }

    /// The handshake is over.
    ///
    /// - Parameter isConfigured: whether we are configured to dial the peer.
    func identify(as peer: PeerID, role: PeerRole, isConfigured: Bool, instance: UInt64) {
        let group = addressGroup
        sending.change(to: role, from: group)
        receiving.change(to: role, from: group)
        outbox.widen(for: role)
        state.withLock {
            $0.peer = peer
            $0.role = role
            $0.isTrusted = isConfigured || role == .validator
            $0.instance = instance
        }
    }

    /// The handshake ended in a refusal after all.
    func forget() {
        state.withLock { $0.peer = nil }
    }

    /// Ends the connection; a stranger's goodbye is not waited for. The first reason is the one that
    /// counts.
    func end(because failure: ConnectionFailure) {
        note(failure)
        // Before the writer sees the end, which would begin TLS's goodbye.
        close()
        outbox.close()
    }

    /// Ends the connection at once. What waits to be sent is dropped, in the system too.
    func abort(because failure: ConnectionFailure) {
        note(failure)
        outbox.close()
        closeAccounts()
        let channel = channel
        channel.eventLoop.execute {
            // It fails only for a socket that is closed already.
            _ = (channel as? any SocketOptionProvider)?
                .setSoLinger(linger(l_onoff: 1, l_linger: 0))
            SocketGuard.closeNow(channel)
        }
    }

    /// Ends the connection after a last frame that says why, if the peer reads it soon.
    func end(because failure: ConnectionFailure, saying farewell: WireFrame, within time: Duration)
    {
        note(failure)
        outbox.finish(with: farewell)
        let channel = channel
        channel.eventLoop.scheduleTask(in: .nanoseconds(Int64(time / .nanoseconds(1)))) {
            SocketGuard.closeNow(channel)
        }
    }

    /// Closes the socket; a stranger's goodbye is not waited for.
    func close() {
        if isTrusted { channel.close(promise: nil) } else { closeNow() }
    }

    /// Closes the socket, without waiting for TLS's goodbye of a peer that may never say it.
    func closeNow() {
        let channel = channel
        channel.eventLoop.execute { SocketGuard.closeNow(channel) }
    }

    /// What it holds counts no more.
    func closeAccounts() {
        sending.close()
        receiving.close()
    }

    /// Notes why the connection ends. The first reason is the one that counts.
    func note(_ failure: ConnectionFailure) {
        state.withLock { if $0.failure == nil { $0.failure = failure } }
    }

    /// Why we ended it, if we did.
    var failure: ConnectionFailure? { state.withLock { $0.failure } }

    /// Counts a frame that came in.
    func received(_ frame: WireFrame) {
        state.withLock {
            $0.lastReceived = .now
            if frame.type < WireFrame.firstTransportType
                || frame.type == TransportType.lastPart.rawValue
            {
                $0.lastMessage = $0.lastReceived
            }
            $0.framesReceived += 1
            $0.bytesReceived += UInt64(frame.size)
        }
    }

    /// Whether the peer has said nothing of its own for so long.
    func isIdle(for time: Duration) -> Bool {
        state.withLock { $0.holds == 0 && .now - $0.lastMessage > time }
    }

    /// Says whether a frame has begun to come and is not complete, and whether others before it are.
    func setIncomplete(_ isIncomplete: Bool, hasCompleted: Bool) {
        state.withLock {
            $0.frame.note(isIncomplete: isIncomplete, hasCompleted: hasCompleted, now: .now)
        }
    }

    /// Says whether parts of a message have come and not the last one.
    func setInParts(_ isInParts: Bool) {
        state.withLock { state in
            guard isInParts != (state.partsSince != nil) else { return }
            state.partsSince = isInParts ? .now : nil
        }
    }

    /// Says that we leave the socket alone for a while, or read again: silence is then our own.
    func setHolding(_ isHolding: Bool) {
        state.withLock {
            $0.holds += isHolding ? 1 : -1
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
    ///
    /// - Parameter tick: called each time, with whether the peer has been idle for long.
    func keepTime(_ limits: PeerLimits, tick: (Bool) -> Void) async throws {
        let pause = min(limits.pingInterval, limits.idleTimeout, limits.stallTimeout) / 4
        while true {
            try await Task.sleep(for: min(pause, .milliseconds(500)))
            let now = ContinuousClock.now
            if let reason = overdue(limits, at: now) { return end(because: .ended(reason)) }
            let needsPing = state.withLock { state in
                guard state.peer != nil, now - state.lastPing >= limits.pingInterval else {
                    return false
                }
                state.lastPing = now
                return true
            }
            if needsPing { ping(at: now) }
            tick(isIdle(for: limits.observerIdle))
        }
    }

    /// Which time is over, for a person; nil for none.
    private func overdue(_ limits: PeerLimits, at now: ContinuousClock.Instant) -> String? {
        if let since = outbox.writingSince, now - since > limits.stallTimeout {
            return "did not read for \(limits.stallTimeout)"
        }
        return state.withLock { state in
            guard state.peer != nil else {
                return now - start > limits.handshakeTimeout
                    ? "no handshake within \(limits.handshakeTimeout)" : nil
            }
            guard state.holds == 0 else { return nil }
            if now - state.lastReceived > limits.idleTimeout {
                return "silent for \(limits.idleTimeout)"
            }
            let begun = [state.frame.since, state.partsSince].compactMap { $0 }.min()
            if let begun, !state.isTrusted, now - begun > limits.messageTimeout {
                return "its message was not complete within \(limits.messageTimeout)"
            }
            return nil
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

/// The way from an account to its connection, which owns it.
private final class WeakConnection: Sendable {
    private struct Reference { weak var connection: PeerConnection? }
    private let reference = Mutex(Reference())

    var connection: PeerConnection? { reference.withLock { $0.connection } }

    func set(_ connection: PeerConnection) {
        reference.withLock { $0.connection = connection }
    }
}
