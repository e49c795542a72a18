import Admission
import Codec
import NetworkAddresses
import NodeAPI
import NodeSetup
import PeerNetwork
import Storage

/// What the operator's choices are for the parts of the node.
extension NodeConfiguration {
    var mempoolLimits: MempoolLimits {
        var result = MempoolLimits()
        if let count = limits?.mempoolCount { result.count = count }
        if let bytes = limits?.mempoolBytes { result.bytes = bytes }
        result.countPerSource = min(
            limits?.mempoolCountPerSource ?? result.countPerSource, result.count)
        if let waiting = limits?.waitingCount { result.waiting = waiting }
        return result
    }

    var apiLimits: APILimits {
        var result = APILimits()
        if let connections = limits?.apiConnections { result.connections = connections }
        if let count = limits?.apiConnectionsPerAddress { result.connectionsPerAddress = count }
        if let subscribers = limits?.apiSubscribers { result.subscribers = subscribers }
        if let seconds = limits?.apiWriteSeconds { result.writeSeconds = seconds }
        return result
    }

    /// What the node's storage and sockets need of descriptors, as the operator has chosen.
    var descriptorBudget: DescriptorBudget {
        // Neither keys nor the present validators change the number.
        let network = peerNetwork(nodeSeed: [], chainID: .zero, validators: [])
        return DescriptorBudget(
            databaseFiles: StoreOptions().maxOpenFiles, peerSockets: network.descriptors,
            clientConnections: apiLimits.connections,
            clientHeadroom: apiLimits.sockets - apiLimits.connections,
            isClientCountChosen: limits?.apiConnections != nil)
    }

    /// What the peer network needs to know.
    func peerNetwork(
        nodeSeed: [UInt8], chainID: Bytes32, validators: Set<Bytes32>
    ) -> PeerNetworkConfiguration {
        PeerNetworkConfiguration(
            nodeSeed: nodeSeed, chainID: chainID, validatorKeys: validators,
            listen: listen.map { PeerEndpoint(host: $0.host, port: $0.port) },
            dial: peers.map { peer in
                DialedPeer(
                    endpoint: PeerEndpoint(host: peer.host, port: peer.port), nodeKey: peer.key)
            }, acceptsObservers: limits?.peerObservers != 0,
            knownObservers: Set(knownObservers ?? []), limits: peerLimits)
    }

    var proxies: TrustedProxies { TrustedProxies(trustedProxies ?? []) }

    var peerLimits: PeerLimits {
        var result = PeerLimits()
        if let observers = limits?.peerObservers { result.observers = observers }
        if let count = limits?.peerObserversPerAddress { result.observersPerAddress = count }
        if let bytes = limits?.peerObserverBytesPerSecond { result.observerBytesPerSecond = bytes }
        return result
    }
}
