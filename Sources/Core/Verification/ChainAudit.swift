import BallotCryptography
package import Codec
package import Elections
package import Ledger
package import Ristretto
package import TransparencyLog

/// Re-derives a whole chain from its genesis document: hash chain, finalizations, log, every rule
/// of every transaction, every proof, every state digest.
///
/// Blocks come in order, in portions of any size, as they are read or fetched; `report` may be asked
/// for at any time. The first thing that is wrong ends the audit, since everything after it stands on
/// it. A block counts only once a finalization covers it: an invalid one below it is then the
/// validators' doing, and not of whoever delivered it.
package struct ChainAudit: Sendable {
    /// Blocks that may wait for a finalization; a chain makes one every few blocks.
    package static let maximumWaiting = 4096

    let chain: ChainContext
    private var link: HeaderLink
    /// The validators of the final blocks so far.
    private var validators: ValidatorSet
    /// What is proven of validators beyond the blocks so far.
    private var history: ValidatorHistory
    private(set) var waiting: [Block] = []
    private(set) var expected: [CertifiedCheckpoint] = []

    /// What the final blocks so far come to.
    package private(set) var progress: AuditProgress
    /// The state after the newest final block.
    package private(set) var state = MemoryState()
    private var catalog: ElectionCatalog
    private var frontier = Frontier()
    /// The newest header, or genesis: an entry of the next block.
    private var newestEntry: Entry
    /// What ended the audit.
    package private(set) var stopped: AuditFinding?
    private(set) var alarms: [AuditAlarm] = []
    private(set) var notes: [AuditNote] = []
    private var trials: [ClaimTrial] = []
    private(set) var review = RecordReview()

    /// Begins at genesis.
    ///
    /// - Throws: why the document is not usable, or is not the expected one.
    package init(
        genesis bytes: [UInt8], expecting chainID: Bytes32? = nil,
        verifiers: Verifiers = .standard
    ) throws(GenesisRejection) {
        let genesis = try Genesis(checking: bytes, expecting: chainID)
        self.chain = ChainContext(genesis: genesis, verifiers: verifiers)
        self.link = HeaderLink(genesis)
        self.validators = genesis.validators
        self.history = ValidatorHistory(genesis)
        let start = GenesisState.execute(self.chain)
        self.state.apply(start.changes)
        self.catalog = start.catalog
        self.newestEntry = Entry(bytes)
        self.progress = AuditProgress(
            height: .genesis, time: genesis.time, hash: genesis.chainID,
            stateDigest: start.stateDigest, logSize: 0, logRoot: LogHash.emptyRoot,
            transactions: 0, ballots: 0)
    }

    /// Learns who the validators of later epochs are, so that checkpoints of theirs can be expected.
    /// The record must come to the same changes.
    /// - Throws: why the proof is not one of this chain; nothing is learned then.
    package mutating func learn(
        _ succession: SuccessionProof
    ) throws(SuccessionRejection) {
        let history = try ValidatorHistory(
            self.chain.genesis, proof: succession, verifier: self.chain.verifiers.signatures)
        if history.terms.count > self.history.terms.count { self.history = history }
    }

    /// Says that the record must reach and agree with this checkpoint, from whatever source.
    ///
    /// Give it before the blocks: a size that the audit has passed can no longer be compared.
    /// - Returns: what the validators vouch for.
    /// - Throws: why the checkpoint is not one that this chain's validators vouch for.
    @discardableResult
    package mutating func expect(
        checkpoint note: [UInt8]
    ) throws(CertificationError) -> Checkpoint {
        let certified = try self.history.certified(
            note, genesis: self.chain.genesis, with: self.chain.verifiers.signatures)
        self.expected.append(certified)
        return certified.checkpoint
    }

    /// How many log entries a quorum vouches for at the end of the record, as far as the expected
    /// checkpoints say: nil where no checkpoint is expected, or none that the record reaches.
    package var certifiedSize: UInt64? {
        self.expected.map(\.checkpoint.size).filter { $0 <= self.progress.logSize }.max()
    }

    /// Says that a validator promised a ballot that is missing; the report judges it. Give it before
    /// the blocks that it is about.
    ///
    /// - Parameter bytes: a claim; what is none is dismissed and stops nothing.
    package mutating func examine(_ bytes: [UInt8]) {
        // Why the bytes are none changes nothing in the verdict.
        let claim = try? CensorshipClaim(canonicalBytes: bytes)
        var trial = ClaimTrial(claim, after: self.progress.height)
        trial.learn(self.validators, after: self.progress.height, chain: self.chain)
        self.trials.append(trial)
    }

    /// What the blocks so far say of the claims, in the order in which they came.
    var judgedClaims: [JudgedClaim] {
        self.trials.map { JudgedClaim(claim: $0.claim, verdict: $0.verdict) }
    }

    /// Takes the next blocks, and a finalization of the last one if there is one.
    ///
    /// - Parameter random: weights of the batch verification; from the system, never from a seed.
    /// - Throws: what is wrong; the audit is then over.
    package mutating func add<R: RandomSource>(
        _ blocks: [Block], finalization: Certificate?, random: inout R
    ) throws(AuditFinding) {
        if let stopped = self.stopped { throw stopped }
        do throws(AuditFinding) {
            try self.append(blocks, finalization)
            if finalization != nil { try self.executeWaiting(&random) }
        } catch {
            self.stopped = error
            throw error
        }
    }

    /// Takes the next blocks as one source gives them, which may lie: what no quorum has certified is
    /// refused and leaves the audit as it was, since another source may have it right. What a quorum
    /// has certified is the record, and ends the audit where it is wrong (`stopped`).
    ///
    /// - Parameters:
    ///   - finalization: of the last block; without one nothing is certified.
    ///   - random: as for `add`.
    /// - Throws: what is wrong, with the answer unless `stopped` is set.
    package mutating func offer<R: RandomSource>(
        _ blocks: [Block], finalization: Certificate?, random: inout R
    ) throws(AuditFinding) {
        if let stopped = self.stopped { throw stopped }
        guard finalization != nil, !blocks.isEmpty else {
            throw AuditFinding(
                .truncated, at: blocks.last?.header.height ?? self.progress.height,
                "no finalization for \(blocks.count) blocks")
        }
        let before = (link: self.link, waiting: self.waiting)
        do throws(AuditFinding) {
            try self.append(blocks, finalization)
        } catch {
            (self.link, self.waiting) = before
            throw error
        }
        do throws(AuditFinding) {
            try self.executeWaiting(&random)
        } catch {
            self.stopped = error
            throw error
        }
    }

    /// Checks all that hashes, numbers and certificates show of the next blocks.
    private mutating func append(
        _ blocks: [Block], _ finalization: Certificate?
    ) throws(AuditFinding) {
        // A set of validators ends with a block that they finalized themselves.
        for block in blocks {
            try self.link.advance(to: block, chain: self.chain.genesis)
            self.waiting.append(block)
        }
        guard let finalization, let newest = self.waiting.last else {
            guard self.waiting.count <= Self.maximumWaiting else {
                throw AuditFinding(
                    .truncated, at: self.link.height,
                    "no finalization for \(self.waiting.count) blocks")
            }
            return
        }
        try HeaderLink.checkFinality(
            of: newest.header, by: finalization, chain: self.chain.genesis,
            validators: self.validators, verifier: self.chain.verifiers.signatures)
    }

    /// Executes the blocks that a finalization covers.
    private mutating func executeWaiting<R: RandomSource>(
        _ random: inout R
    ) throws(AuditFinding) {
        for block in self.waiting { try self.execute(block, &random) }
        self.waiting.removeAll()
    }

    private mutating func execute<R: RandomSource>(
        _ block: Block, _ random: inout R
    ) throws(AuditFinding) {
        let header = block.header
        let branch = try self.judged(block, &random)
        self.state.apply(branch.executed.changes)
        self.catalog = branch.executed.catalog
        self.frontier = branch.frontier
        try self.follow(header, branch.executed.events)
        try self.enterNextEpoch(after: header)
        for place in self.trials.indices {
            self.trials[place].learn(self.validators, after: header.height, chain: self.chain)
        }
        try self.note(branch.executed.events, at: header.height)
        for alarm in self.review.review(block, branch.executed.events) {
            self.alarms.append(AuditAlarm(height: header.height, alarm: alarm))
        }
        self.newestEntry = Entry(header.canonicalBytes)
        self.progress = AuditProgress(
            height: header.height, time: header.time, hash: header.hash,
            stateDigest: branch.executed.stateDigest, logSize: header.logSize,
            logRoot: header.logRoot,
            transactions: self.progress.transactions + UInt64(block.entries.count),
            ballots: self.progress.ballots
                + UInt64(block.entries.count { BallotCheck.isBallot($0.bytes) }))
    }

    /// Judges a block on the state of its parent, its ballots' proofs checked as one batch.
    ///
    /// What is returned holds no copy of the state, so that the state can then be changed in place.
    private mutating func judged<R: RandomSource>(
        _ block: Block, _ random: inout R
    ) throws(AuditFinding) -> ExecutedBranch {
        let parent = ChainPoint(
            height: self.progress.height, hash: self.progress.hash, time: self.progress.time,
            frontier: self.frontier, stateDigest: self.progress.stateDigest,
            entry: self.newestEntry, catalog: self.catalog, state: self.state)
        let judge = BlockJudge(chain: self.chain)
        let prepared: PreparedBlock
        do throws(BlockFailure) {
            prepared = try judge.prepare(block, on: parent)
        } catch {
            // A log that a quorum cosigned otherwise counts for more than a header that is wrong.
            if case .invalid(_, .log) = error { try self.compareWithExpected(block) }
            throw error.finding(in: block)
        }
        try self.compareWithExpected(block)
        try self.follow(block.header, nil)
        var verified: [Bytes32: VerifiedBallot] = [:]
        for case .valid(let ballot) in BallotCheck.verify(prepared.ballots, random: &random) {
            verified[ballot.id] = ballot
        }
        do throws(BlockFailure) {
            return try judge.execute(prepared, on: parent, verified: verified)
        } catch {
            throw error.finding(in: block)
        }
    }

    /// Shows a block to the claims: before it is executed, then with what it did.
    private mutating func follow(
        _ header: BlockHeader, _ events: [ElectionEvent]?
    ) throws(AuditFinding) {
        do throws(StateFault) {
            for place in self.trials.indices {
                if let events {
                    try self.trials[place].end(
                        header, events, state: self.state, chain: self.chain)
                } else {
                    try self.trials[place].begin(header, state: self.state)
                }
            }
        } catch {
            throw AuditFinding(.auditorFault, at: header.height, error.problem)
        }
    }

    /// Puts the validators that the block named in office, and holds its hash against what is
    /// proven of changes.
    private mutating func enterNextEpoch(after header: BlockHeader) throws(AuditFinding) {
        let place = self.history.terms.firstIndex {
            $0.since == header.epoch.next && $0.since > .first
        }
        if let place, header.height == self.chain.genesis.parameters.lastHeight(of: header.epoch),
            self.history.terms[place].hashBefore != header.hash
        {
            throw AuditFinding(
                .fork, at: header.height,
                "its validators finalized block \(self.history.terms[place].hashBefore) instead")
        }
        guard header.nextValidatorsHash != header.validatorsHash else { return }
        do throws(StateFault) {
            self.validators = try ElectionQueries(self.state).succession(self.chain.genesis).current
        } catch {
            throw AuditFinding(.auditorFault, at: header.height, error.problem)
        }
        self.link.enter(self.validators)
    }

    /// Holds the log against the checkpoints that the record must agree with. The entries of a block
    /// are the header before it and its transactions.
    private func compareWithExpected(_ block: Block) throws(AuditFinding) {
        var frontier = self.frontier
        let last = frontier.size + 1 + UInt64(block.entries.count)
        let expected = self.expected.map(\.checkpoint).filter {
            $0.size > self.frontier.size && $0.size <= last
        }
        guard !expected.isEmpty else { return }
        for leaf in [self.newestEntry.id] + block.transactionIDs {
            frontier.append(leaf: leaf)
            for checkpoint in expected where checkpoint.size == frontier.size {
                guard checkpoint.root == frontier.root else {
                    throw AuditFinding(
                        .fork, at: block.header.height,
                        "a quorum cosigned another log of \(frontier.size) entries")
                }
            }
        }
    }

    private mutating func note(
        _ events: [ElectionEvent], at height: Height
    ) throws(AuditFinding) {
        for event in events {
            do throws(StateFault) {
                let note = try AuditNote(
                    event, at: height, state: self.state, self.chain.genesis)
                if let note { self.notes.append(note) }
            } catch {
                throw AuditFinding(.auditorFault, at: height, error.problem)
            }
            guard case .alarm(let alarm) = event else { continue }
            self.alarms.append(AuditAlarm(height: height, alarm: alarm))
        }
    }
}

/// How far an audit has come: what the final blocks so far say.
package struct AuditProgress: Hashable, Sendable {
    /// The block's height.
    package let height: Height
    /// The newest final block's time.
    package let time: Timestamp
    /// The hash of the newest final block.
    package let hash: Bytes32
    /// After the newest final block, recomputed.
    package let stateDigest: Bytes32
    /// How many entries the log has.
    package let logSize: UInt64
    /// The root of the log.
    package let logRoot: Bytes32
    /// How many transactions were executed.
    package let transactions: UInt64
    /// How many of them are ballots.
    package let ballots: UInt64
}

/// Something that the state machine raised while it executed a block.
package struct AuditAlarm: Hashable, Sendable {
    /// The block's height.
    package let height: Height
    /// What was raised.
    package let alarm: ElectionAlarm
}

extension BlockFailure {
    /// What a final block that was not executed shows.
    fileprivate func finding(in block: Block) -> AuditFinding {
        let height = block.header.height
        switch self {
        case .invalid(_, .stateDigest):
            return AuditFinding(
                .stateDiverges, at: height,
                "its state digest is not that of its ancestors' transactions")
        case .invalid(_, .log):
            return AuditFinding(
                .wrongLog, at: height, "its log is not the one that the entries make")
        case .invalid(_, .validators):
            return AuditFinding(
                .brokenChain, at: height, "it names other validators than the log puts in office")
        case .invalid(_, .transaction(let index, let id, let refusal)):
            let isShare =
                block.entries[index].bytes.first == EntryTag.partialDecryption.rawValue
            return AuditFinding(
                isShare && refusal.code == .phase ? .early : .invalidTransaction, at: height,
                "transaction \(index), \(id): \(refusal)")
        case .fault(let fault):
            return AuditFinding(.auditorFault, at: height, fault.problem)
        }
    }
}
