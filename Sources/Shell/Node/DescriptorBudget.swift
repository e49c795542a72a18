package import NodeSetup
import ProcessLimits

/// How a node shares its descriptors: what storage needs is set aside before any socket is opened, and
/// the bounds of peers and clients leave it alone. A node that lacks one for a file of its database
/// stops, so no stranger may take it.
package struct DescriptorBudget: Hashable, Sendable {
    /// Files that the database holds open.
    package var databaseFiles: Int
    /// Sockets of the peer network at the most.
    package var peerSockets: Int
    /// Connections of the HTTP interface.
    package var clientConnections: Int
    /// Sockets of the HTTP interface besides: its listener, and those that are being closed.
    package var clientHeadroom: Int
    /// Whether the operator has named the connections of the HTTP interface.
    package var isClientCountChosen: Bool

    package init(
        databaseFiles: Int, peerSockets: Int, clientConnections: Int, clientHeadroom: Int,
        isClientCountChosen: Bool
    ) {
        self.databaseFiles = databaseFiles
        self.peerSockets = peerSockets
        self.clientConnections = clientConnections
        self.clientHeadroom = clientHeadroom
        self.isClientCountChosen = isClientCountChosen
    }

    /// Files that the database opens besides those it keeps: its logs, a manifest, and what flushes and
    /// compactions read and write.
    static let databaseWork = 64
    /// The node's own: standard streams, event loops and timers, lock and journal, the signer's
    /// socket, a key file, the name resolver.
    static let own = 64
    /// The fewest connections of the HTTP interface that a node starts with.
    static let fewestClients = 32

    /// Descriptors that all of it together needs.
    package var total: Int { withoutClients + clientConnections }

    private var withoutClients: Int {
        Self.own + Self.databaseWork + databaseFiles + peerSockets + clientHeadroom
    }

    /// Makes it fit: with fewer clients where the operator has not named their number.
    ///
    /// - Parameter available: the process' hard limit.
    /// - Throws: `configuration`, with the figures, where it cannot fit.
    package func fitted(to available: Int) throws(NodeFailure) -> DescriptorBudget {
        var fitted = self
        if !isClientCountChosen {
            fitted.clientConnections = min(clientConnections, available - withoutClients)
        }
        let fewest =
            isClientCountChosen ? clientConnections : min(clientConnections, Self.fewestClients)
        guard fitted.clientConnections >= fewest, fitted.total <= available else {
            throw .configuration(
                "Too few file descriptors: the process may have \(available) (ulimit -n), and this node "
                    + "needs \(withoutClients + fewest): "
                    + "\(databaseFiles + Self.databaseWork) for the database, "
                    + "\(peerSockets) for peers, \(fewest + clientHeadroom) for HTTP connections, "
                    + "\(Self.own) for itself. Raise the limit (LimitNOFILE= of a systemd unit, "
                    + "ulimit -n in a shell), or lower limits.apiConnections or "
                    + "limits.peerObservers in node.json.")
        }
        return fitted
    }
}

extension DescriptorBudget {
    /// Fits the budget to this process and raises its limit to what that needs.
    ///
    /// - Throws: `configuration` where it cannot fit.
    package func claimed() throws(NodeFailure) -> DescriptorBudget {
        let fitted = try fitted(to: DescriptorLimit.current.hard)
        let limit = DescriptorLimit.raise(to: fitted.total)
        guard limit.soft >= fitted.total else {
            throw .configuration(
                "Too few file descriptors: the limit could not be raised from \(limit.soft) to "
                    + "\(fitted.total). Raise it where the node is started (ulimit -n).")
        }
        return fitted
    }
}
