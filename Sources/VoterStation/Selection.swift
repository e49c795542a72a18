package import BallotCryptography
package import Ledger

/// Why a selection on the command line cannot be voted.
package struct SelectionError: Error, CustomStringConvertible {
    package let description: String
}

/// A voter's choices as typed: `--select CONTEST=OPTION+OPTION`, `CONTEST=blank`, `CONTEST=none`.
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
                        "'\(text)' is no selection: write CONTEST=OPTION, for more than one"
                        + " CONTEST=OPTION+OPTION, or CONTEST=blank, or CONTEST=none.")
            }
            let contest = String(parts[0])
            guard chosen[contest] == nil else {
                throw SelectionError(description: "The contest '\(contest)' is selected twice.")
            }
            chosen[contest] = parts[1].split(separator: "+").map(String.init)
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
            description: "This ballot has no contest '\(contest)'. It has "
                + style.contests.map { "'\(document.contests[Int($0)].id)'" }.joined(
                    separator: ", ")
                + ".")
    }
}

extension Contest {
    /// What may be selected, for a person.
    fileprivate var offer: String {
        let names = options.map(\.id).joined(separator: ", ") + (countedBlank ? ", blank" : "")
        return minimum == maximum
            ? "\(minimum) of \(names)" : "\(minimum) to \(maximum) of \(names)"
    }

    fileprivate func choice(of names: [String]) throws(SelectionError) -> ContestChoice {
        if names == ["blank"], !options.contains(where: { $0.id == "blank" }) {
            guard countedBlank else {
                throw SelectionError(
                    description: "The contest '\(id)' has no blank vote. It offers \(offer).")
            }
            return .blank
        }
        var indices: [Int] = []
        for name in names where !(name == "none" && names.count == 1) {
            guard let index = options.firstIndex(where: { $0.id == name }) else {
                throw SelectionError(
                    description: "The contest '\(id)' has no option '\(name)'. It offers \(offer).")
            }
            guard !indices.contains(index) else {
                throw SelectionError(
                    description: "The option '\(name)' of the contest '\(id)' is selected twice.")
            }
            indices.append(index)
        }
        guard (Int(minimum)...Int(maximum)).contains(indices.count) else {
            throw SelectionError(
                description: "\(indices.count) options are selected in the contest '\(id)'. It"
                    + " offers \(offer).")
        }
        return .options(indices.sorted())
    }
}
