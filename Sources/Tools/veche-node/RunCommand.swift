import ArgumentParser
import DocumentFiles
import Foundation
import Ledger
import Logging
import Node
import NodeSetup
import ProcessLimits
import ProcessLogs

/// Runs a node.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs the node of a directory until SIGTERM or SIGINT.",
        discussion: """
            Reads DIR/node.json, opens keys, data and ports, and works until it is asked to stop. \
            Killing it loses nothing: it goes on from what is on the disk. Never run two nodes with \
            the same keys: two that vote with one key can fork the chain.

            \(ExitStatus.help)
            """)

    @Option(help: "The node's directory: node.json, genesis.json, keys/.")
    var home: String

    @Option(
        help: ArgumentHelp(
            "EPOCH:VIEW from which a validator in quarantine votes again.",
            discussion: """
                A validator that lost its vote journal waits until enough others have said where they \
                are. Where those are gone for good, its operator may say from where on the key signed \
                nothing: the word must be true, or the chain can fork.
                """))
    var voteFrom: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical; to standard error.")
    var logLevel = "info"

    func run() async throws {
        CrashHandling.endAtOnce()
        try await reporting {
            guard let level = Logger.Level(rawValue: logLevel) else {
                throw ValidationError(
                    "--log-level must be one of "
                        + Logger.Level.allCases.map(\.rawValue).joined(separator: ", ") + ".")
            }
            let voteFrom = try voteFrom.map(round)
            let logRate = LogRate()
            ProcessLog.begin(rate: logRate)
            var logger = Logger(label: "veche-node")
            logger.logLevel = level
            let home = try NodeHome(directory: home)
            let passphrase = try Passphrase.read(
                file: home.configuration.passphraseFile.map { home.path($0) },
                subject: "the keys of \(home.configuration.name)")
            try await StopRequests.heeding(logger: logger) { requests in
                let node = try Node(
                    home: home, passphrase: passphrase, voteFrom: voteFrom, logger: logger,
                    logRate: logRate)
                try await requests.run(node)
            }
        }
    }

    private func round(_ text: String) throws -> Round {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = UInt64(parts[0]), let view = UInt64(parts[1]), view > 0
        else { throw ValidationError("--vote-from must be EPOCH:VIEW, with a view of at least 1.") }
        return Round(epoch: Epoch(epoch), view: View(view))
    }
}
