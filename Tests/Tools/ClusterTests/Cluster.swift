import APISchema
import Attackers
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Glibc
import Ledger
import Node
import NodeSetup
import ProcessHarness

/// Validators as processes on this machine, each connection of which passes a proxy.
actor Cluster {
    nonisolated let directory: TestDirectory
    nonisolated let count: Int
    nonisolated let basePort: Int
    nonisolated let network = ClusterNetwork()
    private var running: [Int: LocalProcess] = [:]

    /// Makes the network's files; nothing runs yet.
    init(validators: Int, name: String, options: [String] = []) async throws {
        count = validators
        directory = try TestDirectory(name)
        basePort = try Ports.free(2 * validators)
        try await succeed(
            .node,
            [
                "localnet", "--validators", "\(validators)", "--observers", "0", "--directory",
                directory.path + "/net", "--base-port", "\(basePort)", "--commission", "3",
                "--commission-threshold", "2", "--epoch-length", "64", "--block-interval", "50",
                "--heartbeat", "500",
            ] + options, in: directory)
    }

    // MARK: - Names and places

    nonisolated func name(_ place: Int) -> String { "validator-\(place + 1)" }
    nonisolated func home(_ place: Int) -> String { directory.path + "/net/" + name(place) }
    nonisolated func peerPort(_ place: Int) -> Int { basePort + 2 * place }
    nonisolated func url(_ place: Int) -> String { "http://127.0.0.1:\(peerPort(place) + 1)" }
    nonisolated var places: Range<Int> { 0..<count }

    /// Where attacks on a node go.
    nonisolated func target(_ place: Int) throws -> Target {
        Target(
            chainID: try genesis().chainID.bytes, peerPort: peerPort(place),
            apiPort: peerPort(place) + 1)
    }

    nonisolated func genesis() throws -> Genesis {
        try JSONDocument.read(Genesis.self, at: directory.path + "/net/genesis.json")
    }

    nonisolated func configuration(_ place: Int) throws -> NodeConfiguration {
        try JSONDocument.read(
            NodeConfiguration.self, at: home(place) + "/" + NodeConfiguration.fileName)
    }

    /// The chain's commission, which makes elections.
    nonisolated func commission() throws -> [Ed25519SigningKey] {
        let passphrase = try Passphrase.read(
            file: directory.path + "/net/commission/passphrase", subject: "the commission")
        return try (1...3).map { number in
            try KeyFile.openSigningKey(
                at: directory.path + "/net/commission/member-\(number).key",
                purpose: .commission, passphrase: passphrase)
        }
    }

    // MARK: - Processes

    /// Leads every connection between two validators through a proxy that `group` runs.
    nonisolated func connectByProxies(in group: inout ThrowingDiscardingTaskGroup<any Error>)
        async throws
    {
        for place in places {
            let old = try configuration(place)
            var peers: [NodeConfiguration.Peer] = []
            for peer in old.peers {
                let target = (peer.port - basePort) / 2
                let port = try await network.proxy(
                    from: place, to: target, targetPort: peer.port, in: &group)
                peers.append(NodeConfiguration.Peer(host: peer.host, port: port, key: peer.key))
            }
            let path = home(place) + "/" + NodeConfiguration.fileName
            try FileManager.default.removeItem(atPath: path)
            try JSONDocument.write(old.with(peers: peers), to: path)
        }
    }

    func start(_ place: Int, environment: [String: String] = [:]) throws {
        running[place] = try LocalProcess(
            .node, ["run", "--home", home(place)], name: name(place), directory: directory.logs,
            environment: environment)
    }

    /// Starts a node whose process may have so many descriptors.
    func startBounded(_ place: Int, files: Int) throws {
        running[place] = try LocalProcess(
            .bash,
            [
                "-c", "ulimit -n \(files); exec \"$0\" run --home \"$1\"", Program.node.path,
                home(place),
            ], name: name(place), directory: directory.logs)
    }

    func startAll() throws { for place in places { try start(place) } }

    /// Sends a signal to the process of a node.
    func signal(_ place: Int, _ number: Int32) { running[place]?.signal(number) }

    /// Ends a node as a power failure would.
    func kill(_ place: Int) async throws {
        guard let process = running.removeValue(forKey: place) else { return }
        try await process.kill()
    }

    /// Ends a node with SIGTERM; its exit status.
    @discardableResult
    func stop(_ place: Int) async throws -> Int32 {
        guard let process = running.removeValue(forKey: place) else { return 0 }
        return try await process.stop()
    }

    /// Ends all nodes; their exit statuses by place.
    func stopAll() async throws -> [Int: Int32] {
        let processes = running
        running = [:]
        for process in processes.values { process.signal(SIGCONT) }
        for process in processes.values { process.signal(SIGTERM) }
        var statuses: [Int: Int32] = [:]
        for (place, process) in processes { statuses[place] = try await process.stop() }
        return statuses
    }

    /// Nodes whose process has ended by itself, with what they wrote.
    func ended() -> [(place: Int, status: Int32, errors: String)] {
        running.sorted { $0.key < $1.key }.compactMap { place, process in
            process.status.map { (place, $0, String(process.errors.suffix(2000))) }
        }
    }

    /// The exit status of a node that ends by itself, and what it wrote.
    func waitForEnd(_ place: Int, within limit: Duration = .seconds(60)) async throws -> (
        status: Int32, errors: String
    ) {
        guard let process = running.removeValue(forKey: place) else {
            throw HarnessFailure("\(name(place)) does not run.")
        }
        guard let status = try await process.wait(atMost: limit) else {
            try await process.kill()
            throw HarnessFailure("\(name(place)) did not end by itself within \(limit).")
        }
        return (status, process.errors)
    }

    func errors(_ place: Int) -> String { running[place]?.errors ?? "" }

    /// The id of a running node's process.
    func process(_ place: Int) throws -> Int32 {
        guard let process = running[place] else {
            throw HarnessFailure("\(name(place)) does not run.")
        }
        return process.id
    }

    // MARK: - State

    /// What a node says about itself; nil while it does not answer.
    nonisolated func status(_ place: Int) async -> NodeStatus? {
        // A node that starts, stands still or has stopped does not answer: what the caller asks.
        try? await HTTP.get(url(place) + "/v1/status", timeout: 3).json(NodeStatus.self)
    }

    nonisolated func height(_ place: Int) async -> UInt64 { await status(place)?.height ?? 0 }

    /// Waits until nodes vote.
    nonisolated func waitUntilVoting(
        _ places: [Int]? = nil, within limit: Duration = .seconds(180)
    ) async throws {
        for place in places ?? Array(self.places) {
            try await eventually("\(name(place)) votes", within: limit) {
                await status(place)?.voting == true
            }
        }
    }

    /// Waits until a node has made `blocks` more blocks final than now.
    nonisolated func waitForProgress(
        of place: Int, blocks: UInt64, within limit: Duration = .seconds(180)
    ) async throws {
        var first: UInt64?
        try await eventually("\(name(place)) goes on by \(blocks) blocks", within: limit) {
            guard let height = await status(place)?.height else { return false }
            guard let first else {
                first = height
                return false
            }
            return height >= first + blocks
        }
    }

    /// The final chain as a node serves it, from block 1.
    nonisolated func chain(_ place: Int) async throws -> [Block] {
        try await chain(at: url(place))
    }

    /// The final chain as the node at an address serves it.
    nonisolated func chain(at url: String) async throws -> [Block] {
        var blocks: [Block] = []
        while true {
            let answer = try await HTTP.get(
                url + "/v1/export?from=\(blocks.count + 1)&limit=256")
            let chunk = try ExportChunk(canonicalBytes: answer.body)
            if chunk.blocks.isEmpty { return blocks }
            blocks += chunk.blocks
        }
    }
}

extension NodeConfiguration {
    /// The same with other peers.
    func with(peers: [Peer]) -> NodeConfiguration {
        NodeConfiguration(
            name: name, role: role, genesis: genesis, data: data, listen: listen, api: api,
            peers: peers, keys: keys, signer: signer, passphraseFile: passphraseFile, limits: limits
        )
    }

    /// The same with other places to listen.
    func with(listen: Endpoint, api: Endpoint) -> NodeConfiguration {
        NodeConfiguration(
            name: name, role: role, genesis: genesis, data: data, listen: listen, api: api,
            peers: peers, keys: keys, signer: signer, passphraseFile: passphraseFile, limits: limits
        )
    }
}

/// Makes a cluster with proxies, runs `body`, and ends what runs.
func withCluster(
    validators: Int, name: String, options: [String] = [],
    _ body: @escaping @Sendable (Cluster) async throws -> Void
) async throws {
    let cluster = try await Cluster(validators: validators, name: name, options: options)
    do {
        try await withThrowingDiscardingTaskGroup { group in
            try await cluster.connectByProxies(in: &group)
            try await body(cluster)
            _ = try await cluster.stopAll()
            group.cancelAll()
        }
    } catch is CancellationError {
        // The proxies' end.
    } catch {
        _ = try await cluster.stopAll()
        throw error
    }
    cluster.directory.remove()
}

/// Numbers of a seed (SplitMix64): the same test makes the same choices.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
