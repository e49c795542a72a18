import APISchema
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Glibc
import Hashing
import Ledger
import ProcessHarness
import Ristretto
import Testing

extension EndToEnd.OperatorTests {
    /// Runs a directory that must not start, and must say so at once.
    private func mustNotStart(_ home: String, _ network: TestNetwork) async throws -> Outcome {
        try await run(.node, ["run", "--home", home], in: network.directory, atMost: .seconds(20))
    }

    // MARK: - Making a network

    @Test func networkIsNeverMadeOverAnother() async throws {
        let network = try await site.network()
        let before = try LocalFile.read(network.genesisFile, limit: 1 << 20)
        let outcome = try await run(
            .node, ["localnet", "--directory", network.directory.path + "/net"],
            in: network.directory)
        #expect(outcome.status == 66, outcome.comment)
        #expect(outcome.errors.contains("exists already"), outcome.comment)
        #expect(try LocalFile.read(network.genesisFile, limit: 1 << 20) == before)
    }

    @Test(arguments: [
        (["--validators", "3"], "--validators: must be 4 to 31"),
        (["--validators", "32"], "--validators: must be 4 to 31"),
        (["--base-port", "80"], "--base-port"),
        (["--commission-threshold", "8"], "--commission-threshold"),
        (["--heartbeat", "0"], "heartbeat"), (["--epoch-length", "1"], "epochLength"),
    ])
    func networkThatCannotBeIsRefusedWithTheRule(options: [String], word: String) async throws {
        let network = try await site.network()
        let outcome = try await run(
            .node, ["localnet", "--directory", network.directory.path + "/refused"] + options,
            in: network.directory)
        #expect(outcome.status == 78, outcome.comment)
        #expect(outcome.errors.contains(word), outcome.comment)
    }

    // MARK: - Wrong configuration, genesis and keys

    @Test(arguments: [
        ("truncated", "\"validators\"", "\"validators", 78, "line "),
        ("unknown-key", "\"kind\"", "\"sort\" : 1, \"kind\"", 78, "sort"),
        ("two-of-a-name", "\"validator-2\"", "\"validator-1\"", 78, "share a name"),
        ("too-long-epoch", "\"epochLength\" : 1024", "\"epochLength\" : 1", 78, "epochLength"),
        ("no-hexadecimal", "\"logKey\" : \"", "\"logKey\" : \"zz", 78, "logKey"),
    ])
    func corruptGenesisIsRefusedWithThePlace(
        name: String, old: String, new: String, status: Int32, word: String
    ) async throws {
        let network = try await site.network()
        let home = try network.copy(of: "validator-2", as: name)
        let text = String(
            decoding: try LocalFile.read(home + "/genesis.json", limit: 1 << 20), as: UTF8.self)
        try #require(text.contains(old))
        try LocalFile.write(
            [UInt8](text.replacingFirst(old, with: new).utf8), to: home + "/genesis.json",
            mode: .document, replacing: true)
        let outcome = try await mustNotStart(home, network)
        #expect(outcome.status == status, outcome.comment)
        #expect(outcome.errors.contains(word), outcome.comment)
        #expect(outcome.errors.contains("genesis.json"), outcome.comment)
    }

    @Test func genesisOfAnotherChainIsRefusedBeforeAnythingIsSigned() async throws {
        let network = try await site.network()
        let home = try network.copy(of: "validator-2", as: "other-chain", withData: true)
        let text = String(
            decoding: try LocalFile.read(home + "/genesis.json", limit: 1 << 20), as: UTF8.self)
        try LocalFile.write(
            [UInt8](text.replacingFirst("\"localnet\"", with: "\"othernet\"").utf8),
            to: home + "/genesis.json", mode: .document, replacing: true)
        // Ports of its own, so that nothing else stops it.
        try LocalFile.write(
            [UInt8](
                String(
                    decoding: try LocalFile.read(home + "/node.json", limit: 1 << 20),
                    as: UTF8.self
                ).replacingOccurrences(
                    of: "\(network.peerPort("validator-2"))", with: "0"
                ).replacingOccurrences(
                    of: "\(network.peerPort("validator-2") + 1)", with: "0"
                ).utf8), to: home + "/node.json", mode: .document, replacing: true)
        let process = try LocalProcess(
            .node, ["run", "--home", home], name: "other-chain", directory: network.directory.logs)
        let status = try await process.wait(atMost: .seconds(6))
        if status == nil {
            // The journal of votes is of the other chain: the node may follow, but not vote.
            #expect(process.errors.contains("vote journal"), "\(process.errors)")
            try await process.stop()
        } else {
            #expect(status != 0)
            #expect(process.errors.contains("chain"), "\(process.errors)")
        }
    }

    @Test func unknownKeyInTheConfigurationIsNamed() async throws {
        let network = try await site.network()
        let home = try network.copy(of: "validator-2", as: "unknown-setting")
        let text = String(
            decoding: try LocalFile.read(home + "/node.json", limit: 1 << 20), as: UTF8.self)
        for (insertion, word) in [
            ("\"mempoolSize\": 5,", "mempoolSize"),
            ("\"limits\": { \"mempoolCuont\": 5 },", "mempoolCuont"),
            ("\"limits\": { \"mempoolCount\": 0 },", "limits.mempoolCount"),
        ] {
            try LocalFile.write(
                [UInt8](text.replacingFirst("{", with: "{ " + insertion).utf8),
                to: home + "/node.json", mode: .document, replacing: true)
            let outcome = try await mustNotStart(home, network)
            #expect(outcome.status == 78, outcome.comment)
            #expect(outcome.errors.contains(word), outcome.comment)
            #expect(outcome.errors.contains("node.json"), outcome.comment)
        }
    }

    @Test func keyThatGenesisDoesNotNameMakesNoValidator() async throws {
        let network = try await site.network()
        for (file, purpose, word) in [
            ("consensus", KeyPurpose.validatorConsensus, "belongs to no validator of genesis"),
            ("node", .node, "is not the one that genesis names for validator-2"),
            ("cosigning", .validatorCosigning, "is not the one that genesis names"),
            ("log", .log, "is not the one that genesis names"),
        ] {
            let home = try network.copy(of: "validator-2", as: "false-" + file)
            let path = home + "/keys/\(file).key"
            try FileManager.default.removeItem(atPath: path)
            _ = try KeyFile.createSigningKey(
                at: path, purpose: purpose,
                passphrase: try Passphrase.read(file: home + "/passphrase", subject: "keys"))
            let outcome = try await mustNotStart(home, network)
            #expect(outcome.status == 78, outcome.comment)
            #expect(outcome.errors.contains(word), outcome.comment)
        }
    }

    @Test func keysOfAnotherValidatorAreNotTakenForOnesOwn() async throws {
        let network = try await site.network()
        let home = try network.copy(of: "validator-2", as: "swapped")
        for file in ["keys", "passphrase"] {
            try FileManager.default.removeItem(atPath: home + "/" + file)
            try FileManager.default.copyItem(
                atPath: network.home("validator-3") + "/" + file, toPath: home + "/" + file)
        }
        let outcome = try await mustNotStart(home, network)
        #expect(outcome.status == 78, outcome.comment)
        #expect(outcome.errors.contains("validator-3"), outcome.comment)
    }

    @Test func keyFileThatDoesNotOpenIsNamed() async throws {
        let network = try await site.network()
        let wrong = try network.copy(of: "validator-2", as: "wrong-passphrase")
        try LocalFile.write(
            [UInt8]("another\n".utf8), to: wrong + "/passphrase", mode: .secret, replacing: true)
        let closed = try await mustNotStart(wrong, network)
        #expect([66, 78].contains(closed.status), closed.comment)
        #expect(closed.errors.contains("the passphrase does not open this file"), closed.comment)
        let open = try network.copy(of: "validator-2", as: "open-key")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: open + "/keys/consensus.key")
        let refused = try await mustNotStart(open, network)
        #expect([66, 78].contains(refused.status), refused.comment)
        #expect(refused.errors.contains("chmod 600"), refused.comment)
    }

    // MARK: - A full mempool

    @Test func fullMempoolSaysSoAndLosesNothingOfWhatItAccepted() async throws {
        // Alone, the first validator makes nothing final.
        let network = try await site.stopped()
        let issuing = try BlindIssuingKey.generate().modulus
        let transactions = try (1...3).map { try network.creation($0, issuingKey: issuing) }
        let node = network.url("validator-1") + "/v1/transactions"
        try await network.start(["validator-1"])
        try await eventually("validator-1 answers", within: .seconds(60)) {
            await network.status("validator-1") != nil
        }
        for transaction in transactions.prefix(2) {
            let answer = try await HTTP.post(node, transaction)
            #expect(answer.status == 202, "\(answer.text)")
        }
        let full = try await HTTP.post(node, transactions[2])
        #expect(full.status == 503, "\(full.text)")
        #expect(full.code == "BUSY")
        #expect(full.headers["retry-after"] != nil)
        #expect(full.message.contains("again"))
        // What it accepted survives a power failure, and is final once there is a quorum.
        try await network.kill("validator-1")
        let running = try await site.running()
        for transaction in transactions.prefix(2) {
            try await expectFinal(transaction, running)
        }
        try await eventually("the third is taken now") {
            [200, 202].contains(try await HTTP.post(node, transactions[2]).status)
        }
        try await expectFinal(transactions[2], running)
    }

    private func expectFinal(_ transaction: [UInt8], _ network: TestNetwork) async throws {
        let id = Transaction.id(of: transaction)
        let address = network.url(TestNetwork.observer) + "/v1/transactions/\(id)"
        try await eventually("\(id) is final", within: .seconds(60)) {
            let answer = try await HTTP.get(address)
            return try answer.status == 200
                && answer.json(TransactionStatus.self).status == "final"
        }
    }

    // MARK: - A running node

    @Test func dataDirectoryInUseIsRefusedAtOnceAndTheFirstNodeGoesOn() async throws {
        let network = try await site.running()
        let before = try await network.requireStatus("validator-3").height
        let second = try await mustNotStart(network.home("validator-3"), network)
        #expect(second.status == 75, second.comment)
        #expect(second.errors.contains("in use"), second.comment)
        let inspection = try await run(
            .node, ["inspect", "--home", network.home("validator-3")], in: network.directory)
        #expect(inspection.status == 75, inspection.comment)
        #expect(inspection.errors.contains("in use"), inspection.comment)
        try await network.wait(for: "validator-3", height: before + 2)
        #expect(try await network.requireStatus("validator-3").voting)
        #expect(try await network.process("validator-3").status == nil)
    }

    @Test func portThatIsTakenIsNamed() async throws {
        let network = try await site.running()
        let home = try network.copy(of: TestNetwork.observer, as: "same-port")
        let outcome = try await mustNotStart(home, network)
        #expect(outcome.status == 69, outcome.comment)
        let ports = [
            network.peerPort(TestNetwork.observer), network.peerPort(TestNetwork.observer) + 1,
        ]
        #expect(ports.contains { outcome.errors.contains("\($0)") }, outcome.comment)
    }

    @Test func garbageAndHalfOpenConnectionsOnThePeerPortChangeNothing() async throws {
        let network = try await site.running()
        var random = SeededRandom("peer port", 1)
        let bytes = random.bytes(200_000)
        let file = try network.directory.file("garbage")
        try LocalFile.write(bytes, to: file, mode: .document, replacing: true)
        let port = network.peerPort("validator-1")
        // Forty connections that say nothing and stay, and some that say the wrong thing.
        let holder = try LocalProcess(
            .bash,
            [
                "-c",
                """
                for i in $(seq 40); do exec {fd}<>/dev/tcp/127.0.0.1/\(port) || exit 1; done
                echo open
                read -r < /dev/tcp/127.0.0.1/\(port)
                exec sleep 60
                """,
            ], name: "half-open", directory: network.directory.logs)
        try await eventually("the connections are open") { holder.output.contains("open") }
        let before = try await network.requireStatus("validator-1").height
        for (number, text) in [
            "head -c 100 '\(file)'", "cat '\(file)'", "printf '\\026\\003\\001\\002\\000\\001'",
            "printf 'GET / HTTP/1.1\\r\\n\\r\\n'",
            "printf '\\026\\003\\003\\377\\377'; cat '\(file)'",
        ].enumerated() {
            let outcome = try await run(
                .bash,
                [
                    "-c",
                    "exec 3<>/dev/tcp/127.0.0.1/\(port); { \(text); } >&3;"
                        + " timeout 3 cat <&3 >/dev/null; exit 0",
                ], in: network.directory, atMost: .seconds(15))
            #expect(outcome.status == 0 || outcome.status == 141, "\(number) \(outcome.comment)")
        }
        try await network.wait(for: "validator-1", height: before + 3)
        let status = try await network.requireStatus("validator-1")
        #expect(status.voting)
        #expect(status.peers.count(where: { $0.role == "validator" }) == 3)
        try await holder.kill()
    }

    @Test func peerThatDoesNotProveThePinnedKeyIsNoPeer() async throws {
        let network = try await site.running()
        let genesis = try network.genesis()
        let key = try #require(
            genesis.validators.validators.first { $0.name == "validator-1" }?.nodeKey)
        try #require(try await network.stop(TestNetwork.observer) == 0)
        let other = SHA256.digest([1])
        let wrong = Ed25519SigningKey(seed: other).publicKey
        try network.edit("node.json", of: TestNetwork.observer) {
            $0.replacingOccurrences(of: "\(key)", with: "\(wrong)")
        }
        try await network.start([TestNetwork.observer])
        try await eventually("the observer has its three other peers", within: .seconds(60)) {
            await network.status(TestNetwork.observer)?.peers.count == 3
        }
        let process = try await network.process(TestNetwork.observer)
        try await eventually("the log says who did not prove its key") {
            process.errors.contains("did not prove its key")
        }
        let names = try await network.requireStatus(TestNetwork.observer).peers.compactMap(\.name)
        #expect(names.sorted() == ["validator-2", "validator-3", "validator-4"])
        let height = try await network.requireStatus("validator-1").height
        try await network.wait(for: TestNetwork.observer, height: height)
        try await network.stop(TestNetwork.observer)
        try network.edit("node.json", of: TestNetwork.observer) {
            $0.replacingOccurrences(of: "\(wrong)", with: "\(key)")
        }
        try await network.start([TestNetwork.observer])
        try await eventually("the observer has four peers again", within: .seconds(60)) {
            await network.status(TestNetwork.observer)?.peers.count == 4
        }
    }

    @Test func nodeStopsCleanlyOnSIGTERMAndGoesOnAfterTheStart() async throws {
        let network = try await site.running()
        let before = try await network.requireStatus("validator-4")
        #expect(try await network.stop("validator-4") == 0)
        let inspection = try await succeed(
            .node, ["inspect", "--home", network.home("validator-4"), "--json"],
            in: network.directory)
        struct Inspection: Decodable {
            let height: UInt64
            let chainID: Bytes32
            let elections: [String]
            let journal: String
        }
        let found = try JSONDecoder().decode(Inspection.self, from: Data(inspection.output.utf8))
        #expect(found.height >= before.height)
        #expect(found.chainID == before.chainID)
        #expect(found.journal.contains("intact"))
        let text = try await succeed(
            .node, ["inspect", "--home", network.home("validator-4")], in: network.directory)
        #expect(text.output.contains("The data agrees with itself."))
        try await network.start(["validator-4"])
        try await network.waitUntilVoting(["validator-4"])
        try await network.wait(for: "validator-4", height: found.height + 2)
    }

    @Test func blocksAreWatchedAsTheyBecomeFinal() async throws {
        let network = try await site.running()
        let outcome = try await succeed(
            .veche, ["watch", "--blocks", "2"] + network.chain(), in: network.directory,
            atMost: .seconds(30))
        #expect(outcome.output.contains("not verified"))
        let lines = outcome.output.split(separator: "\n").filter { $0.hasPrefix("block ") }
        #expect(lines.count == 2, outcome.comment)
    }

    @Test func statusOfANodeThatDoesNotAnswerIsUnavailable() async throws {
        let network = try await site.running()
        let outcome = try await run(
            .node, ["status", "--url", "http://127.0.0.1:\(network.registrarPort)"],
            in: network.directory)
        #expect(outcome.status == 69, outcome.comment)
    }
}
