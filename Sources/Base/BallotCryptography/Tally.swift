package import Ristretto

/// A verified partial decryption with its trustee.
package struct VerifiedShare: Sendable {
    /// j, from 1.
    package let trustee: UInt32
    /// `M_1 … M_m`.
    let shares: [Point]

    /// Checks a partial decryption as in `PartialDecryption.verify`; only what passes can count.
    /// - Throws: the codes of `verify`.
    package init(
        _ decryption: PartialDecryption, of unit: DecryptionUnit, trustee: UInt32,
        keys: ElectionKeys
    ) throws(RefusalCode) {
        try decryption.verify(unit, trustee: trustee, keys: keys)
        self.init(
            trustee: trustee, shares: try GroupElement.decode(decryption.shares).map { $0.point })
    }

    /// The share of a partial decryption that was verified before, such as one in the state.
    /// - Throws: `point`.
    package init(
        alreadyVerified decryption: PartialDecryption, trustee: UInt32
    ) throws(RefusalCode) {
        self.init(
            trustee: trustee, shares: try GroupElement.decode(decryption.shares).map { $0.point })
    }

    private init(trustee: UInt32, shares: [Point]) {
        self.trustee = trustee
        self.shares = shares
    }
}

/// Why a unit has no counts.
package enum TallyError: Error, Equatable, Sendable {
    /// Fewer than t distinct trustees.
    case tooFewShares(Int, needed: Int)
    /// A share of another number of cells, or the total of another contest.
    case cellCount
    /// No logarithm in 0…counted: impossible with verified shares and ballots (A_TALLY_RANGE).
    case outOfRange(cell: Int)
    /// The counts break the contest's rule (A_TALLY_RANGE).
    case inconsistent
}

/// From verified shares to counts (section 1.10).
package enum Tally {
    /// The counts of a unit: one per option, then the blank if it is counted.
    ///
    ///     V_k = C_S,k - sum_j lambda_j M_{j,k} ,  V_k = v_k B ,  0 <= v_k <= counted
    ///
    /// Any t of `shares` serve, the others are ignored; a unit without ballots needs none and
    /// counts zeros.
    package static func counts(
        of unit: DecryptionUnit, shares: [VerifiedShare], keys: ElectionKeys, shape: ContestShape,
        logarithms: DiscreteLogarithms
    ) throws(TallyError) -> [UInt64] {
        let total = unit.total
        guard total.c.count == shape.keyCount else { throw .cellCount }
        guard total.counted > 0 else { return [UInt64](repeating: 0, count: shape.keyCount) }
        let points = try Self.combine(total, shares, threshold: keys.parameters.threshold)
        var counts: [UInt64] = []
        for (cell, point) in points.enumerated() {
            guard
                let count = logarithms.logarithm(of: point, atMost: UInt64(total.counted))
            else { throw .outOfRange(cell: cell) }
            counts.append(count)
        }
        guard Self.areConsistent(counts, counted: UInt64(total.counted), shape: shape) else {
            throw .inconsistent
        }
        return counts
    }

    /// Whether the rehearsal decrypts to 1, 2, …, K with these shares.
    package static func rehearsalSucceeds(
        _ unit: DecryptionUnit, shares: [VerifiedShare], keys: ElectionKeys
    ) throws(TallyError) -> Bool {
        let points = try Self.combine(unit.total, shares, threshold: keys.parameters.threshold)
        return points.enumerated().allSatisfy { index, point in
            MultiScalar.sum([Scalar(UInt64(index + 1))], [.base]) == point
        }
    }

    /// Whether counts can come from `counted` ballots of a contest. With b blanks and S selections:
    /// every count at most `counted`, and min * (counted - b) <= S <= max * (counted - b).
    package static func areConsistent(
        _ counts: [UInt64], counted: UInt64, shape: ContestShape
    ) -> Bool {
        guard counts.count == shape.keyCount, counted <= UInt64(Limits.ballotsPerUnit),
            counts.allSatisfy({ $0 <= counted })
        else { return false }
        let blank = shape.countsBlank ? counts[shape.options] : 0
        let selections = counts.prefix(shape.options).reduce(0, +)
        let voting = counted - blank
        return counts.prefix(shape.options).allSatisfy { $0 <= voting }
            && UInt64(shape.min) * voting <= selections
            && selections <= UInt64(shape.max) * voting
    }

    /// `V_k = C_S,k - sum_j lambda_j M_{j,k}` with the t lowest of the trustees.
    private static func combine(
        _ total: EncryptedTotal, _ shares: [VerifiedShare], threshold: UInt32
    ) throws(TallyError) -> [Point] {
        var chosen: [VerifiedShare] = []
        for share in shares.sorted(by: { $0.trustee < $1.trustee })
        where share.trustee != chosen.last?.trustee && chosen.count < Int(threshold) {
            chosen.append(share)
        }
        guard chosen.count == Int(threshold) else {
            throw .tooFewShares(chosen.count, needed: Int(threshold))
        }
        guard chosen.allSatisfy({ $0.shares.count == total.c.count }) else { throw .cellCount }
        let lambda = Self.lagrangeAtZero(chosen.map { $0.trustee }).map { -$0 }
        var points: [Point] = []
        for cell in total.c.indices {
            points.append(
                total.c[cell] + MultiScalar.sum(lambda, chosen.map { $0.shares[cell] }))
        }
        return points
    }

    /// `lambda_j = prod_{i != j} i / (i - j)` for distinct trustees, in their order.
    package static func lagrangeAtZero(_ trustees: [UInt32]) -> [Scalar] {
        trustees.map { own in
            var numerator = Scalar.one
            var denominator = Scalar.one
            for other in trustees where other != own {
                numerator *= Scalar(UInt64(other))
                denominator *= Scalar(UInt64(other)) - Scalar(UInt64(own))
            }
            return numerator * denominator.inverted()
        }
    }
}
