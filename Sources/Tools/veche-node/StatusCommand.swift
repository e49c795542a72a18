import APISchema
import ArgumentParser
import Codec
import Console
import DocumentFiles
import Foundation
import Ledger
import LedgerClient
import NodeSetup
import PlainText

/// Asks a running node how it is.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Asks a running node for height, view, peers and whether it votes.",
        discussion: """
            What a node says about itself is a statement, no proof: `veche audit` checks the chain.

            \(ExitStatus.help)
            """)

    @Option(help: "The node's address, as in http://127.0.0.1:9101.")
    var url: String?

    @Option(help: "The node's directory, in place of --url.")
    var home: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func validate() throws {
        guard (url == nil) != (home == nil) else {
            throw ValidationError("Give either --url or --home.")
        }
    }

    func run() async throws {
        try await reporting {
            let (address, chainID) = try target()
            var limits = ClientLimits()
            limits.rounds = 1
            let status = try await NodeClient.with(
                nodes: [address], chainID: chainID, limits: limits
            ) { client in
                try await client.status()
            }
            if json {
                try printJSON(status)
            } else {
                report(status)
            }
        }
    }

    private func target() throws -> (String, Bytes32?) {
        if let url { return (url, nil) }
        let home = try NodeHome(directory: home ?? ".")
        let api = home.configuration.api
        let host = api.host == "0.0.0.0" ? "127.0.0.1" : api.host
        return ("http://\(host):\(api.port)", home.genesis.chainID)
    }

    private func report(_ status: NodeStatus) {
        say("\(status.software), \(status.validator ?? "observer")".plainLine)
        say("Chain:   \(status.chainName.plainLine) (\(status.kind.name)), \(status.chainID)")
        let now = UInt64(Date().timeIntervalSince1970 * 1000)
        let age = now > status.time.milliseconds ? now - status.time.milliseconds : 0
        say("Height:  \(status.height) at \(status.time), \(age / 1000) s ago by this clock")
        say("Block:   \(status.blockHash)")
        say("Round:   epoch \(status.epoch), view \(status.view)")
        say("Log:     \(status.logSize) entries, root \(status.logRoot)")
        say("         \(status.certifiedSize) under the newest certified checkpoint")
        say(
            "Voting:  \(status.voting ? "yes" : "no")\(status.votingNote.map { ", " + $0.plainLine } ?? "")"
        )
        say("Waiting: \(status.pendingCount) transactions, \(status.pendingBytes) bytes")
        if status.overdueBallots > 0 {
            say(
                "A_QUOTA: \(status.overdueBallots) ballots wait for the registrar's count for more "
                    + "than 30 seconds")
        }
        say("Peers:   \(status.peers.count)")
        for peer in status.peers {
            let height = peer.height.map { "at block \($0)" } ?? ""
            say("         \((peer.name ?? "\(peer.role) \(peer.key)").plainLine) \(height)")
        }
    }
}
