import Foundation
import ProcessHarness
import Testing

/// Validators whose consensus keys are in processes of their own.
extension Clusters.SignerTests {
    private func signer(_ cluster: Cluster, _ place: Int) throws -> LocalProcess {
        try LocalProcess(
            .signer, ["--home", cluster.home(place) + "-signer"],
            name: "signer-\(place + 1)", directory: cluster.directory.logs)
    }

    @Test(.timeLimit(.minutes(3)))
    func aValidatorVotesOnlyWhileItsSignerDoes() async throws {
        let port = try Ports.free(2)
        try await withCluster(
            validators: 4, name: "signer", options: ["--remote-signers"]
        ) { cluster in
            for place in cluster.places {
                let key = cluster.home(place) + "/keys/consensus.key"
                #expect(!FileManager.default.fileExists(atPath: key))
            }
            // Nodes wait for signers that come later.
            try await cluster.startAll()
            var signers: [LocalProcess] = []
            for place in cluster.places { signers.append(try signer(cluster, place)) }
            try await cluster.waitUntilVoting()
            try await cluster.waitForProgress(of: 0, blocks: 4)

            // Two nodes on one signer: the second is turned away and does not start.
            let copy = try cluster.copyHome(0, to: "copy", port: port)
            let second = try await run(.node, ["run", "--home", copy], in: cluster.directory)
            #expect(second.status == 78)
            #expect(second.text.contains("serves another node"))

            // A second signer on one record does not start.
            let twin = try await run(
                .signer, ["--home", cluster.home(0) + "-signer"], in: cluster.directory)
            #expect(twin.status == 75)

            // Without its signer a node stops; the others go on.
            try await signers[3].kill()
            let end = try await cluster.waitForEnd(3)
            #expect(end.status == 78)
            #expect(end.errors.contains("signer"))
            try await cluster.waitForProgress(of: 0, blocks: 2)

            // The record outlives the process, and voting goes on from it.
            signers[3] = try signer(cluster, 3)
            try await cluster.start(3)
            try await cluster.waitUntilVoting([3])
            try await cluster.waitForProgress(of: 3, blocks: 2)
            #expect(await !cluster.sawEquivocation())
            for signer in signers { try await signer.stop() }
        }
    }

    @Test func theSignersProgramLinksNoDatabase() async throws {
        let directory = try TestDirectory("signer-libraries")
        func libraries(_ program: Program) async throws -> String {
            try await run(.bash, ["-c", "ldd \"$0\"", program.path], in: directory).text
        }
        // What the search finds in the node's program it does not find in the signer's.
        #expect(try await libraries(.node).contains("librocksdb"))
        let own = try await libraries(.signer)
        #expect(own.contains("libsodium"))
        #expect(!own.contains("librocksdb"))
        directory.remove()
    }

    @Test(.timeLimit(.minutes(1)))
    func aSignerWithoutItsRecordDoesNotStart() async throws {
        try await withCluster(
            validators: 4, name: "record", options: ["--remote-signers"]
        ) { cluster in
            let home = cluster.home(0) + "-signer"
            try FileManager.default.removeItem(atPath: home + "/data/signer.record")
            let outcome = try await run(.signer, ["--home", home], in: cluster.directory)
            #expect(outcome.status == 65)
            #expect(outcome.text.contains("nobody knows what the key signed"))
            // A record is made on request alone, and once.
            let begin = ["--home", home, "--begin"]
            #expect(try await run(.signer, begin, in: cluster.directory).status == 0)
            #expect(try await run(.signer, begin, in: cluster.directory).status == 65)
            // Where it was before it says where it is.
            let old = try await run(
                .node, ["signer", "--home", home], in: cluster.directory)
            #expect(old.status == 64)
            #expect(old.text.contains("veche-signer --home"))
        }
    }
}
