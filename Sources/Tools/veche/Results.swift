import ArgumentParser
import BallotCryptography
import Codec
import CommandOptions
import Console
import DocumentFiles
import Elections
import Ledger
import PlainText
import ReplayingClient
import Verification
import VoterStation

struct Results: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show an election's turnout and result.",
        discussion: """
            Fetches the whole log and recomputes everything on this machine: what is shown follows from the \
            ballots and the trustees' proved shares, and not from what the node says.

            """ + ExitStatus.help)

    @Option(help: "The election: its short name, its document's hash or its election id.")
    var election: String

    @Option(help: "The language of the texts, where the document has it.")
    var language = "en"

    @Flag(help: "Print comma-separated values: unit,contest,option,votes.")
    var csv = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var chain: ChainOptions

    func run() async throws {
        try await reportingFailures {
            let replayed = try await chain.replay()
            let (hash, document) = try replayed.election(named: election)
            let report = try ResultReport(
                queries: replayed.queries, election: hash, document: document)
            if json {
                let bytes = try JSONDocument.encode(report)
                say(String(decoding: bytes, as: UTF8.self), terminator: "")
            } else if csv {
                for line in report.commaSeparatedLines { say(line) }
            } else {
                for line in report.lines(document: document, language: language) { say(line) }
                say(
                    "Verified on this machine to \(replayed.asOf),"
                        + " log root \(replayed.audit.progress.logRoot)")
            }
        }
    }
}

/// Turnout and counts of an election, recomputed from the log.
struct ResultReport: Encodable {
    struct Style: Encodable {
        let number: UInt32
        let listed: UInt32
        let issued: UInt32
        let cast: UInt32
    }

    struct Option: Encodable {
        let option: String
        let votes: UInt64
    }

    struct Unit: Encodable {
        let unit: UInt32
        let tallyUnits: [UInt32]
        let contest: String
        let counted: UInt32
        /// Nil until decrypted.
        let options: [Option]?
    }

    let election: String
    let phase: String
    /// Why the election was aborted; nil where it was not.
    let abortReason: String?
    let styles: [Style]
    let units: [Unit]
    let signed: Int
    let dissents: [String]

    init(queries: ElectionQueries, election: Bytes32, document: ElectionDocument) throws {
        guard let status = try queries.status(election) else {
            throw CommandFailure("The chain does not hold this election.")
        }
        self.election = document.name
        phase = status.phase.rawValue
        abortReason = status.abortReason
        styles = status.styles.map {
            Style(number: $0.number, listed: $0.listed, issued: $0.issued, cast: $0.cast)
        }
        units = try queries.units(election).filter { $0.mergedInto == nil }.map { unit in
            let contest = document.contests[Int(unit.contest)]
            let names = contest.options.map(\.id) + (contest.countedBlank ? [contest.blankID] : [])
            return Unit(
                unit: unit.unit, tallyUnits: unit.tallyUnits, contest: contest.id,
                counted: unit.total.counted,
                options: unit.counts.map { counts in
                    zip(names, counts).map { Option(option: $0, votes: $1) }
                })
        }
        let signatures = try queries.signatures(election).map(\.signature)
        signed = signatures.filter { $0.dissent == nil }.count
        dissents = signatures.compactMap(\.dissent)
    }

    /// One line per unit, contest and option, below a line of names.
    var commaSeparatedLines: [String] {
        ["unit,contest,option,votes"]
            + units.flatMap { unit in
                (unit.options ?? []).map { "\(unit.unit),\(unit.contest),\($0.option),\($0.votes)" }
            }
    }

    func lines(document: ElectionDocument, language: String) -> [String] {
        var lines: [String] = []
        if document.kind == .training { lines.append("TRAINING: these votes do not count.") }
        lines += BarTable.lines("[\(election), \(phase)]  ", document.title.text(in: language))
        if let abortReason {
            lines.append("The election was aborted. The reason given: \(abortReason.plainLine)")
        }
        lines.append("")
        lines.append("    listed   issued     cast  ballot style")
        for style in styles {
            let name = document.style(numbered: style.number)?.name.text(in: language) ?? ""
            let numbers = [style.listed, style.issued, style.cast]
            lines += BarTable.lines(
                " " + numbers.map { String($0).leftPadded(toColumns: 9) }.joined() + "  ",
                "\(style.number)  \(name)")
        }
        for unit in units {
            lines.append("")
            lines += table(of: unit, document: document, language: language)
        }
        lines.append("")
        lines.append(
            "Protocol signed by \(signed) of \(document.commission.members.count) members (needed:"
                + " \(document.commission.threshold))")
        lines += dissents.flatMap { BarTable.lines("  dissent: ", $0) }
        return lines
    }

    private func table(
        of unit: Unit, document: ElectionDocument, language: String
    ) -> [String] {
        let names = unit.tallyUnits.map { number in
            document.tallyUnits.first { $0.number == number }?.name.text(in: language)
                ?? "unit \(number)"
        }
        guard let contest = document.contests.first(where: { $0.id == unit.contest }) else {
            return []
        }
        let title = names.joined(separator: " + ") + ": " + contest.question.text(in: language)
        let heading = BarTable.lines("", title)
        guard let options = unit.options else {
            return heading + ["  \(unit.counted) ballots; not decrypted yet"]
        }
        let rows = options.enumerated().map { place, option in
            BarTable.Row(
                name: place < contest.options.count
                    ? contest.options[place].name.text(in: language) : "(blank)",
                id: option.option, count: option.votes)
        }
        return heading + ["  \(unit.counted) ballots counted"]
            + BarTable(total: UInt64(unit.counted), rows: rows).lines
    }
}

extension [LocalizedText] {
    /// The text in a language, else the first one.
    fileprivate func text(in language: String) -> String {
        first { $0.language == language }?.text ?? first?.text ?? ""
    }
}
