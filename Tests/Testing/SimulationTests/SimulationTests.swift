import Simulation
import Testing

/// Whole clusters from seeds: safety at every step, liveness after the faults.
struct SimulationTests {
    private static let sizes = [4, 5, 6, 7, 10, 13]

    private func run(
        _ seeds: Range<UInt64>, validators: [Int], _ faults: [FaultKind], views: Int? = nil
    ) {
        for seed in seeds {
            let scenario = Scenario(
                seed: seed, validators: validators[Int(seed % UInt64(validators.count))],
                faults: faults, views: views)
            let report = Cluster.run(scenario)
            let violation = report.violation.map { "\($0.invariant): \($0.detail)" }
            #expect(violation == nil, "\(scenario.replayCommand)")
        }
    }

    @Test(arguments: [UInt64(0), 75, 150, 225])
    func clustersOfAllSizesSurviveFaultsAndLiars(first: UInt64) {
        run(first..<(first + 75), validators: Self.sizes, FaultKind.allCases)
    }

    @Test(arguments: FaultKind.allCases)
    func clustersSurviveEachKindOfFaultAlone(kind: FaultKind) {
        run(1000..<(kind == .overload ? 1001 : 1004), validators: [4, 5, 7], [kind])
    }

    /// Ten times what a cluster can carry costs it no view, and what was accepted is final in time.
    @Test func underLoadNoViewIsLostAndNothingAccepted() {
        run(0..<12, validators: [4, 5, 7], [.overload, .slowExecution])
        run(0..<4, validators: [4, 5], [.overload, .slowExecution, .slowDisk])
    }

    /// b.7, b.8, b.11: what is most delicate happens at the end of an epoch.
    @Test func shortEpochsSurviveCrashesAndLiarsAtTheirEnds() {
        for seed in UInt64(0)..<40 {
            let scenario = Scenario(
                seed: seed, validators: [4, 5, 7][Int(seed % 3)],
                faults: [.loss, .boundaryCrash, .partition, .equivocator, .liar, .membership],
                views: 24, epochLength: 2 + UInt32(seed % 3))
            #expect(Cluster.run(scenario).violation == nil, "\(scenario.replayCommand)")
        }
    }

    @Test func withoutFaultsNoViewIsNullified() {
        for validators in [4, 7, 10] {
            let report = Cluster.run(
                Scenario(
                    seed: 5, validators: validators, faults: [], views: 40, epochLength: 8))
            #expect(report.violation == nil)
            #expect(report.nullifiedViews == 0)
            // L8: an epoch of eight heights costs no more than two rotations beyond its blocks.
            #expect(report.epochs >= 40 / UInt64(8 + 2 * validators))
        }
    }

    @Test func theSameSeedGivesTheSameRun() {
        var hashes: Set<UInt64> = []
        for seed in UInt64(0)..<20 {
            let scenario = Scenario(seed: seed, validators: 4 + Int(seed % 4))
            let first = Cluster.run(scenario)
            let second = Cluster.run(scenario)
            #expect(first.traceHash == second.traceHash)
            #expect(first.events == second.events)
            hashes.insert(first.traceHash)
        }
        #expect(hashes.count == 20)
    }

    /// Crash points are enumerated: chance almost never hits the moment between write and send.
    @Test func aCrashAtAnyOperationOfAValidatorLosesNothing() {
        var runs = 0
        var crashes = 0
        Scenario.enumerateCrashPoints(seed: 3, validators: 4, views: 6) { report in
            runs += 1
            crashes += report.injected["crash"] ?? 0
            #expect(report.violation == nil, "\(String(describing: report.scenario.crashPoint))")
            return true
        }
        #expect(runs > 100)
        // Every run but the first, which counts the operations, has one.
        #expect(crashes == runs - 1)
    }

    /// All of them by `veche-simulate --twins --seeds 0..262143`; here every 509th.
    @Test func twinsForkNothingHoweverTheyArePartedFromTheOthers() {
        for number in stride(from: 0, to: Twins.cases, by: 509) {
            let violation = Cluster.run(Twins.scenario(number)).violation
            #expect(violation == nil, "case \(number)")
        }
    }

    /// b.13: the others tell a copy of a validator that its original votes.
    @Test func aCopyOfARunningValidatorNeverVotesBesideIt() {
        var copies = 0
        for seed in UInt64(0)..<120 {
            let report = Cluster.run(
                Scenario(seed: seed, validators: [4, 5, 7][Int(seed % 3)], faults: [.copy]))
            #expect(report.violation == nil, "\(report.scenario.replayCommand)")
            #expect(report.injected["votes of copies"] == nil)
            copies += report.injected["copies started"] ?? 0
        }
        #expect(copies >= 5)
    }

    /// b.8, L2: an unfinished tail is finished at once, however rare heartbeats are.
    @Test func theLastTransactionsNeedNoHeartbeat() {
        run(0..<40, validators: [4, 5, 7], [.delay, .loss, .partition])
    }

    @Test(arguments: [4, 7])
    func withOneValidatorTooFewNothingMovesAndNothingGrowsInAnHour(validators: Int) {
        #expect(Cluster.standStill(seed: 1, validators: validators, minutes: 60) == nil)
    }

    @Test(arguments: [(4, 0), (4, 1), (7, 2)])
    func chainTimePassesWithoutTransactions(validators: Int, dead: Int) {
        let violation = Cluster.idle(seed: 2, validators: validators, dead: dead, minutes: 10)
        #expect(violation == nil)
    }

    /// Each once broke an invariant: a view timer that span in who is no validator, one that joined
    /// and repeated nothing, a range that a silent peer held for ever, damage taken for a torn end.
    @Test(arguments: [
        (UInt64(0), 4), (49, 5), (289, 4), (37, 4), (273, 4), (39, 4), (69, 6), (123, 7), (5329, 4),
        (8441, 4), (10161, 5), (793, 5), (67595, 13),
    ])
    func seedsThatFailedOnce(seed: UInt64, validators: Int) {
        for views in [nil, 20, 40] {
            let scenario = Scenario(seed: seed, validators: validators, views: views)
            let violation = Cluster.run(scenario).violation
            #expect(violation == nil, "\(scenario.replayCommand)")
        }
    }
}
