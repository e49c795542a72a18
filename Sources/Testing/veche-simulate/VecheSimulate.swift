import ArgumentParser
import Console
import Foundation
import Simulation

/// Runs seeded simulations of a whole cluster and says which seeds broke an invariant.
@main
struct VecheSimulate: AsyncParsableCommand {
    static func main() async { await runProgram() }

    static let configuration = CommandConfiguration(
        commandName: "veche-simulate",
        abstract: "Simulate whole clusters of validators, with faults and liars, from seeds.",
        discussion: """
            Each seed is one run: a cluster in virtual time suffers the chosen faults for some views, then \
            the faults stop and it must recover. Safety is checked at every step, liveness after the \
            faults. The same seed with the same options always gives the same run.

            Exit status: 0 if no invariant was broken; 1 if one was; 64 wrong usage; 66 the output \
            could not be written.

            Faults: \(FaultKind.allCases.map(\.rawValue).joined(separator: ", ")); or all, or none.
            """)

    @Option(help: "The seeds to run, first and last, as in 0..99.")
    var seeds: SeedRange = SeedRange(first: 0, last: 99)

    @Option(help: "How many validators; several, as in 4,5,7, take turns with the seeds.")
    var validators: NumberList = NumberList(numbers: [4, 5, 7])

    @Option(help: "Which faults to inject: a list, all or none.")
    var faults: FaultList = FaultList(kinds: FaultKind.allCases)

    @Option(help: "How many views the faults last; else 6 to 36, by the validators and the seed.")
    var views: Int?

    @Flag(
        help: """
            Instead of faults by chance: for each seed, crash one validator at each of its durable \
            operations and sends in turn.
            """)
    var crashPoints = false

    @Flag(
        help: """
            Instead of faults by chance: of four validators one runs twice with one key, in every \
            partition of each of four views. The seeds are the cases' numbers, 0 to 262143.
            """)
    var twins = false

    @Option(help: "How many runs at the same time.")
    var jobs: Int = 1

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        guard (1...100_000).contains(views ?? 1) else {
            throw ValidationError("--views must be 1 to 100000")
        }
        guard (1...256).contains(jobs) else { throw ValidationError("--jobs must be 1 to 256") }
    }

    func run() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        var summary = SimulationSummary()
        var lastProgress = start
        var next = seeds.first
        var isDone = false
        await withTaskGroup(of: [SimulationReport].self) { group in
            func add() {
                guard !isDone else { return }
                let seed = next
                if seed == seeds.last { isDone = true } else { next += 1 }
                group.addTask { await reports(of: seed) }
            }
            for _ in 0..<jobs { add() }
            for await reports in group {
                add()
                for report in reports { summary.add(report) }
                for report in reports {
                    guard let violation = report.violation else { continue }
                    log("seed \(report.scenario.seed): \(violation.invariant): \(violation.detail)")
                }
                if clock.now - lastProgress > .seconds(5) {
                    lastProgress = clock.now
                    log("\(summary.runs) runs, \(summary.failures.count) failed, at seed \(next)")
                }
            }
        }
        let seconds = ((clock.now - start) / .milliseconds(1)).rounded() / 1000
        if json {
            try printJSON(summary, seconds: seconds)
        } else {
            printText(summary, seconds: seconds)
        }
        if !summary.failures.isEmpty { throw ExitCode.failure }
    }

    /// The runs of one seed.
    @concurrent
    private func reports(of seed: UInt64) async -> [SimulationReport] {
        if twins { return [Cluster.run(Twins.scenario(seed % Twins.cases))] }
        guard crashPoints else { return [Cluster.run(scenario(seed))] }
        var reports: [SimulationReport] = []
        Scenario.enumerateCrashPoints(
            seed: seed, validators: size(seed), views: views
        ) { report in
            reports.append(report)
            return true
        }
        return reports
    }

    private func size(_ seed: UInt64) -> Int {
        validators.numbers[Int(seed % UInt64(validators.numbers.count))]
    }

    func scenario(_ seed: UInt64) -> Scenario {
        Scenario(seed: seed, validators: size(seed), faults: faults.kinds, views: views)
    }

    private func log(_ text: String) {
        note(text)
    }

    private func printText(_ summary: SimulationSummary, seconds: Double) {
        let rate = Double(summary.runs) / max(seconds, 0.001)
        say("\(summary.runs) runs in \(seconds) s: \(Int(rate * 10) / 10) a second")
        say(
            "\(summary.events) events, \(summary.messages) messages, "
                + "\(summary.finalBlocks) final blocks, \(summary.epochs) epochs, "
                + "digest \(String(summary.trace, radix: 16))")
        if let median = summary.recovery(percentile: 50),
            let tail = summary.recovery(percentile: 99),
            let worst = summary.recovery(percentile: 100)
        {
            say("recovery after the faults: p50 \(median) ms, p99 \(tail) ms, max \(worst) ms")
        }
        for (fault, count) in summary.injected.sorted(by: { $0.key < $1.key }) {
            say("  \(fault.padding(toLength: 24, withPad: " ", startingAt: 0)) \(count)")
        }
        say(summary.failures.isEmpty ? "no violation" : "\(summary.failures.count) violations:")
        for failure in summary.failures {
            guard let violation = failure.violation else { continue }
            say("  \(violation.invariant) at \(violation.milliseconds) ms: \(violation.detail)")
            say("    \(failure.scenario.replayCommand)")
        }
    }

    private func printJSON(_ summary: SimulationSummary, seconds: Double) throws {
        let result = Result(
            runs: summary.runs, seconds: seconds, events: summary.events,
            messages: summary.messages, finalBlocks: summary.finalBlocks, epochs: summary.epochs,
            recoveryMilliseconds: Result.Recovery(
                p50: summary.recovery(percentile: 50), p99: summary.recovery(percentile: 99),
                max: summary.recovery(percentile: 100)),
            injected: summary.injected, digest: String(summary.trace, radix: 16),
            violations: summary.failures.compactMap { failure in
                failure.violation.map {
                    Result.Violation(
                        seed: failure.scenario.seed, validators: failure.scenario.validators,
                        invariant: $0.invariant, detail: $0.detail,
                        milliseconds: $0.milliseconds, replay: failure.scenario.replayCommand)
                }
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        say(String(decoding: try encoder.encode(result), as: UTF8.self))
    }
}

/// What `--json` prints.
private struct Result: Encodable {
    let runs: Int
    let seconds: Double
    let events: Int
    let messages: Int
    let finalBlocks: UInt64
    let epochs: UInt64
    let recoveryMilliseconds: Recovery
    let injected: [String: Int]
    let digest: String
    let violations: [Violation]

    struct Recovery: Encodable {
        let p50: UInt64?
        let p99: UInt64?
        let max: UInt64?
    }

    struct Violation: Encodable {
        let seed: UInt64
        let validators: Int
        let invariant: String
        let detail: String
        let milliseconds: UInt64
        let replay: String
    }
}
