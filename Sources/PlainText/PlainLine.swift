// PlainText: what a line may hold that people read before they sign, vote or believe, and how text
// that somebody else wrote is shown. It knows no document, no server and no terminal.

extension Unicode.Scalar {
    /// Whether the scalar can stand anywhere in a plain line (PROTOCOL 4): it is no control, shows
    /// something or is a space, and changes nothing beside it.
    ///
    /// The list is fixed here and never follows a newer edition of Unicode: validators of any age must
    /// agree on which documents are valid.
    package var isPlain: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F: false  // controls: a terminal takes them as commands
        // Invisible.
        case 0xAD, 0x34F, 0x61C, 0x115F...0x1160, 0x17B4...0x17B5, 0x180B...0x180F: false
        case 0x200B, 0x200E...0x200F, 0x2060...0x206F, 0x3164, 0xFEFF, 0xFFA0: false  // invisible
        case 0x200C...0x200D, 0xFE0E...0xFE0F: false  // joiners and selectors: see `isPlainLine`
        case 0x2028...0x2029: false  // line and paragraph separators
        case 0x202A...0x202E: false  // embeddings and overrides of the direction
        case 0xFE00...0xFE0D, 0xFFF0...0xFFFC: false  // selectors, annotations, placeholders
        case 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE0FFF: false  // invisible
        default: value & 0xFFFE != 0xFFFE && !(0xFDD0...0xFDEF).contains(value)  // noncharacters
        }
    }

    /// Whether the scalar joins or keeps apart its neighbors (U+200C, U+200D): words of some languages
    /// and some emoji need it.
    package var isJoiner: Bool { (0x200C...0x200D).contains(value) }

    /// Whether the scalar asks for the text or the picture form of the one before it.
    package var isSelector: Bool { (0xFE0E...0xFE0F).contains(value) }

    /// Whether the scalar takes place and shows nothing. The list is fixed as that of `isPlain`.
    package var isBlank: Bool {
        switch value {
        case 0x20, 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x2800, 0x3000: true
        default: false
        }
    }
}

extension String {
    /// Whether the text is a plain line (PROTOCOL 4): it shows the same to everybody who reads it, on
    /// one line, and nothing in it is invisible or acts on what stands beside it.
    ///
    /// A joiner stands between two scalars that show something, a selector after one.
    package var isPlainLine: Bool {
        var before: Unicode.Scalar?
        for scalar in unicodeScalars {
            let isFollower = scalar.isJoiner || scalar.isSelector
            guard scalar.isPlain || isFollower else { return false }
            let showsBefore = before.map { !$0.isBlank && !$0.isJoiner } ?? false
            if isFollower, !showsBefore { return false }
            if scalar.isSelector, before?.isSelector == true { return false }
            if scalar.isBlank, before?.isJoiner == true { return false }
            before = scalar
        }
        return before?.isJoiner != true
    }

    /// Whether every line of the text is a plain line; only line feeds part them.
    package var isPlainText: Bool {
        split(separator: "\n" as Character, omittingEmptySubsequences: false)
            .allSatisfy { String($0).isPlainLine } && !unicodeScalars.contains("\r")
    }

    /// Whether the text shows nothing: it is empty, or holds spaces alone.
    package var isBlank: Bool { unicodeScalars.allSatisfy(\.isBlank) }

    /// Whether the text is a plain line that people and programs can type again: it shows something,
    /// holds neither joiners nor selectors, and no blank at either end.
    package var isPlainReference: Bool {
        guard let first = unicodeScalars.first, let last = unicodeScalars.last else { return false }
        return !first.isBlank && !last.isBlank && unicodeScalars.allSatisfy(\.isPlain)
    }
}
