import APISchema
import Codec
import DocumentFiles
import Foundation
import Ledger
import LedgerClient
import Logging
import Node
import NodeSetup
import Synchronization

/// A network of nodes in this process, which talk over the loopback interface.
actor TestNetwork {
    nonisolated let directory: String
    nonisolated let genesis: Genesis
    nonisolated let nodes: [LocalNode]
    private var running: [String: Task<NodeFailure?, Never>] = [:]
    private var started: [String: Node] = [:]

    // Each network of this process gets ports of its own, in a part of the range that depends on
    // the process.
    private static let nextPort = Mutex(
        21_000 + Int(ProcessInfo.processInfo.processIdentifier % 250) * 40)

    /// Makes the network; nothing runs yet.
    init(observers: Int = 1) throws {
        directory = NSTemporaryDirectory() + "veche-node-" + UUID().uuidString
        var plan = LocalNetworkPlan(directory: directory)
        plan.observers = observers
        plan.basePort = Self.nextPort.withLock { port in
            defer { port += 12 }
            return port
        }
        plan.parameters = Parameters(epochLength: 4, heartbeatMilliseconds: 500)
        let time = Timestamp(milliseconds: UInt64(Date().timeIntervalSince1970 * 1000))
        nodes = try LocalNetwork.make(plan, time: time).nodes
        genesis = try JSONDocument.read(at: directory + "/genesis.json")
    }

    nonisolated func home(_ name: String) -> String { directory + "/" + name }

    nonisolated func peerPort(_ name: String) -> Int {
        nodes.first { $0.name == name }?.peerPort ?? 0
    }

    nonisolated func url(_ name: String) -> String {
        nodes.first { $0.name == name }?.apiURL ?? ""
    }

    nonisolated func open(_ name: String) throws -> Node {
        try openNode(home(name))
    }

    /// Opens a node's directory, which one that has just ended here may still be giving back.
    private func openWhenFree(_ name: String) async throws -> Node {
        for _ in 0..<200 {
            do {
                return try open(name)
            } catch NodeFailure.inUse {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        return try open(name)
    }

    /// Starts nodes and waits until their interfaces listen.
    func start(_ names: String...) async throws {
        for name in names {
            let node = try await openWhenFree(name)
            started[name] = node
            running[name] = Task {
                do {
                    try await node.run()
                    return nil
                } catch let failure as NodeFailure {
                    return failure
                } catch {
                    return .network("\(error)")
                }
            }
            guard await node.apiPort() != nil else {
                throw TestFailure("\(name) does not run: \(await stop(name), default: "ended")")
            }
        }
    }

    /// Stops a node and waits until it has ended.
    @discardableResult
    func stop(_ name: String) async -> NodeFailure? {
        guard let task = running.removeValue(forKey: name) else { return nil }
        task.cancel()
        started[name] = nil
        return await task.value
    }

    /// A node that runs.
    func node(_ name: String) throws -> Node {
        guard let node = started[name] else { throw TestFailure("\(name) does not run") }
        return node
    }

    func stopAll() async {
        for name in Array(running.keys) { await stop(name) }
        // What is left over in the temporary directory harms nobody.
        try? FileManager.default.removeItem(atPath: directory)
    }

    nonisolated func status(_ name: String) async throws -> NodeStatus {
        try await NodeClient.with(nodes: [url(name)], chainID: genesis.chainID) {
            try await $0.status()
        }
    }

    /// Asks a node until its status is as wanted, for at most `seconds`.
    @discardableResult
    nonisolated func wait(
        for name: String, seconds: Int = 60, _ what: String,
        until isReached: @Sendable (NodeStatus) -> Bool
    ) async throws -> NodeStatus {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var last: NodeStatus?
        while ContinuousClock.now < deadline {
            let status = try await status(name)
            if isReached(status) { return status }
            last = status
            // The network lives in real time: this is the pause between two questions.
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TestFailure("\(name) did not reach: \(what); last \(last, default: "nothing")")
    }
}

/// Opens the node of a directory as `veche-node run` does.
func openNode(_ home: String) throws -> Node {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let home = try NodeHome(directory: home)
    let passphrase = try Passphrase.read(
        file: home.configuration.passphraseFile.map { home.path($0) }, subject: "the keys")
    return try Node(home: home, passphrase: passphrase, logger: logger)
}

/// Makes a network, runs `body`, and stops whatever runs.
func withNetwork(
    observers: Int = 1, _ body: (TestNetwork) async throws -> Void
) async throws {
    let network = try TestNetwork(observers: observers)
    do {
        try await body(network)
    } catch {
        await network.stopAll()
        throw error
    }
    await network.stopAll()
}
