import ArgumentParser
import Codec
import Console
import Foundation
import Ledger
import NodeSetup

/// Makes a network on one machine.
struct LocalnetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "localnet",
        abstract: "Makes a network on this machine: keys, genesis, and a directory for each node.",
        discussion: """
            Makes new keys for validators, observers and the chain's commission, the genesis document \
            that names them, and under --directory:

              genesis.json                 what makes the chain; every tool asks for it
              validator-N/, observer-N/    one node each: node.json, genesis.json, keys/, passphrase, \
            data/, api-url
              commission/member-N.key      keys of the commission; their passphrase is beside them

            Keys are encrypted; each passphrase is random and lies in a file that only you may read. \
            This is for trying out: on a real chain every operator makes the own keys.

            Then start each node with: veche-node run --home DIRECTORY/validator-1

            \(ExitStatus.help)
            """)

    @Option(help: "Where to make the network; it must not hold one.")
    var directory: String

    @Option(help: "How many validators, 4 to 31.")
    var validators = 4

    @Option(help: "How many observers.")
    var observers = 1

    @Option(help: "The address that nodes listen on.")
    var host = "127.0.0.1"

    @Option(help: "The first port; each node takes two: peers, then HTTP.")
    var basePort = 9100

    @Option(help: "`training` or `official`: part of every signature on the chain.")
    var kind = "training"

    @Option(help: "The chain's name, for people.")
    var chainName = "localnet"

    @Option(help: "The log's origin: a URL without scheme that is this log's alone.")
    var origin = "localnet.veche.example/1"

    @Option(help: "How many members the chain's commission has.")
    var commission = 7

    @Option(help: "How many of them must sign.")
    var commissionThreshold: UInt32 = 4

    @Option(help: "Heights of one epoch.")
    var epochLength: UInt32 = 1024

    @Option(help: "Least milliseconds between blocks while transactions wait.")
    var blockInterval: UInt32 = 100

    @Option(help: "Milliseconds from a block to an empty one, when nothing waits.")
    var heartbeat: UInt32 = 5000

    @Option(help: "Milliseconds that a message may take; timers are multiples of it.")
    var baseDelay: UInt32 = 250

    @Flag(help: "Give each validator's consensus key to a signer of its own: NAME-signer/.")
    var remoteSigners = false

    @Flag(help: "Print what was made as JSON.")
    var json = false

    func run() async throws {
        try await reporting {
            guard let kind = ChainKind.allCases.first(where: { $0.name == self.kind }) else {
                throw ValidationError("--kind must be `training` or `official`.")
            }
            var plan = LocalNetworkPlan(directory: directory)
            plan.validators = validators
            plan.observers = observers
            plan.host = host
            plan.basePort = basePort
            plan.kind = kind
            plan.chainName = chainName
            plan.origin = origin
            plan.commissionMembers = commission
            plan.commissionThreshold = commissionThreshold
            plan.remoteSigners = remoteSigners
            plan.parameters = Parameters(
                epochLength: epochLength, blockIntervalMilliseconds: blockInterval,
                heartbeatMilliseconds: heartbeat, baseDelayMilliseconds: baseDelay)
            let now = Date().timeIntervalSince1970 * 1000
            let network = try LocalNetwork.make(
                plan, time: Timestamp(milliseconds: UInt64(max(0, now))))
            if json {
                try printJSON(network)
            } else {
                report(network)
            }
        }
    }

    private func report(_ network: LocalNetwork) {
        say("Chain \(chainName) (\(kind)), chain id \(network.chainID)")
        say("Genesis: \(network.genesis)")
        say("Commission: \(network.commission.count) keys, \(commissionThreshold) must sign")
        for node in network.nodes {
            say("  \(node.name): \(node.apiURL), peers on port \(node.peerPort)")
        }
        if remoteSigners {
            say("Start each signer with: veche-signer --home \(directory)/NAME-signer")
        }
        say("Start each node with: veche-node run --home \(directory)/NAME")
    }
}
