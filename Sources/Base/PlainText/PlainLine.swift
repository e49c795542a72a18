// PlainText: what a line may hold that people read before they sign, vote or believe, and how text
// that somebody else wrote is shown. It knows no document, no server and no terminal.

extension Unicode.Scalar {
    /// Whether the scalar can stand anywhere in a plain line (PROTOCOL 1.3): it is no control, shows
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
        case 0x13430...0x13440: false  // stack and turn hieroglyphs beside them
        case 0x1BCA0...0x1BCA3, 0x1D159, 0x1D173...0x1D17A, 0xE0000...0xE0FFF: false  // invisible
        default: value & 0xFFFE != 0xFFFE && !(0xFDD0...0xFDEF).contains(value)  // noncharacters
        }
    }

    /// Whether the scalar joins or keeps apart its neighbors (U+200C, U+200D): words of some languages
    /// and some emoji need it.
    package var isJoiner: Bool { (0x200C...0x200D).contains(value) }

    /// Whether the scalar asks for the text or the picture form of the one before it.
    package var isSelector: Bool { (0xFE0E...0xFE0F).contains(value) }

    /// Whether the scalar is drawn onto the one before it, and many of them over the lines above and
    /// below. The list is fixed as that of `isPlain`; it has the marks that terminals stack.
    package var isStackedMark: Bool {
        switch value {
        case 0x300...0x36F, 0x483...0x489, 0x1AB0...0x1AFF, 0x1DC0...0x1DFF: true
        case 0x20D0...0x20FF, 0xFE20...0xFE2F: true
        case 0x591...0x5BD, 0x64B...0x65F, 0xE34...0xE3A, 0xE47...0xE4E: true
        default: false
        }
    }

    /// How many marks stand on one letter at most.
    static let markLimit = 8

    /// Whether the scalar takes place and shows nothing. The list is fixed as that of `isPlain`.
    package var isBlank: Bool {
        switch value {
        case 0x20, 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x2800, 0x3000: true
        default: false
        }
    }
}

/// Why a text is no plain line: the first place that breaks the rule.
package struct PlainLineFault: Hashable, Sendable, CustomStringConvertible {
    /// Counted in scalars, from 1.
    package let place: Int
    package let scalar: Unicode.Scalar

    package var description: String {
        let number = String(scalar.value, radix: 16, uppercase: true)
        let name = "U+" + String(repeating: "0", count: max(0, 4 - number.count)) + number
        let what =
            switch scalar {
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": "a line break"
            case _ where scalar.isJoiner || scalar.isSelector: "which joins nothing there"
            case _ where scalar.isStackedMark:
                "a mark without a letter, or one of more than \(Unicode.Scalar.markLimit)"
            default: "which is invisible, or acts on what stands beside it"
            }
        return "holds \(name) (\(what)) as its character \(place)"
    }
}

extension Sequence<Unicode.Scalar> {
    /// The first scalar that keeps the sequence from being a plain line (PROTOCOL 1.3).
    ///
    /// A joiner stands between two scalars that show something, a selector after one, a mark on one.
    fileprivate var firstPlainLineFault: PlainLineFault? {
        var before: Unicode.Scalar?
        var marks = 0
        var place = 0
        for scalar in self {
            place += 1
            let fault = PlainLineFault(place: place, scalar: scalar)
            let isFollower = scalar.isJoiner || scalar.isSelector
            guard scalar.isPlain || isFollower else { return fault }
            let showsBefore = before.map { !$0.isBlank && !$0.isJoiner } ?? false
            if isFollower, !showsBefore { return fault }
            if scalar.isSelector, before?.isSelector == true { return fault }
            if let before, before.isJoiner, scalar.isBlank {
                return PlainLineFault(place: place - 1, scalar: before)
            }
            if scalar.isStackedMark {
                marks += 1
                guard before != nil, marks <= Unicode.Scalar.markLimit else { return fault }
            } else if !isFollower {
                marks = 0
            }
            before = scalar
        }
        guard let before, before.isJoiner else { return nil }
        return PlainLineFault(place: place, scalar: before)
    }
}

extension String {
    /// Why the text is no plain line; nil for one.
    package var plainLineFault: PlainLineFault? { unicodeScalars.firstPlainLineFault }

    /// Why the text is no plain text; nil for one.
    package var plainTextFault: PlainLineFault? {
        var before = 0
        for line in unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
            if let fault = line.firstPlainLineFault {
                return PlainLineFault(place: before + fault.place, scalar: fault.scalar)
            }
            before += line.count + 1
        }
        return nil
    }

    /// Whether the text is a plain line (PROTOCOL 1.3): it shows the same to everybody who reads it, on
    /// one line, and nothing in it is invisible or acts on what stands beside it.
    package var isPlainLine: Bool { plainLineFault == nil }

    /// Whether every line of the text is a plain line; only line feeds part them.
    package var isPlainText: Bool { plainTextFault == nil }

    /// Whether the text shows nothing: it is empty, or holds blanks and line feeds alone.
    package var isBlank: Bool { unicodeScalars.allSatisfy { $0.isBlank || $0 == "\n" } }

    /// Whether the text is a plain line that people and programs can type again: it shows something,
    /// holds neither joiners nor selectors, and no blank at either end.
    package var isPlainReference: Bool {
        guard let first = unicodeScalars.first, let last = unicodeScalars.last else { return false }
        return !first.isBlank && !last.isBlank && unicodeScalars.allSatisfy(\.isPlain)
            && isPlainLine
    }
}
