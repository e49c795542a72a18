import APISchema
import BlockSync
import Codec
import Consensus
import Elections
import Ledger
import Logging
import NodeAPI
import PeerNetwork
import Storage
import TransparencyLog

/// Work that is done away from the driver.
enum ExecutionTask: Sendable {
    case build(Round, BlockPlan, on: ChainPoint, candidates: [MempoolEntry])
    /// `isFinal`: the blocks are final, so that a refusal is no verdict but a contradiction.
    case execute([Block], on: ChainPoint, verified: [Bytes32: VerifiedBallot], isFinal: Bool)
}

/// Making, judging and storing blocks.
extension ChainDriver {
    /// The point after a block: the floor, or an executed block above it.
    func point(after hash: Bytes32) -> ChainPoint? {
        if hash == head.hash { return head }
        guard let branch = branches[hash],
            let parent = point(after: branch.block.header.parentHash)
        else { return nil }
        return branch.point(over: parent.state)
    }

    /// Ids of transactions in the executed blocks from `hash` down to the floor.
    private func transactions(above hash: Bytes32) -> Set<Bytes32> {
        var ids: Set<Bytes32> = []
        var next = hash
        while let branch = branches[next] {
            ids.formUnion(branch.transactionIDs)
            next = branch.block.header.parentHash
        }
        return ids
    }

    func build(_ template: BlockTemplate) {
        let now = clock.now()
        guard let parent = point(after: template.parentHash) else {
            feed { $0.built(nil, for: template.round, at: now) }
            return
        }
        let candidates = mempool.candidates(
            count: 2 * template.maximumTransactions,
            excluding: transactions(above: template.parentHash))
        if candidates.isEmpty, !template.mayBeEmpty {
            feed { $0.built(nil, for: template.round, at: now) }
            return
        }
        let plan = BlockPlan(
            height: template.height, time: template.time, parentHash: template.parentHash,
            maximumTransactions: template.maximumTransactions,
            maximumBodyBytes: template.maximumBodyBytes, mayBeEmpty: template.mayBeEmpty,
            header: { ids, size, frontier, digest, nextValidators in
                template.header(
                    transactionIDs: ids, bodyBytes: size, logSize: frontier.size,
                    logRoot: frontier.root, stateDigestAfterParent: digest,
                    nextValidatorsHash: nextValidators.hash)
            })
        if !executions.offer(.build(template.round, plan, on: parent, candidates: candidates)) {
            feed { $0.built(nil, for: template.round, at: now) }
        }
    }

    /// Takes a block that a task has built.
    func built(_ result: Result<BuiltBlock, any Error>, for round: Round) {
        guarded {
            let built = try result.get()
            for id in built.refused { suspend(id) }
            if let branch = built.branch { branches[branch.hash] = branch }
            let now = clock.now()
            feed { $0.built(built.branch?.block, for: round, at: now) }
            if !built.refused.isEmpty { announcePending() }
            try drain()
        }
    }

    private func suspend(_ id: Bytes32) {
        mempool.suspend(id)
        guard let entry = mempool[id], entry.isGivenUp else { return }
        logger.warning(
            "a transaction is dropped: leaders' states keep refusing it",
            metadata: ["transaction": "\(id)"])
        drop([id])
    }

    func validate(_ block: Block) {
        let hash = block.header.hash
        if branches[hash] != nil {
            let now = clock.now()
            feed { $0.validated(hash, .valid, at: now) }
            return
        }
        awaitingVerdict[hash] = block
        startValidations()
    }

    /// Starts the execution of blocks that wait for a verdict and whose parent has been executed.
    private func startValidations() {
        for (hash, block) in awaitingVerdict where !executing.contains(hash) {
            if block.header.height <= head.height {
                awaitingVerdict[hash] = nil
                continue
            }
            guard let parent = point(after: block.header.parentHash) else { continue }
            if execute([block], on: parent, isFinal: false) { executing.insert(hash) }
        }
    }

    private func execute(_ blocks: [Block], on parent: ChainPoint, isFinal: Bool) -> Bool {
        var verified: [Bytes32: VerifiedBallot] = [:]
        for block in blocks {
            for entry in block.entries where BallotCheck.isBallot(entry.bytes) {
                if let ballot = mempool[entry.id]?.verified { verified[entry.id] = ballot }
            }
        }
        return executions.offer(
            .execute(blocks, on: parent, verified: verified, isFinal: isFinal))
    }

    /// Takes what a task made of blocks.
    func executed(
        _ blocks: [Block], _ result: Result<[ExecutedBranch], any Error>, isFinal: Bool
    ) {
        guarded {
            for block in blocks { executing.remove(block.header.hash) }
            switch result {
            case .success(let executed):
                for branch in executed where branch.block.header.height > head.height {
                    branches[branch.hash] = branch
                    verdict(.valid, of: branch.hash)
                }
            case .failure(BlockFailure.invalid(let hash, let problem)) where !isFinal:
                logger.error(
                    "A_PROPOSER_INVALID: a proposed block is refused",
                    metadata: ["block": "\(hash)", "problem": "\(problem)"])
                verdict(.invalid(problem), of: hash)
            case .failure(let error):
                throw error
            }
            startValidations()
            try drain()
        }
    }

    private func verdict(_ verdict: Verdict, of hash: Bytes32) {
        guard awaitingVerdict.removeValue(forKey: hash) != nil else { return }
        let now = clock.now()
        feed { $0.validated(hash, verdict, at: now) }
    }

    /// Stores a final chain; false while some of it must be executed first.
    func finalize(_ final: FinalizedChain, isSynced: Bool) throws -> Bool {
        let fresh = Array(final.blocks.drop { $0.header.height <= head.height })
        guard let first = fresh.first else {
            if final.tip.header.height == head.height, final.tip.header.hash != head.hash {
                throw fork(final.tip)
            }
            return true
        }
        guard first.header.height == head.height.next, first.header.parentHash == head.hash else {
            throw fork(final.tip)
        }
        let hashes = fresh.map(\.header.hash)
        guard let missing = hashes.firstIndex(where: { branches[$0] == nil }) else {
            try commit(hashes.compactMap { branches[$0] }, tip: final.tip, isSynced: isSynced)
            return true
        }
        guard !hashes.contains(where: { executing.contains($0) }) else { return false }
        let rest = Array(fresh[missing...])
        guard let parent = point(after: rest[0].header.parentHash) else {
            preconditionFailure("the block before a missing one is the floor or was executed")
        }
        if execute(rest, on: parent, isFinal: true) { executing.formUnion(hashes[missing...]) }
        return false
    }

    private func commit(
        _ blocks: [ExecutedBranch], tip: FinalizedHeader, isSynced: Bool
    ) throws {
        guard let last = blocks.last, last.hash == tip.header.hash else {
            preconditionFailure("a final chain ends with its tip")
        }
        var batch = FloorBatch(
            floor: FloorRecord(
                height: tip.header.height, hash: last.hash, logSize: last.frontier.size,
                frontier: last.frontier.canonicalBytes))
        for branch in blocks { add(branch, to: &batch) }
        batch.putFinalization(tip.finalization.canonicalBytes, at: tip.header.height)
        batch.putNote(NoteName.stateDigest, last.executed.stateDigest.bytes)
        let due = checkpointDue(in: blocks)
        if let round = signedRound {
            batch.putNote(NoteName.signedRound, round.canonicalBytes)
        }
        if let due { batch.putNote(NoteName.cosigned, Self.encode(due.size)) }
        try store.commit(batch)
        moveFloor(to: tip, last)
        forget(blocks)
        if let due { cosign(due) }
        publishCheckpoint()
        try tellOthers(blocks, tip)
        let now = clock.now()
        restsAt = now.instant.adding(milliseconds: NodeLimits.restMilliseconds)
        if isSynced { feed { $0.adopt(tip, at: now) } }
        try enterValidators()
        enqueue(sync.floorAdvanced(to: floor, validators: validators, at: now.instant))
        try recheckMempool(after: blocks)
        announcePending()
        startValidations()
    }

    private func add(_ branch: ExecutedBranch, to batch: inout FloorBatch) {
        let header = branch.block.header
        batch.putHeader(header.canonicalBytes, hash: branch.hash, at: header.height)
        var index = header.logSize - UInt64(header.transactionCount) - 1
        batch.putEntry(branch.firstEntry, at: index)
        for entry in branch.block.entries {
            index += 1
            batch.putEntry(entry.bytes, at: index)
            batch.indexTransaction(entry.id, at: index)
            if mempool[entry.id] != nil { batch.removeFromMempool(entry.id) }
        }
        for subtree in branch.subtrees {
            batch.putLogHash(subtree.hash, height: subtree.height, index: subtree.index)
        }
        batch.put(branch.executed.changes)
    }

    private func moveFloor(to tip: FinalizedHeader, _ last: ExecutedBranch) {
        floor = Floor(tip)
        head = ChainPoint(
            height: tip.header.height, hash: last.hash, time: tip.header.time,
            frontier: last.frontier, stateDigest: last.executed.stateDigest,
            entry: tip.header.canonicalBytes, catalog: last.executed.catalog,
            state: StoredState(store: store.snapshot()))
    }

    /// Drops what the final blocks settle: their transactions, and blocks of other branches.
    private func forget(_ blocks: [ExecutedBranch]) {
        for branch in blocks {
            counters.blocksFinal += 1
            counters.transactionsFinal += UInt64(branch.transactionIDs.count)
            for id in branch.transactionIDs { mempool.remove(id) }
        }
        var kept: [Bytes32: ExecutedBranch] = [:]
        var known: Set<Bytes32> = [head.hash]
        let rising = branches.values.sorted { $0.block.header.height < $1.block.header.height }
        for branch in rising where known.contains(branch.block.header.parentHash) {
            kept[branch.hash] = branch
            known.insert(branch.hash)
        }
        branches = kept
    }

    /// Tells observers and live pages.
    private func tellOthers(_ blocks: [ExecutedBranch], _ tip: FinalizedHeader) throws {
        let newest = SyncMessage.newest(tip).canonicalBytes
        for (id, peer) in peers where peer.validator == nil {
            network.send(FrameType.sync.rawValue, newest, to: id, as: .consensus)
        }
        for branch in blocks { reportAlarms(branch) }
        guard broadcaster.count > 0 else { return }
        var elections: Set<Bytes32> = []
        for branch in blocks {
            try broadcaster.publish(
                .block(BlockSummary(branch.block.header, validators: validators)))
            elections.formUnion(branch.executed.events.compactMap(\.election))
        }
        let views = ElectionViews(state: head.state)
        for election in elections.sorted() {
            if let status = try views.status(election) {
                try broadcaster.publish(.election(status))
            }
        }
    }

    /// Logs what people must look at.
    private func reportAlarms(_ branch: ExecutedBranch) {
        for case .alarm(let alarm) in branch.executed.events {
            counters.alarms += 1
            logger.warning(
                "\(alarm.name): \(alarm.detail)",
                metadata: [
                    "election": alarm.election.map { "\($0)" } ?? "",
                    "height": "\(branch.block.header.height.rawValue)",
                ])
        }
    }

    func fork(_ finalized: FinalizedHeader) -> NodeFailure {
        noteForkEvidence(finalized)
        return .fork(
            "A_FORK: a valid finalization of block \(finalized.header.height.rawValue) "
                + "(\(finalized.header.hash)) does not continue the chain that was final here "
                + "(block \(head.height.rawValue), \(head.hash)). More than a third of the "
                + "validators are faulty. The evidence is in the data directory; keep it.")
    }

    /// Stops the node over a finalization that contradicts ours.
    func noteFork(_ finalized: FinalizedHeader) { fail(fork(finalized)) }

    private func noteForkEvidence(_ finalized: FinalizedHeader) {
        do {
            try store.putNote(NoteName.fork, finalized.canonicalBytes)
        } catch {
            // The node stops either way; the certificate is in the log as well.
            logger.critical(
                "fork evidence could not be stored",
                metadata: [
                    "error": "\(error)",
                    "evidence": "\(Hexadecimal.encode(finalized.canonicalBytes))",
                ])
        }
    }
}
