import APISchema
import Codec
import Cryptography
import Foundation
import Ledger
import LedgerClient
import Node
import NodeSetup
import Testing
import TransparencyLog

@Suite(.serialized) struct NetworkTests {
    private static let validators = ["validator-1", "validator-2", "validator-3", "validator-4"]

    private func startAll(_ network: TestNetwork) async throws {
        for validator in Self.validators { try await network.start(validator) }
    }

    /// What a stranger believes of this log: the policy that genesis makes.
    private func policy(_ genesis: Genesis) throws -> TrustPolicy {
        let origin = try #require(KeyName(genesis.origin))
        return TrustPolicy(
            log: VerifierKey(name: origin, kind: .note, publicKey: genesis.logKey),
            cosigners: try genesis.validators.validators.map { validator in
                VerifierKey(
                    name: try #require(KeyName(genesis.cosignerName(of: validator))),
                    kind: .cosignature, publicKey: validator.cosigningKey)
            })
    }

    @Test(.timeLimit(.minutes(3)))
    func aTransactionThatAnObserverPassesOnBecomesFinalOnEveryNodeWithAReceipt() async throws {
        try await withNetwork { network in
            try await startAll(network)
            try await network.start("observer-1")
            let commission = try TestCommission(
                directory: network.directory, genesis: network.genesis)
            let bytes = try commission.creation(named: "first")
            let id = Transaction.id(of: bytes)
            let policy = try policy(network.genesis)
            try await network.wait(for: "observer-1", "all peers") { $0.peers.count == 4 }
            try await NodeClient.with(
                nodes: [network.url("observer-1")], chainID: network.genesis.chainID
            ) { client in
                let status = try await client.submitAndWait(bytes)
                #expect(status.status == "final")
                let again = try await client.submit(bytes)
                #expect(again.status == "final")
                #expect(try await client.transactionBytes(id) == bytes)
                let receipt = try LogProof(parsing: try await client.waitForReceipt(id))
                _ = try receipt.verify(
                    leaf: LogHash.leaf(bytes), policy: policy, with: Ed25519Verifier())
                #expect(receipt.index == status.index)
                #expect(try await client.election("first").summary.phase == "announced")
                let chunk = try await client.export(from: Height(1))
                #expect(chunk.blocks.contains { $0.transactions.contains(bytes) })
            }
            let height = try await network.status("observer-1").height
            var roots: Set<Bytes32> = []
            for name in Self.validators + ["observer-1"] {
                try await network.wait(for: name, "the height") { $0.height >= height }
                let block = try await NodeClient.with(nodes: [network.url(name)]) {
                    try await $0.block(at: Height(height))
                }
                roots.insert(block.summary.logRoot)
            }
            #expect(roots.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func aValidatorThatWasAwayCatchesUpAndVotesAgain() async throws {
        try await withNetwork(observers: 0) { network in
            try await startAll(network)
            try await network.wait(for: "validator-2", "two blocks") { $0.height >= 2 }
            #expect(await network.stop("validator-2") == nil)
            let before = try NodeInspection(home: NodeHome(directory: network.home("validator-2")))
            #expect(before.height >= 2)
            // Without it the other three go on, across epochs of four blocks.
            let others = try await network.wait(for: "validator-1", "six more blocks") {
                $0.height >= before.height + 6
            }
            try await network.start("validator-2")
            try await network.wait(for: "validator-2", "the others' height, voting") {
                $0.height > others.height && $0.voting
            }
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func aValidatorWithoutATrustedJournalDoesNotVoteUntilTheOthersSaidWhereTheyAre()
        async throws
    {
        try await withNetwork(observers: 0) { network in
            let journal = network.home("validator-4") + "/data/votes.journal"
            try FileManager.default.removeItem(atPath: journal)
            try await network.start("validator-1", "validator-2", "validator-4")
            // One of the three whose word is needed is missing.
            let status = try await network.wait(for: "validator-4", "quarantine") {
                $0.votingNote?.contains("quarantine") == true
            }
            #expect(status.voting == false)
            await network.stop("validator-4")
            // An empty new journal does not make it trusted.
            try await network.start("validator-4")
            #expect(try await network.status("validator-4").voting == false)
            try await network.start("validator-3")
            try await network.wait(for: "validator-4", "a vote") { $0.voting }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func aNodeOnAChainThatStandsStillIsAliveAndNotReady() async throws {
        try await withNetwork { network in
            try await startAll(network)
            try await network.start("observer-1")
            let names = ["validator-1", "observer-1"]
            for name in names {
                let answer = try await answer("/readyz", of: name, in: network, until: 200)
                let readiness = try JSONDecoder().decode(NodeReadiness.self, from: answer.body)
                #expect(readiness.blockAgeMilliseconds <= readiness.oldestMilliseconds)
                #expect(readiness.voting == (name == "validator-1"))
            }
            // Two of four are no quorum: the status still says that the first one votes.
            await network.stop("validator-3")
            await network.stop("validator-4")
            for name in names {
                let answer = try await answer("/readyz", of: name, in: network, until: 503)
                #expect(String(decoding: answer.body, as: UTF8.self).contains("milliseconds old"))
                _ = try await self.answer("/healthz", of: name, in: network, until: 200)
            }
            #expect(try await network.status("validator-1").voting)
            try await network.start("validator-3")
            for name in names { _ = try await answer("/readyz", of: name, in: network, until: 200) }
        }
    }

    /// Asks a node until it answers with a status.
    private func answer(
        _ path: String, of name: String, in network: TestNetwork, until status: Int
    ) async throws -> (status: Int, body: Data) {
        let deadline = ContinuousClock.now + .seconds(40)
        while true {
            let answer = try await request(
                "GET", path, port: network.peerPort(name) + 1)
            if answer.status == status { return (answer.status, Data(answer.body)) }
            guard ContinuousClock.now < deadline else {
                throw TestFailure("\(name) answers \(path) with \(answer.status)")
            }
            // The network lives in real time: this is the pause between two questions.
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func aTransactionIsPushedOnceToEachValidator() async throws {
        try await withNetwork(observers: 0) { network in
            try await startAll(network)
            for name in Self.validators {
                try await network.wait(for: name, "all peers, voting") {
                    $0.peers.count == 3 && $0.voting
                }
            }
            let commission = try TestCommission(
                directory: network.directory, genesis: network.genesis)
            let count = 24
            for number in 0..<count {
                let port = network.peerPort(Self.validators[number % 4]) + 1
                let bytes = try commission.creation(named: "election-\(number)")
                let answer = try await request("POST", "/v1/transactions", port: port, body: bytes)
                #expect(answer.status == 202)
            }
            for name in Self.validators {
                try await network.wait(for: name, "nothing waits") { $0.pendingCount == 0 }
                // From three others, once each, also where a block was faster.
                let expected = count - count / 4
                try await wait(for: expected, "pushed_transactions_total", of: name, in: network)
                let duplicates = try await metric(
                    "pushed_duplicates_total", of: name, in: network)
                #expect(duplicates * 5 <= expected)
            }
            // Who was sent the same bytes by a client and by a validator pushes them no second time,
            // unless the client was the first.
            let bytes = try commission.creation(named: "twice")
            for name in Self.validators.prefix(2) {
                let port = network.peerPort(name) + 1
                _ = try await request("POST", "/v1/transactions", port: port, body: bytes)
            }
            try await network.wait(for: "validator-3", "nothing waits") { $0.pendingCount == 0 }
            let pushed = try await metric(
                "pushed_transactions_total", of: "validator-3", in: network)
            #expect(pushed <= count - count / 4 + 2)
        }
    }

    /// Waits until a measurement has a value, which it must not pass.
    private func wait(
        for value: Int, _ name: String, of node: String, in network: TestNetwork
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(180)
        while true {
            let found = try await metric(name, of: node, in: network)
            if found == value { return }
            guard found < value, ContinuousClock.now < deadline else {
                throw TestFailure("\(name) of \(node) is \(found), not \(value)")
            }
            // The network lives in real time: this is the pause between two questions.
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// One of a node's measurements.
    private func metric(
        _ metric: String, of name: String, in network: TestNetwork
    ) async throws -> Int {
        let answer = try await request("GET", "/metrics", port: network.peerPort(name) + 1)
        let text = String(decoding: answer.body, as: UTF8.self)
        let line = try #require(
            text.split(separator: "\n").first { $0.hasPrefix("veche_\(metric) ") })
        return try #require(line.split(separator: " ").last.flatMap { Int($0) })
    }

    /// It was promised for later, again and again.
    @Test(.timeLimit(.minutes(3)))
    func theResultOfAnAbortedElectionIsGoneWithTheReason() async throws {
        try await withNetwork(observers: 0) { network in
            try await startAll(network)
            let commission = try TestCommission(
                directory: network.directory, genesis: network.genesis)
            let port = network.peerPort("validator-1") + 1
            try await NodeClient.with(
                nodes: [network.url("validator-1")], chainID: network.genesis.chainID
            ) { client in
                _ = try await client.submitAndWait(try commission.creation(named: "first"))
                let early = try await request("GET", "/v1/elections/first/protocol", port: port)
                #expect(early.status == 409)
                _ = try await client.submitAndWait(
                    try commission.abortion(named: "first", reason: "The hall burned down."))
            }
            for part in ["protocol", "tally"] {
                let answer = try await request("GET", "/v1/elections/first/\(part)", port: port)
                #expect(answer.status == 410)
                #expect(answer.code == "ABORTED")
                #expect(answer.text.contains("aborted"))
                #expect(answer.text.contains("The hall burned down."))
                #expect(!answer.text.contains("retryAfterSeconds"))
                #expect(answer.headers["retry-after"] == nil)
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func measurementsAreNamedAsPrometheusAsks() async throws {
        try await withNetwork(observers: 0) { network in
            try await startAll(network)
            try await network.wait(for: "validator-1", "a block") { $0.height >= 1 }
            let port = network.peerPort("validator-1") + 1
            let answer = try await request("GET", "/metrics", port: port)
            #expect(MetricsTests.faults(of: answer.text) == [])
            #expect(try MetricsTests.complaintsOfPromtool(about: answer.text) == nil)
            #expect(answer.text.contains("\nveche_block_age_seconds "))
            #expect(answer.text.contains("\nveche_clock_offset_seconds "))
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func garbageOnThePeerPortLosesNothing() async throws {
        try await withNetwork(observers: 0) { network in
            try await startAll(network)
            let height = try await network.wait(for: "validator-1", "a block") { $0.height >= 1 }
                .height
            for seed in 0..<UInt8(4) {
                let garbage = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 * 31) ^ seed }
                // An HTTP request is as good a garbage as any; the peer port answers with silence.
                _ = try? await request(
                    "POST", "/", port: network.peerPort("validator-1"), body: garbage)
            }
            try await network.wait(for: "validator-1", "more blocks") { $0.height >= height + 2 }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func aFullMempoolSaysBusyAndKeepsWhatItPromised() async throws {
        try await withNetwork(observers: 0) { network in
            let path = network.home("validator-1") + "/node.json"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try text.replacingOccurrences(
                of: "\"listen\"", with: "\"limits\" : {\"mempoolCount\" : 1},\n  \"listen\""
            ).write(toFile: path, atomically: true, encoding: .utf8)
            // Alone, it makes nothing final: the mempool stays as it is.
            try await network.start("validator-1")
            let commission = try TestCommission(
                directory: network.directory, genesis: network.genesis)
            let port = network.peerPort("validator-1") + 1
            let first = try commission.creation(named: "first")
            let second = try commission.creation(named: "second")
            let taken = try await request("POST", "/v1/transactions", port: port, body: first)
            #expect(taken.status == 202)
            let refused = try await request("POST", "/v1/transactions", port: port, body: second)
            #expect(refused.status == 503)
            #expect(refused.code == "BUSY")
            #expect(refused.headers["retry-after"] != nil)
            // The same bytes again are no second transaction.
            let again = try await request("POST", "/v1/transactions", port: port, body: first)
            #expect(again.status == 202)
            await network.stop("validator-1")
            try await network.start("validator-1")
            try await network.wait(for: "validator-1", "what it kept") { $0.pendingCount == 1 }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func aTransactionThatTheRulesRefuseIsAnsweredWithItsCode() async throws {
        try await withNetwork(observers: 0) { network in
            try await network.start("validator-1")
            let commission = try TestCommission(
                directory: network.directory, genesis: network.genesis)
            let port = network.peerPort("validator-1") + 1
            let tooFew = try commission.creation(named: "first", signers: 3)
            let answer = try await request("POST", "/v1/transactions", port: port, body: tooFew)
            #expect(answer.status == 422)
            #expect(answer.code == "E_AUTH")
            let unknown = try await request("POST", "/v1/transactions", port: port, body: [9, 9])
            #expect(unknown.status == 422)
            #expect(unknown.code == "E_VERSION")
            #expect(try await network.status("validator-1").pendingCount == 0)
        }
    }
}
