import Ledger

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
    /// The same for an observer: news of blocks, and two replies of catching up.
    package var observerConsensusQueueBytes = 1 << 20
    package var observerBulkQueueBytes = 12 << 20
    /// Received and not yet taken, per validator; beyond it its socket is not read. One message has
    /// room in any case.
    package var inboxBytes = 4 << 20
    package var inboxFrames = 4096
    /// The same per observer.
    package var observerInboxBytes = 1 << 20
    package var observerInboxFrames = 256

    /// What waits to be sent to all observers together: five that catch up at full speed.
    package var observersSendingBytes = 40 << 20
    /// What observers and strangers have sent together and nobody has taken: it is incomplete, or
    /// waits for its turn.
    package var observersReceivingBytes = 24 << 20
    /// The same two of validators: ten of 31 that take nothing leave room for the others. What an
    /// inbox holds comes on top.
    package var validatorsSendingBytes = 128 << 20
    package var validatorsReceivingBytes = 64 << 20
    /// What may wait for each even then, so that others' silence silences nobody: some rounds of
    /// votes, and for an observer the newest block's header and signs of life.
    package var validatorReservedBytes = 1 << 20
    package var observerReservedBytes = 16 << 10
    /// Where room is short, a peer that took nothing for this long makes room first. A peer takes one
    /// part at a time: a line of 0.1 Mbit/s carries one in this time.
    package var roomPatience = Duration.seconds(6)

    /// Observers at a time: what one machine serves without harm to its vote.
    package var observers = 64
    /// Of these, from one address group that is not exempt: addresses of peers that we are configured
    /// to dial and of connected validators are, so that a whole network on one machine works.
    package var observersPerAddress = 4
    /// An observer that has sent nothing but signs of life for this long makes place for another one.
    /// An honest one asks for the newest block every two seconds.
    package var observerIdle = Duration.seconds(10)
    /// Connections that have not yet said who they are. When all places are taken, the oldest one of
    /// the party with the most goes: an honest peer needs a second.
    package var pendingConnections = 128
    /// Of these, from one address group that is not exempt.
    package var pendingPerAddress = 4
    /// How many times an address group's bound one site has: a /48 is a household to a campus.
    package var groupsPerSite = 4
    /// Connections that one address group that is not exempt may make a second, with a burst of as
    /// many as eight seconds give: each costs a TLS handshake. A site may make `groupsPerSite` times
    /// as many.
    package var connectionsPerSecond = 4.0
    /// Sockets beyond the places: of connections that are being closed.
    package var closingSockets = 64
    /// Of all incoming sockets, the last ones, which are for exempt addresses alone: all validators
    /// can connect at once.
    package var exemptSockets = Limits.validators

    /// What one observer may send per second, with a burst of two seconds.
    package var observerBytesPerSecond = 4 << 20
    package var observerFramesPerSecond = 500
    /// What all observers may send per second, beyond what each may in any case: an equal part of it.
    package var observersBytesPerSecond = 16 << 20
    /// What a validator, or a peer that we are configured to dial, may send per second: more than it
    /// has to say, and less than what keeps a core busy.
    package var peerBytesPerSecond = 64 << 20
    /// What one TLS record costs, in bytes of the same work: small ones are dear to read.
    package var recordBytes = 1 << 10
    /// What a connection may send before it has said who it is: handshake and hello have 4 KiB.
    package var handshakeBytes = 64 << 10

    /// TLS and hello together; a slow line needs about a second.
    package var handshakeTimeout = Duration.seconds(10)
    /// A message of an observer that is not complete in this time never will be: a line of 0.3
    /// Mbit/s carries the longest one.
    package var messageTimeout = Duration.seconds(30)
    /// How often a peer is asked for a sign of life.
    package var pingInterval = Duration.seconds(5)
    /// Silence for this long means that the peer is gone: three pings went unanswered.
    package var idleTimeout = Duration.seconds(20)
    /// A write that does not finish in this time means that the peer has stopped reading.
    package var stallTimeout = Duration.seconds(15)
    /// How long a connection that ends may take to say goodbye.
    package var goodbyeTimeout = Duration.seconds(1)
    /// The first pause before another attempt to connect; it doubles up to the longest, and each
    /// pause is between half and one and a half of that.
    package var reconnectPause = Duration.milliseconds(200)
    package var longestReconnectPause = Duration.seconds(10)
    /// The pause where another node with our key is connected in our place.
    package var sameKeyPause = Duration.seconds(60)
    /// An attempt to connect that takes longer is given up.
    package var connectTimeout = Duration.seconds(4)

    package init() {}

    /// The most incoming sockets that are open at a time: every one that has a place, and those that
    /// are being closed. In a change of validators both sets have places.
    ///
    /// - Parameter kept: peers of the configuration and known observers.
    func incomingSockets(kept: Int) -> Int {
        pendingConnections + observers + 2 * Limits.validators + kept + closingSockets
    }

    /// What the queues of all observers and strangers hold at most.
    ///
    /// - Parameter kept: as above.
    func observerQueueBound(kept: Int) -> Int {
        observersSendingBytes + observersReceivingBytes
            + (pendingConnections + observers + kept) * observerReservedBytes
    }

    /// What the queues of all validators hold at most, if all of them flood us.
    var validatorQueueBound: Int {
        validatorsSendingBytes + validatorsReceivingBytes
            + Limits.validators * (validatorReservedBytes + max(inboxBytes, frameBytes))
    }
}
