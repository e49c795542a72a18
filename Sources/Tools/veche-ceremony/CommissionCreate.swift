import ArgumentParser
import CeremonyStation
import Codec
import CommandOptions
import DocumentFiles
import Ledger
import PlainText
import ReplayingClient

struct CommissionCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Propose an election, as its first signer.",
        discussion: """
            Fills a template (as in Genesis/demo/election.json) with the chain, the keys and the times, replays \
            the chain on this machine and refuses what the chain would refuse, shows all that is signed, signs it \
            and writes the proposal for the other members to sign with `commission sign`.

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

    @OptionGroup var proposal: ProposalOptions

    func run() async throws {
        try await reportingFailures {
            // What is wrong with the files shall be said before the chain is fetched.
            let document = try filledDocument(try proposal.chain.loadGenesis())
            try proposal.propose(
                CommissionProposal(creating: document), on: try await proposal.chain.replay())
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
                "\(option) needs a UTC time as in 2026-09-18T05:00:00Z, not '\(text.plainLine)'.")
        }
        return time
    }
}
