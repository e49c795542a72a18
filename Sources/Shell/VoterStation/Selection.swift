package import BallotCryptography
package import Ledger
internal import PlainText

/// Why a selection on the command line cannot be voted.
package struct SelectionError: Error, CustomStringConvertible {
    package let description: String
}

/// A voter's choices as typed: `--select CONTEST=OPTION+OPTION`, `CONTEST=blank`, `CONTEST=none`.
///
/// Where a contest has an option with the id `blank` or `none`, the word means that option. The words
/// `@blank` and `@none` are no ids of options: they always mean the blank vote and no option at all.
package struct Selection: Sendable {
    private let chosen: [String: [String]]

    /// Reads the texts of the option.
    ///
    /// - Throws: `SelectionError` for a text of another form or a contest named twice.
    package init(_ texts: [String]) throws(SelectionError) {
        var chosen: [String: [String]] = [:]
        for text in texts {
            let parts = text.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw SelectionError(
                    description:
                        "'\(text.plainLine)' is no selection: write CONTEST=OPTION, for more than one"
                        + " CONTEST=OPTION+OPTION, or CONTEST=blank, or CONTEST=none.")
            }
            let contest = String(parts[0])
            guard chosen[contest] == nil else {
                throw SelectionError(
                    description: "The contest '\(contest.plainLine)' is selected twice.")
            }
            let names = parts[1].split(separator: "+", omittingEmptySubsequences: false)
            // A variable that a script forgot to set must not become an empty ballot.
            guard names.allSatisfy({ !$0.isEmpty }) else {
                throw SelectionError(
                    description:
                        "'\(text.plainLine)' names no option, or an empty one. To select nothing in the"
                        + " contest, write \(contest)=@none.")
            }
            chosen[contest] = names.map(String.init)
        }
        self.chosen = chosen
    }

    /// The choice for each contest of a ballot style, in ballot order.
    ///
    /// - Throws: `SelectionError` where a contest is missing or unknown, or an option is not offered.
    package func choices(
        for style: BallotStyle, of document: ElectionDocument
    ) throws(SelectionError) -> [ContestChoice] {
        var choices: [ContestChoice] = []
        var unused = self.chosen
        for index in style.contests {
            let contest = document.contests[Int(index)]
            guard let names = unused.removeValue(forKey: contest.id) else {
                throw SelectionError(
                    description: "Nothing is selected in the contest '\(contest.id)': add"
                        + " --select \(contest.id)=OPTION. It offers \(contest.offer).")
            }
            choices.append(try contest.choice(of: names))
        }
        guard let contest = unused.keys.min() else { return choices }
        throw SelectionError(
            description: "This ballot has no contest '\(contest.plainLine)'. It has "
                + style.contests.map { "'\(document.contests[Int($0)].id)'" }.joined(
                    separator: ", ")
                + ".")
    }
}

extension Contest {
    private static let blankWords = ["blank", "@blank"]
    private static let nothingWords = ["none", "@none"]

    /// What the counted blank is called beside the options' ids: `blank`, or `@blank` where that is an
    /// option's id.
    package var blankID: String { word(of: Self.blankWords) }

    /// What may be selected, for a person.
    fileprivate var offer: String {
        var names = options.map(\.id)
        if countedBlank { names.append(blankID) }
        let count = minimum == maximum ? "\(minimum)" : "\(minimum) to \(maximum)"
        let nothing = minimum == 0 ? ", or \(word(of: Self.nothingWords))" : ""
        return "\(count) of \(names.joined(separator: ", "))\(nothing)"
    }

    /// The first of some words that is no option's id here.
    private func word(of words: [String]) -> String {
        words.first { word in !options.contains { $0.id == word } } ?? words[0]
    }

    /// Whether what was typed is one of some words, and no option's id.
    private func isWord(_ names: [String], of words: [String]) -> Bool {
        names.count == 1 && words.contains(names[0]) && !options.contains { $0.id == names[0] }
    }

    fileprivate func choice(of names: [String]) throws(SelectionError) -> ContestChoice {
        if isWord(names, of: Self.blankWords) {
            guard countedBlank else {
                throw SelectionError(
                    description: "The contest '\(id)' has no blank vote. It offers \(offer).")
            }
            return .blank
        }
        var indices: [Int] = []
        for name in isWord(names, of: Self.nothingWords) ? [] : names {
            guard let index = options.firstIndex(where: { $0.id == name }) else {
                throw SelectionError(
                    description: "The contest '\(id)' has no option '\(name.plainLine)'. It offers"
                        + " \(offer).")
            }
            guard !indices.contains(index) else {
                throw SelectionError(
                    description: "The option '\(name)' of the contest '\(id)' is selected twice.")
            }
            indices.append(index)
        }
        guard (Int(minimum)...Int(maximum)).contains(indices.count) else {
            let count = indices.count == 1 ? "One option is" : "\(indices.count) options are"
            throw SelectionError(
                description: "\(count) selected in the contest '\(id)'. It offers \(offer).")
        }
        return .options(indices.sorted())
    }
}
