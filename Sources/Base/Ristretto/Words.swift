import Codec

/// A 256-bit number of four little-endian 64-bit words.
struct Words: Hashable, Sendable {
    var a, b, c, d: UInt64

    @inline(__always)
    init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
        (self.a, self.b, self.c, self.d) = (a, b, c, d)
    }

    /// The number whose 32 little-endian bytes begin at `start`.
    init(littleEndian bytes: [UInt8], at start: Int) {
        a = loadLittleEndian(bytes, at: start)
        b = loadLittleEndian(bytes, at: start + 8)
        c = loadLittleEndian(bytes, at: start + 16)
        d = loadLittleEndian(bytes, at: start + 24)
    }

    init(_ bytes: Bytes32) {
        let (a, b, c, d) = bytes.words
        self.init(a.byteSwapped, b.byteSwapped, c.byteSwapped, d.byteSwapped)
    }

    /// The 32 little-endian bytes.
    var bytes32: Bytes32 {
        Bytes32(words: (a.byteSwapped, b.byteSwapped, c.byteSwapped, d.byteSwapped))
    }

    /// All ones if the numbers are equal, else 0.
    @inline(__always)
    func isEqualMask(_ other: Words) -> UInt64 {
        zeroMask((a ^ other.a) | (b ^ other.b) | (c ^ other.c) | (d ^ other.d))
    }

    var isZero: Bool { a | b | c | d == 0 }

    /// The difference modulo 2^256, and a mask of all ones if it is negative, else 0.
    @inline(__always)
    func subtracting(_ other: Words) -> (difference: Words, borrow: UInt64) {
        var borrow: UInt64 = 0
        let a = subtract(self.a, other.a, &borrow)
        let b = subtract(self.b, other.b, &borrow)
        let c = subtract(self.c, other.c, &borrow)
        let d = subtract(self.d, other.d, &borrow)
        return (Words(a, b, c, d), bitMask(borrow))
    }

    /// The sum modulo 2^256.
    @inline(__always)
    func adding(_ other: Words) -> Words {
        var carry: UInt64 = 0
        let a = add(self.a, other.a, &carry)
        let b = add(self.b, other.b, &carry)
        let c = add(self.c, other.c, &carry)
        let d = add(self.d, other.d, &carry)
        return Words(a, b, c, d)
    }

    @inline(__always)
    func masked(_ mask: UInt64) -> Words { Words(a & mask, b & mask, c & mask, d & mask) }

    /// The `count` (at most 16) bits from bit `position` (at most 255) up; bits above 255 are 0.
    @inline(__always)
    func bits(at position: Int, count: Int) -> UInt64 {
        let shift = UInt64(position & 63)
        let low: UInt64
        let high: UInt64
        switch position >> 6 {
        case 0: (low, high) = (a, b)
        case 1: (low, high) = (b, c)
        case 2: (low, high) = (c, d)
        default: (low, high) = (d, 0)
        }
        let value = low >> shift | (shift == 0 ? 0 : high << (64 - shift))
        return value & (1 << UInt64(count) - 1)
    }

    /// How many bits the number takes; 0 for zero.
    var bitWidth: Int {
        if d != 0 { return 256 - d.leadingZeroBitCount }
        if c != 0 { return 192 - c.leadingZeroBitCount }
        if b != 0 { return 128 - b.leadingZeroBitCount }
        return 64 - a.leadingZeroBitCount
    }
}

private func loadLittleEndian(_ bytes: [UInt8], at start: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<8 { word |= UInt64(bytes[start + index]) << UInt64(8 * index) }
    return word
}

/// The 128-bit product.
@inline(__always)
func wide(_ x: UInt64, _ y: UInt64) -> UInt128 {
    #if arch(wasm32)
        // WebAssembly has no such instruction: four products of halves instead of a call that goes
        // through memory.
        let half: UInt64 = 0xffff_ffff
        let (x0, x1, y0, y1) = (x & half, x >> 32, y & half, y >> 32)
        let (low, mixed, other, high) = (x0 &* y0, x0 &* y1, x1 &* y0, x1 &* y1)
        let middle = (low >> 32) &+ (mixed & half) &+ (other & half)
        let top = high &+ (mixed >> 32) &+ (other >> 32) &+ (middle >> 32)
        let bottom = (low & half) | middle << 32
        return UInt128(truncatingIfNeeded: top) << 64 | UInt128(truncatingIfNeeded: bottom)
    #else
        return UInt128(truncatingIfNeeded: x) &* UInt128(truncatingIfNeeded: y)
    #endif
}

@inline(__always)
func low(_ value: UInt128) -> UInt64 { UInt64(truncatingIfNeeded: value) }

@inline(__always)
func high(_ value: UInt128) -> UInt64 { UInt64(truncatingIfNeeded: value >> 64) }

@inline(__always)
private func add(_ x: UInt64, _ y: UInt64, _ carry: inout UInt64) -> UInt64 {
    let sum =
        UInt128(truncatingIfNeeded: x) &+ UInt128(truncatingIfNeeded: y)
        &+ UInt128(truncatingIfNeeded: carry)
    carry = high(sum)
    return low(sum)
}

@inline(__always)
private func subtract(_ x: UInt64, _ y: UInt64, _ borrow: inout UInt64) -> UInt64 {
    let difference =
        UInt128(truncatingIfNeeded: x) &- UInt128(truncatingIfNeeded: y)
        &- UInt128(truncatingIfNeeded: borrow)
    borrow = high(difference) & 1
    return low(difference)
}
