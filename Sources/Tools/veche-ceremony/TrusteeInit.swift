import ArgumentParser
import CeremonyStation
import CommandOptions
import Console
import Cryptography
import DocumentFiles
import Ledger

struct TrusteeInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a trustee's keys.",
        discussion: """
            Writes encrypted key files into the directory, and trustee.public.json, which the commission needs to \
            create the election. Lose the key files and you cannot decrypt: keep a copy on another medium.

            """ + ExitStatus.help)

    /// How much work each guess of the passphrase takes.
    enum Cost: String, ExpressibleByArgument, CaseIterable {
        case interactive
        case sensitive
    }

    @Option(help: "The directory to make.")
    var home: String

    @Option(help: "The trustee's name or office, as the election document will show it.")
    var name: String

    @Option(
        help: """
            The work of opening the key files: sensitive (1 GiB of memory, some seconds) or interactive (64 MiB).
            """)
    var cost = Cost.sensitive

    @OptionGroup var passphrase: PassphraseOptions

    func run() async throws {
        try await reportingFailures {
            try requireUsable(DocumentFault.faults(ofName: name, at: "--name"))
            let secret = try passphrase.read(for: "the new trustee's keys", isNew: true)
            let home = TrusteeHome(path: home)
            let member = try home.create(
                name: name, passphrase: secret, cost: cost == .sensitive ? .sensitive : .interactive
            )
            say("Made the keys of \(name) in \(home.path).")
            say("For the commission: \(home.publicFile)")
            say("Write down: public key \(member.key)")
        }
    }
}
