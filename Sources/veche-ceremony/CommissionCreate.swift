import ArgumentParser
import CeremonyStation
import Codec
import CommandOptions
import Console
import DocumentFiles
import Foundation
import Ledger

struct CommissionCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Propose an election, as its first signer.",
        discussion: """
            Fills a template (as in Genesis/demo/election.json) with the chain, the keys and the times, checks it, \
            signs it and writes the proposal for the other members to sign with `commission sign`.

            """ + ExitStatus.help)

    @Option(help: "The election's template, JSON.")
    var template: String

    @Option(help: "A trustee's public file, once for each trustee, in the order of their numbers.")
    var trustee: [String] = []

    @Option(help: "The registrar's public file (registrar.public.json).")
    var registrar: String

    @Option(help: "When styles without times of their own open, UTC, as in 2026-09-18T05:00:00Z.")
    var opens: String

    @Option(help: "When they close, UTC.")
    var closes: String

    @Option(help: "When issuing starts, UTC (default: when they open).")
    var issuing: String?

    @Option(
        help: "When the last step of the key ceremony must be done, UTC (default: when they open).")
    var ceremonyEnds: String?

    @Option(help: "The proposal file to write.")
    var output: String

    @OptionGroup var chain: ChainOptions
    @OptionGroup var signer: SignerOptions

    func run() async throws {
        try await reportingFailures {
            let genesis = try chain.loadGenesis()
            let document = try filledDocument(genesis)
            var faults = document.faults + WallTime.faults(in: document)
            if document.closes.contains(where: { $0 <= Timestamp.now }) {
                faults.append(DocumentFault(path: "styles", problem: "a style closes in the past"))
            }
            guard faults.isEmpty else {
                throw CommandFailure(
                    "The election cannot be created as it is:\n"
                        + faults.map { "  " + $0.description }.joined(separator: "\n"))
            }
            var proposal = CommissionProposal(creating: document)
            try proposal.sign(
                with: try signer.openKey(), commission: genesis.commission,
                domain: genesis.domain)
            try JSONDocument.write(proposal, to: output)
            for line in proposal.summary { say(line) }
            say(
                "Signed by 1 of \(genesis.commission.threshold) members that are needed. Next:"
                    + " veche-ceremony commission sign \(output)")
        }
    }

    private func filledDocument(_ genesis: Genesis) throws -> ElectionDocument {
        let opens = try time(self.opens, "--opens")
        let issuing = try self.issuing.map { try time($0, "--issuing") } ?? opens
        let schedule = ElectionSchedule(
            now: Timestamp.now, startOfIssuing: issuing, opens: opens,
            closes: try time(closes, "--closes"),
            ceremonyEnds: try ceremonyEnds.map { try time($0, "--ceremony-ends") } ?? opens)
        let plan: ElectionTemplate = try JSONDocument.read(at: template)
        let keys: RegistrarKeys = try JSONDocument.read(at: registrar)
        var issuingKeys: [UInt32: [UInt8]] = [:]
        for style in plan.styles {
            issuingKeys[style.number] = keys.issuingKey(ofStyle: style.number)
        }
        return try plan.document(
            genesis: genesis, schedule: schedule,
            trustees: try trustee.map { try JSONDocument.read(at: $0) },
            registrar: Member(name: keys.name, key: keys.registrarKey),
            issuingKeys: issuingKeys)
    }

    private func time(_ text: String, _ option: String) throws -> Timestamp {
        guard let time = Timestamp(text) else {
            throw CommandFailure(
                "\(option) needs a UTC time as in 2026-09-18T05:00:00Z, not '\(text)'.")
        }
        return time
    }
}

extension ElectionDocument {
    fileprivate var closes: [Timestamp] { styles.map(\.closes) }
}
