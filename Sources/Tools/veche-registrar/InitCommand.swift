import ArgumentParser
import Console
import DocumentFiles
import Ledger
import PlainText
import Registrar

/// `veche-registrar init`
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Makes a registrar's directory with new keys for one election.",
        discussion: """
            It holds registrar.key (an Ed25519 key for transactions, an RSA-3072 issuing key for each \
            ballot style, and the key that encrypts the database; all under the passphrase), \
            registrar.public.json for the commission, and registrar.json, the configuration.

            Issuing keys serve one election: make a new directory for the next.
            """)

    @OptionGroup var home: HomeOptions

    @Option(help: "The registrar's name in the election document.")
    var name = "Registrar"

    @Option(
        help: "An election document or template, from which the ballot styles' numbers are read.")
    var template: String?

    @Option(help: "The number of a ballot style; once for each, instead of --template.")
    var style: [UInt32] = []

    @Option(help: "The chain's genesis.json, to be copied into the directory.")
    var genesis: String?

    @Option(help: "A node's address, for registrar.json; may be given several times.")
    var node: [String] = []

    @Option(help: "Address and port to serve on.")
    var listen = "127.0.0.1:8090"

    @Flag(help: "Print the public keys as JSON.")
    var json = false

    func validate() throws {
        guard (template == nil) != style.isEmpty else {
            throw ValidationError("Give the ballot styles: either --template FILE or --style N.")
        }
        guard ListenAddress(listen) != nil else {
            throw ValidationError("--listen needs address and port, as in 127.0.0.1:8090.")
        }
        guard name.isPlainReference, name.utf8.count <= Limits.name else {
            throw ValidationError(
                "--name needs 1 to \(Limits.name) bytes that show something: no spaces around it, no"
                    + " invisible characters, no line breaks.")
        }
    }

    func run() async throws {
        try await reporting {
            let files = home.files
            for path in [files.key, files.configuration, files.publicKeys]
            where LocalFile.exists(path) {
                throw FileFailure.exists(path: path)
            }
            let styles = try styleNumbers()
            var genesisDocument: Genesis?
            if let genesis { genesisDocument = try JSONDocument.read(Genesis.self, at: genesis) }
            let passphrase = try Passphrase.read(
                file: home.passphraseFile, subject: "the registrar's new key", isNew: true)
            note("Making the issuing keys of \(styles.count) ballot styles ...")
            let secrets = try RegistrarSecrets.generate(styles: styles)
            let publicKeys = secrets.publicKeys(name: name)
            try LocalFile.makePrivateDirectory(files.directory)
            try secrets.write(to: files.key, passphrase: passphrase)
            try JSONDocument.write(publicKeys, to: files.publicKeys)
            try JSONDocument.write(
                RegistrarConfiguration(name: name, listen: listen, nodes: node),
                to: files.configuration)
            if let genesisDocument {
                try JSONDocument.write(genesisDocument, to: files.genesis)
            }
            if json {
                try printJSON(publicKeys)
            } else {
                say("Registrar key \(publicKeys.registrarKey)")
                say(
                    "Give \(files.publicKeys) to the commission; keep \(files.key) and a copy safe."
                )
            }
        }
    }

    private struct Template: Decodable {
        struct Style: Decodable { let number: UInt32 }
        let styles: [Style]
    }

    private func styleNumbers() throws -> [UInt32] {
        var numbers = style
        if let template {
            numbers = try JSONDocument.read(Template.self, at: template, unknownKeys: .ignored)
                .styles.map(\.number)
        }
        guard Set(numbers).count == numbers.count, (1...Limits.styles).contains(numbers.count)
        else {
            throw CommandFailure(
                "1 to \(Limits.styles) ballot styles with different numbers are needed")
        }
        return numbers.sorted()
    }
}
