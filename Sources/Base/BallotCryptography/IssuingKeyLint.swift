/// What can be seen wrong with issuing keys from outside, checked when an election is proposed. The
/// exponent is always 65537. A registrar that spoils its own key in ways that cannot be seen gains
/// no link between voters and ballots: `P` is 32 random bytes.
package enum IssuingKeyLint {
    /// Checks all issuing keys of one election document together: each modulus of exactly 3072
    /// bits and odd, no factor below 2^16, not of a weak generator (ROCA), no perfect power, none
    /// equal to or sharing a factor with another.
    /// - Throws: `parameter`.
    package static func check(moduli: [[UInt8]]) throws(RefusalCode) {
        guard Set(moduli).count == moduli.count else { throw .parameter }
        var parsed: [RSAModulus] = []
        for bytes in moduli {
            guard bytes.count == Limits.modulusSize, let modulus = RSAModulus(bytes: bytes) else {
                throw .parameter
            }
            guard
                !Self.hasSmallFactor(modulus), !Self.hasWeakGeneratorMark(modulus),
                !Self.isPerfectPower(modulus)
            else { throw .parameter }
            parsed.append(modulus)
        }
        guard parsed.count > 1 else { return }
        for (index, modulus) in parsed.enumerated() {
            guard Self.isCoprimeToOthers(modulus, parsed, except: index) else { throw .parameter }
        }
    }

    /// The primes below 2^16.
    private static let primes: [UInt32] = {
        var composite = [Bool](repeating: false, count: 1 << 16)
        var primes: [UInt32] = []
        for candidate in 2..<(1 << 16) where !composite[candidate] {
            primes.append(UInt32(candidate))
            for multiple in stride(from: candidate * candidate, to: 1 << 16, by: candidate) {
                composite[multiple] = true
            }
        }
        return primes
    }()

    private static func hasSmallFactor(_ modulus: RSAModulus) -> Bool {
        Self.primes.contains { Self.remainder(modulus, $0) == 0 }
    }

    /// Moduli of the library behind CVE-2017-15361 are powers of 65537 modulo each of the first
    /// primes, which others are only by chance (about 2^-28).
    private static func hasWeakGeneratorMark(_ modulus: RSAModulus) -> Bool {
        Self.primes.prefix(39).dropFirst().allSatisfy { prime in
            let target = Self.remainder(modulus, prime)
            var power: UInt32 = 1
            for _ in 0..<prime {
                if power == target { return true }
                power = power * (65_537 % prime) % prime
            }
            return false
        }
    }

    /// A k-th power is one modulo every prime q = 1 mod k, where only one residue in k is. k up to
    /// 191, since no factor is below 2^16. Another number passes with probability below 2^-64.
    private static func isPerfectPower(_ modulus: RSAModulus) -> Bool {
        Self.primes.prefix(while: { $0 <= 191 }).contains { k in
            let witnesses = Self.primes.filter { $0 % k == 1 }.prefix(64)
            return witnesses.allSatisfy { q in
                Self.power(Self.remainder(modulus, q), (q - 1) / k, modulo: q) == 1
            }
        }
    }

    private static func isCoprimeToOthers(
        _ modulus: RSAModulus, _ all: [RSAModulus], except own: Int
    ) -> Bool {
        var product = [UInt32](repeating: 0, count: modulus.limbs.count)
        product[0] = 1
        for (index, other) in all.enumerated() where index != own {
            // Both have their highest bit set, so one subtraction reduces the other.
            let (difference, borrow) = RSAModulus.subtract(other.limbs, modulus.limbs)
            product = modulus.multiply(product, borrow == 0 ? difference : other.limbs)
        }
        return modulus.inverse(product) != nil
    }

    private static func remainder(_ modulus: RSAModulus, _ divisor: UInt32) -> UInt32 {
        var rest: UInt64 = 0
        for limb in modulus.limbs.reversed() {
            rest = (rest << 32 | UInt64(limb)) % UInt64(divisor)
        }
        return UInt32(rest)
    }

    private static func power(_ base: UInt32, _ exponent: UInt32, modulo: UInt32) -> UInt32 {
        var result: UInt64 = 1
        var square = UInt64(base)
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = result * square % UInt64(modulo) }
            square = square * square % UInt64(modulo)
            rest >>= 1
        }
        return UInt32(result)
    }
}
