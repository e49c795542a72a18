import APISchema
import ClusterElection
import Codec
import Cryptography
import Foundation
import Glibc
import Ledger
import ProcessHarness
import Testing
import TransparencyLog

/// Processes that are killed, stopped, cut off from each other and slowed down while voters vote
/// (consensus-tests.md T10). Whatever happens: every ballot that a node acknowledged is in the log
/// exactly once, all logs are the same, receipts verify, and nothing is taken after the closing.
extension Clusters.NemesisTests {
    /// What is done to the cluster, one after the other.
    enum Fault: CaseIterable {
        case killOne, pauseOne, isolateLeader, ring, oneWay, delay, half, killAll
    }

    @Test(.timeLimit(.minutes(2)))
    func fourValidatorsLoseNothingOfWhatTheyAcknowledged() async throws {
        try await run(
            validators: 4, seed: 4,
            faults: [.killOne, .isolateLeader, .pauseOne, .half, .oneWay, .killAll])
    }

    @Test(.timeLimit(.minutes(3)))
    func sevenValidatorsLoseNothingOfWhatTheyAcknowledged() async throws {
        try await run(
            validators: 7, seed: 7,
            faults: [.ring, .killOne, .delay, .isolateLeader, .half, .pauseOne, .killAll])
    }

    private func run(validators: Int, seed: UInt64, faults: [Fault]) async throws {
        try await withCluster(validators: validators, name: "nemesis-\(validators)") { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            let start = Timestamp(milliseconds: UInt64(Date().timeIntervalSince1970 * 1000))
            let opens: UInt64 = 8000
            let closes = opens + UInt64(faults.count) * 5000 + 6000
            var election = try ClusterElection(
                genesis: cluster.genesis(), commission: cluster.commission(), start: start,
                opens: opens, closes: closes, grace: 2000)
            let stages = try election.preparation(voters: 700)
            for stage in stages { try await cluster.submit(stage) }
            // Two are sent when the polls are closed.
            let ballots = try election.ballots(400)
            let late = try election.ballots(2)
            let opening = start.adding(milliseconds: opens)
            try await eventually("the polls open") {
                await cluster.status(0).map { $0.time >= opening } ?? false
            }
            let load = BallotLoad(cluster: cluster)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, half) in [ballots[..<200], ballots[200...]].enumerated() {
                    group.addTask { try await load.run(half, seed: seed + UInt64(index)) }
                }
                var nemesis = Nemesis(cluster: cluster, seed: seed)
                for fault in faults { try await nemesis.strike(fault) }
                load.stop()
                try await group.waitForAll()
            }
            let ended = await cluster.ended()
            #expect(ended.isEmpty, "\(ended)")
            #expect(load.refusals.isEmpty)
            #expect(load.acknowledged.count > 20)
            let end = start.adding(milliseconds: closes + 2000)
            try await check(cluster, load.acknowledged, late: late, end: end)
            let statuses = try await cluster.stopAll()
            #expect(statuses.values.allSatisfy { $0 == 0 })
        }
    }

    // MARK: - What must hold

    private func check(
        _ cluster: Cluster, _ acknowledged: [BallotLoad.Acknowledged], late: [[UInt8]],
        end: Timestamp
    ) async throws {
        // All go on, and all have what was acknowledged.
        try await cluster.waitUntilVoting()
        for ballot in acknowledged {
            try await eventually("the ballot \(ballot.id) is final") {
                try await HTTP.get(cluster.url(0) + "/v1/transactions/\(ballot.id)").text
                    .contains("final")
            }
        }
        try await eventually("the polls are closed", within: .seconds(60)) {
            await cluster.status(0).map { $0.time >= end } ?? false
        }
        let height = await cluster.height(0)
        for place in cluster.places {
            try await eventually("\(cluster.name(place)) has block \(height)") {
                await cluster.height(place) >= height
            }
            for ballot in late {
                let answer = try await HTTP.post(
                    cluster.url(place) + "/v1/transactions", ballot)
                #expect(answer.status == 422)
                #expect(answer.code == "E_PHASE")
            }
        }
        var chains: [[Block]] = []
        for place in cluster.places {
            chains.append(Array(try await cluster.chain(place).prefix(Int(height))))
        }
        let first = try #require(chains.first)
        #expect(first.count == Int(height))
        #expect(chains.allSatisfy { $0 == first })
        var seen: [Bytes32: Int] = [:]
        for block in first {
            for bytes in block.transactions {
                seen[Transaction.id(of: bytes), default: 0] += 1
                let isBallot = bytes.first == EntryTag.ballot.rawValue
                #expect(!isBallot || block.header.time < end)
            }
        }
        #expect(seen.values.allSatisfy { $0 == 1 })
        for ballot in acknowledged { #expect(seen[ballot.id] == 1) }
        for ballot in late { #expect(seen[Transaction.id(of: ballot)] == nil) }
        try await checkReceipts(cluster, acknowledged)
    }

    private func checkReceipts(
        _ cluster: Cluster, _ acknowledged: [BallotLoad.Acknowledged]
    ) async throws {
        let genesis = try cluster.genesis()
        let origin = try #require(KeyName(genesis.origin))
        let policy = TrustPolicy(
            log: VerifierKey(name: origin, kind: .note, publicKey: genesis.logKey),
            cosigners: try genesis.validators.validators.map { validator in
                VerifierKey(
                    name: try #require(KeyName(genesis.cosignerName(of: validator))),
                    kind: .cosignature, publicKey: validator.cosigningKey)
            })
        for (number, ballot) in acknowledged.enumerated() {
            let place = number % cluster.count
            var bytes: [UInt8] = []
            try await eventually("a receipt of \(ballot.id)") {
                let answer = try await HTTP.get(
                    cluster.url(place) + "/v1/transactions/\(ballot.id)/receipt")
                bytes = answer.body
                return answer.status == 200
            }
            _ = try LogProof(parsing: bytes).verify(
                leaf: LogHash.leaf(ballot.bytes), policy: policy, with: Ed25519Verifier())
        }
    }
}

/// Does to a cluster what a test says, for as long as the others need to be seen to go on.
private struct Nemesis {
    private let cluster: Cluster
    private var numbers: SeededNumbers

    init(cluster: Cluster, seed: UInt64) {
        self.cluster = cluster
        numbers = SeededNumbers(seed: seed)
    }

    private mutating func anyone() -> Int { Int.random(in: cluster.places, using: &numbers) }

    private func other(than place: Int) -> Int { (place + 1) % cluster.count }

    mutating func strike(_ fault: Clusters.NemesisTests.Fault) async throws {
        switch fault {
        case .killOne:
            let victim = anyone()
            try await cluster.kill(victim)
            try await cluster.waitForProgress(of: other(than: victim), blocks: 4)
            try await cluster.start(victim)
            try await cluster.waitUntilVoting([victim])
        case .pauseOne:
            let victim = anyone()
            await cluster.signal(victim, SIGSTOP)
            try await cluster.waitForProgress(of: other(than: victim), blocks: 4)
            await cluster.signal(victim, SIGCONT)
        case .isolateLeader:
            let victim = try await leader()
            cut { ($0.from == victim) != ($0.to == victim) }
            try await cluster.waitForProgress(of: other(than: victim), blocks: 4)
        case .ring:
            // Everybody hears the two beside it alone: too few for a quorum of seven, enough of four.
            let count = cluster.count
            cut { link in
                let distance = abs(link.from - link.to)
                return distance != 1 && distance != count - 1
            }
            try await Task.sleep(for: .seconds(2))
        case .oneWay:
            let victim = anyone()
            cut { $0.from == victim }
            try await cluster.waitForProgress(of: other(than: victim), blocks: 4)
        case .delay:
            cluster.network.delay(by: .milliseconds(60))
            try await cluster.waitForProgress(of: anyone(), blocks: 4)
        case .half:
            try await splitInHalves()
        case .killAll:
            for place in cluster.places { try await cluster.kill(place) }
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
        }
        cluster.network.heal()
        try await cluster.waitForProgress(of: anyone(), blocks: 2)
    }

    private func cut(_ isBlocked: (ClusterNetwork.Link) -> Bool) {
        cluster.network.block(nodes: cluster.count, where: isBlocked)
    }

    /// The validator whose turn it is in the view that a node is in now.
    private mutating func leader() async throws -> Int {
        var found: Int?
        let place = anyone()
        try await eventually("a node says its view") {
            found = await cluster.status(place).map {
                Int(($0.view + $0.epoch) % UInt64(cluster.count))
            }
            return found != nil
        }
        return found ?? 0
    }

    /// Neither part has a quorum: no block is final until they hear each other again.
    private func splitInHalves() async throws {
        let edge = cluster.count / 2
        // With seven, the larger part loses one more to have no quorum.
        let parts = cluster.places.map { $0 < edge ? 0 : $0 == cluster.count - 1 ? 2 : 1 }
        cut { parts[$0.from] != parts[$0.to] }
        // What was on its way arrives first.
        try await Task.sleep(for: .milliseconds(500))
        let before = await heights()
        try await Task.sleep(for: .seconds(2))
        let after = await heights()
        #expect(before == after, "a part without a quorum made a block final")
    }

    private func heights() async -> [UInt64] {
        var heights: [UInt64] = []
        for place in cluster.places { heights.append(await cluster.height(place)) }
        return heights
    }
}
