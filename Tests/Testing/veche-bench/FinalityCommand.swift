import ArgumentParser
import Foundation

struct FinalityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finality",
        abstract: "Measures how soon a lone ballot is final, and what a killed leader costs.",
        discussion: """
            Starts four validators of a new network as processes on this machine, with a block \
            interval of 25 ms, prepares an election, and sends ballots one at a time, about one a \
            second and at random moments, so that the network is idle before each. The time runs from \
            the first byte of the request until the event of the block that holds the ballot reaches \
            the client, which listens to the node that it sent the ballot to.

            Then the validator that leads is killed (SIGKILL) and a ballot is sent every 100 ms. The \
            gap is the longest time from one final block to the next that another validator tells of. \
            Lone ballots are measured again with three validators.

            Times are by the wall clock and include client and server: a machine with other work to \
            do shows longer ones. Everything is below one temporary directory, which is removed; only \
            processes that were started here are ended, by their id.
            """)

    @Flag(help: "Print one JSON object a line: name, value, unit.")
    var json = false

    @Option(help: "Lone ballots to measure before the leader is killed, and half as many after.")
    var ballots = 40

    @Option(help: "Least milliseconds between blocks.")
    var blockInterval = 25

    func validate() throws {
        guard (2...500).contains(self.ballots) else {
            throw ValidationError("--ballots must be from 2 to 500.")
        }
    }

    func run() async throws {
        let report = Report(asJSON: self.json)
        let network = try await BenchNetwork(blockInterval: self.blockInterval)
        do {
            let run = FinalityRun(network: network, count: self.ballots)
            try await run.report(to: report)
        } catch {
            try await network.stop()
            FileHandle.standardError.write(Data("The nodes' logs: \(network.logs)\n".utf8))
            throw error
        }
        try await network.stop()
        network.remove()
    }
}
