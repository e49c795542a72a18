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
            scalars.append(lookalikes[scalar] ?? scalar)
        }
        // Two strings are equal in Swift if they are canonically equivalent.
        skeleton = String(scalars)
    }
}

/// Small letters of other alphabets that look like Latin ones, as capitals or as small letters.
private let lookalikes: [Unicode.Scalar: Unicode.Scalar] = [
    // Cyrillic
    "а": "a", "в": "b", "е": "e", "к": "k", "м": "m", "н": "h", "о": "o", "р": "p", "с": "c",
    "т": "t", "у": "y", "х": "x", "ѕ": "s", "і": "i", "ј": "j", "ԛ": "q", "ԝ": "w", "һ": "h",
    "ԁ": "d", "ё": "ë", "ї": "ï", "ӏ": "l",
    // Greek
    "α": "a", "β": "b", "ε": "e", "ζ": "z", "η": "h", "ι": "i", "κ": "k", "μ": "m", "ν": "v",
    "ο": "o", "ρ": "p", "τ": "t", "υ": "y", "χ": "x",
]
