/// A token bucket: so much per second, with a burst of two seconds. It owes one burst at most, so
/// that nobody waits for longer than the burst lasts, however much others have taken.
package struct RateLimit {
    private let perSecond: Double
    private let burst: Double
    private var tokens: Double
    private var last: ContinuousClock.Instant

    package init(perSecond: Double, burstSeconds: Double = 2, now: ContinuousClock.Instant) {
        self.perSecond = perSecond
        burst = burstSeconds * perSecond
        tokens = burst
        last = now
    }

    package init(perSecond: Int, burstSeconds: Double = 2, now: ContinuousClock.Instant) {
        self.init(perSecond: Double(max(1, perSecond)), burstSeconds: burstSeconds, now: now)
    }

    private mutating func refill(now: ContinuousClock.Instant) {
        let seconds = (now - last) / .seconds(1)
        tokens = min(burst, tokens + max(0, seconds) * perSecond)
        last = now
    }

    /// Takes `amount` and returns how long to wait until it was due; nil for no wait.
    package mutating func take(_ amount: Int, now: ContinuousClock.Instant) -> Duration? {
        refill(now: now)
        tokens = max(-burst, tokens - Double(amount))
        return tokens >= 0 ? nil : .seconds(-tokens / perSecond)
    }

    /// Whether `amount` is due already.
    mutating func has(_ amount: Int, now: ContinuousClock.Instant) -> Bool {
        refill(now: now)
        return tokens >= Double(amount)
    }

    /// Whether it is as full as at the beginning, as if nothing had ever been taken.
    mutating func isFull(now: ContinuousClock.Instant) -> Bool {
        refill(now: now)
        return tokens >= burst
    }
}
