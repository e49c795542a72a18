import Codec
import Consensus
import Foundation
import Ledger
import ProcessHarness
import Testing

/// A validator whose whole data directory was copied back from an earlier time (PROTOCOL 9.2):
/// database and journal agree with each other, and neither knows what the key signed since.
extension Clusters.RestoreTests {
    @Test(.timeLimit(.minutes(3)))
    func aValidatorWithARestoredBackupContradictsNothingAndVotesAgain() async throws {
        try await withCluster(
            validators: 4, name: "backup", options: ["--heartbeat", "200"]
        ) { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            try await cluster.underLoad(seed: 5, seconds: 60, last: 0) {
                let data = cluster.home(3) + "/data"
                let (backup, lost) = (cluster.home(3) + "/backup", cluster.home(3) + "/lost")
                try await cluster.stop(3)
                try FileManager.default.copyItem(atPath: data, toPath: backup)
                let height = await cluster.height(0)
                try await cluster.start(3)
                try await cluster.waitUntilVoting([3])
                try await cluster.waitForProgress(of: 3, blocks: 10)
                try await cluster.stop(3)
                try FileManager.default.moveItem(atPath: data, toPath: lost)
                try FileManager.default.moveItem(atPath: backup, toPath: data)
                let known = try votes(in: data, of: 3, cluster)
                try await cluster.start(3)
                // Others tell it what they heard of its key, so that it knows what it does not know.
                try await cluster.waitUntilVoting([3], within: .seconds(90))
                // Of the others one may be gone: now every block needs its votes.
                try await cluster.stop(2)
                try await cluster.waitForProgress(of: 3, blocks: 5)
                try await cluster.start(2)
                try await cluster.waitUntilVoting([2])
                try await cluster.stop(3)
                #expect(await cluster.height(0) > height + 10)
                try expectNoContradiction(
                    known: known, lost: try votes(in: lost, of: 3, cluster),
                    now: try votes(in: data, of: 3, cluster))
                try await cluster.start(3)
                try await cluster.waitUntilVoting([3])
            }
            try await cluster.expectOneChain()
            #expect(await !cluster.sawEquivocation())
            #expect(try await cluster.equivocations() == 0)
            let ended = await cluster.ended()
            #expect(ended.isEmpty, "\(ended)")
        }
    }

    /// What the journal of a data directory says that the key signed.
    private func votes(
        in data: String, of place: Int, _ cluster: Cluster
    ) throws -> Set<SignedVote> {
        let genesis = try cluster.genesis()
        let state = Journal.replay(
            try cluster.bytes(of: data + "/votes.journal"), chainID: genesis.chainID,
            key: genesis.validators.validators[place].consensusKey)
        guard case .intact(let records, length: _) = state else {
            throw HarnessFailure("\(data) has a journal that is not whole: \(state)")
        }
        return Set(
            records.compactMap { record in
                if case .vote(let vote) = record { vote } else { nil }
            })
    }

    /// Whatever was signed after the backup had come back lies above all that had been signed before,
    /// or is the same again.
    private func expectNoContradiction(
        known: Set<SignedVote>, lost: Set<SignedVote>, now: Set<SignedVote>
    ) throws {
        let last = try #require(lost.map(\.subject.round).max())
        #expect(try #require(known.map(\.subject.round).max()) < last)
        let fresh = now.subtracting(known).subtracting(lost)
        #expect(!fresh.isEmpty)
        for vote in fresh {
            #expect(vote.subject.round > last, "\(vote.subject) and \(last)")
        }
    }
}
