import BallotCryptography
package import Codec
package import Elections
import Ledger
import PlainText

/// A result protocol in words, for a member who signs its bytes: the names beside the numbers, and who
/// has signed it before.
package enum ProtocolSummary {
    /// - Parameter dissent: what the member says against it; nil for agreement.
    /// - Throws: `StationError` for an unknown election.
    package static func lines(
        of election: Bytes32, dissent: String?, queries: ElectionQueries
    ) throws -> [String] {
        guard let document = try queries.document(election),
            let status = try queries.status(election)
        else { throw StationError(description: "The chain does not hold this election.") }
        var lines = [
            "Result of the \(document.kind.name) election '\(document.name)' (\(election))"
        ]
        lines += document.title.lines("title", indent: 2)
        for style in status.styles {
            lines.append(
                "  style \(style.number): \(style.listed) listed, \(style.issued) issued,"
                    + " \(style.cast) cast")
        }
        for unit in try queries.units(election) where unit.mergedInto == nil {
            lines += summary(of: unit, document)
        }
        lines.append(
            "  now: \(status.agreeing) of \(document.commission.threshold) members have signed, and"
                + " \(status.dissenting) dissent")
        for signature in try queries.signatures(election).map(\.signature) {
            guard let text = signature.dissent else { continue }
            let name = document.commission.members[Int(signature.member)].name
            lines.append("    \(name.plainLine): \(text.plainLine(limit: Limits.reason))")
        }
        lines.append(
            dissent.map { "  you dissent: \($0.plainLine(limit: Limits.reason))" }
                ?? "  you agree with it")
        return lines
    }

    private static func summary(of unit: UnitStatus, _ document: ElectionDocument) -> [String] {
        let contest = document.contests[Int(unit.contest)]
        let names = unit.tallyUnits.map { number in
            document.tallyUnits.first { $0.number == number }?.name.first?.text.plainLine
                ?? "unit \(number)"
        }
        var lines = [
            "  \(names.joined(separator: " + ")), contest '\(contest.id)': \(unit.total.counted) ballots"
                + " counted"
        ]
        lines += contest.question.lines("question", indent: 4)
        let counts = unit.counts ?? []
        for (option, count) in zip(contest.options, counts) {
            lines += option.name.lines("\(count) for '\(option.id)'", indent: 4)
        }
        if contest.countedBlank, let blank = counts.dropFirst(contest.options.count).first {
            lines.append("    \(blank) blank")
        }
        return lines
    }
}
