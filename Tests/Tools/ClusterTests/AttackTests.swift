import APISchema
import Attackers
import Foundation
import ProcessHarness
import Testing

/// Strangers on real nodes that may have 1,024 descriptors: nobody ends, fills, blocks or silences one.
extension Clusters.AttackTests {
    /// What a node may take of memory while it is attacked, in kibibytes: 400 MB.
    private static let memory = 400_000_000 / 1024

    /// Each attack is in full course when the honest begin, and goes on until the honest client and the
    /// honest peer have been answered and the chain has gone on.
    @Test(.timeLimit(.minutes(15))) func noAttackEndsFillsBlocksOrSilencesANode() async throws {
        try await withCluster(validators: 4, name: "attacks") { cluster in
            for place in cluster.places { try await cluster.startBounded(place, files: 1024) }
            try await cluster.waitUntilVoting()
            let ballots = try await cluster.openElection(
                voters: 24 + 8 * Attack.allCases.count, seconds: 3600)
            let (spoiled, cast) = (Array(ballots[..<24]), Array(ballots[24...]))
            for (number, attack) in Attack.allCases.enumerated() {
                let place = number % 4
                let target = try cluster.target(place)
                let process = try await cluster.process(place)
                let trial = Trial(
                    target: target, process: process, ballots: cast[(number * 8)...].prefix(8))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let progress = AttackProgress()
                    group.addTask {
                        await attack.run(against: target, ballots: spoiled, progress: progress)
                    }
                    try await eventually("\(attack): it is in full course", within: .seconds(120)) {
                        progress.connections >= attack.fullCourse
                    }
                    group.addTask { await trial.watch() }
                    try await eventually("\(attack): the honest are served", within: .seconds(60)) {
                        trial.seen.isServed
                    }
                    group.cancelAll()
                }
                let seen = trial.seen
                #expect(seen.peakKiB < Self.memory, "\(attack): \(seen)")
                #expect(seen.peakFiles <= 1024, "\(attack): \(seen)")
                let ended = await cluster.ended()
                #expect(ended.isEmpty, "\(attack): \(ended)")
            }
            for place in cluster.places {
                try await cluster.waitForProgress(of: place, blocks: 2)
                #expect(await cluster.status(place)?.voting == true)
            }
        }
    }
}
