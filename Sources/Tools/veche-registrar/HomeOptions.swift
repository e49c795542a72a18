import ArgumentParser
import Codec
import DocumentFiles
import Ledger
import Registrar

/// The registrar's directory and its passphrase.
struct HomeOptions: ParsableArguments {
    @Option(help: "The registrar's directory: configuration, keys and database.")
    var home: String

    @Option(
        help: """
            A file (mode 0600) that holds the passphrase of the keys; without it, you are asked on \
            the terminal.
            """)
    var passphraseFile: String?

    var files: RegistrarHome { RegistrarHome(home) }

    func openSecrets() throws -> RegistrarSecrets {
        try RegistrarSecrets(
            at: files.key,
            passphrase: try Passphrase.read(file: passphraseFile, subject: "the registrar's key"))
    }
}

/// Which chain, and whom to ask.
struct NetworkOptions: ParsableArguments {
    @Option(help: "The chain's genesis.json (default: the one in the home directory).")
    var genesis: String?

    @Option(
        help: """
            A node's address, as in http://127.0.0.1:8080. Give three or more, of several operators: \
            what one of them alone says decides nothing (default: `nodes` of registrar.json).
            """)
    var node: [String] = []

    /// The genesis document, checked.
    func loadGenesis(_ files: RegistrarHome) throws -> Genesis {
        let path = genesis ?? files.genesis
        let document = try JSONDocument.read(Genesis.self, at: path)
        let faults = document.faults
        guard faults.isEmpty else {
            throw CommandFailure(
                "\(path) is no usable genesis document:\n"
                    + faults.map { "  \($0)" }.joined(separator: "\n"),
                status: ExitStatus.file)
        }
        return document
    }

    func nodes(_ configuration: RegistrarConfiguration, _ files: RegistrarHome) throws -> [String] {
        let nodes = node.isEmpty ? configuration.nodes : node
        guard !nodes.isEmpty else {
            throw CommandFailure(
                "no node is named: give --node, or fill in `nodes` in \(files.configuration)")
        }
        return nodes
    }
}
