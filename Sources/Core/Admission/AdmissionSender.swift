package import Codec
package import NetworkAddresses

/// The party that sends a transaction: whose share of queue and mempool it takes, and whom a failed
/// check is charged to.
package enum AdmissionSender: Hashable, Sendable {
    case client(AddressGroup)
    /// A node that passes transactions on for its clients.
    case relay(Bytes32)
    /// A validator that pushes what it admitted.
    case validator(Bytes32)
    /// The store, which holds what many parties sent before a restart.
    case restored
    /// This node.
    case own

    /// Senders of one kind share places among themselves. No kind takes those of another: a stranger
    /// may have many addresses, or many keys of observers, but is no validator.
    package enum Kind: Hashable, CaseIterable, Sendable {
        case clients
        case relays
        case validators
        case node
    }

    package var kind: Kind {
        switch self {
        case .client: .clients
        case .relay: .relays
        case .validator: .validators
        case .restored, .own: .node
        }
    }

    /// The party that may be many senders: the site of a client's network, else the sender itself.
    package var site: AdmissionSender {
        if case .client(let group) = self { return .client(group.site) }
        return self
    }

    /// Whether bounds of one sender are for it, and failed checks are charged to it: this node
    /// trusts itself.
    package var isBounded: Bool { kind != .node }
}

extension AdmissionSender: CustomStringConvertible {
    /// As logs name it.
    package var description: String {
        switch self {
        case .client(let group): "client \(group)"
        case .relay(let key): "peer \(key)"
        case .validator(let key): "validator \(key)"
        case .restored: "restored"
        case .own: "own"
        }
    }
}
