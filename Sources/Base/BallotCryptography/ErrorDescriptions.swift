// The errors of this module in words, as they stand after a colon: no capital, no period.

extension RefusalCode: CustomStringConvertible {
    /// The code alone: whoever throws it says what it is about.
    package var description: String { name }
}

extension TallyError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooFewShares(let count, let needed):
            "shares of \(count) trustees are there, and \(needed) are needed"
        case .cellCount: "a share is of another number of sums than the contest has"
        case .outOfRange(let cell): "sum \(cell) is not the count of any number of ballots"
        case .inconsistent: "the counts break the contest's rule"
        }
    }
}

extension ChoiceError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownOption(let index): "the contest has no option with the index \(index)"
        case .repeatedOption(let index): "the option with the index \(index) is chosen twice"
        case .tooFew(let count, let minimum):
            "\(count) options are chosen, and at least \(minimum) are needed"
        case .tooMany(let count, let maximum):
            "\(count) options are chosen, and at most \(maximum) are allowed"
        case .blankNotOffered: "the contest does not offer a blank vote"
        case .contestCount(let count, let expected):
            "choices for \(count) contests are given, and the ballot has \(expected)"
        }
    }
}
