extension String {
    /// The one filter for text that somebody else wrote (a server, a proxy, a file of another person)
    /// before it reaches a terminal, a log or a page: a plain line that shows what was filtered.
    ///
    /// A line break becomes `⏎`, a tab a space, every other scalar that a plain line does not hold
    /// becomes U+FFFD. Marks that stack on one letter end after eight, and one
    /// without a letter gets a ring to stand on.
    package var plainLine: String { plainLine(limit: 1000) }

    /// The same with another bound.
    ///
    /// - Parameter limit: scalars of the result; a longer text ends in `…`.
    package func plainLine(limit: Int) -> String {
        var line = String.UnicodeScalarView()
        var count = 0
        var marks = 0
        var isAfterReturn = false
        for scalar in unicodeScalars {
            defer { isAfterReturn = scalar == "\r" }
            if scalar == "\n", isAfterReturn { continue }
            if scalar.isMark {
                marks += 1
            } else if !scalar.isJoiner, !scalar.isSelector {
                marks = 0
            }
            guard marks <= Unicode.Scalar.markLimit else { continue }
            // A mark would be drawn onto what a message says before the text.
            if line.isEmpty, scalar.isMark { line.append("◌") }
            guard count < limit else {
                line.append("…")
                break
            }
            count += 1
            line.append(scalar.shown)
        }
        let text = String(line)
        return text.isPlainLine ? text : text.withoutStrayJoiners
    }

    /// The text with every scalar replaced that a terminal takes as a command or that hides or
    /// reorders others; line feeds stay. What leaves a program passes it, whoever wrote it.
    package var printable: String {
        guard unicodeScalars.contains(where: { !$0.isPrintable }) else { return self }
        var text = UnicodeScalarView()
        for scalar in unicodeScalars { text.append(scalar.isPrintable ? scalar : "\u{FFFD}") }
        return String(text)
    }

    /// A plain line made of one that is plain but for joiners and selectors.
    private var withoutStrayJoiners: String {
        String(
            UnicodeScalarView(unicodeScalars.map { $0.isPlain ? $0 : "\u{FFFD}" as Unicode.Scalar })
        )
    }
}

extension Unicode.Scalar {
    /// Whether the scalar does nothing but show itself, or begins a line.
    package var isPrintable: Bool { isPlain || isJoiner || isSelector || self == "\n" }

    /// Itself, or what a filtered line shows in its place.
    fileprivate var shown: Unicode.Scalar {
        switch self {
        case "\n", "\r", "\u{2028}", "\u{2029}", "\u{85}": "⏎"
        case "\t": " "
        default: isPlain || isJoiner || isSelector ? self : "\u{FFFD}"
        }
    }

    fileprivate var isMark: Bool {
        if isSelector { return false }
        return switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark: true
        default: isStackedMark
        }
    }
}
