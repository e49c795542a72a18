/// Counters since the start, and what is held now, for metrics.
package struct PeerNetworkStatistics: Equatable, Sendable {
    /// Incoming TCP connections.
    package internal(set) var connectionsAccepted: UInt64 = 0
    /// Connections that we turned away: another chain, no place, no known key, or pushed out by a
    /// newer one before they said who they are.
    package internal(set) var connectionsRefused: UInt64 = 0
    /// Bytes that no honest node sends: no TLS, no hello, no frame.
    package internal(set) var protocolViolations: UInt64 = 0
    /// Attempts to connect that failed.
    package internal(set) var dialFailures: UInt64 = 0
    /// Messages dropped because a peer's queue was full, over all connections that ended.
    package internal(set) var droppedFrames: UInt64 = 0
    /// Incoming connections that have not said yet who they are, now.
    package internal(set) var pendingConnections = 0
    /// Open incoming sockets now, and their bound.
    package internal(set) var sockets = 0
    package internal(set) var socketsBound = 0
    /// What the queues of all observers and strangers hold now, in bytes, and their bound.
    package internal(set) var observerQueueBytes = 0
    package internal(set) var observerQueueBound = 0
    /// The same of all validators.
    package internal(set) var validatorQueueBytes = 0
    package internal(set) var validatorQueueBound = 0
}
