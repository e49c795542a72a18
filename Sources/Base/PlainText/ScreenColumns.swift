// How much place a text takes on a terminal, and how it is broken into lines. Terminals differ in
// rare scripts; what is counted here is what most of them do.

extension Character {
    /// The columns that the character takes: two for CJK and emoji, none for what is drawn onto the one
    /// before it. What joiners join is one picture.
    package var columns: Int {
        var columns = 0
        var isPicture = false
        var isJoined = false
        for scalar in unicodeScalars {
            if scalar.value == 0x200D { isJoined = true }
            if scalar.value == 0xFE0F { isPicture = true }
            columns += scalar.columns
        }
        // A flag is two letters, a family four people; each is one picture of two columns.
        if isPicture || (isJoined && columns > 2) || unicodeScalars.allSatisfy(\.isFlagLetter) {
            return 2
        }
        return columns
    }
}

extension String {
    /// The columns that the line takes on a terminal.
    package var columns: Int { reduce(0) { $0 + $1.columns } }

    /// The line with spaces up to a number of columns.
    package func padded(toColumns width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - columns))
    }

    /// The line with spaces before it up to a number of columns.
    package func leftPadded(toColumns width: Int) -> String {
        String(repeating: " ", count: max(0, width - columns)) + self
    }

    /// The line in lines of at most `width` columns, broken at blanks where there are some, else
    /// between characters. Nothing but blanks at a break is lost.
    package func lines(ofColumns width: Int) -> [String] {
        var lines: [String] = []
        var line: [Character] = []
        var used = 0
        for character in self {
            if used + character.columns > width, !line.isEmpty {
                if character.isBlank {
                    lines.append(String(line).withoutBlanksAtEnd)
                    (line, used) = ([], 0)
                    continue
                }
                let blank = line.lastIndex(where: \.isBlank)
                let rest = blank.map { Array(line[($0 + 1)...]) } ?? []
                lines.append(String(line[..<(blank ?? line.endIndex)]).withoutBlanksAtEnd)
                line = rest
                used = rest.reduce(0) { $0 + $1.columns }
            }
            if line.isEmpty, character.isBlank, !lines.isEmpty { continue }
            line.append(character)
            used += character.columns
        }
        if !line.isEmpty || lines.isEmpty { lines.append(String(line).withoutBlanksAtEnd) }
        return lines
    }

    private var withoutBlanksAtEnd: String {
        var text = self[...]
        while text.last?.isBlank == true { text.removeLast() }
        return String(text)
    }
}

extension Character {
    fileprivate var isBlank: Bool {
        unicodeScalars.count == 1 && unicodeScalars.first?.isBlank == true
    }
}

extension Unicode.Scalar {
    fileprivate var isFlagLetter: Bool { (0x1F1E6...0x1F1FF).contains(value) }

    fileprivate var columns: Int {
        if isJoiner || isSelector { return 0 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        // Vowels and final consonants of Hangul, and skin colors, change the sign before them.
        if (0x1160...0x11FF).contains(value) || (0x1F3FB...0x1F3FF).contains(value) { return 0 }
        return isWide || properties.isEmojiPresentation ? 2 : 1
    }

    /// Wide or full width (Unicode Standard Annex 11), by blocks.
    private var isWide: Bool {
        switch value {
        case 0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x2E80...0x303E: true
        case 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF: true
        case 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19: true
        case 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6: true
        case 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265: true
        case 0x20000...0x3FFFD: true
        default: false
        }
    }
}
