import ArgumentParser
import Foundation

struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Measures validators under a steady load of ballots.",
        discussion: """
            Starts validators of a new network as processes on this machine (TLS between them, every \
            write of the journal synced), prepares an election, makes all ballots beforehand and keeps \
            them in memory: four options, a new voter each, with the registrar's RSA certificate. Then \
            it sends them in an open loop: ballot N is due N/rate seconds after the start, whatever \
            became of those before it. A ballot goes out on the next free connection. One that finds \
            none within a second of its time is not sent, and counted. Such a ballot, and one that a \
            validator had no place for, is offered again when all others have been: as many need not be \
            made (--ballots) as are offered.

            accepted.ballots_per_second     ballots that a validator accepted, over --seconds
            final.ballots_per_second        ballots in blocks whose event came while ballots were sent, \
            over --seconds
            finality.p50_ms, .p99_ms        from the answer that accepts a ballot to the event of the \
            final block that holds it, for each ballot that became final. The client listens to \
            the first validator's events. It asks for the blocks' transactions after the run
            accepted.lost                   accepted, but in no block whose event came until --patience \
            seconds after the last ballot was due
            drain.s                         from then until the last accepted ballot was final
            refused.busy                    answers 429 and 503: come again later
            refused.other, failed           other refusals; requests without an answer within 20 seconds
            offered.unsent                  ballots that found no connection in time
            offered.without_ballot          offers that were not made, since every ballot was taken
            views.lost                      views without a block, as the validator counts that saw most
            syncs.per_block                 synced writes of the journal for each final block, per node
            cpu.us_per_ballot_per_node      processor time, user and system, from the first ballot until \
            the last one was final, less what the idle network takes, over final ballots and nodes
            cpu.idle.us_per_second          what a node of the idle network takes, in five seconds before
            cpu.floor_us                    what the library alone takes for a ballot, on a thread of \
            this process every four seconds of the run: decoding with transcripts, the proof \
            in a batch of 512, the RSA certificate
            cpu.ratio_to_floor              cpu.us_per_ballot_per_node over cpu.floor_us
            cpu.client.us_per_ballot        the same for this process, its measurement of the floor included
            rss.peak_mb                     the most memory that a validator ever had (VmHWM)

            Client and validators share the machine's cores. All goes over loopback and ends by itself.
            """)

    @Flag(help: "Print one JSON object a line: name, value, unit.")
    var json = false

    @Option(help: "Ballots offered a second.")
    var rate = 60

    @Option(help: "Connections of the client, shared by the validators.")
    var connections = 128

    @Option(help: "For how long ballots are offered.")
    var seconds = 20

    @Option(help: "Validators of the network.")
    var validators = 4

    @Option(help: "Least milliseconds between blocks.")
    var blockInterval = 100

    @Option(help: "Ballots to make; as many as are offered unless told.")
    var ballots: Int?

    @Option(help: "Seconds that accepted ballots have to become final once the last is sent.")
    var patience = 30

    func validate() throws {
        guard (1...10_000).contains(rate) else {
            throw ValidationError("--rate must be from 1 to 10000.")
        }
        guard (1...600).contains(seconds) else {
            throw ValidationError("--seconds must be from 1 to 600.")
        }
        guard (1...200_000).contains(ballots ?? rate * seconds) else {
            throw ValidationError("--ballots must be from 1 to 200000.")
        }
        guard (4...13).contains(validators) else {
            throw ValidationError("--validators must be from 4 to 13.")
        }
        guard (validators...200 * validators).contains(connections) else {
            throw ValidationError("--connections must be from 1 to 200 for each validator.")
        }
        guard (1...600).contains(patience) else {
            throw ValidationError("--patience must be from 1 to 600.")
        }
    }

    func run() async throws {
        let report = Report(asJSON: json)
        let network = try await BenchNetwork(validators: validators, blockInterval: blockInterval)
        do {
            let run = LoadRun(
                network: network, rate: rate, seconds: seconds, connections: connections,
                ballotCount: min(ballots ?? rate * seconds, rate * seconds),
                patience: .seconds(patience))
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
