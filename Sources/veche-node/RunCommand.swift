import ArgumentParser
import DocumentFiles
import Foundation
import Logging
import Node

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

    @Option(help: "trace, debug, info, notice, warning, error or critical; to standard error.")
    var logLevel = "info"

    func run() async throws {
        try await reporting {
            guard let level = Logger.Level(rawValue: logLevel) else {
                throw ValidationError(
                    "--log-level must be one of "
                        + Logger.Level.allCases.map(\.rawValue).joined(separator: ", ") + ".")
            }
            LoggingSystem.bootstrap { label in StreamLogHandler.standardError(label: label) }
            var logger = Logger(label: "veche-node")
            logger.logLevel = level
            let home = try NodeHome(directory: home)
            let passphrase = try Passphrase.read(
                file: home.configuration.passphraseFile.map { home.path($0) },
                subject: "the keys of \(home.configuration.name)")
            let node = try Node(home: home, passphrase: passphrase, logger: logger)
            try await node.runUntilSignalled(logger: logger)
        }
    }
}
