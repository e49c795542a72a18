import Foundation
import ProcessHarness
import Testing

/// Two processes with one key.
extension Clusters.DataDirectoryTests {
    /// The others tell the copy what its original signs (b.13): it waits, and then stops for good.
    @Test(.timeLimit(.minutes(4)))
    func aCopyOfARunningValidatorNeverVotesBesideIt() async throws {
        let port = try Ports.free(2)
        try await withCluster(validators: 4, name: "copy") { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            try await cluster.waitForProgress(of: 0, blocks: 4)
            // The copy has no lock of its own: that is in the directory that was copied.
            let home = try cluster.copyHome(3, to: "copy", port: port)
            let copy = try LocalProcess(
                .node, ["run", "--home", home], name: "copy", directory: cluster.directory.logs)
            let end = ContinuousClock.now + .seconds(120)
            while copy.status == nil, ContinuousClock.now < end {
                // No answer while it starts, or once it has stopped.
                let text = try? await HTTP.get("http://127.0.0.1:\(port + 1)/v1/status", timeout: 3)
                    .text
                #expect(text?.contains("\"voting\":true") != true)
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(copy.status != nil && copy.status != 0)
            #expect(copy.errors.contains("the key is in use elsewhere"))
            try await copy.stop()
            // The original is none the worse for it.
            #expect(await !cluster.sawEquivocation())
            try await cluster.waitUntilVoting()
            try await cluster.waitForProgress(of: 3, blocks: 2)
        }
    }
}
