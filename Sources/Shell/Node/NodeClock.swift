import Dispatch
import Foundation
import Ledger
import Synchronization

/// The node's two clocks.
struct NodeClock: Sendable {
    private let start = ContinuousClock.now

    /// This moment.
    func now() -> LocalTime {
        let elapsed = start.duration(to: .now).components
        let microseconds =
            UInt64(clamping: elapsed.seconds) &* 1_000_000
            &+ UInt64(clamping: elapsed.attoseconds / 1_000_000_000_000)
        let wall = (Date().timeIntervalSince1970 * 1000).rounded(.down)
        return LocalTime(
            instant: Instant(microseconds: microseconds),
            clock: Timestamp(milliseconds: wall > 0 ? UInt64(wall) : 0))
    }

    /// The dispatch time of an instant.
    fileprivate func deadline(_ instant: Instant) -> DispatchTime {
        let now = self.now().instant
        guard instant > now else { return .now() }
        let wait = min(instant.microseconds - now.microseconds, 3_600_000_000)
        return .now() + .microseconds(Int(wait))
    }
}

/// Rings once at the earliest instant that it was set to. Between two rings it holds at most one
/// timer for each time that it was set earlier.
final class AlarmClock: Sendable {
    /// One element for each ring; rings that nobody took yet are one.
    let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let armed = Mutex<Instant?>(nil)
    private let clock: NodeClock
    private let queue = DispatchQueue(label: "veche.alarm")

    init(clock: NodeClock) {
        self.clock = clock
        (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Makes sure that it rings at `instant` or before.
    func set(_ instant: Instant) {
        let isEarlier = armed.withLock { armed in
            if let current = armed, current <= instant { return false }
            armed = instant
            return true
        }
        guard isEarlier else { return }
        queue.asyncAfter(deadline: clock.deadline(instant)) { [weak self] in
            self?.ring(instant)
        }
    }

    func finish() { continuation.finish() }

    private func ring(_ instant: Instant) {
        armed.withLock { armed in
            if armed == instant { armed = nil }
        }
        continuation.yield()
    }
}
