import Simulation
import Testing

/// Whole clusters from seeds: safety at every step, liveness after the faults.
struct SimulationTests {
    private func run(_ seeds: Range<UInt64>, validators: [Int], _ faults: [FaultKind]) {
        for seed in seeds {
            let scenario = Scenario(
                seed: seed, validators: validators[Int(seed) % validators.count], faults: faults,
                views: 30)
            let report = Cluster.run(scenario)
            #expect(report.violation == nil, "\(scenario.replayCommand)")
        }
    }

    @Test func clustersOfFourToSevenSurviveFaultsAndLiars() {
        run(0..<60, validators: [4, 5, 7], FaultKind.allCases)
    }

    @Test(arguments: FaultKind.allCases)
    func clustersSurviveEachKindOfFaultAlone(kind: FaultKind) {
        run(1000..<1003, validators: [4, 5, 7], [kind])
    }

    @Test func withoutFaultsNoViewIsNullified() {
        for validators in [4, 7, 10] {
            let report = Cluster.run(
                Scenario(seed: 5, validators: validators, faults: [], views: 40))
            #expect(report.violation == nil)
            #expect(report.nullifiedViews == 0)
        }
    }

    @Test func theSameSeedGivesTheSameRun() {
        for seed in UInt64(0)..<6 {
            let scenario = Scenario(seed: seed, validators: 4 + Int(seed % 4), views: 20)
            let first = Cluster.run(scenario)
            let second = Cluster.run(scenario)
            #expect(first.traceHash == second.traceHash)
            #expect(first.events == second.events)
        }
        let other = Cluster.run(Scenario(seed: 7, validators: 4, views: 20))
        let another = Cluster.run(Scenario(seed: 8, validators: 4, views: 20))
        #expect(other.traceHash != another.traceHash)
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

    /// A liar kept its vote, all holders of a notarization crashed, and who had sent FINALIZE could
    /// not nullify.
    @Test func seed273WhereTheNotarizationUnderAFinalizeWasForgotten() {
        let report = Cluster.run(Scenario(seed: 273, validators: 4))
        #expect(report.violation == nil)
    }

    /// A FINALIZE that ended the epoch left the caller in the next one with the old view's number.
    @Test func seed39WhereAnEpochEndedInTheMiddleOfAStep() {
        let report = Cluster.run(Scenario(seed: 39, validators: 4))
        #expect(report.violation == nil)
    }
}
