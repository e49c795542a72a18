import ArgumentParser
import CommandOptions
import Console
import DocumentFiles
import Ledger
import LedgerClient
import VoterStation

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep an election's document and keys, to check openings without a network.",
        discussion: """
            The file holds the signatures that trace document and keys back to genesis; `veche open` checks \
            them again, wherever the file comes from.

            """ + ExitStatus.help)

    @Option(help: "The election: its short name, its document's hash or its election id.")
    var election: String

    @Option(help: "The file to write.")
    var output: String

    @OptionGroup var chain: ChainOptions

    func run() async throws {
        try await reportingFailures {
            let genesis = try self.chain.loadGenesis()
            try await self.chain.withClient { client in
                let (file, trusted) = try await client.checkedElection(
                    self.election, genesis: genesis)
                try JSONDocument.write(file, to: self.output)
                say("The election '\(trusted.document.name)', election id \(trusted.electionID).")
                say("Its keys are confirmed by \(file.confirmations.count) trustees.")
            }
        }
    }
}
