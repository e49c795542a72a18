/// 32 bytes: a digest, a point, a scalar, an Ed25519 key. Compared and ordered as bytes.
package struct Bytes32: Hashable, Comparable, Sendable {
    /// The size in bytes.
    package static let size = 32
    package static let zero = Bytes32(a: 0, b: 0, c: 0, d: 0)

    // Four big-endian words keep the value inline, and make the order of words the order of bytes.
    private let a, b, c, d: UInt64

    private init(a: UInt64, b: UInt64, c: UInt64, d: UInt64) {
        self.a = a
        self.b = b
        self.c = c
        self.d = d
    }

    /// The value of exactly 32 bytes, else nil.
    package init?(exactly bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        self.init(bytes[...])
    }

    /// The value of 32 bytes; any other count is a mistake of the caller.
    package init(_ slice: ArraySlice<UInt8>) {
        precondition(slice.count == Self.size, "32 bytes expected")
        let start = slice.startIndex
        a = loadBigEndian(slice, at: start)
        b = loadBigEndian(slice, at: start + 8)
        c = loadBigEndian(slice, at: start + 16)
        d = loadBigEndian(slice, at: start + 24)
    }

    /// The bytes as four big-endian words.
    package var words: (UInt64, UInt64, UInt64, UInt64) { (a, b, c, d) }

    /// The bytes of four big-endian words.
    package init(words: (UInt64, UInt64, UInt64, UInt64)) {
        (a, b, c, d) = words
    }

    package var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(Self.size)
        append(to: &out)
        return out
    }

    package func append(to bytes: inout [UInt8]) {
        appendBigEndian(a, to: &bytes)
        appendBigEndian(b, to: &bytes)
        appendBigEndian(c, to: &bytes)
        appendBigEndian(d, to: &bytes)
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        if lhs.a != rhs.a { return lhs.a < rhs.a }
        if lhs.b != rhs.b { return lhs.b < rhs.b }
        if lhs.c != rhs.c { return lhs.c < rhs.c }
        return lhs.d < rhs.d
    }

    /// The bit at `index`, counted from the most significant bit of the first byte.
    package func bit(at index: Int) -> Bool {
        let word = [a, b, c, d][index >> 6]
        return word >> UInt64(63 - (index & 63)) & 1 == 1
    }
}

/// 64 bytes: an Ed25519 signature. Compared as bytes.
package struct Bytes64: Hashable, Sendable {
    /// The size in bytes.
    package static let size = 64
    package static let zero = Bytes64(first: .zero, second: .zero)

    private let first: Bytes32
    private let second: Bytes32

    private init(first: Bytes32, second: Bytes32) {
        self.first = first
        self.second = second
    }

    /// The value of exactly 64 bytes, else nil.
    package init?(exactly bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        self.init(bytes[...])
    }

    /// The value of 64 bytes; any other count is a mistake of the caller.
    package init(_ slice: ArraySlice<UInt8>) {
        precondition(slice.count == Self.size, "64 bytes expected")
        first = Bytes32(slice.prefix(32))
        second = Bytes32(slice.suffix(32))
    }

    package var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(Self.size)
        append(to: &out)
        return out
    }

    package func append(to bytes: inout [UInt8]) {
        first.append(to: &bytes)
        second.append(to: &bytes)
    }
}

extension Bytes32: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) { writer.write(self) }
    package init(from reader: inout ByteReader) throws(CodecError) {
        self = try reader.readBytes32()
    }
}

extension Bytes64: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) { writer.write(self) }
    package init(from reader: inout ByteReader) throws(CodecError) {
        self = try reader.readBytes64()
    }
}

private func loadBigEndian(_ slice: ArraySlice<UInt8>, at start: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in start..<(start + 8) { word = word << 8 | UInt64(slice[index]) }
    return word
}

private func appendBigEndian(_ word: UInt64, to bytes: inout [UInt8]) {
    var shift: UInt64 = 64
    while shift > 0 {
        shift -= 8
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
    }
}
