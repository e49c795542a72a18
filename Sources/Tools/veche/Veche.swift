import ArgumentParser
import Console

@main
struct Veche: AsyncParsableCommand {
    static func main() async { await runProgram() }

    static let configuration = CommandConfiguration(
        commandName: "veche",
        abstract: "For voters and auditors: vote, check, audit, and look at results.",
        discussion: """
            Trust begins with genesis.json: it names the validators. Compare its chain id with the one that the \
            commission published. Everything else that a node says is checked on this machine, or marked as \
            what the node says.
            """,
        subcommands: [
            Vote.self, Open.self, Keys.self, Find.self, Check.self, Complain.self, Audit.self,
            Results.self, Watch.self,
        ])
}
