import ArgumentParser
import Codec
import Console
import Cryptography
import DocumentFiles
import Foundation
import Ledger
import NetworkAddresses
import NodeSetup

/// Makes the directory of a new node.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Makes keys and the directory of a new node on a chain that exists.",
        discussion: """
            For an observer, a node key. For one who is to become a validator, also a consensus and a \
            cosigning key and an empty vote journal; the log key comes from another validator's file and \
            is encrypted anew. DIR/validator.json then holds the public keys: the commission names them \
            in `veche-ceremony commission change-validators`.

            A peer is NAME@HOST:PORT, with the name of a validator of genesis, or KEY@HOST:PORT, with a \
            node key of 64 hexadecimal digits. Give all validators.

            Then start the node with: veche-node run --home DIR

            \(ExitStatus.help)
            """)

    @Option(help: "The node's directory; it must not hold a node.")
    var home: String

    @Option(help: "The chain's genesis document. Compare its chain id with the published one.")
    var genesis: String

    @Option(help: "The node's name; a validator's must not be another one's on the chain.")
    var name: String

    @Option(help: "`observer`, or `validator` for one who is to become a validator.")
    var role = "observer"

    @Option(help: "HOST:PORT for peers; a validator needs it. 0.0.0.0 stands for all addresses.")
    var listen: String?

    @Option(help: "HOST:PORT for the HTTP interface.")
    var api = "127.0.0.1:9101"

    @Option(help: "NAME@HOST:PORT or KEY@HOST:PORT, once for each node to connect to.")
    var peer: [String] = []

    @Option(help: "Another validator's log key file.")
    var logKey: String?

    @Option(help: "A file with that file's passphrase; without it you are asked.")
    var logPassphraseFile: String?

    @Option(
        help: """
            A file (mode 0600) with the passphrase of the new key files, which the node will read too; \
            without it you are asked, now and at each start.
            """)
    var passphraseFile: String?

    @Flag(help: "Print what was made as JSON.")
    var json = false

    /// What was made.
    private struct Made: Encodable {
        let home: String
        let chainID: Bytes32
        let validator: Validator?
    }

    func run() async throws {
        try await reporting {
            guard let role = NodeConfiguration.Role(rawValue: role) else {
                throw ValidationError("--role must be `observer` or `validator`.")
            }
            guard listen != nil || role == .observer else {
                throw ValidationError("A validator needs --listen.")
            }
            let genesis = try JSONDocument.read(Genesis.self, at: self.genesis)
            let plan = NewNode(
                name: name, role: role, genesis: genesis, listen: try listen.map(endpoint),
                api: try endpoint(api), peers: try peer.map { try self.peer($0, of: genesis) },
                passphraseFile: passphraseFile.map(absolute), logKey: try openLogKey())
            let passphrase = try Passphrase.read(
                file: passphraseFile, subject: "the new keys of \(name)", isNew: true)
            let validator = try plan.make(in: home, passphrase: passphrase)
            if json {
                try printJSON(
                    Made(home: home, chainID: genesis.chainID, validator: validator))
            } else {
                report(validator, genesis)
            }
        }
    }

    /// The node finds the file wherever it is started.
    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    private func openLogKey() throws -> Ed25519SigningKey? {
        guard let logKey else { return nil }
        let passphrase = try Passphrase.read(file: logPassphraseFile, subject: "the log key")
        return try KeyFile.openSigningKey(at: logKey, purpose: .log, passphrase: passphrase)
    }

    private func endpoint(_ text: String) throws -> NodeConfiguration.Endpoint {
        guard let place = HostAndPort(text) else {
            throw ValidationError(
                "\(text) is not HOST:PORT. An IPv6 address stands in brackets, as in [::1]:7000.")
        }
        return NodeConfiguration.Endpoint(host: place.host, port: place.port)
    }

    private func peer(_ text: String, of genesis: Genesis) throws -> NodeConfiguration.Peer {
        guard let place = text.lastIndex(of: "@") else {
            throw ValidationError("\(text) is neither NAME@HOST:PORT nor KEY@HOST:PORT.")
        }
        let name = String(text[..<place])
        let validator = genesis.validators.validators.first { $0.name == name }
        guard let key = validator?.nodeKey ?? Bytes32(hexadecimal: name) else {
            throw ValidationError(
                "\(name) is neither a validator's name in genesis nor a node key.")
        }
        let endpoint = try endpoint(String(text[text.index(after: place)...]))
        return NodeConfiguration.Peer(host: endpoint.host, port: endpoint.port, key: key)
    }

    private func report(_ validator: Validator?, _ genesis: Genesis) {
        say("Chain \(genesis.name) (\(genesis.kind.name)), chain id \(genesis.chainID)")
        say("Compare the chain id with the one that the commission published.")
        if let validator {
            say("Validator \(validator.name), not in office yet. Its public keys, for the")
            say("commission, are in \(home)/\(NewNode.validatorFile).")
        } else {
            say("Observer \(name).")
        }
        say("Start it with: veche-node run --home \(home)")
    }
}
