/// Reads a text line by line; a line ends with LF, also the last one.
struct LineReader {
    private let bytes: [UInt8]
    /// Where the next line begins.
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    /// What has not been read yet.
    var rest: ArraySlice<UInt8> { bytes[position...] }

    /// The next line without its LF; nil at the end, and where the LF is missing.
    mutating func next() -> ArraySlice<UInt8>? {
        guard let end = bytes[position...].firstIndex(of: lineFeed) else { return nil }
        defer { position = end + 1 }
        return bytes[position..<end]
    }
}

let lineFeed: UInt8 = 0x0A
let space: UInt8 = 0x20

/// The number of decimal digits without sign or leading zero, at most 2^63 - 1, else nil.
func decimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
    guard let first = digits.first, digits.count <= 19 else { return nil }
    guard first != 0x30 || digits.count == 1 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
        guard (0x30...0x39).contains(digit) else { return nil }
        // Nineteen digits stay below 10^19, which is below 2^64.
        value = value * 10 + UInt64(digit - 0x30)
    }
    return value <= UInt64(Int64.max) ? value : nil
}

/// The decimal digits of a number.
func decimalDigits(_ value: UInt64) -> [UInt8] {
    var digits: [UInt8] = []
    var rest = value
    repeat {
        digits.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
    } while rest > 0
    digits.reverse()
    return digits
}

/// What follows `prefix`, nil where the line begins otherwise.
func line(_ line: ArraySlice<UInt8>, after prefix: StaticString) -> ArraySlice<UInt8>? {
    let start = ascii(prefix)
    guard line.starts(with: start) else { return nil }
    return line.dropFirst(start.count)
}

/// The bytes of a text that is fixed in the source.
func ascii(_ text: StaticString) -> [UInt8] {
    [UInt8](text.description.utf8)
}

/// The text of bytes that were checked to be UTF-8.
func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
}
