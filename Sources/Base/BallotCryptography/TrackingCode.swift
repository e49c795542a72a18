package import Codec

/// What a voter sees of a ballot: the first 120 bits of the tracker in base32 (RFC 4648, 24
/// symbols) and two check symbols, shown as "ABCD-EFGH-…-WXYZ-23".
///
/// The 26 symbols s_0 … s_25, as elements of GF(32) = GF(2)[x]/(x^5 + x^2 + 1), satisfy
/// `sum s_i = 0` and `sum g^i s_i = 0` with g = x, which has order 31. This Reed-Solomon code has
/// distance 3: any one or two wrong symbols are noticed, so every mistyped symbol and every
/// exchange of two. Reading takes lower case, ignores hyphens and spaces, and takes the digits 0, 1
/// and 8, which base32 lacks, for O, I and B.
package struct TrackingCode: Hashable, Sendable {
    /// How many bytes of the tracker a code holds.
    package static let prefixSize = 15
    private static let dataSymbols = 24
    private static let symbols = 26

    /// The first 120 bits of the tracker.
    package let prefix: [UInt8]

    /// The code of a tracker.
    package init(tracker: Bytes32) { self.prefix = [UInt8](tracker.bytes.prefix(Self.prefixSize)) }

    /// Reads a code as people type it; nil if it is not one or a check symbol disagrees.
    package init?(_ text: String) {
        var values: [UInt8] = []
        for character in text.utf8 where character != 0x2D && character != 0x20 {
            guard values.count < Self.symbols, let value = Self.value(of: character) else {
                return nil
            }
            values.append(value)
        }
        guard values.count == Self.symbols else { return nil }
        let data = [UInt8](values.prefix(Self.dataSymbols))
        guard [UInt8](values.suffix(2)) == Self.checkSymbols(data) else { return nil }
        var prefix: [UInt8] = []
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for value in data {
            bits = bits << 5 | UInt32(value)
            count += 5
            if count >= 8 {
                count -= 8
                prefix.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        self.prefix = prefix
    }

    /// The code in groups of four, with the two check symbols last.
    package var text: String {
        var values: [UInt8] = []
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in self.prefix {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                values.append(UInt8(truncatingIfNeeded: bits >> count) & 31)
            }
        }
        values.append(contentsOf: Self.checkSymbols(values))
        var ascii: [UInt8] = []
        for (index, value) in values.enumerated() {
            if index > 0, index.isMultiple(of: 4) { ascii.append(0x2D) }
            ascii.append(value < 26 ? 0x41 + value : 0x32 + value - 26)
        }
        return String(decoding: ascii, as: UTF8.self)
    }

    /// Whether `tracker` begins with these 120 bits.
    package func matches(_ tracker: Bytes32) -> Bool { Self(tracker: tracker) == self }

    /// s_24 and s_25 with `sum s_i = 0` and `sum g^i s_i = 0`.
    private static func checkSymbols(_ data: [UInt8]) -> [UInt8] {
        var sum: UInt8 = 0
        var weighted: UInt8 = 0
        var power: UInt8 = 1
        for value in data {
            sum ^= value
            weighted ^= Self.multiply(power, value)
            power = Self.multiply(power, 2)
        }
        // With p = g^24: s_24 + s_25 = sum and p s_24 + p g s_25 = weighted, hence
        // p (1 + g) s_25 = weighted + p sum.
        let right = weighted ^ Self.multiply(power, sum)
        let last = Self.multiply(right, Self.inverse(Self.multiply(power, 3)))
        return [sum ^ last, last]
    }

    private static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var product: UInt8 = 0
        var shifted = left
        for bit in 0..<5 as Range<UInt8> {
            if right >> bit & 1 == 1 { product ^= shifted }
            shifted = shifted << 1 ^ (shifted & 16 == 0 ? 0 : 0x25)
        }
        return product
    }

    /// The inverse of a non-zero element: its 30th power.
    private static func inverse(_ value: UInt8) -> UInt8 {
        var result: UInt8 = 1
        for _ in 0..<30 { result = Self.multiply(result, value) }
        return result
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case 0x41...0x5A: character - 0x41
        case 0x61...0x7A: character - 0x61
        case 0x32...0x37: character - 0x32 + 26
        case 0x30: 14
        case 0x31: 8
        case 0x38: 1
        default: nil
        }
    }
}
