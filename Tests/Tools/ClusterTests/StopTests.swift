import Attackers
import Foundation
import Glibc
import ProcessHarness
import Testing

/// A node that is asked to stop ends with status 0, whatever it does at that moment.
extension Clusters.StopTests {
    /// A number that the long runs choose.
    private func chosen(_ name: String, or usual: UInt64) -> UInt64 {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } ?? usual
    }

    /// Two nodes stop at a time, so that the other two, which cannot agree alone, wait and answer
    /// those that come back: stops meet opening, listening, catching up and voting.
    @Test(.timeLimit(.minutes(90))) func aStopAtAnyMomentIsClean() async throws {
        try await withCluster(validators: 4, name: "stops") { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            var numbers = SeededNumbers(seed: chosen("VECHE_STOP_SEED", or: 134))
            // How long a node takes from its start to its first answer, as this machine is now.
            var opening = Duration.seconds(1)
            for number in 0..<Int(clamping: chosen("VECHE_STOPS", or: 20)) {
                let place = number % 4
                try await cluster.kill(place)
                let start = ContinuousClock.now
                try await cluster.start(place)
                var half: HostileConnection?
                if number % 3 == 0 {
                    // From before the first answer to twice as long after it.
                    let moment = Double.random(in: 0...3, using: &numbers)
                    try await Task.sleep(for: opening * moment)
                } else {
                    try await eventually("\(cluster.name(place)) answers") {
                        await cluster.status(place) != nil
                    }
                    opening = ContinuousClock.now - start
                    if number % 3 == 1 {
                        half = try await HostileConnection.open(to: cluster.peerPort(place) + 1)
                        await half?.send(
                            [UInt8]("POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Le".utf8))
                    }
                    try await Task.sleep(
                        for: opening * Double.random(in: 0...2, using: &numbers))
                }
                let errors = await cluster.errors(place)
                let status = try await cluster.stop(place)
                half?.close()
                #expect(status == 0, "stop \(number): \(errors.suffix(1500))")
                try await cluster.start(place)
            }
            try await cluster.waitUntilVoting(within: .seconds(60))
            try await cluster.waitForProgress(of: 0, blocks: 2)
        }
    }

    /// The Swift runtime would write a backtrace for many seconds, and hold ports and data meanwhile.
    @Test func aNodeThatCrashesEndsAtOnce() async throws {
        try await withCluster(validators: 4, name: "crash") { cluster in
            try await cluster.start(0, environment: ["SWIFT_BACKTRACE": "enable=yes"])
            try await eventually("it answers") { await cluster.status(0) != nil }
            await cluster.signal(0, SIGILL)
            let end = try await cluster.waitForEnd(0)
            #expect(end.status == 128 + SIGILL)
            #expect(!end.errors.contains("Backtrace") && !end.errors.contains("Thread 0"))
        }
    }
}

/// Few descriptors are no broken disk: a node says so before it opens anything.
extension Clusters.StopTests {
    @Test(arguments: [40, 300]) func aNodeWithTooFewDescriptorsDoesNotStart(files: Int) async throws
    {
        try await withCluster(validators: 4, name: "descriptors") { cluster in
            try await cluster.startBounded(0, files: files)
            let end = try await cluster.waitForEnd(0)
            #expect(end.status == 78)
            #expect(end.errors.contains("Too few file descriptors"))
            #expect(end.errors.contains("\(files) (ulimit -n)"))
            #expect(!end.errors.contains("disk"))
            #expect(!FileManager.default.fileExists(atPath: cluster.home(0) + "/data/ledger"))
        }
    }
}
