import APISchema
import Attackers
import Codec
import Cryptography
import DocumentFiles
import Glibc
import Ledger
import LedgerClient
import ProcessHarness

/// Validators as processes on this machine.
actor BenchNetwork {
    nonisolated let validators: Int
    private nonisolated let directory: TestDirectory
    private nonisolated let basePort: Int
    private var running: [Int: LocalProcess] = [:]

    /// Makes the network's files and starts its nodes.
    ///
    /// - Parameters:
    ///   - blockInterval: milliseconds.
    ///   - limits: a shell's words that bound each node's process, such as `ulimit -n 1024`.
    init(validators: Int = 4, blockInterval: Int, limits: String = ":") async throws {
        self.validators = validators
        self.directory = try TestDirectory("bench")
        self.basePort = try Ports.free(2 * validators)
        try await succeed(
            .node,
            [
                "localnet", "--validators", "\(validators)", "--observers", "0",
                "--directory", self.directory.path + "/net", "--base-port", "\(self.basePort)",
                "--commission", "3", "--commission-threshold", "2",
                "--block-interval", "\(blockInterval)",
            ], in: self.directory)
        for place in 0..<validators {
            let home = self.directory.path + "/net/validator-\(place + 1)"
            self.running[place] = try LocalProcess(
                .bash,
                ["-c", "\(limits); exec \"$0\" run --home \"$1\"", Program.node.path, home],
                name: "validator-\(place + 1)", directory: self.directory.logs)
        }
        for place in 0..<validators {
            try await eventually("validator \(place + 1) votes", within: .seconds(60)) {
                await self.status(place)?.voting == true
            }
        }
    }

    /// Where the nodes' output is.
    nonisolated var logs: String { self.directory.logs }

    nonisolated func url(_ place: Int) -> String {
        "http://127.0.0.1:\(self.basePort + 2 * place + 1)"
    }

    nonisolated func genesis() throws -> Genesis {
        try JSONDocument.read(Genesis.self, at: self.directory.path + "/net/genesis.json")
    }

    /// The keys of the chain's commission, which creates elections.
    nonisolated func commission() throws -> [Ed25519SigningKey] {
        let home = self.directory.path + "/net/commission"
        let passphrase = try Passphrase.read(
            file: home + "/passphrase", subject: "the commission")
        return try (1...3).map { number in
            try KeyFile.openSigningKey(
                at: home + "/member-\(number).key", purpose: .commission, passphrase: passphrase)
        }
    }

    /// Where attacks on a node go.
    nonisolated func target(_ place: Int) throws -> Target {
        Target(
            chainID: try self.genesis().chainID.bytes, peerPort: self.basePort + 2 * place,
            apiPort: self.basePort + 2 * place + 1)
    }

    /// The id of a running node's process.
    func process(_ place: Int) throws -> Int32 {
        guard let process = self.running[place], process.status == nil else {
            throw HarnessFailure("Validator \(place + 1) does not run: it has ended by itself.")
        }
        return process.id
    }

    /// What a node says about itself; nil while it does not answer.
    nonisolated func status(_ place: Int) async -> NodeStatus? {
        // A node that starts or was killed does not answer, which is what the caller asks.
        try? await HTTP.get(self.url(place) + "/v1/status", timeout: 3).json(NodeStatus.self)
    }

    /// The place of the validator that leads the present view, as `asked` says.
    nonisolated func leader(asking asked: Int) async throws -> Int {
        guard let status = await self.status(asked) else {
            throw HarnessFailure("Validator \(asked + 1) does not answer.")
        }
        return Int((status.view + status.epoch) % UInt64(validators))
    }

    /// Ends a node as a power failure would.
    func kill(_ place: Int) async throws {
        guard let process = self.running.removeValue(forKey: place) else { return }
        process.signal(SIGKILL)
        _ = try await process.wait(atMost: .seconds(10))
    }

    /// Ends all that still run.
    func stop() async throws {
        let processes = self.running
        self.running = [:]
        for process in processes.values { process.signal(SIGTERM) }
        for process in processes.values { _ = try await process.stop() }
    }

    /// Removes the directory with all it holds.
    nonisolated func remove() { self.directory.remove() }
}
