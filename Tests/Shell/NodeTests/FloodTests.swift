import APISchema
import ClusterElection
import Codec
import Foundation
import Ledger
import LedgerClient
import Node
import NodeAPI
import Testing

/// Row V36: floods of ballots whose proofs do not hold, through a real node.
@Suite(.serialized) struct FloodTests {
    /// What became of submissions.
    private struct Outcomes: Sendable {
        var accepted = 0
        var refused: [String: Int] = [:]
        /// Those that were asked to come back, but not told when.
        var askedWithoutATime = 0

        mutating func add(_ outcome: Result<SubmissionAnswer, ServiceFailure>) {
            switch outcome {
            case .success: accepted += 1
            case .failure(let failure):
                switch failure.kind {
                case .tooMany, .unavailable:
                    if failure.failure.retryAfterSeconds == nil { askedWithoutATime += 1 }
                case .badRequest, .notFound, .wrongMethod, .tooSlow, .conflict, .gone, .tooLarge,
                    .refused, .broken:
                    refused[failure.failure.code, default: 0] += 1
                }
            }
        }
    }

    /// Ballots like `ballot` whose proofs fail in the last equation that is checked: the signature
    /// and the sum hold, and the certificate is valid.
    private func bad(_ count: Int, like ballot: [UInt8]) throws -> [[UInt8]] {
        guard case .ballot(let good) = try Transaction(canonicalBytes: ballot) else {
            throw TestFailure("the ballot is none")
        }
        return (0..<count).map { number in
            var wire = good.wire
            // zq, a small number: the challenge does not cover it.
            let place = wire.count - 96
            for offset in 0..<32 { wire[place + offset] = 0 }
            for offset in 0..<4 {
                wire[place + offset] = UInt8(truncatingIfNeeded: number >> (8 * offset))
            }
            return Transaction.ballot(
                BallotTransaction(wire: wire, certificate: good.certificate)
            ).canonicalBytes
        }
    }

    /// How long the preparation of an election may take, in milliseconds: five times what making it
    /// takes here and now, and three blocks for each of its stages.
    private func preparationTime(
        _ network: TestNetwork, _ commission: TestCommission, voters: Int
    ) async throws -> UInt64 {
        let clock = ContinuousClock()
        var stages = 0
        let making = try clock.measure {
            // Nobody sends this one. It starts after its blocks, which follow genesis.
            var election = try ClusterElection(
                genesis: network.genesis, commission: commission.keys,
                start: network.genesis.time.adding(milliseconds: 60_000), opens: 3_600_000,
                closes: 7_200_000, grace: 1000)
            stages = try election.preparation(voters: voters).count
        }
        let height = try await network.status("validator-1").height
        let blocks = try await clock.measure {
            try await network.wait(for: "validator-1", "two blocks") { $0.height >= height + 2 }
        }
        let time = making * 5 + blocks / 2 * 3 * stages
        return UInt64(time / .milliseconds(1))
    }

    /// Prepares an election on a network and waits until its polls are open. Where the machine has
    /// become so slow meanwhile that a deadline was missed, another one with four times the time.
    private func openElection(
        _ network: TestNetwork, voters: Int
    ) async throws -> ClusterElection {
        let commission = try TestCommission(
            directory: network.directory, genesis: network.genesis)
        var opens = try await preparationTime(network, commission, voters: voters)
        for attempt in 1... {
            let start = Timestamp(milliseconds: UInt64(Date().timeIntervalSince1970 * 1000))
            var election = try ClusterElection(
                name: "flood-\(attempt)", genesis: network.genesis, commission: commission.keys,
                start: start, opens: opens, closes: opens + 600_000, grace: 1000)
            let stages = try election.preparation(voters: voters)
            do {
                try await submit(stages, to: network)
            } catch let error as ClientError where error.refusalCode == "E_PHASE" && attempt < 4 {
                opens *= 4
                continue
            }
            try await waitForOpening(start.adding(milliseconds: opens), opens, network)
            return election
        }
        throw TestFailure("no polls open")
    }

    private func submit(_ stages: [[[UInt8]]], to network: TestNetwork) async throws {
        try await NodeClient.with(
            nodes: [network.url("validator-1")], chainID: network.genesis.chainID
        ) { client in
            for stage in stages {
                for bytes in stage { _ = try await client.submit(bytes) }
                for bytes in stage { _ = try await client.waitUntilFinal(bytes) }
            }
        }
    }

    private func waitForOpening(
        _ opening: Timestamp, _ opens: UInt64, _ network: TestNetwork
    ) async throws {
        let deadline = ContinuousClock.now + .milliseconds(opens) + .seconds(60)
        while try await network.status("validator-1").time < opening {
            guard ContinuousClock.now < deadline else { throw TestFailure("no polls open") }
            // The network lives in real time: this is the pause between two questions.
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// A counter of a node's metrics.
    private func metric(_ name: String, of node: String, in network: TestNetwork) async throws
        -> Int
    {
        let answer = try await request("GET", "/metrics", port: network.peerPort(node) + 1)
        let text = String(decoding: answer.body, as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("veche_\(name) ") }
        return try #require(line.flatMap { Int($0.split(separator: " ")[1]) }, "\(name)")
    }

    /// Sends bad ballots all at once, from addresses that `address` gives, and honest ones, each from
    /// an address of its own, while they are on their way.
    private func flood(
        _ node: Node, bad: [[UInt8]], honest: [[UInt8]], address: @Sendable (Int) -> String
    ) async -> (bad: Outcomes, honest: Outcomes) {
        await withTaskGroup(
            of: (isBad: Bool, Result<SubmissionAnswer, ServiceFailure>).self
        ) { group in
            let every = max(1, bad.count / max(1, honest.count))
            var left = honest[...]
            for (number, bytes) in bad.enumerated() {
                let source = address(number)
                group.addTask { (true, await Self.submit(bytes, to: node, from: source)) }
                guard number % every == 0, let ballot = left.popFirst() else { continue }
                let voter = "203.0.113.\(left.count)"
                group.addTask { (false, await Self.submit(ballot, to: node, from: voter)) }
            }
            var outcomes = (bad: Outcomes(), honest: Outcomes())
            for await (isBad, outcome) in group {
                if isBad { outcomes.bad.add(outcome) } else { outcomes.honest.add(outcome) }
            }
            return outcomes
        }
    }

    private static func submit(
        _ bytes: [UInt8], to node: Node, from address: String
    ) async -> Result<SubmissionAnswer, ServiceFailure> {
        do throws(ServiceFailure) {
            return .success(try await node.submit(bytes, from: address))
        } catch {
            return .failure(error)
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func anObserverPassesOnNoFalseBallotWhateverItsStateSays() async throws {
        try await withNetwork { network in
            for number in 1...4 { try await network.start("validator-\(number)") }
            try await network.start("observer-1")
            let election = try await openElection(network, voters: 1)
            let ballot = try #require(try election.ballots(1).first)
            let status = try await NodeClient.with(
                nodes: [network.url("observer-1")], chainID: network.genesis.chainID
            ) { try await $0.submitAndWait(ballot) }
            #expect(status.status == "final")

            // From now on every state refuses another first ballot of this credential. The observer
            // looks at the proof all the same, and names it as the reason.
            let observer = try await network.node("observer-1")
            var outcomes = Outcomes()
            for bytes in try bad(3, like: ballot) {
                outcomes.add(await Self.submit(bytes, to: observer, from: "198.51.100.9"))
            }
            #expect(outcomes.accepted == 0)
            #expect(outcomes.refused == ["E_PROOF": 3])
            #expect(try await metric("failed_checks_total", of: "observer-1", in: network) == 3)
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func tenThousandBadBallotsCostAFewChecksAndTakeNoAnswerFromHonestVoters() async throws {
        try await withNetwork { network in
            for number in 1...4 { try await network.start("validator-\(number)") }
            try await network.start("observer-1")
            let election = try await openElection(network, voters: 100)
            var ballots = try election.ballots(61)[...]
            let bad = try bad(10_000, like: ballots.removeFirst())
            let validator = try await network.node("validator-1")

            // From one address, then from networks of one site.
            let one = await flood(
                validator, bad: Array(bad[..<6000]), honest: Array(ballots.prefix(20))
            ) { _ in "198.51.100.7" }
            let site = await flood(
                validator, bad: Array(bad[6000..<8000]),
                honest: Array(ballots.dropFirst(20).prefix(20))
            ) { "2001:db8:7:\(String($0 % 500, radix: 16))::1" }
            for outcomes in [one, site] {
                #expect(outcomes.honest.accepted == 20)
                #expect(outcomes.bad.accepted == 0)
                #expect(Set(outcomes.bad.refused.keys) == ["E_PROOF"])
                #expect(outcomes.bad.askedWithoutATime == 0)
            }
            let checked = (one.bad.refused["E_PROOF"] ?? 0) + (site.bad.refused["E_PROOF"] ?? 0)
            let failed = try await metric("failed_checks_total", of: "validator-1", in: network)
            let alone = try await metric("lone_checks_total", of: "validator-1", in: network)
            #expect(failed == checked)
            // Two batches with 64 of them are on their way until the first failure is known, and a third until
            // four networks of a site are. Everything else is checked alone, or not at all.
            #expect(failed - alone <= 2 * 3 * 64)

            // Through an observer: it keeps to itself what no validator would take.
            try await network.wait(for: "observer-1", "all peers") { $0.peers.count == 4 }
            let observer = try await network.node("observer-1")
            let passed = await flood(
                observer, bad: Array(bad[8000...]), honest: Array(ballots.dropFirst(40))
            ) { _ in "198.51.100.8" }
            #expect(passed.honest.accepted == 20)
            #expect(passed.bad.accepted == 0)
            #expect(Set(passed.bad.refused.keys) == ["E_PROOF"])
            for number in 1...4 {
                let name = "validator-\(number)"
                let after = try await metric("failed_checks_total", of: name, in: network)
                #expect(after == (number == 1 ? failed : 0))
            }
        }
    }
}
