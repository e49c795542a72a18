import APISchema
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Glibc
import Ledger
import ProcessHarness

/// A network that `veche-node localnet` made, and its running nodes.
actor TestNetwork {
    nonisolated let directory: TestDirectory
    nonisolated let validators: Int
    nonisolated let basePort: Int
    private var running: [String: LocalProcess] = [:]

    /// Makes the network; nothing runs yet.
    init(
        in directory: TestDirectory, validators: Int = 4, extra: [String] = []
    ) async throws {
        self.directory = directory
        self.validators = validators
        // One more than the nodes take, for the registrar.
        basePort = try Ports.free(2 * (validators + 1) + 2)
        try await succeed(
            .node,
            [
                "localnet", "--validators", "\(validators)", "--observers", "1", "--directory",
                directory.path + "/net", "--base-port", "\(basePort)", "--commission", "7",
                "--commission-threshold", "4",
            ] + extra, in: directory)
    }

    // MARK: - Names and places

    static let observer = "observer-1"
    nonisolated var validatorNames: [String] { (1...validators).map { "validator-\($0)" } }
    nonisolated var allNames: [String] { validatorNames + [Self.observer] }
    nonisolated var genesisFile: String { directory.path + "/net/genesis.json" }
    nonisolated var registrarPort: Int { basePort + 2 * (validators + 1) }

    nonisolated func home(_ name: String) -> String { directory.path + "/net/" + name }

    nonisolated func peerPort(_ name: String) -> Int {
        basePort + 2 * (allNames.firstIndex(of: name) ?? 0)
    }

    nonisolated func url(_ name: String) -> String {
        "http://127.0.0.1:\(peerPort(name) + 1)"
    }

    nonisolated func memberKey(_ number: Int) -> [String] {
        [
            "--key", directory.path + "/net/commission/member-\(number).key",
            "--passphrase-file", directory.path + "/net/commission/passphrase",
        ]
    }

    /// `--genesis` and `--node` of every tool, asking the named nodes in this order.
    nonisolated func chain(_ names: String...) -> [String] {
        ["--genesis", genesisFile]
            + (names.isEmpty ? ["validator-1", "validator-2"] : names).flatMap {
                ["--node", url($0)]
            }
    }

    nonisolated func genesis() throws -> Genesis {
        try JSONDocument.read(Genesis.self, at: genesisFile)
    }

    /// A commission member's signing key, as the file holds it.
    nonisolated func signingKey(ofMember number: Int) throws -> Ed25519SigningKey {
        try KeyFile.openSigningKey(
            at: directory.path + "/net/commission/member-\(number).key", purpose: .commission,
            passphrase: try Passphrase.read(
                file: directory.path + "/net/commission/passphrase", subject: "member"))
    }

    // MARK: - Processes

    func start(_ names: [String]) throws {
        for name in names {
            guard running[name] == nil else { throw HarnessFailure("\(name) runs already.") }
            running[name] = try LocalProcess(
                .node, ["run", "--home", home(name)], name: name, directory: directory.logs)
        }
    }

    func isStarted(_ name: String) -> Bool { running[name] != nil }

    /// The running process of a node.
    func process(_ name: String) throws -> LocalProcess {
        guard let process = running[name] else { throw HarnessFailure("\(name) does not run.") }
        return process
    }

    /// Ends a node with SIGTERM; its exit status.
    @discardableResult
    func stop(_ name: String) async throws -> Int32 {
        let process = try process(name)
        running[name] = nil
        return try await process.stop()
    }

    /// Ends a node as a power failure would.
    func kill(_ name: String) async throws {
        let process = try process(name)
        running[name] = nil
        try await process.kill()
    }

    /// Ends all nodes at once; their exit statuses by name.
    func stopAll() async throws -> [String: Int32] {
        let processes = running
        running = [:]
        for process in processes.values { process.signal(SIGTERM) }
        var statuses: [String: Int32] = [:]
        for (name, process) in processes { statuses[name] = try await process.stop() }
        return statuses
    }

    // MARK: - State

    /// What a node says about itself; nil while it does not answer.
    nonisolated func status(_ name: String) async -> NodeStatus? {
        // A node that starts or has stopped does not answer, which is what the caller asks.
        try? await HTTP.get(url(name) + "/v1/status").json(NodeStatus.self)
    }

    nonisolated func requireStatus(_ name: String) async throws -> NodeStatus {
        try await HTTP.get(url(name) + "/v1/status").json(NodeStatus.self)
    }

    nonisolated func waitUntilVoting(_ names: [String]? = nil) async throws {
        for name in names ?? validatorNames {
            try await eventually("\(name) votes", within: .seconds(60)) {
                await status(name)?.voting == true
            }
        }
    }

    nonisolated func wait(for name: String, height: UInt64) async throws {
        try await eventually("\(name) reaches block \(height)", within: .seconds(60)) {
            await status(name).map { $0.height >= height } ?? false
        }
    }
}
