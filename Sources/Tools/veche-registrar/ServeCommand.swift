import ArgumentParser
import Codec
import DocumentFiles
import Foundation
import Ledger
import LedgerClient
import Logging
import PlainText
import ProcessLimits
import ProcessLogs
import Registrar

/// `veche-registrar serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answers voters: roll entries and blind-signed credentials.",
        discussion: """
            Serves until SIGTERM. Totals of issued ballots go to the chain at once, issued leaves in \
            shuffled batches, and what a stopped registrar left unpublished when it is started again. \
            Several processes may serve one database. Voters reach it through a reverse proxy with \
            TLS.

            GET /v1/status tells whether requests are answered now, and if not why.
            """)

    @OptionGroup var home: HomeOptions
    @OptionGroup var network: NetworkOptions

    @Option(help: "The election that must be the one served: short name or document hash.")
    var election: String?

    @Option(help: "Address and port to serve on (default: `listen` of registrar.json).")
    var listen: String?

    func validate() throws {
        if let listen, ListenAddress(listen) == nil {
            throw ValidationError("--listen needs address and port, as in 127.0.0.1:8090.")
        }
    }

    func run() async throws {
        CrashHandling.endAtOnce()
        ProcessLog.begin(rate: LogRate())
        try await reporting {
            let limit = DescriptorLimit.raise(to: RegistrarServer.descriptors)
            guard limit.soft >= RegistrarServer.descriptors else {
                throw CommandFailure(
                    "too few file descriptors: the process may have \(limit.soft) (ulimit -n), and the "
                        + "registrar needs \(RegistrarServer.descriptors); raise the limit "
                        + "(LimitNOFILE= of a systemd unit)")
            }
            let files = home.files
            let settings = try RegistrarConfiguration(at: files.configuration)
            guard let address = ListenAddress(listen ?? settings.listen) else {
                throw CommandFailure("`listen` needs address and port, as in 127.0.0.1:8090")
            }
            guard LocalFile.exists(files.database) else {
                throw CommandFailure("there is no roll yet: run `veche-registrar roll` first")
            }
            let secrets = try home.openSecrets()
            let database = try RegistrarDatabase(path: files.database, secrets: secrets)
            guard let document = try await database.election() else {
                throw CommandFailure("there is no roll yet: run `veche-registrar roll` first")
            }
            try check(document, files)
            let issuer = try Issuer(
                document: document, secrets: secrets, database: database,
                configuration: settings, wallTime: Self.wallTime)
            try await withPanel(of: try network.nodes(settings, files), document) { panel in
                let logger = Logger(label: "veche-registrar")
                let server = RegistrarServer(
                    issuer: issuer, secrets: secrets, database: database, chain: panel,
                    configuration: settings, address: address, logger: logger)
                do {
                    try await server.run { port in
                        logger.info(
                            "voters are served",
                            metadata: [
                                "election": "\(document.name.plainLine)", "port": "\(port)",
                            ])
                    }
                } catch let failure as ServingFailure {
                    throw CommandFailure(
                        "\(failure).\(PortHolder(of: address.port).note.plainLine)")
                }
            }
            try database.close()
        }
    }

    /// Runs `body` with the chain as all of the nodes show it, each asked for itself.
    private func withPanel(
        of nodes: [String], _ document: ElectionDocument, _ body: (ChainPanel) async throws -> Void
    ) async throws {
        var limits = ClientLimits()
        // The services try again by themselves.
        limits.rounds = 1
        limits.requestTimeout = .seconds(4)
        let clients = try nodes.map {
            try NodeClient(nodes: [$0], chainID: document.chainID, limits: limits)
        }
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await body(
                    ChainPanel(
                        clients.map { NodeChain(client: $0, document: document.hash) })))
        } catch {
            result = .failure(error)
        }
        for client in clients { await client.shutdown() }
        try result.get()
    }

    private func check(_ document: ElectionDocument, _ files: RegistrarHome) throws {
        if let election, election != document.name, election != document.hash.description {
            throw CommandFailure(
                "this home serves `\(document.name.plainLine)` (\(document.hash)), not `\(election)`"
            )
        }
        guard network.genesis != nil || LocalFile.exists(files.genesis) else { return }
        guard try network.loadGenesis(files).chainID == document.chainID else {
            throw IssuerFailure.otherChain
        }
    }

    private static let wallTime: @Sendable () -> Timestamp = {
        Timestamp(milliseconds: UInt64(max(0, Date().timeIntervalSince1970) * 1000))
    }
}
