import APISchema
import DocumentFiles
import Foundation
import Ledger
import ProcessHarness
import Testing

/// Directories of nodes that come to a chain, made with the built program.
extension EndToEnd.OperatorTests {
    /// `init` of a directory in the site's, with everything that it needs but the role's own.
    private func make(
        _ name: String, _ network: TestNetwork, _ options: [String]
    ) async throws -> Outcome {
        let passphrase = network.directory.path + "/newcomers-passphrase"
        if !LocalFile.exists(passphrase) {
            try network.directory.write("nine words or so\n", to: "newcomers-passphrase")
        }
        return try await run(
            .node,
            [
                "init", "--home", network.directory.path + "/" + name, "--genesis",
                network.genesisFile, "--name", name, "--passphrase-file", passphrase,
            ] + options, in: network.directory)
    }

    private func logKey(_ network: TestNetwork) -> [String] {
        let home = network.home("validator-1")
        return ["--log-key", home + "/keys/log.key", "--log-passphrase-file", home + "/passphrase"]
    }

    @Test func aNewObserverFollowsTheChain() async throws {
        let network = try await site.running()
        let port = try Ports.free(1)
        let made = try await make(
            "observer-2", network,
            ["--api", "127.0.0.1:\(port)", "--json"]
                + network.validatorNames.flatMap {
                    ["--peer", "\($0)@127.0.0.1:\(network.peerPort($0))"]
                })
        #expect(made.status == 0, made.comment)
        #expect(made.output.contains("\(try network.genesis().chainID)"), made.comment)
        let home = network.directory.path + "/observer-2"
        #expect(!LocalFile.exists(home + "/validator.json"))
        let process = try LocalProcess(
            .node, ["run", "--home", home], name: "observer-2",
            directory: network.directory.logs)
        let height = try await network.requireStatus("validator-1").height
        try await eventually("the new observer has the chain") {
            // It answers once it listens.
            let answer = try? await HTTP.get("http://127.0.0.1:\(port)/v1/status", timeout: 3)
            return try answer?.json(NodeStatus.self).height ?? 0 >= max(height, 1)
        }
        #expect(try await process.stop() == 0)
        // It is there now.
        let again = try await make("observer-2", network, [])
        #expect(again.status == 66, again.comment)
        #expect(again.errors.contains("exists already"), again.comment)
    }

    @Test func aNewValidatorHasThreeNewKeysAndAnEmptyJournal() async throws {
        let network = try await site.network()
        let made = try await make(
            "newcomer", network,
            ["--role", "validator", "--listen", "127.0.0.1:9400"]
                + logKey(network))
        #expect(made.status == 0, made.comment)
        let home = network.directory.path + "/newcomer"
        let validator: Validator = try JSONDocument.read(at: home + "/validator.json")
        #expect(validator.name == "newcomer")
        let inspected = try await run(.node, ["inspect", "--home", home], in: network.directory)
        #expect(inspected.status != 0, "there is no database yet: \(inspected.comment)")
        for key in ["node", "consensus", "cosigning", "log"] {
            let path = home + "/keys/\(key).key"
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        #expect(LocalFile.exists(home + "/data/votes.journal"))
    }

    @Test(arguments: [
        (["--role", "king"], 64, "--role"), (["--role", "validator"], 64, "--listen"),
        (["--role", "validator", "--listen", "127.0.0.1:9400"], 78, "log key"),
        (["--api", "127.0.0.1"], 64, "HOST:PORT"),
        (["--api", "127.0.0.1:70000"], 64, "HOST:PORT"),
        (["--peer", "127.0.0.1:9000"], 64, "NAME@HOST:PORT"),
        (["--peer", "validator-9@127.0.0.1:9000"], 64, "validator-9"),
        (
            ["--peer", "validator-2@127.0.0.1:9000", "--peer", "validator-2@127.0.0.1:9002"], 78,
            "same key"
        ),
        (["--name", ""], 78, "name"),
    ])
    func aNodeThatCannotBeIsNotMade(options: [String], status: Int32, word: String) async throws {
        let network = try await site.network()
        let made = try await make("nobody", network, options)
        #expect(made.status == status, made.comment)
        #expect(made.errors.contains(word), made.comment)
        #expect(!LocalFile.exists(network.directory.path + "/nobody/node.json"))
    }

    /// `init` once wrote the brackets into node.json, and `run` looked for a host of that name.
    @Test func aNodeListensOnAnIPv6AddressAsItWasWritten() async throws {
        guard FileManager.default.fileExists(atPath: "/proc/sys/net/ipv6/conf/lo") else { return }
        let network = try await site.network()
        let port = try Ports.free(2)
        let made = try await make(
            "six", network,
            ["--listen", "[::1]:\(port)", "--api", "[::1]:\(port + 1)"]
                + ["--peer", "validator-1@[::1]:\(network.peerPort("validator-1"))"])
        #expect(made.status == 0, made.comment)
        let home = network.directory.path + "/six"
        let written = String(
            decoding: try LocalFile.read(home + "/node.json", limit: 1 << 20), as: UTF8.self)
        #expect(!written.contains("[::1]"))
        let process = try LocalProcess(
            .node, ["run", "--home", home], name: "six", directory: network.directory.logs)
        try await eventually("the node answers on its IPv6 address") {
            // It answers once it listens. Foundation's session takes no such address.
            let answer = try await run(
                .bash,
                [
                    "-c",
                    #"exec 3<>"/dev/tcp/::1/$0" && printf 'GET /healthz HTTP/1.1\r\nHost: [::1]\r\n"#
                        + #"Connection: close\r\n\r\n' >&3 && head -n 1 <&3"#, "\(port + 1)",
                ], in: network.directory)
            return answer.output.contains(" 200 ")
        }
        #expect(try await process.stop() == 0)
        try LocalFile.write(
            [UInt8](written.replacingOccurrences(of: "::1", with: "[::1]").utf8),
            to: home + "/node.json", mode: .document, replacing: true)
        let refused = try await run(.node, ["run", "--home", home], in: network.directory)
        #expect(refused.status == 78, refused.comment)
        #expect(refused.errors.contains("without brackets"), refused.comment)
    }

    /// A connection that the system gave the node's port to was never named.
    @Test func aNodeThatFindsItsPortTakenSaysByWhom() async throws {
        let network = try await site.running()
        let home = try network.copy(of: TestNetwork.observer, as: "second-observer")
        for (port, word) in [
            (network.peerPort(TestNetwork.observer), "for peers"),
            (network.peerPort(TestNetwork.observer) + 1, "The HTTP interface"),
        ] {
            let outcome = try await run(
                .node, ["run", "--home", home], in: network.directory, atMost: .seconds(60))
            #expect(outcome.status == 69, outcome.comment)
            // Both listeners start at once, and either may be the first to say it.
            #expect(
                outcome.errors.contains(word)
                    || outcome.errors.contains("The HTTP interface"), outcome.comment)
            let holder = try await network.process(TestNetwork.observer).id
            #expect(outcome.errors.contains("(process \(holder)) listens"), outcome.comment)
            #expect(!outcome.errors.contains("errno"), outcome.comment)
            // Next it has a port of its own for peers.
            let file = home + "/node.json"
            let text = String(decoding: try LocalFile.read(file, limit: 1 << 20), as: UTF8.self)
            try LocalFile.write(
                [UInt8](text.replacingOccurrences(of: " \(port)", with: " 0").utf8), to: file,
                mode: .document, replacing: true)
        }
    }

    @Test func anotherChainsLogKeyMakesNoValidator() async throws {
        let network = try await site.network()
        let other = network.directory.path + "/other-chain"
        try await succeed(
            .node, ["localnet", "--directory", other, "--base-port", "9500"],
            in: network.directory)
        let home = other + "/validator-1"
        let made = try await make(
            "nobody", network,
            [
                "--role", "validator", "--listen", "127.0.0.1:9400", "--log-key",
                home + "/keys/log.key", "--log-passphrase-file", home + "/passphrase",
            ])
        #expect(made.status == 78, made.comment)
        #expect(made.errors.contains("not the one that genesis names"), made.comment)
    }
}
