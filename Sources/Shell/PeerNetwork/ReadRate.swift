import Synchronization

/// How fast one connection is read. It is asked on the connection's event loop.
struct ReadRate {
    private let recordBytes: Int
    private var own: RateLimit
    private var share: RateLimit
    private let common: CommonRate?

    /// For an observer or a stranger, which shares `common` with all others.
    init(observerOf common: CommonRate, _ limits: PeerLimits, now: ContinuousClock.Instant) {
        recordBytes = limits.recordBytes
        own = RateLimit(perSecond: limits.observerBytesPerSecond, now: now)
        share = RateLimit(
            perSecond: limits.observersBytesPerSecond / max(1, limits.observers), now: now)
        self.common = common
    }

    /// For a validator, or a peer that we are configured to dial.
    init(peerOf limits: PeerLimits, now: ContinuousClock.Instant) {
        recordBytes = limits.recordBytes
        own = RateLimit(perSecond: limits.peerBytesPerSecond, now: now)
        share = own
        common = nil
    }

    /// How long to leave the socket alone after so many bytes in so many TLS records.
    mutating func take(
        bytes: Int, records: Int, now: ContinuousClock.Instant
    ) -> Duration? {
        let cost = bytes + records * recordBytes
        let ownPause = own.take(cost, now: now)
        guard let common else { return ownPause }
        // Nobody's flood takes another's share.
        let commonPause =
            share.has(cost, now: now) ? share.take(cost, now: now) : common.take(cost, now: now)
        return [ownPause, commonPause].compactMap { $0 }.max()
    }
}

/// How fast all observers and strangers are read together, beyond the share of each.
final class CommonRate: Sendable {
    private let limit: Mutex<RateLimit>

    init(perSecond: Int, now: ContinuousClock.Instant) {
        limit = Mutex(RateLimit(perSecond: perSecond, now: now))
    }

    func take(_ amount: Int, now: ContinuousClock.Instant) -> Duration? {
        limit.withLock { $0.take(amount, now: now) }
    }
}

/// Counts the records in a stream of TLS, whose headers nothing encrypts: type, version and length.
package struct TLSRecordCounter {
    private static let headerSize = 5
    /// How much of the present record is still to come, once its header is complete.
    private var missing = 0
    private var headerBytes = 0
    private var length = 0

    package init() {}

    /// How many records begin in the bytes.
    package mutating func count(in bytes: some Collection<UInt8>) -> Int {
        var records = 0
        var rest = bytes[...]
        while let byte = rest.first {
            if missing > 0 {
                let skipped = min(missing, rest.count)
                rest = rest.dropFirst(skipped)
                missing -= skipped
                continue
            }
            headerBytes += 1
            if headerBytes > 3 { length = length << 8 | Int(byte) }
            if headerBytes == Self.headerSize {
                records += 1
                missing = length
                (headerBytes, length) = (0, 0)
            }
            rest = rest.dropFirst()
        }
        return records
    }
}
