/// Bounds and times of the network, a reason beside each. Nothing here needs to be the same on all
/// nodes, except that no peer may send more than `frameBytes` and `observerFrameBytes` allow.
package struct PeerLimits: Sendable {
    /// The largest payload of a message: a block body of 4 MiB and what surrounds it, with room.
    package var frameBytes = 8 << 20
    /// The largest payload from an observer that we are not configured to dial: it submits
    /// transactions and asks for blocks, and is asked for little.
    package var observerFrameBytes = 1 << 20
    /// Bulk messages travel in parts of this size, so that a vote waits for one part at most.
    package var partBytes = 64 << 10

    /// Waiting urgent messages per peer: some rounds of votes and proposals of 31 validators.
    package var consensusQueueFrames = 4096
    package var consensusQueueBytes = 16 << 20
    /// Waiting bulk per peer: one reply of catching up (4 MiB of blocks) several times.
    package var bulkQueueFrames = 16_384
    package var bulkQueueBytes = 32 << 20
    /// Received and not yet taken, per validator; beyond it its socket is not read.
    package var inboxBytes = 16 << 20
    package var inboxFrames = 4096
    /// The same per observer.
    package var observerInboxBytes = 2 << 20
    package var observerInboxFrames = 256

    /// Observers at a time: what one machine serves without harm to its vote.
    package var observers = 64
    /// Of these, from one address that is not exempt: addresses of peers that we are configured to
    /// dial and of connected validators are, so that a whole network on one machine works.
    package var observersPerAddress = 4
    /// Connections that have not yet said who they are. When all places are taken, the oldest one
    /// goes: an honest peer needs a second, a silent one keeps its place until it is pushed out.
    package var pendingConnections = 128
    /// Of these, from one address that is not exempt.
    package var pendingPerAddress = 4
    /// What one observer may send per second, with a burst of two seconds.
    package var observerBytesPerSecond = 4 << 20
    package var observerFramesPerSecond = 500

    /// TLS and hello together; a slow line needs about a second.
    package var handshakeTimeout = Duration.seconds(10)
    /// How often a peer is asked for a sign of life.
    package var pingInterval = Duration.seconds(5)
    /// Silence for this long means that the peer is gone: three pings went unanswered.
    package var idleTimeout = Duration.seconds(20)
    /// A write that does not finish in this time means that the peer has stopped reading.
    package var stallTimeout = Duration.seconds(15)
    /// The first pause before another attempt to connect; it doubles up to the longest, and each
    /// pause is between half and one and a half of that.
    package var reconnectPause = Duration.milliseconds(200)
    package var longestReconnectPause = Duration.seconds(10)
    /// An attempt to connect that takes longer is given up.
    package var connectTimeout = Duration.seconds(4)

    package init() {}
}
