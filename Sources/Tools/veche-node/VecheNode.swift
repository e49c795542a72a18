import ArgumentParser
import Console

/// The node's program: makes networks on one machine, runs a node, and looks at nodes.
@main
struct VecheNode: AsyncParsableCommand {
    static func main() async { await runProgram() }

    static let configuration = CommandConfiguration(
        commandName: "veche-node",
        abstract: "Runs a node of a Veche chain, validator or observer.",
        discussion: """
            A validator takes part in agreement; an observer holds and checks the whole chain, serves it \
            and passes submissions on. `veche-node run --home DIR` starts either: DIR/node.json says \
            which. `veche-node init` makes such a directory for a node that comes to a chain, `veche-node \
            localnet` a whole network on one machine to try things out.

            \(ExitStatus.help)
            """,
        subcommands: [
            LocalnetCommand.self, InitCommand.self, RunCommand.self, SignerCommand.self,
            StatusCommand.self,
            InspectCommand.self,
        ])
}
