// HTTPServing: what node and registrar share of serving HTTP to strangers. It decides which clients
// have a connection and which make place, how a request that is too large, too slow or malformed ends,
// how many bytes of answers wait for clients, which address a proxy's request comes from, and how often
// one line may stand in the log. It knows no route and nothing of what is served.

import NIOCore
import NetworkAddresses

/// The bounds on what connections of clients may hold.
package struct ConnectionLimits: Hashable, Sendable {
    /// Connections that have a place.
    package var connections: Int
    /// Of these, from one group of addresses. This machine's own address has no such bound: a proxy
    /// answers for many.
    package var perGroup: Int
    /// Of these, for one site: several groups, since a site has 65,536 of them.
    package var perSite: Int
    /// Of these, for this machine and for trusted proxies alone: the operator's own look at the node
    /// needs a few, and a proxy that finds none waits for the next.
    package var kept: Int
    /// How long a client that sends no whole request, or takes nothing of its answer, keeps its place
    /// from newcomers. A mobile client's radio may be silent for a second or two.
    package var slow: Duration
    /// How long a client may take nothing of its answer at all.
    package var write: Duration
    /// How long a connection without a request stays open.
    package var idle: Duration

    package init(
        connections: Int = 1024, perGroup: Int = 64, perSite: Int = 256, kept: Int = 32,
        slow: Duration = .seconds(3), write: Duration = .seconds(20), idle: Duration = .seconds(60)
    ) {
        self.connections = connections
        self.perGroup = perGroup
        self.perSite = perSite
        self.kept = kept
        self.slow = slow
        self.write = write
        self.idle = idle
    }

    /// Connections beyond `connections` that may be open for moments: a newcomer before it is admitted,
    /// and the one that makes place for it before it is closed.
    package static let headroom = 16
    /// The most that NIO accepts before it asks again whether more may be accepted.
    static let acceptedAtOnce = 4

    /// Descriptors that a server with these limits opens at most: its connections and its listener.
    package var sockets: Int { connections + Self.headroom + 1 }

    /// Header fields of a request, and the address in its first line, in bytes.
    package static let headerBytes = 16 * 1024
    /// Header fields of a request: browsers and proxies send a few dozen.
    package static let headerFields = 100
    /// Requests of one connection that wait for their answers: clients that pipeline send a few.
    package static let requestsAhead = 8
    /// Bytes that are read at once; then the request that they belong to must take them.
    static let readBytes = 16 * 1024
    /// Bytes of one request as they are sent. A body in chunks of a few bytes each is several times
    /// as long as its content.
    package static let requestBytes = 512 * 1024
    /// Bytes and time that a client has to see an answer that came before its request's end. If we
    /// closed at once, what it still sends would make its system discard the answer.
    package static let lingerBytes = 64 * 1024
    static let linger = TimeAmount.seconds(2)
    /// Bytes of an answer that the process holds for one connection beside what the system holds.
    package static let unsentBytes = 16 * 1024
    /// A client that takes less within a second of an answer that waits for it takes nothing.
    static let leastBytesPerSecond = 1024

    var places: Places<UInt64>.Bounds {
        Places.Bounds(total: connections, perGroup: perGroup, perSite: perSite, kept: kept)
    }
}
