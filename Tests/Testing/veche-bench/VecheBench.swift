import ArgumentParser

/// Measures Veche: every claim of speed in the documents comes from here.
@main
struct VecheBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "veche-bench",
        abstract: "Measures Veche. Deploy/bench.sh builds and runs it.",
        subcommands: [
            BallotsCommand.self, FinalityCommand.self, LoadCommand.self, AttacksCommand.self,
        ])
}
