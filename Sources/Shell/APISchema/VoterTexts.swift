internal import Foundation
internal import PlainText

/// A voter's access code in the form that is compared.
///
/// A letter, a form or a file adds spaces, marks without ink and another normal form: none of them
/// makes a code another one.
package struct AccessCode: Hashable, Sendable {
    /// Shorter codes can be guessed.
    package static let leastCharacters = 8

    /// Without spaces and marks without ink, in normal form C.
    package let text: String

    package init(_ presented: String) {
        var scalars = presented.unicodeScalars
        scalars.removeAll(where: \.hasNoInk)
        text = String(scalars).precomposedStringWithCanonicalMapping
    }

    /// The code in a file or in what was typed; nil where the bytes are no text. Some editors write
    /// UTF-16, and say so with a byte order mark.
    package init?(bytes: [UInt8]) {
        let encoding: String.Encoding =
            bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) ? .utf16 : .utf8
        guard let presented = String(bytes: bytes, encoding: encoding) else { return nil }
        self.init(presented)
    }

    package var isLongEnough: Bool { text.count >= Self.leastCharacters }
}

/// A voter's reference in the form in which it is looked up: spaces and marks without ink around it do
/// not count, nor does its normal form.
package struct VoterReference: Hashable, Sendable {
    /// In normal form C.
    package let text: String

    package init(_ presented: String) {
        var scalars = Substring(presented).unicodeScalars
        while scalars.first?.hasNoInk == true { scalars.removeFirst() }
        while scalars.last?.hasNoInk == true { scalars.removeLast() }
        text = String(scalars).precomposedStringWithCanonicalMapping
    }
}

extension Unicode.Scalar {
    /// Whether it is a space, a line break or something that shows nothing, such as a byte order mark or
    /// a soft hyphen. No access code of a register needs one, and no reference ends in one.
    fileprivate var hasNoInk: Bool { isBlank || !isPlain }
}
