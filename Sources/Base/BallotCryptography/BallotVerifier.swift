package import Ristretto

/// The equations of a ballot (section 1.7), by the names of the specification:
///
///     (sum)   sum w_i f_i = c * target                                   scalars only, per contest
///     (A)     zB      = c A   + T_A                                      per contest
///     (C_i)   z Y_i + f_i B = c C_i + D_i                                per cell
///     (bit)   (sum_e delta^e f_e (f_e - c)) B + zq H = c K1 + K0         once per ballot
///     (sig)   zs B    = c P   + T_s                                      once per ballot
package enum BallotVerifier {
    /// Checks one ballot, equation by equation and without random numbers: the decision on which
    /// all nodes agree. Nil if it is valid, else the first equation that fails.
    ///
    /// (sig) comes first: changing any part of a proven ballot changes c and so breaks every
    /// equation, and such a ballot is not one that failed to add up.
    package static func diagnose(_ ballot: Ballot, rules: BallotRules) -> RefusalCode? {
        guard ballot.signatureHolds else { return .signature }
        guard ballot.sumsHold(rules) else { return .sum }
        let c = ballot.challenge
        for contest in ballot.contests {
            // (A)
            guard vanishes([c, .one, -contest.z], [contest.a, contest.ta, .base]) else {
                return .linkA
            }
        }
        for (position, contest) in ballot.contests.enumerated() {
            for cell in contest.c.indices {
                // (C_i)
                let key = rules.key(contest: position, cell: cell)
                guard
                    vanishes(
                        [c, .one, -contest.z, -contest.f[cell]],
                        [contest.c[cell], contest.d[cell], key, .base])
                else { return .linkC }
            }
        }
        // (bit)
        guard
            vanishes(
                [c, .one, -ballot.bitCoefficient, -ballot.zq],
                [ballot.k1, ballot.k0, .base, FixedGenerators.pedersen])
        else { return .bit }
        return nil
    }

    /// Checks any mix of ballots of any styles, each under its rules, in one multi-scalar
    /// multiplication (section 1.8). A failing batch is halved until each bad ballot stands alone: of
    /// n ballots, fewer than 2 n sums are checked, however many are bad, and for one bad ballot two of
    /// each size at most.
    ///
    /// The answers are in the order of `batch`: nil for a valid ballot, else the code that the
    /// ledger gives, `sum` or `proof`.
    ///
    /// - Parameter areSigned: whether `signaturesHold` has found every signature to hold, so that
    ///   (sig) is left out.
    package static func verify<R: RandomSource>(
        _ batch: [(ballot: Ballot, rules: BallotRules)], areSigned: Bool = false,
        random: inout R
    ) -> [RefusalCode?] {
        var refusals = [RefusalCode?](repeating: nil, count: batch.count)
        var open: [Int] = []
        for (index, entry) in batch.enumerated() {
            if entry.ballot.sumsHold(entry.rules) {
                open.append(index)
            } else {
                refusals[index] = areSigned || entry.ballot.signatureHolds ? .sum : .proof
            }
        }
        let failing = Self.failing(open, &random) { indices, random in
            Self.hold(batch, indices, areSigned: areSigned, &random)
        }
        // A sum of equations that hold vanishes whatever the weights are: one of these ballots' does
        // not hold. Their (sum) does, so the ledger's code needs no other look at them.
        for index in failing { refusals[index] = .proof }
        return refusals
    }

    /// Checks (sig) of ballots of any styles, in one multi-scalar multiplication that takes two
    /// points of each; a failing batch is halved as in `verify`. One signature alone is checked
    /// without random numbers.
    package static func signaturesHold<R: RandomSource>(
        _ batch: [BallotSignature], random: inout R
    ) -> [Bool] {
        if batch.count == 1 { return [batch[0].holds] }
        var answers = [Bool](repeating: true, count: batch.count)
        let failing = Self.failing([Int](batch.indices), &random) { indices, random in
            var weights = BatchWeights(
                fresh: random.bytes(32), batch: indices.map { batch[$0].ballotID })
            var equations = BatchEquations(reservingCapacity: 2 * indices.count + 2)
            for index in indices { equations.add(batch[index], weights: &weights) }
            return equations.hold()
        }
        for index in failing { answers[index] = false }
        return answers
    }

    /// Which of some ballots fail a check that holds for ballots together exactly if it holds for
    /// each of them.
    private static func failing<R: RandomSource>(
        _ indices: [Int], _ random: inout R, hold: (ArraySlice<Int>, inout R) -> Bool
    ) -> [Int] {
        var failing: [Int] = []
        if !indices.isEmpty, !hold(indices[...], &random) {
            Self.bisect(indices[...], &failing, &random, hold)
        }
        return failing
    }

    /// Finds the bad ballots among `indices`, which do not all pass.
    private static func bisect<R: RandomSource>(
        _ indices: ArraySlice<Int>, _ failing: inout [Int], _ random: inout R,
        _ hold: (ArraySlice<Int>, inout R) -> Bool
    ) {
        if let only = indices.first, indices.count == 1 {
            failing.append(only)
            return
        }
        let middle = indices.startIndex + indices.count / 2
        let (first, second) = (indices[..<middle], indices[middle...])
        if hold(first, &random) {
            // Then the fault is in the second half, which needs no check to say so.
            Self.bisect(second, &failing, &random, hold)
            return
        }
        Self.bisect(first, &failing, &random, hold)
        if !hold(second, &random) { Self.bisect(second, &failing, &random, hold) }
    }

    /// Whether every equation of some ballots holds but (sum), and (sig) where it was checked before.
    private static func hold<R: RandomSource>(
        _ batch: [(ballot: Ballot, rules: BallotRules)], _ indices: ArraySlice<Int>,
        areSigned: Bool, _ random: inout R
    ) -> Bool {
        var weights = BatchWeights(
            fresh: random.bytes(32), batch: indices.map { batch[$0].ballot.ballotID })
        // Two points per cell and six more per contest, and the fixed ones at the end.
        var count = 128
        for index in indices { count += batch[index].ballot.wire.count / 48 }
        var equations = BatchEquations(reservingCapacity: count)
        for index in indices {
            equations.add(
                batch[index].ballot, rules: batch[index].rules, withSignature: !areSigned,
                weights: &weights)
        }
        return equations.hold()
    }
}

extension Ballot {
    /// (sig) `zs B = c P + T_s`.
    fileprivate var signatureHolds: Bool {
        vanishes([self.challenge, .one, -self.zs], [self.key, self.ts, .base])
    }

    /// (sum) `sum w_i f_i = c * target`, in every contest that has the rule.
    fileprivate func sumsHold(_ rules: BallotRules) -> Bool {
        for (contest, rule) in zip(self.contests, rules.contests) where rule.shape.hasRule {
            var sum = Scalar.zero
            for (weight, f) in zip(rule.shape.weights, contest.f) {
                sum += weight == 1 ? f : Scalar(UInt64(weight)) * f
            }
            guard sum == self.challenge * Scalar(UInt64(rule.shape.target)) else { return false }
        }
        return true
    }

    /// `sum_e delta^e f_e (f_e - c)` over all cells of all contests, numbered e = 1, 2, ….
    var bitCoefficient: Scalar {
        var sum = Scalar.zero
        var power = self.delta
        for contest in self.contests {
            for f in contest.f {
                sum += power * f * (f - self.challenge)
                power *= self.delta
            }
        }
        return sum
    }
}
