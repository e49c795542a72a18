/// A token bucket: so much per second, with a burst of two seconds.
struct RateLimit {
    private let perSecond: Double
    private var tokens: Double
    private var last: ContinuousClock.Instant

    init(perSecond: Int, now: ContinuousClock.Instant) {
        self.perSecond = Double(max(1, perSecond))
        tokens = 2 * self.perSecond
        last = now
    }

    /// Takes `amount` and returns how long to wait until it was due; nil for no wait.
    mutating func take(_ amount: Int, now: ContinuousClock.Instant) -> Duration? {
        let seconds = (now - last) / .seconds(1)
        tokens = min(2 * perSecond, tokens + max(0, seconds) * perSecond)
        last = now
        tokens -= Double(amount)
        return tokens >= 0 ? nil : .seconds(-tokens / perSecond)
    }
}
