// PeerNetwork: how nodes talk. TCP with mutual TLS 1.3 whose certificates carry the node keys, frames,
// queues with bounds, and back-pressure both ways. It knows keys, types and bytes: no message of the
// agreement protocol, no block and no election.

package import Codec

/// A node's Ed25519 public key, proved in TLS: who a peer is.
package typealias PeerID = Bytes32

/// Which queue a message waits in.
package enum TrafficClass: Sendable {
    /// Small and urgent: leaves before anything in `bulk`.
    case consensus
    /// Everything else.
    case bulk
}

/// A host name or address, and a TCP port.
package struct PeerEndpoint: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A peer that we connect to, and the key that it must have.
package struct DialedPeer: Hashable, Sendable {
    package let endpoint: PeerEndpoint
    package let nodeKey: PeerID

    package init(endpoint: PeerEndpoint, nodeKey: PeerID) {
        self.endpoint = endpoint
        self.nodeKey = nodeKey
    }
}

/// What one node's network needs to know.
package struct PeerNetworkConfiguration: Sendable {
    /// The 32 secret bytes of our own node key.
    package let nodeSeed: [UInt8]
    /// Peers of another chain are refused.
    package let chainID: Bytes32
    /// Who is a validator; everybody else is an observer.
    package let validatorKeys: Set<PeerID>
    /// Where to listen; nil only dials. Port 0 leaves the choice to the system.
    package let listen: PeerEndpoint?
    /// Whom to connect to, for ever; an entry with our own key is skipped.
    package let dial: [DialedPeer]
    /// Whether peers with keys that are no validator's may connect to us.
    package let acceptsObservers: Bool
    /// Observers that may connect in any case, and whose places nobody takes.
    package let knownObservers: Set<PeerID>
    package let limits: PeerLimits

    package init(
        nodeSeed: [UInt8],
        chainID: Bytes32,
        validatorKeys: Set<PeerID>,
        listen: PeerEndpoint?,
        dial: [DialedPeer],
        acceptsObservers: Bool = true,
        knownObservers: Set<PeerID> = [],
        limits: PeerLimits = PeerLimits()
    ) {
        self.nodeSeed = nodeSeed
        self.chainID = chainID
        self.validatorKeys = validatorKeys
        self.listen = listen
        self.dial = dial
        self.acceptsObservers = acceptsObservers
        self.knownObservers = knownObservers
        self.limits = limits
    }

    /// Keys that always have a place, beside the validators'.
    var keptKeys: Set<PeerID> { knownObservers.union(dial.map(\.nodeKey)) }

    /// The most descriptors that the network holds at a time: the listening socket and one that is
    /// refused, incoming sockets, and two for each peer that we dial, since a name may have two
    /// addresses.
    package var descriptors: Int {
        (listen == nil ? 0 : 2 + limits.incomingSockets(kept: keptKeys.count)) + 2 * dial.count
    }
}

/// Why the network cannot work at all.
package enum PeerNetworkError: Error, Equatable, Sendable {
    /// A seed has 32 bytes.
    case badSeed
    /// The certificate of our own key could not be made.
    case badCertificate(reason: String)
    /// The port cannot be listened on.
    case cannotListen(PeerEndpoint, reason: String)
}

extension PeerNetworkError: CustomStringConvertible {
    /// What is wrong and what to do, for a person.
    package var description: String {
        switch self {
        case .badSeed: "The node key is not 32 bytes. Restore the key file or make a new key."
        case .badCertificate(let reason): "No certificate can be made of the node key: \(reason)"
        case .cannotListen(let endpoint, let reason):
            "Cannot listen for peers on \(endpoint): \(reason). "
                + "Stop the program that has the port, or configure another one."
        }
    }
}
