/// What a voter chose in one contest.
package enum ContestChoice: Hashable, Sendable {
    /// The indices of the chosen options, from zero in ballot order.
    case options([Int])
    /// The counted blank or against-all cell.
    case blank
}

/// Why a choice is not one that the contest offers.
package enum ChoiceError: Error, Equatable, Sendable {
    case unknownOption(Int)
    case repeatedOption(Int)
    case tooFew(Int, minimum: Int)
    case tooMany(Int, maximum: Int)
    case blankNotOffered
    case contestCount(Int, expected: Int)
}

/// The cells of a contest and their one linear rule `sum w_i v_i = target` (section 1.6).
///
/// Cells are the options (weight 1), a counted blank if offered (weight max), and slack cells that
/// represent exactly 0…max - min. With min 0 and max at the number of options every 0/1 vector is
/// a choice, so rule and slack are dropped, unless a blank must exclude the options.
package struct ContestShape: Hashable, Sendable {
    /// How many options there are, one cell each.
    package let options: Int
    /// The fewest options a vote may select.
    package let min: Int
    /// The most options a vote may select.
    package let max: Int
    /// Whether a blank (or against-all) vote is offered and counted.
    package let countsBlank: Bool
    /// `w_1 … w_m`, one per cell; the first is always 1.
    package let weights: [UInt32]

    /// - Throws: `parameter` unless 0 <= min <= max <= options, 1 <= max and 1 to 64 cells.
    package init(options: Int, min: Int, max: Int, countsBlank: Bool) throws(RefusalCode) {
        guard
            (1...Limits.cellsPerContest).contains(options), (1...options).contains(max),
            (0...max).contains(min)
        else { throw .parameter }
        self.options = options
        self.min = min
        self.max = max
        self.countsBlank = countsBlank
        var weights = [UInt32](repeating: 1, count: options)
        if countsBlank { weights.append(UInt32(max)) }
        if Self.needsRule(options: options, min: min, max: max, countsBlank: countsBlank) {
            weights.append(contentsOf: Self.slackWeights(UInt32(max - min)))
        }
        guard weights.count <= Limits.cellsPerContest else { throw .parameter }
        self.weights = weights
    }

    /// m, the number of cells.
    package var cellCount: Int { self.weights.count }

    /// How many cells are decrypted, each under a key of the ceremony: options and blank.
    package var keyCount: Int { self.options + (self.countsBlank ? 1 : 0) }

    /// What the weighted cells sum to.
    package var target: UInt32 { UInt32(self.max) }

    /// Whether `sum w_i v_i = target` applies.
    package var hasRule: Bool {
        Self.needsRule(
            options: self.options, min: self.min, max: self.max, countsBlank: self.countsBlank)
    }

    /// The 0/1 values of the cells that stand for `choice`.
    package func cells(for choice: ContestChoice) throws(ChoiceError) -> [UInt8] {
        var cells = [UInt8](repeating: 0, count: self.cellCount)
        switch choice {
        case .blank:
            guard self.countsBlank else { throw .blankNotOffered }
            cells[self.options] = 1
        case .options(let chosen):
            for option in chosen {
                guard (0..<self.options).contains(option) else { throw .unknownOption(option) }
                guard cells[option] == 0 else { throw .repeatedOption(option) }
                cells[option] = 1
            }
            guard chosen.count >= self.min else {
                throw .tooFew(chosen.count, minimum: self.min)
            }
            guard chosen.count <= self.max else {
                throw .tooMany(chosen.count, maximum: self.max)
            }
            self.fillSlack(&cells, UInt32(self.max - chosen.count))
        }
        return cells
    }

    /// The choice that cell values stand for, nil if they are not 0/1 or break the rule.
    package func choice(of cells: [UInt8]) -> ContestChoice? {
        guard cells.count == self.cellCount else { return nil }
        var sum: UInt32 = 0
        for (value, weight) in zip(cells, self.weights) {
            guard value <= 1 else { return nil }
            sum += UInt32(value) * weight
        }
        guard !self.hasRule || sum == self.target else { return nil }
        if self.countsBlank, cells[self.options] == 1 { return .blank }
        return .options((0..<self.options).filter { cells[$0] == 1 })
    }

    /// Sets the slack cells to represent `missing`, the selections that were not used.
    private func fillSlack(_ cells: inout [UInt8], _ missing: UInt32) {
        guard self.cellCount > self.keyCount else { return }
        var rest = missing
        let last = self.cellCount - 1
        let small = (UInt32(1) << UInt32(last - self.keyCount)) - 1
        if rest > small {
            cells[last] = 1
            rest -= self.weights[last]
        }
        for cell in self.keyCount..<last {
            cells[cell] = UInt8(rest & 1)
            rest >>= 1
        }
    }

    private static func needsRule(options: Int, min: Int, max: Int, countsBlank: Bool) -> Bool {
        min > 0 || max < options || countsBlank
    }

    /// 1, 2, …, 2^(b-2), d - (2^(b-1) - 1) for d of b bits: subsets sum to exactly 0…d.
    private static func slackWeights(_ difference: UInt32) -> [UInt32] {
        guard difference > 0 else { return [] }
        let bits = UInt32(UInt32.bitWidth - difference.leadingZeroBitCount)
        var weights: [UInt32] = []
        for bit in 0..<(bits - 1) { weights.append(1 << bit) }
        weights.append(difference - ((1 << (bits - 1)) - 1))
        return weights
    }
}
