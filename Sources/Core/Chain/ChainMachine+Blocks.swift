import Admission
import BlockSync
package import Codec
import Consensus
import Cosigning
import Ledger

/// Making, judging and storing blocks.
extension ChainMachine {
    /// The state after a block: the newest final one, or an executed one above it.
    package func parent(after hash: Bytes32) -> ChainParent<Application>? {
        var above: [Application.Execution] = []
        var next = hash
        while next != head.hash {
            guard let branch = branches[next] else { return nil }
            above.append(branch.execution)
            next = branch.block.header.parentHash
        }
        return ChainParent(base: head.state, above: above.reversed())
    }

    /// Ids of transactions in the executed blocks from `hash` down to the newest final one.
    private func transactions(above hash: Bytes32) -> Set<Bytes32> {
        var ids: Set<Bytes32> = []
        var next = hash
        while let branch = branches[next] {
            ids.formUnion(branch.transactionIDs)
            next = branch.block.header.parentHash
        }
        return ids
    }

    mutating func build(_ template: BlockTemplate) {
        guard let parent = parent(after: template.parentHash),
            executionsUnderWay < ChainLimits.executions
        else { return feed { $0.built(nil, for: template.round, at: $1) } }
        budget.note(failedViews: replica?.metrics.viewsNullified ?? 0)
        // Some may not apply on the parent's state.
        let candidates = mempool.candidates(
            count: min(2 * template.maximumTransactions, budget.limit),
            excluding: transactions(above: template.parentHash))
        if candidates.isEmpty, !template.mayBeEmpty {
            return feed { $0.built(nil, for: template.round, at: $1) }
        }
        executionsUnderWay += 1
        emit(
            .build(
                BuildTask(
                    template: template, parent: parent,
                    candidates: candidates.map {
                        PreparedTransaction(entry: $0.entry, prepared: $0.prepared)
                    })))
    }

    /// Takes a block that this node has built.
    mutating func take(_ built: BuiltBranch<Application>) {
        executionsUnderWay -= 1
        for id in built.refused { suspend(id) }
        if let block = built.block, block.block.header.height > head.height {
            branches[block.hash] = block
        }
        feed { $0.built(built.block?.block, for: built.round, at: $1) }
        if !built.refused.isEmpty { announcePending() }
    }

    /// Leaves a transaction out of blocks that the state refused, until it is judged again.
    private mutating func suspend(_ id: Bytes32) {
        mempool.suspend(id)
        guard let entry = mempool[id], entry.isGivenUp else { return }
        emit(.report(.givenUp(id)))
        drop([id]) { _ in Self.deferred(.nodeFull) }
    }

    mutating func validate(_ block: Block) {
        let hash = block.header.hash
        if branches[hash] != nil { return feed { $0.validated(hash, .valid, at: $1) } }
        awaitingVerdict[hash] = block
        startValidations()
    }

    /// Starts the execution of blocks that wait for a verdict and whose parent has been executed.
    private mutating func startValidations() {
        for hash in awaitingVerdict.keys.sorted() where executing[hash] == nil {
            guard let block = awaitingVerdict[hash] else { continue }
            if block.header.height <= head.height {
                awaitingVerdict[hash] = nil
                continue
            }
            guard let parent = parent(after: block.header.parentHash) else { continue }
            execute([block], [hash], on: parent, areFinal: false)
        }
    }

    private mutating func execute(
        _ blocks: [Block], _ hashes: [Bytes32], on parent: ChainParent<Application>, areFinal: Bool
    ) {
        // One that finds no place is started when another is done.
        guard executionsUnderWay < ChainLimits.executions else { return }
        var prepared: [Bytes32: Application.Prepared] = [:]
        for block in blocks {
            for id in block.transactionIDs {
                if let known = mempool[id]?.prepared { prepared[id] = known }
            }
        }
        for hash in hashes { executing[hash] = areFinal }
        if let first = hashes.first { executionStarts[first] = now.instant }
        executionsUnderWay += 1
        emit(.execute(ExecuteTask(blocks: blocks, parent: parent, prepared: prepared)))
    }

    /// Takes what became of the execution of the blocks with these hashes.
    mutating func executed(_ hashes: [Bytes32], _ outcome: ExecutionOutcome<Application>) {
        executionsUnderWay -= 1
        measure(hashes, outcome)
        var areFinal = false
        for hash in hashes {
            if executing.removeValue(forKey: hash) == true { areFinal = true }
        }
        switch outcome {
        case .executed(let blocks):
            for block in blocks where block.block.header.height > head.height {
                branches[block.hash] = block
                takeVerdict(.valid, of: block.hash)
            }
        case .invalid(let hash, let problem):
            if areFinal { return stop(.finalBlockIsInvalid(hash, problem: problem)) }
            emit(.report(.invalidProposal(hash, problem: problem)))
            takeVerdict(.invalid(problem), of: hash)
        }
        startValidations()
    }

    /// Learns what a transaction costs from the execution of one block.
    private mutating func measure(
        _ hashes: [Bytes32], _ outcome: ExecutionOutcome<Application>
    ) {
        guard let first = hashes.first, let start = executionStarts.removeValue(forKey: first),
            case .executed(let blocks) = outcome, blocks.count == 1
        else { return }
        budget.note(
            blocks[0].block.entries.count,
            microseconds: now.instant.microseconds - start.microseconds)
    }

    private mutating func takeVerdict(_ verdict: Verdict, of hash: Bytes32) {
        guard awaitingVerdict.removeValue(forKey: hash) != nil else { return }
        feed { $0.validated(hash, verdict, at: $1) }
    }

    /// Stores a final chain.
    ///
    /// - Returns: whether nothing is left to do for it; false while some of it is executed or stored.
    mutating func finalize(_ final: FinalizedChain, isSynced: Bool) -> Bool {
        let fresh = Array(final.blocks.drop { $0.header.height <= head.height })
        guard let first = fresh.first else {
            if final.tip.header.height == head.height, final.tip.header.hash != head.hash {
                stopForked(final.tip)
            }
            return true
        }
        guard first.header.height == head.height.next, first.header.parentHash == head.hash else {
            stopForked(final.tip)
            return true
        }
        let hashes = fresh.map(\.header.hash)
        guard let missing = hashes.firstIndex(where: { branches[$0] == nil }) else {
            commit(hashes.compactMap { branches[$0] }, final.tip)
            return false
        }
        guard !hashes.contains(where: { executing[$0] != nil }) else { return false }
        let rest = Array(fresh[missing...])
        guard let parent = parent(after: rest[0].header.parentHash) else {
            preconditionFailure("the block before a missing one is final or was executed")
        }
        execute(rest, Array(hashes[missing...]), on: parent, areFinal: true)
        return false
    }

    private mutating func commit(_ blocks: [Branch<Application>], _ tip: FinalizedHeader) {
        precondition(blocks.last?.hash == tip.header.hash, "a final chain ends with its tip")
        let settled = blocks.flatMap { block in
            block.transactionIDs.filter { mempool[$0]?.isStored ?? false }
        }
        let commit = FloorCommit(
            blocks: blocks, tip: tip, settled: settled,
            cosignedSize: checkpointDue(in: blocks)?.size,
            signedRound: signedRound)
        commitUnderWay = commit
        emit(.commit(commit))
    }

    /// Goes on after a floor batch: nothing of it is told before it is durable.
    mutating func committed(_ state: Application.State) {
        guard let commit = commitUnderWay.take(), let last = commit.blocks.last else { return }
        var isSynced = false
        if case .deliver = actions.first { isSynced = true }
        actions.removeFirst()
        let due = checkpointDue(in: commit.blocks)
        let previous = validators
        moveFloor(to: commit.tip, last, state)
        forget(commit.blocks)
        cosigning.advance(to: commit.blocks.map(\.block.header), at: now.instant)
        if let due { cosign(due) }
        publishCheckpoint()
        tellOthers(commit, validators: previous)
        if isSynced { feed { $0.adopt(commit.tip, at: $1) } }
        awaitedValidators = last.facts.awaited
        enterValidators(last.facts.validators)
        enqueue(sync.floorAdvanced(to: floor, validators: validators, at: now.instant))
        recheckMempool(after: commit.blocks)
        (repushDue, repushDelay) = (nil, ChainLimits.repushMilliseconds)
        announcePending()
        startValidations()
    }

    private mutating func moveFloor(
        to tip: FinalizedHeader, _ last: Branch<Application>, _ state: Application.State
    ) {
        floor = Floor(tip)
        head = FinalPoint(
            height: tip.header.height, hash: last.hash, time: tip.header.time,
            logSize: tip.header.logSize, logRoot: tip.header.logRoot, state: state)
    }

    /// Drops what the final blocks settle: their transactions, and blocks of other branches.
    private mutating func forget(_ blocks: [Branch<Application>]) {
        budget.note(failedViews: replica?.metrics.viewsNullified ?? 0)
        for block in blocks {
            counters.blocksFinal += 1
            budget.noteFinalBlock()
            pace.note(block.transactionIDs.count, at: now.instant)
            counters.transactionsFinal += UInt64(block.transactionIDs.count)
            for id in block.transactionIDs {
                recentlyFinal[id] = block.block.header.height
                mempool.remove(id)
                answerAwaiting(id, .final)
            }
            accounts.merge(block.facts.accounts) { $1 }
        }
        let time = head.time
        accounts = accounts.filter { $0.value.promisesUntil > time }
        forgetOldTransactions()
        var kept: [Bytes32: Branch<Application>] = [:]
        var known: Set<Bytes32> = [head.hash]
        let rising = branches.values.sorted {
            ($0.block.header.height, $0.hash) < ($1.block.header.height, $1.hash)
        }
        for branch in rising where known.contains(branch.block.header.parentHash) {
            kept[branch.hash] = branch
            known.insert(branch.hash)
        }
        branches = kept
    }

    /// Tells observers, operators and live pages.
    private mutating func tellOthers(
        _ commit: FloorCommit<Application>, validators: ValidatorSet
    ) {
        let observers = peers.filter { $0.value.validator == nil }.keys.sorted()
        if !observers.isEmpty { emit(.send(.sync(.newest(commit.tip)), to: observers)) }
        for block in commit.blocks {
            for alarm in block.facts.alarms {
                counters.alarms += 1
                emit(.report(.alarm(alarm, height: block.block.header.height)))
            }
        }
        emit(
            .publish(
                FinalBlocks(blocks: commit.blocks, validators: validators, state: head.state)))
    }
}
