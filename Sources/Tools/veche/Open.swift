import ArgumentParser
import BallotCryptography
import Codec
import CommandOptions
import Console
import Cryptography
import DocumentFiles
import Ledger
import LedgerClient
import PlainText
import ReplayingClient
import Verification
import VoterStation

struct Open: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See, on another machine, what a challenged encryption holds.",
        discussion: """
            Encrypts again what the opening file says, with the election's own keys, and compares the tracking \
            code with the one that the voting machine showed before it was challenged. Give that code with \
            --tracking-code as you noted it, not as the file has it. If the choices shown are not the ones \
            that you made, that machine cheats.

            With --node the election's document and keys are fetched, traced back to genesis, and it is checked that \
            the log holds the challenge, so that the encryption can never be cast. With --election-file \
            (made by `veche keys`) no network is needed, and the log is not looked at.

            """ + ExitStatus.help)

    @Argument(help: "The opening file that `veche vote` wrote.")
    var file: String

    @Option(help: "The tracking code that you noted before you chose to challenge.")
    var trackingCode: String?

    @Option(help: "A choice that you made, as in `veche vote`: refuse an opening with others.")
    var select: [String] = []

    @Option(help: "The chain's genesis.json: what everything is checked against.")
    var genesis: String

    @Option(help: "A node's address. Several may be given: when one fails, the next is asked.")
    var node: [String] = []

    @Option(help: "The election's document and keys, as `veche keys` wrote them.")
    var electionFile: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard !self.node.isEmpty || self.electionFile != nil else {
            throw ValidationError("Give --node, or --election-file to work without a network.")
        }
    }

    func run() async throws {
        try await reportingFailures {
            let genesis = try loadGenesis(at: self.genesis)
            let opening: OpeningFile = try JSONDocument.read(at: self.file)
            var shown: TrackingCode?
            if let trackingCode = self.trackingCode {
                guard let code = TrackingCode(trackingCode) else {
                    throw CommandFailure(
                        "'\(trackingCode.plainLine)' is no tracking code: it is mistyped somewhere."
                    )
                }
                shown = code
            }
            let expected = self.select.isEmpty ? nil : try Selection(self.select)
            if self.node.isEmpty {
                let opened = try self.open(
                    opening, try self.keptElection(genesis), genesis, shown, expected)
                try self.show(opened, in: genesis, spoiled: nil, isCompared: shown != nil)
                return
            }
            try await NodeClient.with(
                nodes: self.node, chainID: genesis.chainID, limits: .telling
            ) { client in
                let trusted =
                    self.electionFile == nil
                    ? try await client.trustedElection(
                        opening.document.description, genesis: genesis)
                    : try self.keptElection(genesis)
                let opened = try self.open(opening, trusted, genesis, shown, expected)
                let place = try await self.place(of: opened, genesis: genesis, client: client)
                try self.show(opened, in: genesis, spoiled: place, isCompared: shown != nil)
            }
        }
    }

    private func keptElection(_ genesis: Genesis) throws -> TrustedElection {
        let file: ElectionFile = try JSONDocument.read(at: self.electionFile ?? "")
        return try TrustedElection(checking: file, genesis: genesis)
    }

    private func open(
        _ file: OpeningFile, _ trusted: TrustedElection, _ genesis: Genesis,
        _ shown: TrackingCode?, _ expected: Selection?
    ) throws -> OpenedBallot {
        do {
            return try OpenedBallot(
                checking: file, in: trusted, genesis: genesis, shown: shown, expected: expected)
        } catch let rejection as OpeningRejection {
            throw CommandFailure("The opening shows nothing: \(rejection).")
        }
    }

    /// Where the log holds what spoils the encryption.
    ///
    /// - Throws: `CommandFailure` where it does not.
    private func place(
        of opened: OpenedBallot, genesis: Genesis, client: NodeClient
    ) async throws -> IncludedTransaction {
        var search = try ProvenSubmission(client: client, genesis: genesis)
        let found = try await search.find(opened.spoil) { check, receipt in
            try check.checkInclusion(receipt: receipt, transaction: opened.spoil)
        }
        guard let found else {
            throw CommandFailure(
                "The encryption holds what is shown, but the log does not hold its challenge: it could"
                    + " still be cast. Run `veche vote` again where it was made, so that the"
                    + " challenge is registered, and then this.\n"
                    + self.lines(of: opened).joined(separator: "\n"))
        }
        return found
    }

    // MARK: - Output

    private struct Report: Encodable {
        struct Choice: Encodable {
            let contest: String
            let selected: [String]
        }

        let trackingCode: String
        let electionID: Bytes32
        let style: UInt32
        let sequence: UInt32
        let choices: [Choice]
        /// Whether the log holds the challenge; absent where it was not looked at.
        let spoiled: Bool?
        /// Whether the tracking code was compared with one that the voter noted.
        let trackingCodeCompared: Bool
    }

    private func lines(of opened: OpenedBallot) -> [String] {
        var lines = ["The encryption with the tracking code \(opened.trackingCode.text) holds:"]
        for choice in opened.choices {
            lines.append("  \(choice.contest.id): \(choice.contest.question.any.plainLine)")
            let labels = choice.labels
            lines += (labels.isEmpty ? ["(nothing selected)"] : labels).map { "    " + $0 }
        }
        return lines
    }

    private func show(
        _ opened: OpenedBallot, in genesis: Genesis, spoiled: IncludedTransaction?,
        isCompared: Bool
    ) throws {
        if self.json {
            let report = Report(
                trackingCode: opened.trackingCode.text, electionID: opened.electionID,
                style: opened.style, sequence: opened.sequence,
                choices: opened.choices.map {
                    Report.Choice(contest: $0.contest.id, selected: $0.ids)
                }, spoiled: spoiled.map { _ in true }, trackingCodeCompared: isCompared)
            let text = try JSONDocument.encode(report)
            say(String(decoding: text, as: UTF8.self), terminator: "")
            return
        }
        if genesis.kind == .training { say("TRAINING: votes of this chain do not count.") }
        for line in self.lines(of: opened) { say(line) }
        if let spoiled {
            say("It was challenged (entry \(spoiled.index) of the log): it can never be cast.")
        } else {
            say("Whether the log holds its challenge was not looked at: give --node for that.")
        }
        if !isCompared {
            say("Compare the tracking code with the one that the voting machine showed.")
        }
    }
}

extension [LocalizedText] {
    /// The text in the language that comes first.
    fileprivate var any: String { self.first?.text ?? "" }
}

extension OpenedBallot.Choice {
    /// Names of the chosen options, each after its id.
    fileprivate var labels: [String] {
        switch self.choice {
        case .options(let indices):
            indices.map { index in
                let option = self.contest.options[index]
                return "\(option.id): \(option.name.any.plainLine)"
            }
        case .blank: [self.contest.blankID]
        }
    }
}
