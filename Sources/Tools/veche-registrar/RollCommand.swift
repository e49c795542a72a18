import ArgumentParser
import Codec
import Console
import DocumentFiles
import Ledger
import LedgerClient
import PlainText
import Registrar

/// `veche-registrar roll`
struct RollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roll",
        abstract: "Reads the register and commits the roll on the chain.",
        discussion: """
            The register is a CSV file (UTF-8, RFC 4180) whose header names the columns voter, code and \
            style; other columns are ignored. On the chain stands one salted commitment for each \
            voter; names, codes and salts stay here, encrypted.

            It may be run again with the same register: what is final is not sent twice.
            """)

    @OptionGroup var home: HomeOptions
    @OptionGroup var network: NetworkOptions

    @Option(help: "The election: short name, or document hash in hexadecimal.")
    var election: String

    @Option(help: "The register, a CSV file.")
    var register: String

    @Flag(help: "Print the result as JSON.")
    var json = false

    private struct Report: Encodable {
        let election: String
        let document: Bytes32
        let voters: Int
        let styles: [RollPublication.Style]
    }

    func run() async throws {
        try await reporting {
            let files = home.files
            let settings = try RegistrarConfiguration(at: files.configuration)
            let genesis = try network.loadGenesis(files)
            let nodes = try network.nodes(settings, files)
            let secrets = try home.openSecrets()
            try await NodeClient.with(nodes: nodes, chainID: genesis.chainID) { client in
                // Refuses a node of another chain.
                _ = try await client.status()
                let document = try await client.electionDocument(election)
                guard document.chainID == genesis.chainID else { throw IssuerFailure.otherChain }
                try Issuer.check(document, against: secrets)
                let register = try Register(at: register, styles: document.styles.map(\.number))
                let database = try RegistrarDatabase(path: files.database, secrets: secrets)
                try await database.makeRoll(of: document, register: register)
                let publication = RollPublication(
                    database: database,
                    transactions: RegistrarTransactions(
                        document: document, key: secrets.signingKey))
                let styles = try await publication.publish(
                    on: NodeChain(client: client, document: document.hash)
                ) { style, final, count in
                    note("Style \(style): part \(final) of \(count) is final.")
                }
                try database.close()
                try keep(genesis, files)
                try printReport(
                    Report(
                        election: document.name, document: document.hash, voters: register.count,
                        styles: styles))
            }
        }
    }

    /// `serve` finds the chain's genesis in the home directory from now on.
    private func keep(_ genesis: Genesis, _ files: RegistrarHome) throws {
        if network.genesis != nil {
            try JSONDocument.write(genesis, to: files.genesis, replacing: true)
        }
    }

    private func printReport(_ report: Report) throws {
        if json {
            try printJSON(report)
            return
        }
        say("The roll of `\(report.election.plainLine)` is on the chain: \(report.voters) voters.")
        for style in report.styles {
            say("  style \(style.style): \(style.voters) voters, root \(style.root)")
        }
    }
}
