#if RULE_SWITCHES
    import ArgumentParser
    import Consensus
    import Foundation
    import Simulation

    /// The suite against our own mistakes: with one rule switched off, how many seeds it takes until
    /// an invariant breaks.
    extension VecheSimulate {
        func printMutations(_ name: String) throws {
            let rules = Rule.allCases.filter { name == "all" || $0.rawValue == name }
            guard !rules.isEmpty else { throw ValidationError("no rule is called \(name)") }
            var isComplete = true
            for rule in rules {
                let found = firstViolation(without: rule)
                isComplete = isComplete && found != nil
                let text =
                    found.map {
                        "\($0.seeds) | \($0.violation.invariant): \($0.violation.detail.prefix(100))"
                    } ?? "not found in \(seeds.last - seeds.first + 1) | "
                // At once: a table takes minutes.
                FileHandle.standardOutput.write(Data("| \(rule.rawValue) | \(text) |\n".utf8))
            }
            if !isComplete { throw ExitCode.failure }
        }

        private func firstViolation(
            without rule: Rule
        ) -> (seeds: UInt64, violation: Violation)? {
            for seed in seeds.first...seeds.last {
                var scenario = scenario(seed)
                scenario.disabledRules = [rule]
                if let violation = Cluster.run(scenario).violation {
                    return (seed - seeds.first + 1, violation)
                }
            }
            return nil
        }
    }
#endif
