/// Lower-case hexadecimal, the way people and JSON see bytes.
package enum Hexadecimal {
    package static func encode(_ bytes: [UInt8]) -> String {
        var ascii: [UInt8] = []
        ascii.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            ascii.append(digit(byte >> 4))
            ascii.append(digit(byte & 15))
        }
        return String(decoding: ascii, as: UTF8.self)
    }

    /// The bytes of an even number of hexadecimal digits of lower case, else nil.
    package static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 {
            guard let value = value(of: character) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x61 + value - 10
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x61...0x66: character - 0x61 + 10
        default: nil
        }
    }
}

extension Bytes32: CustomStringConvertible {
    package var description: String { Hexadecimal.encode(bytes) }

    /// The value of 64 hexadecimal digits of lower case, else nil.
    package init?(hexadecimal text: String) {
        guard let bytes = Hexadecimal.decode(text) else { return nil }
        self.init(exactly: bytes)
    }
}

extension Bytes64: CustomStringConvertible {
    package var description: String { Hexadecimal.encode(bytes) }

    /// The value of 128 hexadecimal digits of lower case, else nil.
    package init?(hexadecimal text: String) {
        guard let bytes = Hexadecimal.decode(text) else { return nil }
        self.init(exactly: bytes)
    }
}
