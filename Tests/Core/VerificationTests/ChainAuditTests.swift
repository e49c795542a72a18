import BallotCryptography
import Codec
import Elections
import Ledger
import Ristretto
import Testing
import TransparencyLog
import Verification

struct ChainAuditTests {
    private func audit(_ chain: TestChain) throws -> ChainAudit {
        try ChainAudit(
            genesis: chain.genesis.canonicalBytes, expecting: chain.context.chainID)
    }

    /// Feeds blocks, and a finalization of the last one.
    private func run(
        _ audit: inout ChainAudit, _ blocks: [Block], _ chain: TestChain
    ) throws(AuditFinding) {
        var random = SeededRandom(seed: 2)
        guard let last = blocks.last else { return }
        let finalization: Certificate
        do { finalization = try chain.finalization(of: last.header) } catch { return }
        try audit.add(blocks, finalization: finalization, random: &random)
    }

    /// Five empty blocks, which cross an epoch.
    private func emptyChain(blocks: Int = 6) throws -> TestChain {
        var chain = TestChain()
        for _ in 0..<blocks { try chain.add() }
        return chain
    }

    @Test func wholeElectionIsReDerivedFromGenesis() throws {
        let election = try TestElection.finished.get()
        let chain = election.chain
        var audit = try audit(chain)
        try audit.expect(checkpoint: chain.checkpoint().bytes)
        // In portions of three, as a download would bring them.
        for start in stride(from: 0, to: chain.blocks.count, by: 3) {
            try run(&audit, [Block](chain.blocks.dropFirst(start).prefix(3)), chain)
        }
        let report = audit.report()
        #expect(report.isSound, "\(report.findings)")
        #expect(report.alarms.isEmpty)
        #expect(report.progress.height == chain.newest?.height)
        #expect(report.progress.stateDigest == chain.stateDigest)
        #expect(report.progress.logRoot == chain.frontier.root)
        #expect(report.progress.ballots == 4)
        let result = try #require(report.elections.first)
        #expect(result.units.map(\.counts) == [[1, 2, 1]])
        #expect(result.recountedUnits == [1])
        #expect(result.status.styles.map(\.listed) == [5])
        #expect(result.status.styles.map(\.issued) == [4])
        #expect(result.status.styles.map(\.cast) == [4])
        #expect(result.members.map(\.name) == ["chair", "clerk"])
        #expect(result.members.map(\.verdict) == [.agrees, .dissents("too late")])
        #expect(result.resultProtocol == (try election.queries.resultProtocol(election.election)))
    }

    /// An election that closed with four ballots issued and no leaf published.
    private func closedWithoutLeaves() throws -> TestElection {
        var election = try TestElection.prepared.get()
        try election.vote(publishingLeaves: false)
        try election.close()
        return election
    }

    private func report(_ chain: TestChain) throws -> AuditReport {
        var audit = try audit(chain)
        try run(&audit, chain.blocks, chain)
        #expect(audit.stopped == nil)
        return audit.report()
    }

    @Test func leavesOfIssuedBallotsAreDueAnHourAfterTheClose() throws {
        var election = try self.closedWithoutLeaves()
        let close = election.chain.time
        let early = try self.report(election.chain)
        #expect(early.isSound && early.alarms.isEmpty)
        #expect(early.notes.count == 1)
        #expect(early.notes.first?.detail.contains("0 roll leaves are published") == true)
        #expect(
            early.notes.first?.detail.hasSuffix("due by \(close.adding(milliseconds: 3_600_000))")
                == true)
        try election.chain.add(milliseconds: 3_599_999)
        #expect(try self.report(election.chain).isSound)
        try election.chain.add(milliseconds: 1)
        let late = try self.report(election.chain)
        #expect(late.findings.map(\.failure) == [.quota])
        #expect(late.notes.isEmpty && late.alarms.isEmpty)
        // Late leaves mend the record.
        let leaves = IssuedLeaves(election: election.election, style: 1, leaves: [0, 1, 3, 4])
        try election.chain.add([
            Transaction.issuedLeaves(
                election.chain.signed(.issuedLeaves, leaves, by: "registrar")
            ).canonicalBytes
        ])
        #expect(try self.report(election.chain).isSound)
    }

    /// Before the close the registrar keeps leaves back, which hides who voted when.
    @Test func leavesKeptBackBeforeTheCloseAreNoNote() throws {
        var election = try TestElection.prepared.get()
        try election.vote(publishingLeaves: false)
        let report = try self.report(election.chain)
        #expect(report.isSound && report.notes.isEmpty)
    }

    /// The chain takes no leaves of an aborted election: nobody can publish them any more.
    @Test func leavesOfAnElectionAbortedAfterItsCloseAreNotMissed() throws {
        var election = try self.closedWithoutLeaves()
        try election.chain.add([try election.abortion()])
        try election.chain.add(milliseconds: 7_200_000)
        let report = try self.report(election.chain)
        #expect(report.isSound && report.notes.isEmpty)
    }

    @Test func missingSignaturesAreShownAndChangeNothing() throws {
        var election = try TestElection.voted.get()
        try election.close()
        try election.decrypt(trustees: [2, 3])
        try election.chain.add()
        var audit = try audit(election.chain)
        try run(&audit, election.chain.blocks, election.chain)
        let report = audit.report()
        #expect(report.isSound)
        #expect(report.elections.map(\.units.first?.counts) == [[1, 2, 1]])
        #expect(report.elections.first?.members.map(\.verdict) == [.missing, .missing])
    }

    @Test func flippedBitAnywhereInABlockIsRefused() throws {
        let election = try TestElection()
        var chain = election.chain
        try chain.add()
        let bytes = chain.blocks[0].canonicalBytes
        var generator = SeededRandom(seed: 3)
        for _ in 0..<200 {
            let numbers = generator.bytes(4)
            let place =
                (Int(numbers[0]) << 16 | Int(numbers[1]) << 8 | Int(numbers[2])) % bytes.count
            var damaged = bytes
            damaged[place] ^= 1 << (numbers[3] & 7)
            let block: Block
            do { block = try Block(canonicalBytes: damaged) } catch { continue }
            var audit = try audit(chain)
            var random = SeededRandom(seed: 2)
            let finalization = try chain.finalization(of: chain.blocks[0].header)
            #expect(throws: AuditFinding.self) {
                try audit.add([block], finalization: finalization, random: &random)
            }
            #expect(!audit.report().isSound)
        }
    }

    @Test func changedTransactionIsNotTheHeaders() throws {
        let chain = try TestElection().chain
        var transaction = chain.blocks[0].transactions[0]
        transaction[transaction.count - 1] ^= 1
        let block = Block(header: chain.blocks[0].header, transactions: [transaction])
        var audit = try audit(chain)
        #expect(throws: AuditFinding.self) { try run(&audit, [block], chain) }
        #expect(audit.stopped?.failure == .wrongBody)
    }

    @Test func missingAndReorderedBlocksAreRefused() throws {
        let chain = try emptyChain()
        var gap = chain.blocks
        gap.remove(at: 2)
        var swapped = chain.blocks
        swapped.swapAt(1, 2)
        var doubled = chain.blocks
        doubled.insert(doubled[1], at: 2)
        for blocks in [gap, swapped, doubled] {
            var audit = try audit(chain)
            #expect(throws: AuditFinding.self) { try run(&audit, blocks, chain) }
            #expect(audit.stopped?.failure == .brokenChain)
            #expect(audit.progress.height == .genesis)
        }
    }

    @Test func recordThatEndsBeforeItsFinalizationIsTruncated() throws {
        let chain = try emptyChain()
        var audit = try audit(chain)
        var random = SeededRandom(seed: 2)
        try run(&audit, [Block](chain.blocks.prefix(4)), chain)
        try audit.add([Block](chain.blocks.suffix(2)), finalization: nil, random: &random)
        let report = audit.report()
        #expect(report.findings.map(\.failure) == [.truncated])
        #expect(report.progress.height == Height(4))
    }

    @Test func recordThatEndsBeforeAKnownCheckpointIsTruncated() throws {
        let chain = try emptyChain()
        var audit = try audit(chain)
        try audit.expect(checkpoint: chain.checkpoint().bytes)
        try run(&audit, [Block](chain.blocks.dropLast()), chain)
        #expect(audit.report().findings.map(\.failure) == [.truncated])
        try run(&audit, [Block](chain.blocks.suffix(1)), chain)
        #expect(audit.report().isSound)
    }

    @Test func checkpointOfAnotherHistoryIsAFork() throws {
        let chain = try emptyChain()
        var audit = try audit(chain)
        try audit.expect(checkpoint: chain.checkpoint(root: .zero).bytes)
        #expect(throws: AuditFinding.self) { try run(&audit, chain.blocks, chain) }
        #expect(audit.stopped?.failure == .fork)
    }

    @Test func checkpointWithoutAQuorumIsNotExpected() throws {
        let chain = try emptyChain()
        var audit = try audit(chain)
        #expect(throws: CertificationError.tooFewCosignatures(count: 2)) {
            try audit.expect(checkpoint: chain.checkpoint(signers: 2).bytes)
        }
    }

    @Test func finalizationOfTooFewOrOfAnotherBlockIsRefused() throws {
        let chain = try emptyChain()
        let last = try #require(chain.newest)
        let wrong = [
            try chain.finalization(of: last, signers: 2),
            try chain.finalization(of: chain.blocks[0].header),
        ]
        for finalization in wrong {
            var audit = try audit(chain)
            var random = SeededRandom(seed: 2)
            #expect(throws: AuditFinding.self) {
                try audit.add(chain.blocks, finalization: finalization, random: &random)
            }
            #expect(audit.stopped?.failure == .badCertificate)
        }
    }

    @Test func quorumForAnotherBlockOfTheSameViewIsAFork() throws {
        var chain = TestChain()
        var other = chain
        try chain.add()
        try other.add(milliseconds: 2000)
        var audit = try audit(chain)
        var random = SeededRandom(seed: 2)
        let finalization = try other.finalization(of: try #require(other.newest))
        #expect(throws: AuditFinding.self) {
            try audit.add(chain.blocks, finalization: finalization, random: &random)
        }
        #expect(audit.stopped?.failure == .fork)
    }

    @Test func chainOfOtherValidatorsIsRefused() throws {
        let chain = try emptyChain()
        var forged = TestChain(validators: 7)
        try forged.add()
        var audit = try audit(chain)
        #expect(throws: AuditFinding.self) { try run(&audit, forged.blocks, forged) }
        #expect(audit.stopped?.failure == .brokenChain)
    }

    @Test func auditThatFoundAFailureTakesNothingMore() throws {
        let chain = try emptyChain()
        var audit = try audit(chain)
        #expect(throws: AuditFinding.self) {
            try run(&audit, [Block](chain.blocks.dropFirst()), chain)
        }
        let stopped = try #require(audit.stopped)
        #expect(throws: stopped) { try run(&audit, chain.blocks, chain) }
    }

    @Test func genesisOfAnotherChainOrWithAFaultIsRefused() throws {
        let bytes = TestChain().genesis.canonicalBytes
        #expect(throws: GenesisRejection.otherChain(TestChain().context.chainID)) {
            try ChainAudit(genesis: bytes, expecting: .zero)
        }
        #expect(throws: GenesisRejection.self) { try ChainAudit(genesis: bytes + [0]) }
        #expect(throws: GenesisRejection.self) {
            try ChainAudit(genesis: TestChain(validators: 3).genesis.canonicalBytes)
        }
    }
}
