import Foundation
import Glibc
import Ledger
import ProcessHarness
import Testing

/// A validator's process on a disk that fails: it says so, ends, and has lost nothing that it said.
extension Clusters.DiskFaultTests {
    /// One call that fails, as `Tests/Testing/FaultyDisk` understands it.
    struct Fault: CustomStringConvertible, Sendable {
        let call: String
        let error: Int32
        /// Failing calls, 0 for all that follow.
        var count = 1
        /// A part of the file's path.
        let file: String
        /// Whether it meets the node that starts, and not one that votes.
        var isAtStart = false

        var description: String {
            "\(call) of \(file) fails with \(error) \(isAtStart ? "at the start" : "at work")"
        }
    }

    static let faults = [
        Fault(call: "write", error: EIO, file: "/data/votes.journal"),
        Fault(call: "sync", error: EIO, file: "/data/votes.journal"),
        Fault(call: "short", error: ENOSPC, count: 0, file: "/data/votes.journal"),
        Fault(call: "rename", error: EIO, file: "/data/votes.journal", isAtStart: true),
        Fault(call: "write", error: EIO, file: ".log"),
        Fault(call: "sync", error: EIO, file: ".log"),
        Fault(call: "short", error: ENOSPC, count: 0, file: ".log"),
        // A start writes the log of the database into tables.
        Fault(call: "write", error: ENOSPC, count: 0, file: ".sst", isAtStart: true),
        Fault(call: "sync", error: EIO, file: ".sst", isAtStart: true),
        // The disk is full: for the database, the journal and whatever else.
        Fault(call: "write", error: ENOSPC, count: 0, file: "/data/"),
    ]

    @Test(.timeLimit(.minutes(4)))
    func aWriteOrSyncThatFailsStopsTheNodeWhichGoesOnOnAGoodDisk() async throws {
        // Views that end soon: a validator that starts listens for two rotations of the leader.
        try await withCluster(
            validators: 4, name: "faults", options: ["--heartbeat", "100"]
        ) { cluster in
            let library = try await faultyDisk(in: cluster.directory)
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            try await cluster.stop(3)
            for (number, fault) in Self.faults.enumerated() {
                let control = cluster.directory.path + "/fault-\(number)"
                let before = cluster.said(3).count
                if fault.isAtStart { try arm(fault, control, of: cluster) }
                try await cluster.start(
                    3, environment: ["LD_PRELOAD": library, "VECHE_FAULTY_DISK": control])
                if !fault.isAtStart {
                    // It has come back from the last fault, too.
                    try await cluster.waitUntilVoting([3])
                    try arm(fault, control, of: cluster)
                }
                let end = try await cluster.waitForEnd(3)
                let said = String(cluster.said(3).dropFirst(before))
                #expect(end.status == 74, "\(fault): \(said)")
                #expect(said.contains("Error: "), "\(fault)")
                #expect(said.lowercased().contains("could not"), "\(fault): \(said)")
                #expect(
                    said.contains(fault.error == EIO ? "mend the cause" : "Make room on it"),
                    "\(fault): \(said)")
                let failed = try String(contentsOfFile: control + ".failed", encoding: .utf8)
                #expect(failed.hasPrefix(fault.call + " "), "\(fault)")
            }
            try await cluster.start(3)
            try await cluster.waitUntilVoting([3])
            // Without one of the others it is needed for every block.
            try await cluster.stop(2)
            try await cluster.waitForProgress(of: 3, blocks: 3)
            let rest = [0, 1, 3]
            try await cluster.expectOneChain(rest)
            #expect(await !cluster.sawEquivocation())
            #expect(try await cluster.equivocations(rest) == 0)
        }
    }

    /// Lets a fault strike the node that reads this control file.
    private func arm(_ fault: Fault, _ control: String, of cluster: Cluster) throws {
        let line = "\(fault.call) \(fault.error) \(fault.count) \(fault.file)\n"
        // Renamed, so that nobody reads half of it.
        try cluster.write([UInt8](line.utf8), to: control + ".new")
        try FileManager.default.moveItem(atPath: control + ".new", toPath: control)
    }

    /// Compiles the library that fails.
    private func faultyDisk(in directory: TestDirectory) async throws -> String {
        let library = directory.path + "/faulty-disk.so"
        let source = Program.top.appendingPathComponent("Tests/Testing/FaultyDisk/faulty-disk.c")
            .path
        try await succeed(
            .bash,
            ["-c", "cc -Wall -Wextra -Werror -O1 -shared -fPIC -o \"$0\" \"$1\"", library, source],
            in: directory)
        return library
    }
}
