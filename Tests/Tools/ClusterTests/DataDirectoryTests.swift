import Foundation
import ProcessHarness
import Testing

/// What a validator's process does with a disk that is not as it left it.
extension Clusters.DataDirectoryTests {
    @Test(.timeLimit(.minutes(2)))
    func aSecondProcessOnOneDataDirectoryIsRefusedAndTheFirstGoesOn() async throws {
        try await withCluster(validators: 4, name: "second") { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            let second = try await run(
                .node, ["run", "--home", cluster.home(0)], in: cluster.directory)
            #expect(second.status == 75)
            #expect(second.text.contains("in use by process"))
            try await cluster.waitForProgress(of: 0, blocks: 2)
        }
    }

    /// What may have become of a vote journal.
    enum Damage: CaseIterable {
        case missing, flippedInTheMiddle, ofAnotherKey, ofAnotherChain, older
    }

    @Test(.timeLimit(.minutes(3)))
    func aJournalThatCannotBeTrustedLeadsToQuarantineAndNeverToASecondVote() async throws {
        try await withCluster(
            validators: 4, name: "journal", options: ["--heartbeat", "100"]
        ) { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            try await cluster.stop(3)
            let early = try cluster.bytes(of: cluster.journal(3))
            try await cluster.start(3)
            try await cluster.waitUntilVoting([3])
            try await cluster.waitForProgress(of: 3, blocks: 4)
            for damage in Damage.allCases {
                try await cluster.stop(3)
                try damageJournal(of: cluster, damage, early: early)
                try await cluster.start(3)
                try await eventually("\(damage) is told") {
                    let errors = await cluster.errors(3)
                    return errors.contains("the vote journal is")
                }
                // Three others say where they are: then it may vote again.
                try await cluster.waitUntilVoting([3], within: .seconds(60))
                try await cluster.waitForProgress(of: 3, blocks: 2)
                try FileManager.default.removeItem(
                    atPath: cluster.directory.logs + "/\(cluster.name(3)).err")
            }
            #expect(await !cluster.sawEquivocation())
        }
    }

    private func damageJournal(
        of cluster: Cluster, _ damage: Damage, early: [UInt8]
    ) throws {
        let path = cluster.journal(3)
        var bytes = try cluster.bytes(of: path)
        switch damage {
        case .missing:
            try FileManager.default.removeItem(atPath: path)
            return
        case .flippedInTheMiddle: bytes[bytes.count / 2] ^= 0x40
        // The header holds chain id and key.
        case .ofAnotherKey: bytes[16 + 32] ^= 1
        case .ofAnotherChain: bytes[16] ^= 1
        case .older: bytes = early
        }
        try cluster.write(bytes, to: path)
    }

    @Test(.timeLimit(.minutes(2)))
    func aTornEndOfTheJournalIsCutOff() async throws {
        try await withCluster(
            validators: 4, name: "torn", options: ["--heartbeat", "100"]
        ) { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            try await cluster.stop(3)
            let path = cluster.journal(3)
            let bytes = try cluster.bytes(of: path)
            // The beginning of a frame whose rest never arrived.
            try cluster.write(bytes + [0xA7, 0x56, 0x4A, 0x31, 0, 0, 1, 0], to: path)
            try await cluster.start(3)
            try await cluster.waitUntilVoting([3])
            let errors = await cluster.errors(3)
            #expect(!errors.contains("the vote journal is"))
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func flippedBitsInTheDatabaseStopTheNode() async throws {
        try await withCluster(
            validators: 4, name: "bits", options: ["--heartbeat", "100"]
        ) { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            try await cluster.waitForProgress(of: 3, blocks: 4)
            try await cluster.stop(3)
            // Opening the database writes its log into tables.
            try await cluster.start(3)
            try await cluster.waitUntilVoting([3])
            try await cluster.stop(3)
            let tables = try cluster.databaseFiles(3, ending: ".sst")
            #expect(!tables.isEmpty)
            for path in tables {
                var bytes = try cluster.bytes(of: path)
                for place in stride(from: 20, to: bytes.count, by: 256) { bytes[place] ^= 0x04 }
                try cluster.write(bytes, to: path)
            }
            try await cluster.start(3)
            let end = try await cluster.waitForEnd(3)
            #expect([65, 74].contains(end.status))
            #expect(end.errors.contains("Error: "))
            // The others need nothing of it.
            try await cluster.waitForProgress(of: 0, blocks: 2)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func aDiskThatTakesNoMoreStopsTheNodeWhichGoesOnWhenThereIsRoom() async throws {
        try await withCluster(
            validators: 4, name: "full", options: ["--heartbeat", "100"]
        ) { cluster in
            try await cluster.startAll()
            try await cluster.waitUntilVoting()
            try await cluster.stop(3)
            // No file may grow beyond some kilobytes; a write beyond fails as on a full disk.
            let limited = try LocalProcess(
                .bash,
                [
                    "-c", "trap '' XFSZ; ulimit -f 24; exec \"$0\" run --home \"$1\"",
                    try Program.node.path, cluster.home(3),
                ], name: "full", directory: cluster.directory.logs)
            let status = try await limited.wait(atMost: .seconds(60))
            #expect(status == 74)
            #expect(limited.errors.contains("could not"))
            #expect(limited.errors.contains("Make room on it"))
            try await cluster.waitForProgress(of: 0, blocks: 2)
            try await cluster.start(3)
            try await cluster.waitUntilVoting([3])
            #expect(await !cluster.sawEquivocation())
        }
    }
}
