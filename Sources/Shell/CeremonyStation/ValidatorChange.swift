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

    /// The present set without those who leave and with those who join. A new validator with the name of
    /// one who stays takes that one's place, with other keys; the others come last.
    ///
    /// - Throws: where somebody leaves who is not there, or whom a new one replaces.
    package static func next(
        after present: ValidatorSet, adding joining: [Validator], removing leaving: [String]
    ) throws(ValidatorChangeFault) -> ValidatorSet {
        for name in leaving {
            guard present.validators.contains(where: { $0.name == name }) else {
                throw .unknown(name, present: present.validators.map(\.name))
            }
            guard !joining.contains(where: { $0.name == name }) else {
                throw .leavesAndJoins(name)
            }
        }
        var next = present.validators.filter { !leaving.contains($0.name) }
        for validator in joining {
            if let place = next.firstIndex(where: { $0.name == validator.name }) {
                next[place] = validator
            } else {
                next.append(validator)
            }
        }
        return ValidatorSet(next)
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

/// Why a change of validators cannot be.
package enum ValidatorChangeFault: Error, Hashable, Sendable, CustomStringConvertible {
    case unknown(String, present: [String])
    case leavesAndJoins(String)

    package var description: String {
        switch self {
        case .unknown(let name, let present):
            "No validator is called \(name). The present ones are \(present.joined(separator: ", "))."
        case .leavesAndJoins(let name):
            "\(name) both leaves and joins: a new validator with the name of a present one takes its "
                + "place, without --remove."
        }
    }
}
