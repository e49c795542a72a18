import APISchema
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Ledger
import ProcessHarness
import Testing

/// Two histories of one chain, each signed by its validators: what only a quorum of liars can make.
extension EndToEnd.ForkTests {
    /// Runs the network's nodes on what is in their `data`, with new elections; what an auditor
    /// could fetch then.
    private func history(
        of network: TestNetwork, with elections: [[UInt8]], atLeast size: UInt64
    ) async throws -> Recording {
        _ = try await site.running()
        let node = network.url("validator-1")
        for election in elections {
            let answer = try await HTTP.post(node + "/v1/transactions", election)
            try #require([200, 202].contains(answer.status), "\(answer.text)")
            let address = node + "/v1/transactions/\(Transaction.id(of: election))"
            try await eventually("the election is in the log", within: .seconds(60)) {
                let answer = try await HTTP.get(address)
                return try answer.status == 200
                    && answer.json(TransactionStatus.self).status == "final"
            }
        }
        try await eventually("the log has more than \(size) entries", within: .seconds(60)) {
            await network.status("validator-1").map { $0.logSize > size } ?? false
        }
        let recording = try await Recording.make(from: node)
        _ = try await site.stopped()
        return recording
    }

    private func audit(
        _ network: TestNetwork, _ recording: Recording
    ) async throws -> Outcome {
        // The node that lies is asked nothing but what it recorded.
        try await StubNode.with(
            { try recording.recordedAnswer($0) },
            { address in
                try await run(
                    .veche,
                    [
                        "audit", "--genesis", network.genesisFile, "--node", address, "--evidence",
                        network.directory.path + "/evidence",
                    ],
                    in: network.directory)
            })
    }

    @Test func blocksOfOneHistoryUnderTheCheckpointOfAnotherAreRefused() async throws {
        _ = try await site.running()
        let network = try await site.stopped()
        let issuing = try BlindIssuingKey.generate().modulus
        let manager = FileManager.default
        for name in network.allNames {
            try manager.copyItem(
                atPath: network.home(name) + "/data", toPath: network.home(name) + "/data.before")
        }
        let first = try await history(
            of: network, with: [try network.creation(11, issuingKey: issuing)], atLeast: 0)
        for name in network.allNames {
            try manager.moveItem(
                atPath: network.home(name) + "/data", toPath: network.home(name) + "/data.first")
            try manager.moveItem(
                atPath: network.home(name) + "/data.before", toPath: network.home(name) + "/data")
        }
        let length = try #require(first.blocks.last).header.logSize
        var second = try await history(
            of: network, with: [try network.creation(12, issuingKey: issuing)], atLeast: length)
        // Each of the two is sound by itself.
        for recording in [first, second] {
            let outcome = try await audit(network, recording)
            #expect(outcome.status == 0, outcome.comment)
        }
        let honest = second.checkpoint
        second.checkpoint = first.checkpoint
        let forked = try await audit(network, second)
        #expect(forked.status == 1, forked.comment)
        #expect(forked.text.contains("A_FORK"), forked.comment)
        second.checkpoint = honest
        second.chunks = first.chunks
        let behind = try await audit(network, second)
        #expect(behind.status == 1, behind.comment)
        #expect(
            behind.text.contains("A_FORK") || behind.text.contains("A_TRUNCATED"), behind.comment)
    }
}
