import Codec
import Cryptography
import Elections
import Ledger
import Testing
import TransparencyLog
import Verification

/// What only a quorum of liars can make: final blocks that break the rules.
struct FinalizedWrongsTests {
    private func failure(
        of header: BlockHeader, _ transactions: [[UInt8]] = [], after chain: TestChain
    ) throws -> AuditFailure? {
        var audit = try ChainAudit(genesis: chain.genesis.canonicalBytes)
        var random = SeededRandom(seed: 2)
        let block = Block(header: header, transactions: transactions)
        #expect(throws: AuditFinding.self) {
            try audit.add(
                chain.blocks + [block], finalization: chain.finalization(of: header),
                random: &random)
        }
        return audit.stopped?.failure
    }

    private func chain() throws -> TestChain {
        var chain = TestChain()
        try chain.add()
        try chain.add()
        return chain
    }

    /// The order of step 3 of PROTOCOL.md section 12, and what is left for step 4.
    @Test func firstCheckThatFailsGivesTheName() throws {
        let chain = try chain()
        let header = try chain.header(over: [])
        // Of a header with everything wrong but the rest, from the back.
        let log = header.changing(logSize: header.logSize + 1, stateDigest: .zero)
        #expect(try failure(of: log, after: chain) == .stateDiverges)
        #expect(try failure(of: log, [[0xFF]], after: chain) == .wrongBody)
        let validators = header.changing(logSize: 0, next: .zero)
        #expect(try failure(of: validators, [[0xFF]], after: chain) == .brokenChain)
    }

    /// What the voters of a finalization say of its parent's view is a part of what they sign alone.
    @Test(arguments: [UInt64(0), 1, 77, .max])
    func parentViewOfAFinalizationIsNotCompared(view: UInt64) throws {
        let chain = try chain()
        let last = try #require(chain.newest)
        let subject = VoteSubject.finalize(
            Proposal(round: last.round, parentView: View(view), blockHash: last.hash))
        let message = subject.message(in: chain.context.domain)
        let finalization = try #require(
            Certificate(
                subject: subject,
                signatures: (1...3).map {
                    (ValidatorIndex(UInt16($0 - 1)), key("consensus \($0)").sign(message))
                }))
        var audit = try ChainAudit(genesis: chain.genesis.canonicalBytes)
        var random = SeededRandom(seed: 2)
        try audit.add(chain.blocks, finalization: finalization, random: &random)
        #expect(audit.report().isSound)
    }

    @Test func shareBeforeTheCloseIsEarly() throws {
        let election = try TestElection.voted.get()
        let message = PartialDecryptionMessage(
            election: election.election, trustee: 1, unit: 1, payload: [1])
        let share = Transaction.partialDecryption(
            election.chain.signed(.partialDecryption, message, by: "trustee 1")
        ).canonicalBytes
        let header = try election.chain.header(over: [share])
        #expect(try failure(of: header, [share], after: election.chain) == .early)
    }

    @Test func wrongStateDigestIsADivergence() throws {
        let chain = try chain()
        let header = try chain.header(over: []).changing(stateDigest: .zero)
        #expect(try failure(of: header, after: chain) == .stateDiverges)
    }

    @Test func wrongLogRootOrSizeIsNamed() throws {
        let chain = try chain()
        let header = try chain.header(over: [])
        #expect(try failure(of: header.changing(logRoot: .zero), after: chain) == .wrongLog)
        #expect(
            try failure(of: header.changing(logSize: header.logSize + 1), after: chain)
                == .wrongLog)
    }

    @Test func timeThatDoesNotGrowIsRefused() throws {
        let chain = try chain()
        let header = try chain.header(over: [], milliseconds: 0)
        #expect(try failure(of: header, after: chain) == .brokenChain)
    }

    @Test func viewThatDoesNotFollowIsRefused() throws {
        let chain = try chain()
        let header = try chain.header(over: [])
        let view = header.changing(view: header.parentView)
        #expect(try failure(of: view, after: chain) == .brokenChain)
        let skipped = header.changing(view: header.view.next)
        // The leader of the next view is another validator.
        #expect(try failure(of: skipped, after: chain) == .brokenChain)
    }

    @Test func otherValidatorsOrEpochAreRefused() throws {
        let chain = try chain()
        let header = try chain.header(over: [])
        #expect(try failure(of: header.changing(validators: .zero), after: chain) == .brokenChain)
        #expect(try failure(of: header.changing(next: .zero), after: chain) == .brokenChain)
        let epoch = header.changing(epoch: header.epoch.next)
        #expect(try failure(of: epoch, after: chain) == .brokenChain)
    }

    @Test func headerOfAnotherHeightOrParentIsRefused() throws {
        let chain = try chain()
        let header = try chain.header(over: [])
        let height = header.changing(height: header.height.next)
        #expect(try failure(of: height, after: chain) == .brokenChain)
        let parent = header.changing(parentHash: .zero)
        #expect(try failure(of: parent, after: chain) == .brokenChain)
        let view = header.changing(parentView: .root)
        #expect(try failure(of: view, after: chain) == .brokenChain)
    }

    @Test func headerOfAnotherChainIsRefused() throws {
        let chain = try chain()
        let header = try chain.header(over: []).changing(chainID: .zero)
        #expect(try failure(of: header, after: chain) == .brokenChain)
    }

    @Test func blockAboveTheLimitsOfGenesisIsRefused() throws {
        let chain = try chain()
        let transactions = [[UInt8]](
            repeating: [0xFF], count: Int(chain.genesis.parameters.maximumTransactions) + 1)
        let header = try chain.header(over: transactions)
        #expect(try failure(of: header, transactions, after: chain) == .wrongBody)
        let large = [[UInt8]](repeating: [UInt8](repeating: 0, count: 60_000), count: 20)
        let other = try chain.header(over: large)
        #expect(try failure(of: other, large, after: chain) == .wrongBody)
    }

    @Test func transactionThatTheRulesRefuseIsTheProposersDoing() throws {
        let chain = try TestElection().chain
        let again = chain.blocks[0].transactions
        for transactions in [again, [[0xFF]], [[]]] {
            let header = try chain.header(over: transactions)
            #expect(try failure(of: header, transactions, after: chain) == .invalidTransaction)
        }
    }

    @Test func ballotWhoseProofFailsIsTheProposersDoing() throws {
        var election = try TestElection.prepared.get()
        let opens = election.document.styles[0].opens
        try election.chain.add(
            milliseconds: opens.milliseconds - election.chain.time.milliseconds)
        let count = IssueCount(election: election.election, style: 1, total: 2)
        try election.chain.add([
            Transaction.issueCount(election.chain.signed(.issueCount, count, by: "registrar"))
                .canonicalBytes
        ])
        let good = try election.ballot(voter: 1, option: 0)
        guard
            case .ballot(let ballot) = try Transaction(
                canonicalBytes: election.ballot(voter: 2, option: 1))
        else { return }
        var wire = ballot.wire
        // The least significant byte of zs, the last scalar of the wire.
        wire[wire.count - 32] ^= 1
        let bad = Transaction.ballot(
            BallotTransaction(wire: wire, certificate: ballot.certificate)
        ).canonicalBytes
        let header = try election.chain.header(over: [good, bad])
        #expect(try failure(of: header, [good, bad], after: election.chain) == .invalidTransaction)
    }
}

extension BlockHeader {
    /// The same header with some fields changed.
    func changing(
        chainID: Bytes32? = nil, epoch: Epoch? = nil, height: Height? = nil, view: View? = nil,
        parentView: View? = nil, parentHash: Bytes32? = nil, time: Timestamp? = nil,
        proposer: ValidatorIndex? = nil, transactionCount: UInt32? = nil,
        bodyBytes: UInt32? = nil, bodyRoot: Bytes32? = nil, logSize: UInt64? = nil,
        logRoot: Bytes32? = nil, stateDigest: Bytes32? = nil, validators: Bytes32? = nil,
        next: Bytes32? = nil
    ) -> BlockHeader {
        BlockHeader(
            chainID: chainID ?? self.chainID, epoch: epoch ?? self.epoch,
            height: height ?? self.height, view: view ?? self.view,
            parentView: parentView ?? self.parentView, parentHash: parentHash ?? self.parentHash,
            time: time ?? self.time, proposer: proposer ?? self.proposer,
            transactionCount: transactionCount ?? self.transactionCount,
            bodyBytes: bodyBytes ?? self.bodyBytes, bodyRoot: bodyRoot ?? self.bodyRoot,
            logSize: logSize ?? self.logSize, logRoot: logRoot ?? self.logRoot,
            stateDigestAfterParent: stateDigest ?? self.stateDigestAfterParent,
            validatorsHash: validators ?? self.validatorsHash,
            nextValidatorsHash: next ?? self.nextValidatorsHash)
    }
}
