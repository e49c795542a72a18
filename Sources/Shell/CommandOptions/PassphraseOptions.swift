package import ArgumentParser
package import Cryptography
package import DocumentFiles

/// Where a passphrase comes from. Never an argument: arguments are seen by everybody on the machine.
package struct PassphraseOptions: ParsableArguments {
    @Option(
        help:
            "A file (mode 0600) that holds the passphrase; without it, you are asked on the terminal."
    )
    package var passphraseFile: String?

    package init() {}

    package func read(for subject: String, isNew: Bool = false) throws -> Passphrase {
        try Passphrase.read(file: passphraseFile, subject: subject, isNew: isNew)
    }
}

/// A commission member's key.
package struct SignerOptions: ParsableArguments {
    @Option(help: "Your key file, as `commission init` made it.")
    package var key: String

    @OptionGroup var passphrase: PassphraseOptions

    package init() {}

    package func openKey() throws -> Ed25519SigningKey {
        try KeyFile.openSigningKey(
            at: key, purpose: .commission,
            passphrase: try passphrase.read(for: "the commission key"))
    }
}
