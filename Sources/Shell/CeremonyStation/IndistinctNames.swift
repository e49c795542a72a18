package import Ledger
import PlainText

/// Names in a document that readers cannot tell apart. What looks alike depends on the edition of
/// Unicode that a program was built with, so that the tools refuse such names, and the chain does not.
package enum IndistinctNames {
    /// Two names that look alike, and both of their places.
    package static func faults(in document: ElectionDocument) -> [DocumentFault] {
        var faults: [DocumentFault] = []
        for (index, contest) in document.contests.enumerated() {
            let path = "contests[\(index)].options"
            var names = contest.options.enumerated().flatMap { place, option in
                localized(option.name, at: "\(path)[\(place)].name")
            }
            if contest.countedBlank {
                // Results show the counted blank under this name, in every language.
                names += Set(names.map(\.language)).sorted().flatMap { language in
                    [shownBlank, "blank"].map {
                        Name($0, language, at: "the blank vote of \(path)")
                    }
                }
            }
            faults += twins(among: names)
        }
        faults += twins(
            among: document.styles.enumerated().flatMap {
                localized($1.name, at: "styles[\($0)].name")
            })
        faults += twins(
            among: document.tallyUnits.enumerated().flatMap {
                localized($1.name, at: "tallyUnits[\($0)].name")
            })
        faults += twins(
            among: document.trustees.enumerated().map {
                Name($1.name, "", at: "trustees[\($0)].name")
            })
        return faults
    }

    /// Members of a chain's commission with one name: nobody can mend it in an election's document, so
    /// that it is said and not refused.
    package static func warnings(in commission: Commission) -> [String] {
        twins(
            among: commission.members.enumerated().map {
                Name($1.name, "", at: "commission.members[\($0)].name")
            }
        ).map(\.description)
    }

    /// A validator that joins with a name that looks like another one's.
    package static func faults(in next: ValidatorSet, after present: ValidatorSet)
        -> [DocumentFault]
    {
        let known = Set(present.validators.map(\.name))
        let names = next.validators.enumerated().map {
            Name($1.name, "", at: "validators[\($0)].name")
        }
        return twins(among: names) { !known.contains($0.text) || !known.contains($1.text) }
    }

    /// How tools show the counted blank.
    package static let shownBlank = "(blank)"

    private struct Name {
        let text: String
        let language: String
        let place: String

        init(_ text: String, _ language: String, at place: String) {
            self.text = text
            self.language = language
            self.place = place
        }
    }

    private struct Look: Hashable {
        let language: String
        let name: DistinguishableName
    }

    private static func localized(_ texts: [LocalizedText], at path: String) -> [Name] {
        texts.map { Name($0.text, $0.language, at: path) }
    }

    private static func twins(
        among names: [Name], where isNews: (Name, Name) -> Bool = { _, _ in true }
    ) -> [DocumentFault] {
        var first: [Look: Name] = [:]
        var faults: [DocumentFault] = []
        for name in names {
            let look = Look(language: name.language, name: DistinguishableName(name.text))
            guard let other = first[look] else {
                first[look] = name
                continue
            }
            guard other.place != name.place, isNews(other, name) else { continue }
            let language =
                name.language.isEmpty ? "" : " in the language \(name.language.plainLine)"
            faults.append(
                DocumentFault(
                    path: other.place,
                    problem: "cannot be told apart from \(name.place)\(language):"
                        + " '\(other.text.plainLine)' and '\(name.text.plainLine)'"))
        }
        return faults
    }
}
