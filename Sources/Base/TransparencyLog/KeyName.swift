/// The name of a key in a signed note, and the origin of a log: compared as bytes.
package struct KeyName: Hashable, Sendable {
    /// The UTF-8 of the name.
    package let utf8: [UInt8]

    /// The name, nil unless it is 1 to 255 bytes of UTF-8 without `+`, Unicode space or control
    /// character.
    package init?(_ utf8: [UInt8]) {
        guard !utf8.isEmpty, utf8.count <= LogLimits.keyNameSize,
            let name = String(validating: utf8, as: UTF8.self),
            name.unicodeScalars.allSatisfy({ !isForbidden($0) })
        else { return nil }
        self.utf8 = utf8
    }

    /// The name of a text, under the same rules.
    package init?(_ text: String) {
        self.init([UInt8](text.utf8))
    }
}

extension KeyName: CustomStringConvertible {
    /// The name as text.
    package var description: String { text(utf8) }
}

// The Unicode property White_Space by its code points, so that no property table is needed.
private func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x20, 0x2B, 0x7F, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
        0x205F, 0x3000:
        true
    default:
        false
    }
}
