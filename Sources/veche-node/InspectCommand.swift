import ArgumentParser
import Codec
import Ledger
import Node

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
        print("Node:      \(found.name)")
        print("Chain:     \(found.chainName) (\(found.kind.name)), \(found.chainID)")
        print("Height:    \(found.height) at \(found.time)")
        print("Block:     \(found.blockHash)")
        print("Log:       \(found.logSize) entries, root \(found.logRoot)")
        print("Certified: \(found.certifiedSize) entries under the newest checkpoint")
        print("State:     digest \(found.stateDigest)")
        print("Waiting:   \(found.pendingCount) transactions")
        if let journal = found.journal { print("Journal:   \(journal)") }
        for election in found.elections { print("Election:  \(election)") }
        print("The data agrees with itself.")
    }
}
