import ArgumentParser
import Console
import Cryptography
import DocumentFiles
import Files
import Ledger
import Logging
import ProcessLimits
import ProcessLogs
import RemoteSigner

/// Holds a validator's consensus key in a process of its own. It opens no database and no network.
@main
struct VecheSigner: AsyncParsableCommand {
    static func main() async { await runProgram() }

    static let configuration = CommandConfiguration(
        commandName: "veche-signer",
        abstract: "Holds a validator's consensus key apart from its node, and signs for it.",
        discussion: """
            Reads DIR/signer.json: genesis, key, data directory, socket and passphrase file. It signs \
            votes for the one node that connects to the socket, never two that contradict each other, \
            and has its record on the disk before a signature leaves. The node names the socket in \
            node.json: "signer" : {"socket" : "PATH"}, and has no consensus key file then.

            The record must never be copied back from an older state. For a key that has never signed, \
            --begin makes an empty one and ends.

            \(ExitStatus.help)
            """)

    @Option(help: "The signer's directory, with signer.json.")
    var home: String

    @Flag(help: "Make the record of a key that has never signed, and end.")
    var begin = false

    @Option(help: "trace, debug, info, notice, warning, error or critical; to standard error.")
    var logLevel = "info"

    func run() async throws {
        CrashHandling.endAtOnce()
        do {
            try await serve()
        } catch {
            note(failure: error)
            throw ExitStatus.of(error)
        }
    }

    private func serve() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError(
                "--log-level must be one of "
                    + Logger.Level.allCases.map(\.rawValue).joined(separator: ", ") + ".")
        }
        ProcessLog.begin(rate: LogRate())
        var logger = Logger(label: "veche-signer")
        logger.logLevel = level
        let home = try SignerHome(directory: home)
        let passphrase = try Passphrase.read(
            file: home.configuration.passphraseFile.map { home.path($0) },
            subject: "the consensus key")
        let key = try KeyFile.openSigningKey(
            at: home.path(home.configuration.key), purpose: .validatorConsensus,
            passphrase: passphrase)
        let directory = try DataDirectory(path: home.path(home.configuration.data))
        if begin {
            try SignerRecordFile.begin(
                in: directory, chainID: home.genesis.chainID, key: key.publicKey)
            return
        }
        let holder = try KeyHolder(directory: directory, domain: home.genesis.domain, key: key)
        let server = SignerServer(
            holder: holder, socket: home.path(home.configuration.socket), logger: logger)
        try await server.runUntilSignalled(logger: logger)
    }
}
