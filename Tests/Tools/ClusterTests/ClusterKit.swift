import APISchema
import ClusterElection
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Ledger
import Node
import NodeSetup
import ProcessHarness
import Storage
import Testing

/// Changes of what lies on a node's disk, while it does not run.
extension Cluster {
    nonisolated func journal(_ place: Int) -> String { home(place) + "/data/votes.journal" }

    nonisolated func bytes(of path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    nonisolated func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// Files of a node's database with this ending, whole paths.
    nonisolated func databaseFiles(_ place: Int, ending: String) throws -> [String] {
        let data = home(place) + "/data"
        let walker = FileManager.default.enumerator(atPath: data)
        var files: [String] = []
        while let name = walker?.nextObject() as? String {
            if name.hasSuffix(ending) { files.append(data + "/" + name) }
        }
        return files.sorted()
    }

    /// Whether any node reported that a validator contradicted itself.
    func sawEquivocation() -> Bool {
        places.contains { said($0).contains("A_EQUIV") }
    }

    /// Votes of one key that contradict each other, as all running nodes have counted them.
    nonisolated func equivocations(_ places: [Int]? = nil) async throws -> Int {
        var sum = 0
        for place in places ?? Array(self.places) {
            sum += try await metric("equivocations_total", place)
        }
        return sum
    }

    /// One of a node's measurements.
    nonisolated func metric(_ name: String, _ place: Int) async throws -> Int {
        let text = try await HTTP.get(url(place) + "/metrics").text
        let prefix = "veche_\(name) "
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(prefix) }),
            let value = Int(line.dropFirst(prefix.count))
        else { throw HarnessFailure("\(self.name(place)) does not measure \(name).") }
        return value
    }

    /// Checks that all nodes, and whoever has `others`, have the same blocks, up to the lowest height
    /// of any.
    nonisolated func expectOneChain(
        _ places: [Int]? = nil, beside others: [[Block]] = []
    ) async throws {
        var chains = others
        for place in places ?? Array(self.places) { chains.append(try await chain(place)) }
        guard let height = chains.map(\.count).min(), height > 0 else {
            throw HarnessFailure("A node has no blocks.")
        }
        let first = chains[0].prefix(height)
        for chain in chains {
            #expect(chain.prefix(height).map(\.header.hash) == first.map(\.header.hash))
        }
    }

    /// What a node has written to standard error, in all its processes.
    nonisolated func said(_ place: Int) -> String {
        let path = directory.logs + "/\(name(place)).err"
        return String(
            decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// Copies a node's directory, as it is now, for a process that listens on `ports` and the next.
    nonisolated func copyHome(_ place: Int, to name: String, port: Int) throws -> String {
        let copy = directory.path + "/net/" + name
        try FileManager.default.copyItem(atPath: home(place), toPath: copy)
        let old = try configuration(place)
        let path = copy + "/" + NodeConfiguration.fileName
        try FileManager.default.removeItem(atPath: path)
        try JSONDocument.write(
            old.with(
                listen: NodeConfiguration.Endpoint(host: "127.0.0.1", port: port),
                api: NodeConfiguration.Endpoint(host: "127.0.0.1", port: port + 1)), to: path)
        return copy
    }

    /// Sends a transaction to a node and waits until it is final there.
    nonisolated func submit(_ bytes: [UInt8], to place: Int = 0) async throws {
        try await submit([bytes], to: place)
    }

    /// Sends transactions to a node and waits until all are final there.
    nonisolated func submit(_ transactions: [[UInt8]], to place: Int = 0) async throws {
        for bytes in transactions {
            try await eventually("a transaction is taken") {
                let answer = try await HTTP.post(url(place) + "/v1/transactions", bytes)
                if answer.status == 422 { throw HarnessFailure("refused: \(answer.text)") }
                return answer.status < 300
            }
        }
        for bytes in transactions { try await waitUntilFinal(Transaction.id(of: bytes), at: place) }
    }

    nonisolated func waitUntilFinal(_ id: Bytes32, at place: Int = 0) async throws {
        try await eventually("\(id) is final") {
            try await HTTP.get(url(place) + "/v1/transactions/\(id)").text.contains("final")
        }
    }

    /// Prepares an election by transactions and waits until a node says that its polls are open; gives
    /// its ballots, which nobody has cast. Where this machine is too slow for the deadlines, another
    /// one with four times the time.
    nonisolated func openElection(
        voters: Int, seconds: UInt64, at place: Int = 0
    ) async throws -> [[UInt8]] {
        var opens: UInt64 = 5000
        for attempt in 1... {
            let start = Timestamp(milliseconds: UInt64(Date().timeIntervalSince1970 * 1000))
            var election = try ClusterElection(
                name: "cluster-\(attempt)", genesis: genesis(), commission: commission(),
                start: start, opens: opens, closes: opens + seconds * 1000, grace: 1000)
            do {
                for stage in try election.preparation(voters: voters) { try await submit(stage) }
            } catch let failure as HarnessFailure
                where failure.description.contains("E_PHASE") && attempt < 4
            {
                opens *= 4
                continue
            }
            let ballots = try election.ballots(voters)
            let opening = start.adding(milliseconds: opens)
            try await eventually(
                "the polls open", within: .milliseconds(opens) + .seconds(30)
            ) {
                await status(place).map { $0.time >= opening } ?? false
            }
            return ballots
        }
        throw HarnessFailure("no polls open")
    }

    /// Runs `body` while voters send ballots to all nodes, then checks that every ballot that a node
    /// acknowledged is in the log exactly once.
    ///
    /// - Parameter last: the node whose log is read; it is a validator to the end.
    nonisolated func underLoad(
        seed: UInt64, seconds: UInt64, last place: Int,
        _ body: @Sendable () async throws -> Void
    ) async throws {
        let ballots = try await openElection(voters: 400, seconds: seconds, at: place)
        let load = BallotLoad(cluster: self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await load.run(ballots[...], seed: seed) }
            try await body()
            load.stop()
            try await group.waitForAll()
        }
        #expect(load.refusals.isEmpty)
        #expect(load.acknowledged.count > 20)
        for ballot in load.acknowledged { try await waitUntilFinal(ballot.id, at: place) }
        var seen: [Bytes32: Int] = [:]
        for block in try await chain(place) {
            for bytes in block.transactions { seen[Transaction.id(of: bytes), default: 0] += 1 }
        }
        for ballot in load.acknowledged { #expect(seen[ballot.id] == 1) }
        #expect(seen.values.allSatisfy { $0 == 1 })
    }
}
