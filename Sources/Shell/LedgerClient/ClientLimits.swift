internal import NIOCore

/// Bounds of the client, each with its reason.
package struct ClientLimits: Sendable {
    /// Rounds over all servers before a request fails: with the pauses about ten seconds, enough for
    /// a node that restarts.
    package var rounds = 6
    /// The pause after the first round; it doubles from round to round.
    package var firstPause: Duration = .milliseconds(200)
    /// The longest pause, also where a server asks for a longer one.
    package var longestPause: Duration = .seconds(4)
    /// One request to one server, until its answer begins; and the longest silence within it.
    package var requestTimeout: Duration = .seconds(20)
    /// An answer that goes on beyond `requestTimeout` must come at this rate: a slow line has it, a
    /// server that sends a byte now and then has not.
    package var slowestBytesPerSecond = 4 << 10
    /// For how long other servers are asked before one that gave an answer that does not hold.
    package var distrust: Duration = .seconds(300)
    /// A JSON answer: a view of a ceremony with 31 dealings is the largest.
    package var documentBytes = 16 << 20
    /// An export chunk or a protocol.
    package var bulkBytes = 32 << 20
    /// Servers of one client.
    package var servers = 64
    /// How often somebody who waits for one server is told so.
    package var noticeInterval: Duration = .seconds(5)
    /// Is told, in one line for people, what is waited for, and of answers that do not hold.
    package var notice: (@Sendable (String) -> Void)?

    package init() {}
}

extension Duration {
    /// Saturating; a negative duration is zero.
    var timeAmount: TimeAmount {
        let (seconds, attoseconds) = components
        let clamped = min(max(seconds, 0), 86_400)
        return .nanoseconds(clamped * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
