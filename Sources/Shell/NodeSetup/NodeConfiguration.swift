// NodeSetup: what an operator writes and makes before a node runs: its configuration, the directories and
// keys of new nodes and networks, and a look at the data of a node that is stopped. It runs nothing.

package import Codec
import DocumentFiles
package import Ledger
import NetworkAddresses

/// What one operator chooses for one node: the file `node.json`. These comments are its reference.
/// Unknown keys are refused. Paths are relative to the directory that the file is in.
package struct NodeConfiguration: Codable, Hashable, Sendable {
    /// A TCP endpoint.
    package struct Endpoint: Codable, Hashable, Sendable {
        /// A name or an address; `0.0.0.0` listens on all IPv4 addresses. An IPv6 address stands
        /// without brackets.
        package let host: String
        /// 1 to 65535; where the node listens, 0 takes any free port.
        package let port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// A node to connect to.
    package struct Peer: Codable, Hashable, Sendable {
        package let host: String
        package let port: Int
        /// The peer's node key; a validator's stands in genesis.
        package let key: Bytes32

        package init(host: String, port: Int, key: Bytes32) {
            self.host = host
            self.port = port
            self.key = key
        }
    }

    package enum Role: String, Codable, Hashable, Sendable {
        /// Votes: needs the three keys of one validator of genesis, and the log key.
        case validator
        /// Follows, checks and serves the whole chain: needs a node key alone.
        case observer
    }

    /// The node's key files.
    package struct Keys: Codable, Hashable, Sendable {
        /// TLS identity, and promises.
        package let node: String
        /// Votes; validators only, and not those with a `signer`.
        package let consensus: String?
        /// Checkpoints; validators only.
        package let cosigning: String?
        /// The log's own checkpoint line; validators only.
        package let log: String?

        package init(
            node: String, consensus: String? = nil, cosigning: String? = nil, log: String? = nil
        ) {
            self.node = node
            self.consensus = consensus
            self.cosigning = cosigning
            self.log = log
        }
    }

    /// The process that holds the consensus key: `veche-signer`.
    package struct Signer: Codable, Hashable, Sendable {
        /// Its Unix socket, at most 100 bytes.
        package let socket: String

        package init(socket: String) { self.socket = socket }
    }

    /// Bounds that an operator may choose; what is left out has the default that is named.
    package struct Bounds: Codable, Hashable, Sendable {
        /// Transactions that wait for a block (20,000).
        package var mempoolCount: Int?
        /// Their bytes (64 MiB).
        package var mempoolBytes: Int?
        /// Those of one sender, of `mempoolCount` (10,000).
        package var mempoolCountPerSource: Int?
        /// Ballots that wait for the registrar's count (5,000).
        package var waitingCount: Int?
        /// Open connections of the HTTP interface (1,024).
        package var apiConnections: Int?
        /// Of these, from one network address, or 64 bits of an IPv6 address (64). This machine's own
        /// and those of trusted proxies have no bound, since a proxy answers for many.
        package var apiConnectionsPerAddress: Int?
        /// Subscribers of the event stream (256).
        package var apiSubscribers: Int?
        /// Seconds after which a client that takes nothing of its answer is cut off (20).
        package var apiWriteSeconds: Int?
        /// Observers that may connect at a time (64), besides `knownObservers`; 0 takes none but
        /// those and the ones among `peers`.
        package var peerObservers: Int?
        /// Of these, from one network address that is no configured peer's (4).
        package var peerObserversPerAddress: Int?
        /// What one observer may send, in bytes a second (4 MiB).
        package var peerObserverBytesPerSecond: Int?
        /// Memory for the database's block cache, in MiB (64).
        package var databaseCacheMiB: Int?

        package init(
            mempoolCount: Int? = nil, mempoolBytes: Int? = nil, mempoolCountPerSource: Int? = nil,
            waitingCount: Int? = nil, apiConnections: Int? = nil,
            apiConnectionsPerAddress: Int? = nil, apiSubscribers: Int? = nil,
            apiWriteSeconds: Int? = nil, peerObservers: Int? = nil,
            peerObserversPerAddress: Int? = nil, peerObserverBytesPerSecond: Int? = nil,
            databaseCacheMiB: Int? = nil
        ) {
            self.mempoolCount = mempoolCount
            self.mempoolBytes = mempoolBytes
            self.mempoolCountPerSource = mempoolCountPerSource
            self.waitingCount = waitingCount
            self.apiConnections = apiConnections
            self.apiConnectionsPerAddress = apiConnectionsPerAddress
            self.apiSubscribers = apiSubscribers
            self.apiWriteSeconds = apiWriteSeconds
            self.peerObservers = peerObservers
            self.peerObserversPerAddress = peerObserversPerAddress
            self.peerObserverBytesPerSecond = peerObserverBytesPerSecond
            self.databaseCacheMiB = databaseCacheMiB
        }
    }

    /// A validator's name in genesis, or any name for an observer; it is in the log and in `status`.
    package let name: String
    package let role: Role
    /// The genesis document (JSON) that makes the chain.
    package let genesis: String
    /// The data directory: database and vote journal. It belongs to one running node alone.
    package let data: String
    /// Where peers connect; without it the node only connects to others.
    package let listen: Endpoint?
    /// Where the HTTP interface listens.
    package let api: Endpoint
    /// Whom to connect to. An entry with the node's own key is skipped.
    package let peers: [Peer]
    /// Node keys of observers that always have a place, whoever else connects; at most 128.
    package let knownObservers: [Bytes32]?
    package let keys: Keys
    /// Where the consensus key is, if not in a file of `keys`; validators only.
    package let signer: Signer?
    /// A file (mode 0600) with the passphrase of the key files; without it the node asks for it.
    package let passphraseFile: String?
    /// Addresses of our own reverse proxies, whose `X-Forwarded-For` is believed (none). Without them a
    /// proxy is one sender, and all clients behind it have one sender's share.
    package let trustedProxies: [String]?
    package let limits: Bounds?

    package init(
        name: String, role: Role, genesis: String, data: String, listen: Endpoint?, api: Endpoint,
        peers: [Peer], knownObservers: [Bytes32]? = nil, keys: Keys, signer: Signer? = nil,
        passphraseFile: String?, trustedProxies: [String]? = nil, limits: Bounds? = nil
    ) {
        self.name = name
        self.role = role
        self.genesis = genesis
        self.data = data
        self.listen = listen
        self.api = api
        self.peers = peers
        self.knownObservers = knownObservers
        self.keys = keys
        self.signer = signer
        self.passphraseFile = passphraseFile
        self.trustedProxies = trustedProxies
        self.limits = limits
    }

    /// The configuration file's name in a node's directory.
    package static let fileName = "node.json"

    /// Every rule that the configuration breaks; empty for a usable one.
    package var faults: [DocumentFault] {
        var faults: [DocumentFault] = []
        func require(_ condition: Bool, _ path: String, _ problem: String) {
            if !condition { faults.append(DocumentFault(path: path, problem: problem)) }
        }
        func requireHost(_ host: String, _ path: String) {
            require(!host.isEmpty, path, "must not be empty")
            require(
                !host.contains("[") && !host.contains("]"), path,
                "an IPv6 address stands here without brackets, such as ::1")
        }
        require(!name.isEmpty, "name", "must not be empty")
        if let listen {
            require((0...65_535).contains(listen.port), "listen.port", "must be 0 to 65535")
            requireHost(listen.host, "listen.host")
        }
        requireHost(api.host, "api.host")
        require((0...65_535).contains(api.port), "api.port", "must be 0 to 65535")
        for (index, peer) in peers.enumerated() {
            require(
                (1...65_535).contains(peer.port), "peers[\(index)].port", "must be 1 to 65535")
            requireHost(peer.host, "peers[\(index)].host")
        }
        require(
            peers.count <= ConfigurationLimits.peers, "peers",
            "at most \(ConfigurationLimits.peers) are possible")
        require(
            Set(peers.map(\.key)).count == peers.count, "peers", "two peers have the same key")
        for (index, proxy) in (trustedProxies ?? []).enumerated() {
            require(
                IPAddress(proxy) != nil, "trustedProxies[\(index)]",
                "must be an IP address, such as 127.0.0.1")
        }
        require(
            trustedProxies?.count ?? 0 <= ConfigurationLimits.trustedProxies, "trustedProxies",
            "at most \(ConfigurationLimits.trustedProxies) are possible")
        let known = knownObservers ?? []
        require(
            known.count <= ConfigurationLimits.knownObservers, "knownObservers",
            "at most \(ConfigurationLimits.knownObservers) are possible")
        require(Set(known).count == known.count, "knownObservers", "a key is there twice")
        let needsKeys = role == .validator
        for (path, value) in [
            ("keys.cosigning", keys.cosigning), ("keys.log", keys.log),
        ] {
            require(
                (value != nil) == needsKeys, path,
                needsKeys ? "a validator needs this key" : "an observer has no such key")
        }
        require(
            needsKeys || keys.consensus == nil, "keys.consensus", "an observer has no such key")
        require(
            !needsKeys || keys.consensus != nil || signer != nil, "keys.consensus",
            "a validator needs this key, or a signer")
        require(
            signer == nil || keys.consensus == nil, "keys.consensus",
            "must be left out where a signer holds the key")
        require(needsKeys || signer == nil, "signer", "an observer has none")
        let bounds: [(String, Int?, ClosedRange<Int>)] = [
            ("limits.mempoolCount", limits?.mempoolCount, 1...1_000_000),
            ("limits.mempoolBytes", limits?.mempoolBytes, Limits.entryBytes...4 << 30),
            ("limits.mempoolCountPerSource", limits?.mempoolCountPerSource, 1...1_000_000),
            ("limits.waitingCount", limits?.waitingCount, 0...1_000_000),
            ("limits.apiConnections", limits?.apiConnections, 4...100_000),
            (
                "limits.apiConnectionsPerAddress", limits?.apiConnectionsPerAddress, 1...100_000
            ),
            ("limits.apiSubscribers", limits?.apiSubscribers, 0...100_000),
            ("limits.apiWriteSeconds", limits?.apiWriteSeconds, 1...3600),
            ("limits.peerObservers", limits?.peerObservers, 0...10_000),
            ("limits.peerObserversPerAddress", limits?.peerObserversPerAddress, 1...10_000),
            (
                "limits.peerObserverBytesPerSecond", limits?.peerObserverBytesPerSecond,
                65_536...1 << 30
            ),
            ("limits.databaseCacheMiB", limits?.databaseCacheMiB, 8...65_536),
        ]
        for (path, value, range) in bounds {
            guard let value else { continue }
            require(
                range.contains(value), path,
                "must be \(range.lowerBound) to \(range.upperBound)")
        }
        return faults
    }
}

/// The bounds of lists in the configuration, each with its reason.
enum ConfigurationLimits {
    /// Peers: all validators and some more.
    static let peers = 128
    /// Reverse proxies: each is compared with the peer of every request.
    static let trustedProxies = 64
    /// Observers that always have a place: each is a connection that nothing else may take.
    static let knownObservers = 128
}
