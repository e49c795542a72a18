import ArgumentParser
import CommandOptions
import Console
import Cryptography
import DocumentFiles
import Ledger

struct CommissionInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a member's signing key.",
        discussion: """
            Writes KEY, encrypted with a passphrase, and KEY.public.json with the name and the public key, which \
            belongs into genesis.

            """ + ExitStatus.help)

    @Option(help: "The key file to make; an existing one is never overwritten.")
    var key: String

    @Option(help: "The member's name or office, as genesis will show it.")
    var name: String

    @OptionGroup var passphrase: PassphraseOptions

    func run() async throws {
        try await reportingFailures {
            try requireUsable(DocumentFault.faults(ofName: name, at: "--name"))
            let secret = try passphrase.read(for: "the new commission key", isNew: true)
            let signer = try KeyFile.createSigningKey(
                at: key, purpose: .commission, passphrase: secret)
            let member = Member(name: name, key: signer.publicKey)
            try JSONDocument.write(member, to: key + ".public.json")
            say("Made \(key) for \(name).")
            say("Public key, for genesis: \(signer.publicKey)")
        }
    }
}
