import ArgumentParser
import Codec
import Console
import Ledger
import NodeSetup
import PlainText

/// Looks at a stopped node's data.
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Checks and shows the data of a node that does not run.",
        discussion: """
            Checks the newest block's hash and finalization, the log's root and the state's digest \
            against each other, and reads the vote journal. It changes nothing and needs no \
            passphrase. While the node runs it refuses: ask that node with `status`.

            \(ExitStatus.help)
            """)

    @Option(help: "The node's directory.")
    var home: String

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func run() async throws {
        try await reporting {
            let inspection = try NodeInspection(home: NodeHome(directory: home))
            if json {
                try printJSON(inspection)
            } else {
                report(inspection)
            }
        }
    }

    private func report(_ found: NodeInspection) {
        say("Node:      \(found.name.plainLine)")
        say("Chain:     \(found.chainName.plainLine) (\(found.kind.name)), \(found.chainID)")
        say("Height:    \(found.height) at \(found.time)")
        say("Block:     \(found.blockHash)")
        say("Log:       \(found.logSize) entries, root \(found.logRoot)")
        say("Certified: \(found.certifiedSize) entries under the newest checkpoint")
        say("State:     digest \(found.stateDigest)")
        say("Waiting:   \(found.pendingCount) transactions")
        if let journal = found.journal { say("Journal:   \(journal.plainLine)") }
        for election in found.elections { say("Election:  \(election.plainLine)") }
        say("The data agrees with itself.")
    }
}
