import NIOCore
import Synchronization

/// What became of a message given to `send`.
package enum SendResult: Equatable, Sendable {
    /// It waits its turn; the connection may still end before it leaves.
    case queued
    /// There is no connection to this peer.
    case notConnected
    /// The peer takes less than we send; the message was dropped and counted.
    case queueFull
    /// The payload is above the limit, or the type is the transport's.
    case tooLarge
}

/// What waits to be sent to one peer: two bounded queues, urgent messages first. One writer takes.
final class Outbox: Sendable {
    private struct Queue {
        var frames = CircularBuffer<WireFrame>()
        var bytes = 0
        let frameLimit: Int
        var byteLimit: Int

        var isHalfFree: Bool { frames.count < frameLimit / 2 && bytes < byteLimit / 2 }

        mutating func append(_ frame: WireFrame) -> Bool {
            guard frames.count < frameLimit, frames.isEmpty || bytes + frame.size <= byteLimit
            else { return false }
            frames.append(frame)
            bytes += frame.size
            return true
        }

        mutating func removeAll() {
            frames.removeAll()
            bytes = 0
        }

        mutating func removeFirst() -> WireFrame {
            let frame = frames.removeFirst()
            bytes -= frame.size
            return frame
        }
    }

    private struct State {
        var consensus: Queue
        var bulk: Queue
        /// How much of the first bulk message has left in parts.
        var partOffset = 0
        /// Sent when the outbox is closed already.
        var farewell: WireFrame?
        /// Bytes of the frames that the writer took last.
        var writingBytes = 0
        var waiter: CheckedContinuation<ByteBuffer?, Never>?
        var isClosed = false
        var droppedFrames: UInt64 = 0
        var framesSent: UInt64 = 0
        var bytesSent: UInt64 = 0
        /// Since when the writer has been busy with what it took last.
        var writingSince: ContinuousClock.Instant?
    }

    private let limits: PeerLimits
    private let account: QueueAccount
    private let state: Mutex<State>

    /// As an observer's, until the peer is known.
    init(limits: PeerLimits, account: QueueAccount) {
        self.limits = limits
        self.account = account
        state = Mutex(
            State(
                consensus: Queue(
                    frameLimit: limits.consensusQueueFrames,
                    byteLimit: min(
                        limits.observerConsensusQueueBytes, limits.consensusQueueBytes)),
                bulk: Queue(
                    frameLimit: limits.bulkQueueFrames,
                    byteLimit: min(limits.observerBulkQueueBytes, limits.bulkQueueBytes))))
    }

    /// A validator's queues are longer.
    func widen(for role: PeerRole) {
        guard case .validator = role else { return }
        state.withLock {
            $0.consensus.byteLimit = limits.consensusQueueBytes
            $0.bulk.byteLimit = limits.bulkQueueBytes
        }
    }

    /// Queues a frame and wakes the writer; never waits.
    func push(_ frame: WireFrame, as trafficClass: TrafficClass) -> SendResult {
        // Asked without the lock: somebody else's connection may have to make room.
        let hasRoom = account.take(frame.size)
        let (result, waiter, buffer) = state.withLock {
            state -> (SendResult, CheckedContinuation<ByteBuffer?, Never>?, ByteBuffer?) in
            guard !state.isClosed else { return (.notConnected, nil, nil) }
            let isQueued =
                switch trafficClass {
                case .consensus: hasRoom && state.consensus.append(frame)
                case .bulk: hasRoom && state.bulk.append(frame)
                }
            guard isQueued else {
                state.droppedFrames += 1
                return (.queueFull, nil, nil)
            }
            guard let waiter = state.waiter.take() else { return (.queued, nil, nil) }
            return (.queued, waiter, take(from: &state))
        }
        if hasRoom, result != .queued { account.release(frame.size) }
        waiter?.resume(returning: buffer)
        return result
    }

    /// What to write next: waits for something, nil when closed. Asking says that the last is
    /// written.
    func next() async -> ByteBuffer? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state -> ByteBuffer?? in
                    precondition(state.waiter == nil, "an outbox has one writer")
                    state.writingSince = nil
                    account.release(state.writingBytes)
                    state.writingBytes = 0
                    if let buffer = take(from: &state) { return buffer }
                    if state.isClosed { return .some(nil) }
                    state.waiter = continuation
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            close()
        }
    }

    /// Ends it: what waits is dropped.
    func close() { finish(with: nil) }

    /// Ends it: what waits is dropped for a last frame.
    func finish(with frame: WireFrame?) {
        let (waiter, buffer) = state.withLock {
            state -> (CheckedContinuation<ByteBuffer?, Never>?, ByteBuffer?) in
            account.release(state.consensus.bytes + state.bulk.bytes)
            state.consensus.removeAll()
            state.bulk.removeAll()
            state.partOffset = 0
            if !state.isClosed { state.farewell = frame }
            state.isClosed = true
            guard let waiter = state.waiter.take() else { return (nil, nil) }
            return (waiter, take(from: &state))
        }
        waiter?.resume(returning: buffer)
    }

    /// All urgent frames that are due, or else bulk, about one part's worth.
    private func take(from state: inout State) -> ByteBuffer? {
        var buffer = ByteBuffer()
        while !state.consensus.frames.isEmpty, buffer.readableBytes < limits.partBytes {
            let frame = state.consensus.removeFirst()
            state.writingBytes += frame.size
            frame.write(to: &buffer)
            state.framesSent += 1
        }
        while buffer.readableBytes < limits.partBytes, let frame = state.bulk.frames.first {
            if frame.payload.count <= limits.partBytes {
                state.writingBytes += frame.size
                state.bulk.removeFirst().write(to: &buffer)
                state.framesSent += 1
                continue
            }
            if writePart(of: frame, from: &state.partOffset, to: &buffer) {
                state.writingBytes += frame.size
                _ = state.bulk.removeFirst()
                state.framesSent += 1
            }
            break
        }
        if let frame = state.farewell.take() { frame.write(to: &buffer) }
        guard buffer.readableBytes > 0 else { return nil }
        state.bytesSent += UInt64(buffer.readableBytes)
        state.writingSince = .now
        return buffer
    }

    /// Writes the next part of a long message; true if it was the last.
    private func writePart(
        of frame: WireFrame, from offset: inout Int, to buffer: inout ByteBuffer
    ) -> Bool {
        let end = min(offset + limits.partBytes, frame.payload.count)
        let part = [UInt8](frame.payload[offset..<end])
        guard end == frame.payload.count else {
            WireFrame(type: TransportType.part.rawValue, payload: part).write(to: &buffer)
            offset = end
            return false
        }
        WireFrame(type: TransportType.lastPart.rawValue, payload: [frame.type] + part)
            .write(to: &buffer)
        offset = 0
        return true
    }

    /// Whether half of the bulk queue is free, and the common room has place for one more message of
    /// that size.
    var hasBulkRoom: Bool {
        let freeBytes = state.withLock { $0.bulk.isHalfFree ? $0.bulk.byteLimit / 2 : nil }
        return freeBytes.map { account.hasRoom(min($0, limits.frameBytes)) } ?? false
    }

    /// Since when the writer has waited for the peer to take what was written last.
    var writingSince: ContinuousClock.Instant? { state.withLock { $0.writingSince } }

    /// Counters for status: waiting bytes, and since the start frames and bytes sent, and dropped.
    var counters: (queuedBytes: Int, frames: UInt64, bytes: UInt64, dropped: UInt64) {
        state.withLock {
            ($0.consensus.bytes + $0.bulk.bytes, $0.framesSent, $0.bytesSent, $0.droppedFrames)
        }
    }
}
