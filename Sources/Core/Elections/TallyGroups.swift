package import Ledger

// Which totals are decrypted together: who voted in a small unit must not be read from its result.

/// A contest as it is voted on in a tally unit.
package struct TallyPair: Hashable, Sendable {
    package let tallyUnit: UInt32
    /// The contest's index in the document.
    package let contest: UInt32
}

extension ElectionDocument {
    /// The (tally unit, contest) pairs in document order; the unit number of a pair is its place
    /// from 1.
    package var tallyPairs: [TallyPair] {
        self.tallyUnits.flatMap { unit in
            let contests = self.styles.filter { $0.tallyUnit == unit.number }.flatMap(\.contests)
            return Set(contests).sorted().map {
                TallyPair(tallyUnit: unit.number, contest: $0)
            }
        }
    }

    /// The pairs that are decrypted as one, by their places in `tallyPairs`; every pair is in one
    /// group, groups and their places rise.
    ///
    /// A pair with fewer ballots than the document's minimum joins its target: the pair of the same
    /// contest in the unit that its own merges into. If a target then has some ballots, with those
    /// that joined it, but fewer than the minimum, every pair that has it as target joins it, however
    /// large. So a group with ballots stays below the minimum only where nothing else merges with it.
    ///
    /// - Parameter counted: the number of counted ballots of each pair.
    package func tallyGroups(counted: [UInt32]) -> [[Int]] {
        let pairs = self.tallyPairs
        precondition(counted.count == pairs.count, "every pair has a number of ballots")
        let minimum = UInt64(self.minimumTallyUnit)
        /// The place of the pair that each pair may join.
        let targets = pairs.map { pair -> Int? in
            guard
                let unit = self.tallyUnits.first(where: { $0.number == pair.tallyUnit }),
                let target = unit.mergesInto
            else { return nil }
            return pairs.firstIndex(of: TallyPair(tallyUnit: target, contest: pair.contest))
        }
        var homes = pairs.indices.map { place in
            UInt64(counted[place]) < minimum ? targets[place] ?? place : place
        }
        for target in pairs.indices where targets.contains(target) {
            let sum = pairs.indices.filter { homes[$0] == target }
                .reduce(0) { $0 + UInt64(counted[$1]) }
            guard sum > 0, sum < minimum else { continue }
            for source in pairs.indices where targets[source] == target { homes[source] = target }
        }
        var groups: [[Int]] = []
        var places: [Int: Int] = [:]
        for place in pairs.indices {
            if let group = places[homes[place]] {
                groups[group].append(place)
            } else {
                places[homes[place]] = groups.count
                groups.append([place])
            }
        }
        return groups
    }
}
