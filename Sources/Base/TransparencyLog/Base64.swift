/// Standard base64 with padding (RFC 4648 section 4): one text for each byte string.
package enum Base64 {
    /// The text of the bytes in ASCII.
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var position = 0
        while position < bytes.count {
            let left = bytes.count - position
            let first = UInt32(bytes[position]) << 16
            let second = left > 1 ? UInt32(bytes[position + 1]) << 8 : 0
            let third = left > 2 ? UInt32(bytes[position + 2]) : 0
            let group = first | second | third
            text.append(character(of: group >> 18))
            text.append(character(of: group >> 12))
            text.append(left > 1 ? character(of: group >> 6) : padding)
            text.append(left > 2 ? character(of: group) : padding)
            position += 3
        }
        return text
    }

    /// The bytes of a text, nil unless it is exactly what `encode` gives for them.
    package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var digits = 0
        var padded = 0
        for letter in text {
            if letter == padding {
                padded += 1
                guard padded <= 2 else { return nil }
                group <<= 6
            } else {
                guard padded == 0, let value = value(of: letter) else { return nil }
                group = group << 6 | value
            }
            digits += 1
            guard digits % 4 == 0 else { continue }
            // Bits that no byte takes must be zero, or two texts would mean the same.
            guard group & (UInt32(1) << UInt32(8 * padded) - 1) == 0 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            if padded < 2 { bytes.append(UInt8(truncatingIfNeeded: group >> 8)) }
            if padded < 1 { bytes.append(UInt8(truncatingIfNeeded: group)) }
            group = 0
        }
        return bytes
    }

    /// The bytes of a text, nil unless it is exactly what `encode` gives for them.
    package static func decode(_ text: [UInt8]) -> [UInt8]? { decode(text[...]) }

    private static let padding: UInt8 = 0x3D

    private static func character(of bits: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 63)
        return switch value {
        case 0..<26: 0x41 + value
        case 26..<52: 0x61 + value - 26
        case 52..<62: 0x30 + value - 52
        case 62: 0x2B
        default: 0x2F
        }
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case 0x41...0x5A: UInt32(character - 0x41)
        case 0x61...0x7A: UInt32(character - 0x61 + 26)
        case 0x30...0x39: UInt32(character - 0x30 + 52)
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
