#if RULE_SWITCHES
    import ArgumentParser
    import Consensus
    import Console
    import Foundation
    import Simulation

    /// The suite against our own mistakes: with one rule switched off, how many seeds it takes until
    /// an invariant breaks.
    extension VecheSimulate {
        func printMutations(_ name: String) throws {
            // Rules joined by + are switched off together.
            let sets =
                name == "all"
                ? Rule.allCases.map { [$0] }
                : [name.split(separator: "+").compactMap { Rule(rawValue: String($0)) }]
            guard name == "all" || sets[0].count == name.split(separator: "+").count else {
                throw ValidationError("no rule is called \(name)")
            }
            var isComplete = true
            for rules in sets {
                let found = firstViolation(without: rules)
                isComplete = isComplete && found != nil
                let text =
                    found.map {
                        "\($0.seeds) | \($0.violation.invariant): \($0.violation.detail.prefix(100))"
                    } ?? "not found in \(seeds.last - seeds.first + 1) | "
                // At once: a table takes minutes.
                let names = rules.map(\.rawValue).joined(separator: "+")
                say("| \(names) | \(text) |")
            }
            if !isComplete { throw ExitCode.failure }
        }

        /// A seed counts only where nothing fails with all rules.
        private func firstViolation(
            without rules: [Rule]
        ) -> (seeds: UInt64, violation: Violation)? {
            for seed in seeds.first...seeds.last {
                let whole = scenario(seed)
                var scenario = whole
                scenario.disabledRules = Set(rules)
                if let violation = Cluster.run(scenario).violation,
                    Cluster.run(whole).violation == nil
                {
                    return (seed - seeds.first + 1, violation)
                }
            }
            return nil
        }
    }
#endif
