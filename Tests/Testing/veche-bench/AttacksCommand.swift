import ArgumentParser
import Attackers
import Foundation
import Ledger
import LedgerClient
import ProcessHarness

struct AttacksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attacks",
        abstract: "Measures what attacks on a validator cost it and those whom it serves.",
        discussion: """
            Starts four validators of a new network as processes on this machine, each of which may \
            have 1,024 descriptors and 1 GiB of data, prepares an election, and attacks the first \
            validator in each way in turn. Before, during and after each attack a client asks that \
            validator for its status from an address of its own, a voter casts up to four ballots a \
            second there, and a peer with a key of its own asks for the newest block.

            Figures: milliseconds from one final block to the next; the most memory and descriptors of \
            the process; the client's answers, its slowest one and its failures (no answer within ten \
            seconds); the peer's answers and failures. Attackers, client and peer run in this process \
            and share the machine's cores with the four validators, so that a part of what is shown is \
            theirs. All goes over loopback, and ends by itself.
            """)

    @Flag(help: "Print one JSON object a line: name, value, unit.")
    var json = false

    @Option(help: "Seconds of each attack; half as many before and after it.")
    var seconds = 12

    @Option(
        name: .customLong("attack"), parsing: .upToNextOption,
        help:
            "Attacks to try, all unless told: \(Attack.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var attacks: [String] = []

    func validate() throws {
        guard (2...600).contains(self.seconds) else {
            throw ValidationError("--seconds must be from 2 to 600.")
        }
        for name in self.attacks where Attack(rawValue: name) == nil {
            throw ValidationError("There is no attack \(name); see --help.")
        }
    }

    func run() async throws {
        let report = Report(asJSON: self.json)
        let chosen =
            self.attacks.isEmpty ? Attack.allCases : self.attacks.compactMap(Attack.init(rawValue:))
        let network = try await BenchNetwork(
            blockInterval: 100, limits: "ulimit -n 1024 && ulimit -d 1048576")
        do {
            let ballots = try await self.ballots(
                of: network, count: Self.spoiled + chosen.count * Self.castPerAttack(self.seconds))
            var unused = ballots.dropFirst(Self.spoiled)
            for attack in chosen {
                try await self.measure(
                    attack, on: network, Array(ballots[..<Self.spoiled]), &unused, report)
            }
        } catch {
            try await network.stop()
            FileHandle.standardError.write(Data("The nodes' logs: \(network.logs)\n".utf8))
            throw error
        }
        try await network.stop()
        network.remove()
    }

    /// Ballots that attackers spoil in many ways.
    private static let spoiled = 64

    /// The most ballots that are cast while a node is watched for so long.
    private static func cast(in seconds: Int) -> Int { seconds * 4 + 1 }

    /// Before, during and after an attack.
    private static func castPerAttack(_ seconds: Int) -> Int {
        2 * cast(in: seconds / 2) + cast(in: seconds)
    }

    /// Valid ballots of an open election that nobody has cast.
    private func ballots(of network: BenchNetwork, count: Int) async throws -> [[UInt8]] {
        let client = try NodeClient(
            nodes: [network.url(0)], chainID: try network.genesis().chainID)
        do {
            let ballots = try await network.prepareElection(voters: count, asking: client)
            await client.shutdown()
            return ballots
        } catch {
            await client.shutdown()
            throw error
        }
    }

    private func measure(
        _ attack: Attack, on network: BenchNetwork, _ spoiled: [[UInt8]],
        _ ballots: inout ArraySlice<[UInt8]>, _ report: Report
    ) async throws {
        func next(_ seconds: Int) -> ArraySlice<[UInt8]> {
            defer { ballots = ballots.dropFirst(Self.cast(in: seconds)) }
            return ballots.prefix(Self.cast(in: seconds))
        }
        report.heading(attack.rawValue)
        let half = self.seconds / 2
        let target = try network.target(0)
        let name = attack.rawValue
        try await self.watch(network, for: half, casting: next(half), name + ".before", report)
        let during = next(self.seconds)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await attack.run(against: target, ballots: spoiled) }
            try await self.watch(
                network, for: self.seconds, casting: during, name + ".during", report)
            group.cancelAll()
        }
        try await self.watch(network, for: half, casting: next(half), name + ".after", report)
    }

    private func watch(
        _ network: BenchNetwork, for seconds: Int, casting ballots: ArraySlice<[UInt8]>,
        _ name: String, _ report: Report
    ) async throws {
        let trial = Trial(
            target: try network.target(0), process: try await network.process(0),
            ballots: ballots)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await trial.watch() }
            try await Task.sleep(for: .seconds(seconds))
            group.cancelAll()
        }
        for place in 0..<network.validators { _ = try await network.process(place) }
        let seen = trial.seen
        let answers = Double(max(1, seen.clientAnswers))
        report.add(name + ".block_interval.ms", min(seen.blockInterval, 1e9), "ms")
        report.add(name + ".memory.mb", Double(seen.peakKiB) / 1000 * 1.024, "MB")
        report.add(name + ".descriptors", Double(seen.peakFiles), "")
        report.add(name + ".client.mean.ms", seen.answerTime / answers, "ms")
        report.add(name + ".client.slowest.ms", seen.slowestAnswer, "ms")
        report.add(name + ".client.failures", Double(seen.clientFailures), "")
        report.add(name + ".ballots.taken", Double(seen.ballotsTaken), "")
        report.add(name + ".ballots.failures", Double(seen.ballotFailures), "")
        report.add(name + ".peer.answers", Double(seen.peerAnswers), "")
        report.add(name + ".peer.failures", Double(seen.peerFailures), "")
    }
}
