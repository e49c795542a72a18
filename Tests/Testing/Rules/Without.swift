import ArgumentParser
import Console
import Foundation
import RuleSwitch
import Simulation

/// The main program of the copy of the sources that `generate.py` makes: `veche-simulate`, which can
/// also do without one rule. No other program has this option.
@main
struct WithoutRules: AsyncParsableCommand {
    static func main() async { await runProgram() }

    static let configuration = VecheSimulate.configuration

    @OptionGroup var simulation: VecheSimulate

    @Option(
        help: """
            Switch off a rule, and run seed after seed until an invariant breaks that holds with all \
            rules: \(Rules.names.joined(separator: ", ")).
            """)
    var without: String?

    func validate() throws {
        if let without, !Rules.names.contains(without) {
            throw ValidationError("no rule is called \(without)")
        }
    }

    func run() async throws {
        guard let without, let place = Rules.names.firstIndex(of: without) else {
            return try await simulation.run()
        }
        let search = Search(simulation: simulation, name: without, number: place + 1)
        guard search.run(from: simulation.seeds.first) else { throw ExitCode.failure }
    }
}

/// The search for the first seed that notices that a rule is off.
private struct Search {
    let simulation: VecheSimulate
    let name: String
    let number: Int

    /// Runs the seeds from `first` on and prints what is found, between bars: the rule's name, how many
    /// seeds it took, the invariant, and how it broke. False where nothing was found.
    func run(from first: UInt64) -> Bool {
        let last = simulation.seeds.last
        guard first <= last else { return report(nil) }
        for seed in first...last {
            // A failed precondition is one more way to notice. It cannot return: the search goes on in it.
            Rules.trapped = { message in
                let isFound = isSound(seed) && report((seed, "TRAP", message))
                exit(isFound || run(from: seed + 1) ? 0 : 1)
            }
            Rules.off = number
            let violation = Cluster.run(simulation.scenario(seed)).violation
            if let violation, isSound(seed) {
                return report((seed, violation.invariant, violation.detail))
            }
        }
        return report(nil)
    }

    /// Whether the same run with all rules breaks no invariant.
    private func isSound(_ seed: UInt64) -> Bool {
        Rules.off = 0
        return Cluster.run(simulation.scenario(seed)).violation == nil
    }

    private func report(_ found: (seed: UInt64, invariant: String, detail: String)?) -> Bool {
        let seeds = (found?.seed ?? simulation.seeds.last) - simulation.seeds.first + 1
        say("\(name) | \(seeds) | \(found?.invariant ?? "-") | \(found?.detail ?? "not found")")
        return found != nil
    }
}
