import Ledger

/// The bounds on what clients may ask of a node.
package struct APILimits: Hashable, Sendable {
    /// Open connections. Each holds a few buffers and a descriptor.
    package var connections: Int
    /// Of these, from one network address: nobody alone shuts others out.
    package var connectionsPerAddress: Int
    /// Addresses without a bound of their own: this machine's, where a proxy answers for many.
    package var unboundedAddresses: Set<String>
    /// Subscribers of the event stream: each holds a connection for as long as it likes.
    package var subscribers: Int
    /// Events that wait for one slow subscriber before it is dropped.
    package var eventsPerSubscriber: Int
    /// Seconds after which a request is given up.
    package var requestSeconds: Int
    /// Seconds after which a connection without a request is closed.
    package var idleSeconds: Int
    /// Seconds after which a client that takes nothing of what is sent to it is cut off.
    package var writeSeconds: Int

    package init(
        connections: Int = 1024, connectionsPerAddress: Int = 64,
        unboundedAddresses: Set<String> = [
            "127.0.0.1", "::1", "::ffff:127.0.0.1",
        ], subscribers: Int = 256,
        eventsPerSubscriber: Int = 256, requestSeconds: Int = 30, idleSeconds: Int = 60,
        writeSeconds: Int = 20
    ) {
        self.connections = connections
        self.connectionsPerAddress = connectionsPerAddress
        self.unboundedAddresses = unboundedAddresses
        self.subscribers = subscribers
        self.eventsPerSubscriber = eventsPerSubscriber
        self.requestSeconds = requestSeconds
        self.idleSeconds = idleSeconds
        self.writeSeconds = writeSeconds
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
