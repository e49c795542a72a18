import Ledger

/// The bounds on what clients may ask of a node.
package struct APILimits: Hashable, Sendable {
    /// Open connections. Each holds a few buffers and a descriptor.
    package var connections: Int
    /// Subscribers of the event stream: each holds a connection for as long as it likes.
    package var subscribers: Int
    /// Events that wait for one slow subscriber before it is dropped.
    package var eventsPerSubscriber: Int
    /// Seconds after which a request is given up.
    package var requestSeconds: Int
    /// Seconds after which a connection without a request is closed.
    package var idleSeconds: Int

    package init(
        connections: Int = 1024, subscribers: Int = 256, eventsPerSubscriber: Int = 256,
        requestSeconds: Int = 30, idleSeconds: Int = 60
    ) {
        self.connections = connections
        self.subscribers = subscribers
        self.eventsPerSubscriber = eventsPerSubscriber
        self.requestSeconds = requestSeconds
        self.idleSeconds = idleSeconds
    }

    /// A request's body in bytes: one transaction.
    package static let bodyBytes = Limits.entryBytes
    /// A request's header fields in bytes, together.
    package static let headerBytes = 16 * 1024
    /// Blocks of one list.
    package static let blocks = 100
    /// Roll leaves of one answer.
    package static let rollLeaves = 2000
    /// Seconds between comments that keep an event stream open through proxies and find dead clients.
    package static let keepAliveSeconds = 15
}
