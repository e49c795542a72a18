package import HTTPServing
import Ledger

/// The bounds on what clients may ask of a node.
package struct APILimits: Hashable, Sendable {
    /// Open connections. Each holds a few buffers and a descriptor.
    package var connections: Int
    /// Of these, from one group of network addresses (an IPv4 address, 64 bits of an IPv6 address):
    /// no client alone shuts others out. This machine and trusted proxies have no such bound.
    package var connectionsPerAddress: Int
    /// Subscribers of the event stream: each holds a connection for as long as it likes.
    package var subscribers: Int
    /// Readers that wait for a subscriber to make place: a burst, such as all voters that look at
    /// results. One group or site has at most half of this.
    package var waitingSubscribers: Int
    /// How long a reader waits; its request must be answered before its proxy gives up.
    package var subscriberWait: Duration
    /// How long a subscriber listens at least before it makes place for a reader that waits.
    package var subscriberTurn: Duration
    /// How long an event waits for a subscriber before it counts as silent, and makes place at once.
    package var silentSubscriber: Duration
    /// Events that wait for one slow subscriber before it is dropped.
    package var eventsPerSubscriber: Int
    /// Seconds after which a request is given up.
    package var requestSeconds: Int
    /// Seconds that a request's body may take to arrive.
    package var bodySeconds: Int
    /// Seconds after which a connection without a request is closed.
    package var idleSeconds: Int
    /// Seconds after which a client that sends no whole request or takes nothing of its answer makes
    /// place for others.
    package var slowSeconds: Int
    /// Seconds after which a client that takes nothing of what is sent to it is cut off.
    package var writeSeconds: Int
    /// Large answers that are being written, in bytes together: some tiles, which are the largest.
    package var answerBytes: Int

    package init(
        connections: Int = 1024, connectionsPerAddress: Int = 64, subscribers: Int = 256,
        waitingSubscribers: Int = 256, subscriberWait: Duration = .seconds(20),
        subscriberTurn: Duration = .seconds(60), silentSubscriber: Duration = .seconds(1),
        eventsPerSubscriber: Int = 256, requestSeconds: Int = 30, bodySeconds: Int = 10,
        idleSeconds: Int = 60, slowSeconds: Int = 3, writeSeconds: Int = 20,
        answerBytes: Int = 64 << 20
    ) {
        self.connections = connections
        self.connectionsPerAddress = connectionsPerAddress
        self.subscribers = subscribers
        self.waitingSubscribers = waitingSubscribers
        self.subscriberWait = subscriberWait
        self.subscriberTurn = subscriberTurn
        self.silentSubscriber = silentSubscriber
        self.eventsPerSubscriber = eventsPerSubscriber
        self.requestSeconds = requestSeconds
        self.bodySeconds = bodySeconds
        self.idleSeconds = idleSeconds
        self.slowSeconds = slowSeconds
        self.writeSeconds = writeSeconds
        self.answerBytes = answerBytes
    }

    /// What the connections of the HTTP interface may hold.
    package var connectionLimits: ConnectionLimits {
        ConnectionLimits(
            connections: connections, perGroup: connectionsPerAddress,
            perSite: 4 * connectionsPerAddress, kept: min(32, max(1, connections / 8)),
            slow: .seconds(slowSeconds), write: .seconds(writeSeconds),
            idle: .seconds(idleSeconds))
    }

    /// Descriptors that the HTTP interface opens at most.
    package var sockets: Int { connectionLimits.sockets }

    /// A request's body in bytes: one transaction.
    package static let bodyBytes = Limits.entryBytes
    /// Events that slow subscribers have still to take, in bytes. They are kept once for all.
    package static let eventBytes = 1 << 20
    /// Answers that are compressed at once; others are sent as they are.
    package static let compressions = 2
    /// Blocks of one list.
    package static let blocks = 100
    /// Roll leaves of one answer.
    package static let rollLeaves = 2000
    /// Seconds between comments that keep an event stream open through proxies and find dead clients.
    package static let keepAliveSeconds = 15
}
