/// Arithmetic modulo an odd public modulus in Montgomery form, on 32-bit limbs, least significant
/// first. Multiplication and powers take the same steps for all values; `inverse` does not.
package struct RSAModulus: Sendable {
    /// n.
    let limbs: [UInt32]
    /// -n^-1 mod 2^32.
    private let negatedInverse: UInt32
    /// R^2 mod n for R = 2^(32 * limbs).
    private let squaredRadix: [UInt32]

    /// The modulus of big-endian bytes; nil unless it is odd, with its highest bit set and of a
    /// multiple of four bytes.
    package init?(bytes: [UInt8]) {
        guard
            let first = bytes.first, let last = bytes.last, first >= 0x80, last & 1 == 1,
            bytes.count.isMultiple(of: 4)
        else { return nil }
        let limbs = Self.limbs(of: bytes)
        self.limbs = limbs
        var inverse: UInt32 = 1
        for _ in 0..<5 { inverse = inverse &* (2 &- limbs[0] &* inverse) }
        self.negatedInverse = 0 &- inverse
        // R mod n is R - n, since n's highest bit is set; doubling it 32 * limbs times gives R^2.
        var power = Self.subtract([UInt32](repeating: 0, count: limbs.count), limbs).difference
        for _ in 0..<(limbs.count * 32) { power = Self.double(power, modulo: limbs) }
        self.squaredRadix = power
    }

    /// How many bytes a value has.
    var size: Int { self.limbs.count * 4 }

    /// The limbs of big-endian bytes.
    package static func limbs(of bytes: [UInt8]) -> [UInt32] {
        var limbs = [UInt32](repeating: 0, count: bytes.count / 4)
        for (index, byte) in bytes.reversed().enumerated() {
            limbs[index / 4] |= UInt32(byte) << UInt32(8 * (index % 4))
        }
        return limbs
    }

    /// The big-endian bytes of limbs.
    package static func bytes(of limbs: [UInt32]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(limbs.count * 4)
        for limb in limbs.reversed() {
            for shift in [24, 16, 8, 0] as [UInt32] {
                bytes.append(UInt8(truncatingIfNeeded: limb >> shift))
            }
        }
        return bytes
    }

    /// Whether `value` is below n.
    func contains(_ value: [UInt32]) -> Bool {
        value.count == self.limbs.count && Self.subtract(value, self.limbs).borrow == 1
    }

    /// `left * right mod n`, of values below n.
    func multiply(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        self.montgomery(self.montgomery(left, right), self.squaredRadix)
    }

    /// `base^65537 mod n`.
    func power65537(_ base: [UInt32]) -> [UInt32] {
        let start = self.montgomery(base, self.squaredRadix)
        var power = start
        for _ in 0..<16 { power = self.montgomery(power, power) }
        power = self.montgomery(power, start)
        var one = [UInt32](repeating: 0, count: self.limbs.count)
        one[0] = 1
        return self.montgomery(power, one)
    }

    /// `left * right / R mod n`.
    private func montgomery(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        let count = self.limbs.count
        var sum = [UInt32](repeating: 0, count: count + 2)
        for index in 0..<count {
            var carry: UInt64 = 0
            let factor = UInt64(right[index])
            for position in 0..<count {
                let term = UInt64(sum[position]) + UInt64(left[position]) * factor + carry
                sum[position] = UInt32(truncatingIfNeeded: term)
                carry = term >> 32
            }
            var top = UInt64(sum[count]) + carry
            sum[count] = UInt32(truncatingIfNeeded: top)
            sum[count + 1] = UInt32(truncatingIfNeeded: top >> 32)
            let reduction = UInt64(sum[0] &* self.negatedInverse)
            carry = (UInt64(sum[0]) + UInt64(self.limbs[0]) * reduction) >> 32
            for position in 1..<count {
                let term = UInt64(sum[position]) + UInt64(self.limbs[position]) * reduction + carry
                sum[position - 1] = UInt32(truncatingIfNeeded: term)
                carry = term >> 32
            }
            top = UInt64(sum[count]) + carry
            sum[count - 1] = UInt32(truncatingIfNeeded: top)
            sum[count] = sum[count + 1] + UInt32(truncatingIfNeeded: top >> 32)
        }
        let value = [UInt32](sum.prefix(count))
        let (reduced, borrow) = Self.subtract(value, self.limbs)
        // The sum is below 2n: subtract n unless that borrows and no carry is left to pay it.
        return Self.choose(reduced, value, ifSet: sum[count] | (borrow ^ 1))
    }

    /// `first` if `bit` is 1, `second` if it is 0, without a branch.
    private static func choose(_ first: [UInt32], _ second: [UInt32], ifSet bit: UInt32) -> [UInt32]
    {
        let mask = 0 &- bit
        var chosen = second
        for index in chosen.indices { chosen[index] ^= mask & (first[index] ^ second[index]) }
        return chosen
    }

    /// `left - right` and the borrow out of it, 0 or 1.
    static func subtract(
        _ left: [UInt32], _ right: [UInt32]
    ) -> (difference: [UInt32], borrow: UInt32) {
        var difference = left
        var borrow: UInt32 = 0
        for index in left.indices {
            let term = UInt64(left[index]) &- UInt64(right[index]) &- UInt64(borrow)
            difference[index] = UInt32(truncatingIfNeeded: term)
            borrow = UInt32(truncatingIfNeeded: term >> 63)
        }
        return (difference, borrow)
    }

    private static func double(_ value: [UInt32], modulo limbs: [UInt32]) -> [UInt32] {
        var doubled = value
        var carry: UInt32 = 0
        for index in value.indices {
            doubled[index] = value[index] << 1 | carry
            carry = value[index] >> 31
        }
        let (reduced, borrow) = Self.subtract(doubled, limbs)
        return Self.choose(reduced, doubled, ifSet: carry | (borrow ^ 1))
    }
}

extension RSAModulus {
    /// The inverse of a value below n, nil if it has none. Variable time: a secret must be
    /// multiplied by a random factor first.
    package func inverse(_ value: [UInt32]) -> [UInt32]? {
        let zero = [UInt32](repeating: 0, count: self.limbs.count)
        guard value != zero else { return nil }
        // Invariant: value * x = u and value * y = v, mod n.
        var u = value
        var v = self.limbs
        var x = zero
        x[0] = 1
        var y = zero
        while u != zero {
            while u[0] & 1 == 0 {
                u = Self.halve(u, carry: 0)
                x = self.halved(x)
            }
            while v[0] & 1 == 0 {
                v = Self.halve(v, carry: 0)
                y = self.halved(y)
            }
            let (difference, borrow) = Self.subtract(u, v)
            if borrow == 0 {
                u = difference
                x = self.difference(x, y)
            } else {
                v = Self.subtract(v, u).difference
                y = self.difference(y, x)
            }
        }
        // v is the greatest common divisor.
        guard v[0] == 1, v.dropFirst().allSatisfy({ $0 == 0 }) else { return nil }
        return y
    }

    private static func halve(_ value: [UInt32], carry: UInt32) -> [UInt32] {
        var halved = value
        var above = carry
        for index in value.indices.reversed() {
            halved[index] = value[index] >> 1 | above << 31
            above = value[index] & 1
        }
        return halved
    }

    /// value / 2 mod n.
    private func halved(_ value: [UInt32]) -> [UInt32] {
        guard value[0] & 1 == 1 else { return Self.halve(value, carry: 0) }
        let (sum, carry) = self.plusModulus(value)
        return Self.halve(sum, carry: carry)
    }

    /// left - right mod n.
    private func difference(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        let (difference, borrow) = Self.subtract(left, right)
        return borrow == 0 ? difference : self.plusModulus(difference).sum
    }

    private func plusModulus(_ value: [UInt32]) -> (sum: [UInt32], carry: UInt32) {
        var sum = value
        var carry: UInt64 = 0
        for index in value.indices {
            let term = UInt64(value[index]) + UInt64(self.limbs[index]) + carry
            sum[index] = UInt32(truncatingIfNeeded: term)
            carry = term >> 32
        }
        return (sum, UInt32(truncatingIfNeeded: carry))
    }
}
