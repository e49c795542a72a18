import ArgumentParser
import CeremonyStation
import CommandOptions
import DocumentFiles
import Elections
import Ledger
import ReplayingClient

struct CommissionChangeValidators: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "change-validators",
        abstract: "Propose another set of validators, as its first signer.",
        discussion: """
            Name who joins and who leaves: --add takes the file validator.json that `veche-node init` made, \
            and --remove a name; a new validator with the name of a present one takes its place. Or give the \
            whole new set with --validators, a list of validators as in genesis.json: name, consensusKey, \
            cosigningKey, nodeKey. New validators run their nodes with these keys first. The change takes effect after the last block of an epoch once enough of the new set follow the \
            chain; until then nothing changes. Writes the proposal for the other members to sign with \
            `commission sign`.

            """ + ExitStatus.help)

    @Option(help: "The file of a validator that joins; again for each one.")
    var add: [String] = []

    @Option(help: "The name of a validator that leaves; again for each one.")
    var remove: [String] = []

    @Option(help: "Instead of both: the whole new set, a JSON list of validators.")
    var validators: String?

    @OptionGroup var proposal: ProposalOptions

    func validate() throws {
        let isChange = !self.add.isEmpty || !self.remove.isEmpty
        guard isChange != (self.validators != nil) else {
            throw ValidationError("Give --add and --remove, or --validators.")
        }
    }

    /// The set that is to follow `present`.
    private func next(after present: ValidatorSet) throws -> ValidatorSet {
        if let validators = self.validators { return try JSONDocument.read(at: validators) }
        let joining: [Validator] = try self.add.map { try JSONDocument.read(at: $0) }
        do throws(ValidatorChangeFault) {
            return try ValidatorChange.next(
                after: present, adding: joining, removing: self.remove)
        } catch {
            throw CommandFailure("\(error)", status: ExitStatus.file)
        }
    }

    func run() async throws {
        try await reportingFailures {
            let replayed = try await self.proposal.chain.replay()
            let genesis = replayed.genesis
            let asked = try replayed.queries.validatorChange(genesis)
            let present = try replayed.queries.succession(genesis).current
            let set = try self.next(after: present)
            let faults = set.faults(logKey: genesis.logKey)
            guard faults.isEmpty else {
                throw CommandFailure(
                    "\(self.validators ?? "The changed set") is no usable set of validators:\n"
                        + faults.map { "  " + $0.description }.joined(separator: "\n"),
                    status: ExitStatus.file)
            }
            guard set != present else {
                throw CommandFailure("These are the validators that the chain has already.")
            }
            let change = ChangeValidators(number: (asked?.number ?? 0) + 1, validators: set)
            try self.proposal.propose(CommissionProposal(changing: change), on: replayed)
        }
    }
}
