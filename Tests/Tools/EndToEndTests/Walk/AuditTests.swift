import APISchema
import Codec
import DocumentFiles
import Foundation
import Ledger
import ProcessHarness
import Testing

/// An auditor who asks honest nodes, and nodes that lie.
extension EndToEnd.AuditTests {
    private struct Summary: Decodable {
        let accepted: Bool
        let ballots: UInt64
        let height: UInt64
        let logRoot: Bytes32
        let findings: [String]
    }

    private func audit(_ node: String, _ extra: [String] = []) async throws -> Outcome {
        let network = try await walk.network
        return try await run(
            .veche,
            [
                "audit", "--genesis", network.genesisFile, "--node", node, "--election", "walk",
                "--evidence", network.directory.path + "/evidence",
            ] + extra, in: network.directory, atMost: .seconds(60))
    }

    private func audit(_ recording: Recording) async throws -> Outcome {
        try await StubNode.with(
            { try await recording.answer($0) }, { try await audit($0) })
    }

    private func recording() async throws -> Recording {
        try await walk.reach(.final)
        return try await walk.recording()
    }

    @Test func wholeRecordIsAcceptedFromTheObserver() async throws {
        try await walk.reach(.final)
        let network = try await walk.network
        let report = network.directory.path + "/audit.json"
        let outcome = try await audit(
            network.url(TestNetwork.observer), ["--json", "--report", report])
        #expect(outcome.status == 0, outcome.comment)
        let summary = try JSONDecoder().decode(Summary.self, from: Data(outcome.output.utf8))
        #expect(summary.accepted)
        #expect(summary.findings == [])
        #expect(summary.ballots == UInt64(await walk.countedVoters.count))
        #expect(FileManager.default.fileExists(atPath: report))
    }

    @Test func recordedChainIsAcceptedSoThatWhatFollowsIsTheLiesFault() async throws {
        let outcome = try await audit(try await recording())
        #expect(outcome.status == 0, outcome.comment)
        #expect(outcome.output.contains("VERDICT: the record holds."))
    }

    /// Anybody may hand an auditor a file and call it a claim.
    @Test func filesThatAreNoClaimAreDismissedAndTheAuditGoesOn() async throws {
        try await walk.reach(.final)
        let network = try await walk.network
        let node = network.url(TestNetwork.observer)
        var options: [String] = []
        for (number, count) in [0, 100, 200_000].enumerated() {
            let path = network.directory.path + "/no-claim-\(number)"
            try Data(repeating: 0x41, count: count).write(to: URL(fileURLWithPath: path))
            options += ["--claim", path]
        }
        let outcome = try await audit(node, options)
        #expect(outcome.status == 0, outcome.comment)
        let dismissed = outcome.output.split(separator: "\n").count {
            $0.contains("CLAIM  dismissed: the bytes are no claim")
        }
        #expect(dismissed == 3, outcome.comment)
        #expect(outcome.output.contains("VERDICT: the record holds."), outcome.comment)
        let missing = try await audit(node, ["--claim", network.directory.path + "/nowhere"])
        #expect(missing.status == 66, missing.comment)
    }

    @Test func chainWithoutItsLastBlocksIsRefused() async throws {
        var recording = try await recording()
        try #require(recording.chunks.count > 1)
        recording.chunks.removeLast()
        let outcome = try await audit(recording)
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.text.contains("A_TRUNCATED"), outcome.comment)
    }

    @Test func lastBlockWithoutItsFinalizationIsRefused() async throws {
        var recording = try await recording()
        let last = try #require(recording.chunks.last)
        recording.chunks[recording.chunks.count - 1] = ExportChunk(
            blocks: Array(last.blocks.dropLast()), finalization: last.finalization)
        let outcome = try await audit(recording)
        #expect(outcome.status == 1, outcome.comment)
        #expect(
            outcome.errors.contains("Error") || outcome.output.contains("WRONG"), outcome.comment)
    }

    @Test func byteOfABallotFlippedIsRefused() async throws {
        let recording = try await recording()
        let place = try #require(
            recording.blocks.firstIndex {
                $0.transactions.contains { $0.first == EntryTag.ballot.rawValue }
            })
        let block = recording.blocks[place]
        var transactions = block.transactions
        let ballot = try #require(
            transactions.firstIndex { $0.first == EntryTag.ballot.rawValue })
        transactions[ballot][500] ^= 1
        let outcome = try await audit(
            recording.replacing(
                Block(header: block.header, transactions: transactions), at: place))
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.text.contains("A_BODY at block \(place + 1)"), outcome.comment)
    }

    @Test func ballotLeftOutIsRefused() async throws {
        let recording = try await recording()
        let place = try #require(recording.blocks.firstIndex { !$0.transactions.isEmpty })
        let block = recording.blocks[place]
        let outcome = try await audit(
            recording.replacing(
                Block(header: block.header, transactions: Array(block.transactions.dropLast())),
                at: place))
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.text.contains("A_BODY"), outcome.comment)
    }

    @Test func anyByteOfAHeaderFlippedIsRefused() async throws {
        let recording = try await recording()
        let place = recording.blocks.count / 2
        let block = recording.blocks[place]
        let bytes = block.header.canonicalBytes
        for position in stride(from: 0, to: bytes.count, by: bytes.count / 6) {
            // A change that is no header any more does not leave the stub's codec.
            guard
                let header = try? BlockHeader(
                    canonicalBytes: bytes.replacing(at: position, with: [bytes[position] ^ 1]))
            else { continue }
            let outcome = try await audit(
                recording.replacing(
                    Block(header: header, transactions: block.transactions), at: place))
            #expect(outcome.status == 1, "byte \(position): \(outcome.testDescription)")
            #expect(
                outcome.text.contains("A_") || outcome.text.contains("gaps"), outcome.comment)
        }
    }

    @Test func blocksThatAreSwappedOrMissingAreRefused() async throws {
        var recording = try await recording()
        let chunk = recording.chunks[0]
        var blocks = chunk.blocks
        try #require(blocks.count > 4)
        blocks.remove(at: 2)
        recording.chunks[0] = ExportChunk(blocks: blocks, finalization: chunk.finalization)
        let outcome = try await audit(recording)
        #expect(outcome.status == 1, outcome.comment)
    }

    @Test func answersThatAreNoExportAreRefused() async throws {
        let recording = try await recording()
        for body in [[], [0xFF], [UInt8]("{}".utf8), Array(repeating: 0xFF, count: 4096)] {
            let outcome = try await StubNode.with(
                { path in
                    path.hasPrefix("/v1/export")
                        ? StubNode.Answer(body) : try await recording.answer(path)
                }, { try await audit($0) })
            #expect([1, 69].contains(outcome.status), outcome.comment)
            #expect(outcome.errors.contains("does not hold"), outcome.comment)
        }
    }

    @Test func checkpointWithoutAQuorumProvesNothing() async throws {
        var recording = try await recording()
        let origin = try await walk.network.genesis().origin
        var left = 2
        recording.checkpoint = [UInt8](
            String(decoding: recording.checkpoint, as: UTF8.self).components(separatedBy: "\n")
                .filter { line in
                    guard line.hasPrefix("— \(origin)/") else { return true }
                    left -= 1
                    return left >= 0
                }.joined(separator: "\n").utf8)
        // It proves nothing, and says nothing about the record: the end is not certified.
        let outcome = try await audit(recording)
        #expect(outcome.output.contains("BAD ANSWER"), outcome.comment)
        #expect(outcome.output.contains("ITS END IS NOT CERTIFIED"), outcome.comment)
        #expect(!outcome.output.contains("VERDICT: the record holds."), outcome.comment)
        // What goes on from the record needs its end.
        let results = try await results(recording)
        #expect(results.status == 1, results.comment)
        #expect(results.errors.contains("vouches for the record's end"), results.comment)
    }

    private func results(_ recording: Recording) async throws -> Outcome {
        let network = try await walk.network
        return try await StubNode.with(
            { try await recording.answer($0) },
            {
                try await run(
                    .veche,
                    [
                        "results", "--genesis", network.genesisFile, "--node", $0, "--election",
                        "walk",
                    ], in: network.directory, atMost: .seconds(90))
            })
    }

    /// An audit that asks a changed recording and the honest node, in both orders.
    private func auditBeside(
        honest: String, _ answer: @escaping @Sendable (String) async throws -> StubNode.Answer
    ) async throws -> [Outcome] {
        try await StubNode.with(
            answer,
            { liar in
                [
                    try await audit(liar, ["--node", honest]),
                    try await audit(honest, ["--node", liar]),
                ]
            })
    }

    /// One keyless server cannot condemn the record: its answers are told from the record.
    @Test(arguments: [
        "a ballot left out", "no certificate", "a garbage checkpoint", "an old chain",
    ])
    func aLiarBesideAnHonestNodeIsNamedAndCondemnsNothing(lie: String) async throws {
        let original = try await recording()
        let honest = try await walk.network.url(TestNetwork.observer)
        var recording = original
        switch lie {
        case "a ballot left out":
            let place = try #require(recording.blocks.firstIndex { !$0.transactions.isEmpty })
            let block = recording.blocks[place]
            recording = recording.replacing(
                Block(header: block.header, transactions: Array(block.transactions.dropLast())),
                at: place)
        case "no certificate":
            recording.chunks[0] = ExportChunk(
                blocks: recording.chunks[0].blocks, finalization: nil)
        case "a garbage checkpoint": recording.checkpoint = [UInt8]("garbage".utf8)
        default: recording.chunks.removeLast()
        }
        let served = recording
        let outcomes = try await auditBeside(honest: honest) { try await served.answer($0) }
        for (order, outcome) in outcomes.enumerated() {
            #expect(outcome.status == 0, outcome.comment)
            #expect(outcome.output.contains("VERDICT: the record holds."), outcome.comment)
            #expect(!outcome.output.contains("WRONG"), outcome.comment)
            // Behind an honest node only its checkpoint is ever asked for.
            guard order == 0 || lie == "a garbage checkpoint", lie != "an old chain" else {
                continue
            }
            #expect(outcome.output.contains("BAD ANSWER  of http://127.0.0.1:"), outcome.comment)
        }
        guard lie != "an old chain" else { return }
        let evidence = try await walk.network.directory.path + "/evidence"
        #expect(FileManager.default.fileExists(atPath: evidence + "/answer-1"))
    }

    /// A node that hides the end of the chain, though it vouches for more itself: an old record is
    /// never shown as the present one.
    @Test func aChainThatIsCutIsNoResult() async throws {
        var recording = try await recording()
        try #require(recording.chunks.count > 1)
        recording.chunks.removeLast()
        let outcome = try await results(recording)
        #expect(outcome.status == 1, outcome.comment)
        #expect(outcome.errors.contains("do not give the whole record"), outcome.comment)
        #expect(!outcome.output.contains("Verified"), outcome.comment)
    }

    @Test func anEndWithoutACheckpointIsANoteThatNobodyOverlooks() async throws {
        let recording = try await recording()
        let outcome = try await StubNode.with(
            { path in
                path.hasPrefix("/checkpoint")
                    ? StubNode.Answer(
                        [UInt8](#"{"code": "NOT_FINAL", "message": "none yet"}"#.utf8), status: 404)
                    : try await recording.answer(path)
            }, { try await audit($0) })
        #expect(outcome.output.contains("ITS END IS NOT CERTIFIED"), outcome.comment)
        #expect(outcome.output.contains("NO CHECKPOINT  of http://127.0.0.1:"), outcome.comment)
    }

    @Test func anUnknownElectionIsSaidBeforeAnyVerdict() async throws {
        try await walk.reach(.final)
        let network = try await walk.network
        let outcome = try await run(
            .veche,
            [
                "audit", "--genesis", network.genesisFile, "--node",
                network.url(TestNetwork.observer), "--election", "nowhere", "--evidence",
                network.directory.path + "/evidence",
            ], in: network.directory, atMost: .seconds(60))
        #expect(outcome.status == 1, outcome.comment)
        #expect(!outcome.output.contains("VERDICT"), outcome.comment)
        #expect(outcome.errors.contains("holds no election 'nowhere'"), outcome.comment)
    }

    @Test func checkpointOfAnotherHistoryProvesNothing() async throws {
        var recording = try await recording()
        var lines = String(decoding: recording.checkpoint, as: UTF8.self)
            .components(separatedBy: "\n")
        lines[1] = "1" + lines[1]
        recording.checkpoint = [UInt8](lines.joined(separator: "\n").utf8)
        let outcome = try await audit(recording)
        #expect(outcome.output.contains("BAD ANSWER"), outcome.comment)
        #expect(outcome.output.contains("ITS END IS NOT CERTIFIED"), outcome.comment)
    }

    @Test func nodeOfAnotherChainIsRefused() async throws {
        try await walk.reach(.final)
        let other = try await OperatorSite.shared.running()
        let outcome = try await audit(other.url("validator-1"))
        #expect(outcome.status == 1, outcome.comment)
        #expect(!outcome.output.contains("the record holds"), outcome.comment)
    }
}
