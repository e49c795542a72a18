package import Codec
package import Ledger
package import NetworkAddresses

/// A client's request that waits for its answer, as the caller numbers them.
package struct ClientRequestID: Hashable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// Where a transaction comes from, and who waits for its answer.
package enum AdmissionSource: Hashable, Sendable {
    case client(AddressGroup, ClientRequestID)
    /// Passed on by a peer for its client.
    case relay(Bytes32, number: UInt64)
    /// Pushed by the validator that admitted it.
    case validator(Bytes32)
    /// Stored before a restart.
    case restored
    /// Of this node itself.
    case own

    package var sender: AdmissionSender {
        switch self {
        case .client(let group, _): .client(group)
        case .relay(let peer, _): .relay(peer)
        case .validator(let peer): .validator(peer)
        case .restored: .restored
        case .own: .own
        }
    }
}

/// A transaction that is to be judged.
package struct AdmissionRequest: Hashable, Sendable {
    package let entry: Entry
    package let source: AdmissionSource

    package init(_ entry: Entry, source: AdmissionSource) {
        self.entry = entry
        self.source = source
    }

    package var id: Bytes32 { entry.id }

    /// Whether this node answers for the transaction: it pushes it to the others.
    package var isOurs: Bool {
        switch source {
        case .client, .relay, .restored, .own: true
        case .validator: false
        }
    }

    package var wantsPromise: Bool {
        switch source {
        case .client, .relay: true
        case .validator, .restored, .own: false
        }
    }
}

/// A transaction on its way through the checks.
package typealias PendingCheck = CheckQueue<AdmissionRequest>.Entry
