/// What is left of a name for eyes: two names with equal values of this type cannot be told apart by
/// people who read them.
///
/// Canonically equivalent texts are one (Unicode Standard Annex 15), upper and lower case are one,
/// blanks are one and do not count at the ends, joiners and selectors do not count, and letters of
/// the Cyrillic and Greek alphabets are those of the Latin one that look like them. It depends on the
/// edition of Unicode that the program was built with: tools refuse or warn by it, the chain does not.
package struct DistinguishableName: Hashable, Sendable {
    private let skeleton: String

    package init(_ name: String) {
        var scalars = String.UnicodeScalarView()
        var pendingBlank = false
        for scalar in name.lowercased().unicodeScalars {
            if scalar.isJoiner || scalar.isSelector { continue }
            if scalar.isBlank {
                pendingBlank = !scalars.isEmpty
                continue
            }
            if pendingBlank { scalars.append(" ") }
            pendingBlank = false
            let scalar = scalar.ofUsualWidth
            scalars.append(contentsOf: (lookalikes[scalar] ?? String(scalar)).unicodeScalars)
        }
        // Two strings are equal in Swift if they are canonically equivalent.
        skeleton = String(scalars)
    }
}

extension Unicode.Scalar {
    /// A letter, digit or sign of ASCII in place of its form in the width of CJK.
    fileprivate var ofUsualWidth: Unicode.Scalar {
        guard (0xFF01...0xFF5E).contains(value) else { return self }
        return Unicode.Scalar(value - 0xFEE0) ?? self
    }
}

/// Small letters of other alphabets that look like Latin ones, as capitals or as small letters. One with
/// a mark stands here too: as its letter and its mark, which is the same text, it would be found by
/// its letter.
private let lookalikes: [Unicode.Scalar: String] = [
    // Cyrillic
    "а": "a", "в": "b", "е": "e", "к": "k", "м": "m", "н": "h", "о": "o", "р": "p", "с": "c",
    "т": "t", "у": "y", "х": "x", "ѕ": "s", "і": "i", "ј": "j", "ԛ": "q", "ԝ": "w", "һ": "h",
    "ԁ": "d", "ӏ": "l",
    // Greek
    "α": "a", "β": "b", "ε": "e", "ζ": "z", "η": "h", "ι": "i", "κ": "k", "μ": "m", "ν": "v",
    "ο": "o", "ρ": "p", "τ": "t", "υ": "y", "χ": "x", "ς": "σ",
    // With marks
    "ΐ": "ḯ", "ά": "á", "έ": "é", "ή": "h\u{301}", "ί": "í", "ΰ": "ÿ\u{301}", "ϊ": "ï", "ϋ": "ÿ",
    "ό": "ó", "ύ": "ý", "ѐ": "è", "ё": "ë", "ї": "ï", "ќ": "ḱ", "ў": "y\u{306}", "ӑ": "ă",
    "ӓ": "ä", "ӗ": "ĕ", "ӧ": "ö", "ӯ": "ȳ", "ӱ": "ÿ", "ӳ": "y\u{30B}",
]
