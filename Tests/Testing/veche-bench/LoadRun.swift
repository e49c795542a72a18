import APISchema
import ClusterElection
import Codec
import Foundation
import Glibc
import Ledger
import LedgerClient
import ProcessHarness

/// A steady load on a running network.
struct LoadRun {
    let network: BenchNetwork
    let rate: Int
    let seconds: Int
    let connections: Int
    /// Ballots that are made.
    let ballotCount: Int
    /// How long accepted ballots have to become final once the last is due.
    let patience: Duration

    /// For how long the idle network is looked at.
    private static let idleTime = Duration.seconds(5)

    /// Every validator's figures at one moment.
    private struct Reading {
        let time: ContinuousClock.Instant
        let processes: [ProcessFigures]
        let counters: [NodeCounters]
        /// Processor time of this process in microseconds.
        let client: Double
    }

    func report(to report: Report) async throws {
        var limits = ClientLimits()
        limits.rounds = 1
        let chainID = try network.genesis().chainID
        let clients = try (0..<network.validators).map { place in
            try NodeClient(nodes: [network.url(place)], chainID: chainID, limits: limits)
        }
        do {
            try await measure(clients, report)
        } catch {
            for client in clients { await client.shutdown() }
            throw error
        }
        for client in clients { await client.shutdown() }
    }

    private func measure(_ clients: [NodeClient], _ report: Report) async throws {
        let made = max(ballotCount, FloorFigures.batchSize)
        let election = try await network.prepareFourOptions(voters: made, asking: clients[0])
        let voters = try election.voters()
        let start = ContinuousClock.now
        let ballots = try await Self.make(made, by: voters)
        report.heading(
            "\(rate) ballots a second for \(seconds) s, \(network.validators) validators")
        report.add("ballots.making.s", (.now - start) / .seconds(1), "s")
        report.add("offered.ballots_per_second", Double(rate), "/s")
        try await network.waitForPolls(of: election)
        let watch = BlockWatch(nodes: 1)
        let floor = FloorFigures(
            ballots: [BallotTransaction](ballots.prefix(FloorFigures.batchSize)), voters: voters)
        let result = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await Self.listen(watch, to: clients[0]) }
            defer { group.cancelAll() }
            return try await load(
                ballots.prefix(ballotCount).map { Transaction.ballot($0).canonicalBytes }, clients,
                watch, floor)
        }
        result.report(to: report, floor: floor.medians)
    }

    /// Makes ballots on all processors at once.
    private static func make(
        _ count: Int, by voters: ClusterVoters
    ) async throws -> [BallotTransaction] {
        let workers = max(1, ProcessInfo.processInfo.activeProcessorCount)
        return try await withThrowingTaskGroup(of: [BallotTransaction].self) { group in
            for worker in 0..<workers {
                group.addTask {
                    try stride(from: worker, to: count, by: workers).map {
                        try voters.ballotTransaction($0)
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Listens to a node's blocks until the task is cancelled.
    private static func listen(_ watch: BlockWatch, to client: NodeClient) async {
        while !Task.isCancelled {
            // A stream that ends is opened again. What it missed is told by the next event.
            try? await watch.listen(to: client, at: 0)
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The idle network, then the load, then the wait until what was accepted is final.
    private func load(
        _ ballots: [[UInt8]], _ clients: [NodeClient], _ watch: BlockWatch, _ floor: FloorFigures
    ) async throws -> LoadResult {
        let idle = try await reading(clients)
        try await Task.sleep(for: Self.idleTime)
        let before = try await reading(clients)
        floor.start()
        defer { floor.stop() }
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let sender = LoadSender(
            urls: (0..<network.validators).map { network.url($0) }, connections: connections,
            rate: rate, offers: rate * seconds)
        let outcomes = try await sender.send(ballots, from: start)
        let accepted = outcomes.count { if case .accepted = $0.end { true } else { false } }
        while watch.transactions(at: 0, since: start) < accepted,
            ContinuousClock.now < end + patience
        {
            try await Task.sleep(for: .milliseconds(20))
        }
        let after = try await reading(clients)
        let arrivals = watch.arrivals(at: 0, since: start).filter { $0.time <= end + patience }
        let times = try await Self.finalTimes(arrivals, asking: clients[0])
        return LoadResult(
            offers: rate * seconds, outcomes: outcomes,
            finalTimes: ballots.map { times[Transaction.id(of: $0)] },
            blocks: arrivals.count, start: start, end: end,
            machine: machine(idle: idle, before: before, after: after))
    }

    /// When the event came of the block that holds each transaction. A block whose event was missed
    /// counts as told by the next one.
    private static func finalTimes(
        _ arrivals: [BlockWatch.Arrival], asking client: NodeClient
    ) async throws -> [Bytes32: ContinuousClock.Instant] {
        var times: [Bytes32: ContinuousClock.Instant] = [:]
        let sorted = arrivals.sorted { $0.height < $1.height }
        var next = sorted.first?.height ?? 0
        for arrival in sorted where arrival.height >= next {
            for height in next...arrival.height
            where height < arrival.height || arrival.transactions > 0 {
                for entry in try await client.block(at: Height(height)).transactions {
                    times[entry.transactionID] = arrival.time
                }
            }
            next = arrival.height + 1
        }
        return times
    }

    private func reading(_ clients: [NodeClient]) async throws -> Reading {
        var counters: [NodeCounters] = []
        for client in clients { counters.append(NodeCounters(try await client.metrics())) }
        var processes: [ProcessFigures] = []
        for place in 0..<network.validators {
            processes.append(try ProcessFigures(of: try await network.process(place)))
        }
        return Reading(
            time: .now, processes: processes, counters: counters,
            client: Double(ProcessorTime.nanoseconds) / 1000)
    }

    private func machine(idle: Reading, before: Reading, after: Reading) -> LoadResult.Machine {
        func used(_ from: Reading, _ to: Reading) -> Double {
            zip(from.processes, to.processes).reduce(0) {
                $0 + $1.1.processorTime - $1.0.processorTime
            } / Double(network.validators)
        }
        func growths(_ name: String) -> [Double] {
            zip(before.counters, after.counters).compactMap { $1.growth(of: name, since: $0) }
        }
        let idleRate = used(idle, before) / ((before.time - idle.time) / .seconds(1))
        let syncs = growths("journal_syncs_total").reduce(0, +)
        let blocks = growths("blocks_final_total").reduce(0, +)
        return LoadResult.Machine(
            idle: idleRate,
            used: max(
                0, used(before, after) - idleRate * ((after.time - before.time) / .seconds(1))),
            client: after.client - before.client,
            peakMegabytes: after.processes.map(\.peakMegabytes).max() ?? 0,
            lostViews: growths("views_nullified_total").max(),
            syncsPerBlock: blocks > 0 ? syncs / blocks : nil)
    }
}
