package import Ledger

/// What a proposed validator set changes, for the people who decide on it.
package struct ValidatorChange: Hashable, Sendable {
    /// Names of validators whose keys are in the new set alone.
    package let joining: [String]
    /// Names of validators whose keys are in the present set alone.
    package let leaving: [String]
    /// f of the present set.
    package let tolerated: Int

    /// Compares two sets by consensus keys: who has another one is another validator.
    package init(from present: ValidatorSet, to next: ValidatorSet) {
        let before = Set(present.validators.map(\.consensusKey))
        let after = Set(next.validators.map(\.consensusKey))
        self.joining = next.validators.filter { !before.contains($0.consensusKey) }.map(\.name)
        self.leaving = present.validators.filter { !after.contains($0.consensusKey) }
            .map(\.name)
        self.tolerated = present.faultTolerance
    }

    /// Lines for a person; the last warns where more change at once than the rules advise.
    package var lines: [String] {
        var lines: [String] = []
        if !self.joining.isEmpty {
            lines.append("  joins:  " + self.joining.joined(separator: ", "))
        }
        if !self.leaving.isEmpty {
            lines.append("  leaves: " + self.leaving.joined(separator: ", "))
        }
        if self.joining.isEmpty, self.leaving.isEmpty { lines.append("  nobody joins or leaves") }
        guard max(self.joining.count, self.leaving.count) > self.tolerated else { return lines }
        return lines + [
            "WARNING: more than \(self.tolerated) of the validators change at once. If the new ones are"
                + " not up in time, the chain stands still after the change; change them in steps."
        ]
    }
}
