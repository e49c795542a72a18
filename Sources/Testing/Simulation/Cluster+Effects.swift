import Admission
import BlockSync
import Chain
import Codec
import Consensus
import Ledger

/// What happens to the effects of a machine: disks, networks and workers complete them early or late, in
/// any order that a node allows, or not before a crash.
extension Cluster {
    /// Gives a node's machine an input, and whatever follows from its effects at once.
    func handle(_ input: SimulatedNode.Input, at node: SimulatedNode) {
        guard node.isUp else { return }
        node.followers.append(input)
        guard !node.isHandling else { return }
        node.isHandling = true
        while node.isUp, invariants.violation == nil, !node.followers.isEmpty {
            let next = node.followers.removeFirst()
            for effect in node.machine.handle(next, at: localTime(of: node)) {
                guard node.isUp, invariants.violation == nil else { break }
                carryOut(effect, of: node)
            }
        }
        node.isHandling = false
        guard node.isUp else { return }
        if node.isHonest { invariants.checkBounds(of: node, cluster: self) }
        noteRound(of: node)
        arm(node)
    }

    private func carryOut(_ effect: SimulatedNode.Effect, of node: SimulatedNode) {
        switch effect {
        case .append(let append): persist(append, of: node)
        case .rewrite(let rewrite):
            guard !crashesNow(node) else { return crash(node) }
            node.disk.replace(rewrite)
            noteDurable(rewrite.records, of: node)
            note("journals rewritten")
        case .commit(let commit): begin(commit, of: node)
        case .keep(let number, let entries): begin(.keep(number, entries), of: node)
        case .forget(let ids): begin(.forget(ids), of: node)
        case .note(let stored):
            guard !crashesNow(node) else { return crash(node) }
            node.store.put(stored)
        case .readLogRoot(let size): later(.readLogRoot(size), node)
        case .judge(let task): later(.judge(task), node)
        case .build(let task): later(.build(task), node)
        case .execute(let task):
            keepCrafted(task, of: node)
            later(.execute(task), node)
        case .confirm(let number): node.followers.append(.confirmed(number))
        case .send, .broadcast, .relay, .answerSync, .disconnect, .setValidators:
            deliver(effect, of: node)
        case .answer(let client, let id, let outcome): answer(client, id, outcome, of: node)
        case .publish(let final):
            if node.isHonest { invariants.checkPublished(final, node, cluster: self) }
        case .report(let notice): take(notice, of: node)
        case .stop(let failure): stop(node, failure)
        }
    }

    /// Carries out what is for other nodes.
    private func deliver(_ effect: SimulatedNode.Effect, of node: SimulatedNode) {
        switch effect {
        case .send(.consensus(let message), let keys):
            for key in keys { send(message, to: SimulatedChain.place(ofNode: key), of: node) }
        case .send(let message, let keys):
            guard mayLeave(message, of: node) else { return }
            send(message, from: node, to: keys.map { SimulatedChain.place(ofNode: $0) })
        case .broadcast(.consensus(let message)): send(message, to: nil, of: node)
        case .broadcast(let message):
            guard mayLeave(message, of: node) else { return }
            send(message, from: node, to: node.reachable)
        case .relay(let submission, let key):
            noteRelayed(submission.transaction, by: node)
            if random.chance(perMille: 20) {
                node.followers.append(.undelivered(number: submission.number, to: key))
            } else {
                send(
                    .submission(submission), from: node, to: [SimulatedChain.place(ofNode: key)])
            }
        case .answerSync(let question): answer(question, of: node)
        case .disconnect(let key, let fault): disconnect(key, fault, by: node)
        case .setValidators(let keys):
            node.reachable = keys.map { SimulatedChain.place(ofNode: $0) }.sorted()
        default: preconditionFailure("the effect is for nobody else")
        }
    }

    /// Whether a message that is none of agreement leaves; it may be the last thing that a node does.
    private func mayLeave(_ message: PeerMessage, of node: SimulatedNode) -> Bool {
        guard !crashesNow(node) else {
            crash(node)
            return false
        }
        guard node.isHonest else { return true }
        switch message {
        case .checkpoint(let lines): invariants.check(lines, by: node, cluster: self)
        case .answer(let answer): note(answer.outcome, of: answer.transactionID, by: node)
        case .consensus, .sync, .transactions, .submission: break
        }
        return invariants.violation == nil
    }

    /// Sends a message of agreement to one place, or to all validators.
    private func send(_ message: ConsensusMessage, to place: Int?, of node: SimulatedNode) {
        guard !crashesNow(node) else {
            // In the middle of a broadcast: some hear it.
            if place == nil, random.chance(perMille: 500) {
                invariants.checkSent(message, by: node, cluster: self)
                for place in node.reachable where random.chance(perMille: 400) {
                    send(message, from: node, toPlace: place)
                }
            }
            return crash(node)
        }
        if !node.isHonest, tamper(node, with: message, isForAll: place == nil) { return }
        noteCopy(node, message)
        invariants.checkSent(message, by: node, cluster: self)
        guard invariants.violation == nil else { return }
        if crashesAtBoundary(node, message) { return }
        if let place {
            send(message, from: node, toPlace: place)
        } else {
            send(.consensus(message), from: node, to: node.reachable)
        }
    }

    /// What a copy signs beyond what is on the disk that it was made from.
    private func noteCopy(_ node: SimulatedNode, _ message: ConsensusMessage) {
        guard node.byzantine == .copy, case .vote(let vote) = message,
            !node.copiedVotes.contains(vote.subject)
        else { return }
        node.hasSignedAsCopy = true
        note("votes of copies")
        // With other faults it may be cut off from all that heard the original.
        if scenario.faults == [.copy] {
            violate("D9", "node \(node.id), a copy of a running validator, votes beside it")
        }
    }

    /// A liar keeps what its own machine may forget, to serve it.
    private func keepCrafted(
        _ task: ExecuteTask<SimulatedApplication>, of node: SimulatedNode
    ) {
        guard node.byzantine == .liar else { return }
        for block in task.blocks { node.craftedBlocks[block.header.hash] = block }
    }

    private func answer(_ question: SyncQuestion, of node: SimulatedNode) {
        node.followers.append(.answeredSync(question.peer))
        let place = SimulatedChain.place(ofNode: question.peer)
        if node.byzantine == .falseServer, lie(to: place, about: question.message, from: node) {
            return
        }
        // The simulated store never fails.
        if let answer = try? SyncServer.answer(question.message, from: node.store) {
            send(answer, from: node, toPlace: place)
        }
    }

    /// Ends a connection; the other connects again at once.
    private func disconnect(_ key: Bytes32, _ fault: PeerFault, by node: SimulatedNode) {
        note("connections ended")
        let place = SimulatedChain.place(ofNode: key)
        let isLiar = holders[place].contains { !$0.isHonest || $0.isForgetful }
        // A node that lags does not know the newest validators.
        var isStranger = false
        if case .stranger = fault { isStranger = true }
        if node.isHonest, !isLiar, !isStranger {
            return violate("H1", "node \(node.id) takes honest \(place) for hostile: \(fault)")
        }
        node.followers += [
            .disconnected(key), .connected(key, isValidator: true, answerBytes: Self.answerBytes),
        ]
    }

    static let answerBytes = SyncLimits.frameBytes

    private func take(_ notice: ChainNotice, of node: SimulatedNode) {
        switch notice {
        case .equivocation(let equivocation):
            note("equivocation reported")
            if node.isHonest { invariants.check(equivocation, cluster: self) }
        case .cosignedTwice(let validator, _):
            note("contradicting cosignatures reported")
            let isLiar = nodes.contains { !$0.isHonest || $0.isForgetful }
            if node.isHonest, !isLiar {
                violate("K2", "node \(node.id) blames \(validator) for two trees of one size")
            }
        case .validatorsChanged: note("validator sets changed")
        case .invalidProposal: note("invalid proposals refused")
        case .dropped: note("waiting transactions dropped")
        case .givenUp: note("transactions given up")
        case .ballotsOverdue: note("overdue ballots")
        case .alarm, .refusedMessage: break
        }
    }

    private func stop(_ node: SimulatedNode, _ failure: ChainFailure) {
        node.hasHalted = true
        crash(node, "halted")
        // A node that forgot what it signed finds that out by its own old votes.
        let hasForgotten =
            node.isForgetful || holders[node.place].contains(where: \.hasSignedAsCopy)
        if hasForgotten, case .halted(.ownKeyVotedElsewhere) = failure { return }
        guard node.isHonest else { return }
        if case .forked(let finalized, _, _) = failure {
            violate("S1", "node \(node.id) meets a fork at \(finalized.header.height)")
        } else if case .finalBlockIsInvalid(_, let problem) = failure {
            violate("S12", "node \(node.id) cannot execute: \(problem)")
        } else {
            violate("HALT", "node \(node.id): \(failure)")
        }
    }
}

/// Disks and workers.
extension Cluster {
    /// Counts an operation; true where the node dies at it.
    private func crashesNow(_ node: SimulatedNode) -> Bool {
        defer { node.operations += 1 }
        return node.crashPoint?.operation == node.operations
    }

    private func persist(_ append: JournalAppend, of node: SimulatedNode) {
        if crashesNow(node) {
            let write = node.crashPoint?.write ?? .nothing
            node.disk.interrupt(append, write, &random)
            if write == .everything { noteDurable(append.records, of: node) }
            return crash(node)
        }
        guard node.disk.append(append) else { return crash(node, "full-disk") }
        noteDurable(append.records, of: node)
        if scenario.hasSlowDisks {
            // What follows the sync leaves when that is done, and nothing is handled meanwhile.
            node.stalledUntil = max(node.stalledUntil, now) + random.number(in: 3000...20_000)
        }
        stallBySync(node)
    }

    private func noteDurable(_ records: [JournalRecord], of node: SimulatedNode) {
        for record in records {
            switch record {
            case .vote(let vote): node.durableVotes[vote.subject] = vote.signature
            case .block(let block):
                node.durableBlocks.insert(block.header.hash)
                invariants.noteHeader(block.header)
            case .certificate(let certificate):
                invariants.check(certificate, node, cluster: self)
            case .signer, .quarantined, .resumed: break
            }
        }
    }

    private func begin(_ commit: FloorCommit<SimulatedApplication>, of node: SimulatedNode) {
        node.floorTasks.append(commit)
        if crashesNow(node) {
            if node.crashPoint?.write == .everything { store(commit, of: node) }
            node.floorTasks = []
            return crash(node)
        }
        later(.commit, node)
    }

    private func begin(_ task: SimulatedNode.WaitingTask, of node: SimulatedNode) {
        node.waitingTasks.append(task)
        later(.waiting, node)
    }

    /// Has something done after a while, as long as the node lives.
    private func later(_ work: Work, _ node: SimulatedNode) {
        queue.insert(
            .work(work, of: node.id, generation: node.generation),
            at: now + delay(of: work, at: node))
    }

    private func delay(of work: Work, at node: SimulatedNode) -> UInt64 {
        let usual = random.number(in: 50...2000)
        switch work {
        case .execute(let task):
            let count = task.blocks.reduce(0) { $0 + $1.entries.count }
            return usual + execution(of: count, at: node)
        case .build(let task):
            let count = min(task.candidates.count, task.template.maximumTransactions)
            return usual + execution(of: count, at: node)
        case .commit, .waiting:
            if scenario.hasSlowDisks { return usual + random.number(in: 10_000...60_000) }
            guard faults.contains(.slowSync), !isHealed, random.chance(perMille: 50) else {
                return usual
            }
            note("slow writes")
            troubledAt = now
            return random.pick([5000, 50_000, 500_000])
        case .judge, .readLogRoot: return usual
        }
    }

    /// How long the execution of so many transactions takes, in microseconds.
    private func execution(of count: Int, at node: SimulatedNode) -> UInt64 {
        guard let cost = scenario.executionCost else {
            guard faults.contains(.slowSync), !isHealed, random.chance(perMille: 50) else {
                return 0
            }
            note("slow executions")
            troubledAt = now
            return random.pick([1000, 20_000, 300_000])
        }
        // One after the other.
        let begin = max(now, node.executesUntil)
        node.executesUntil = begin + UInt64(count) * cost + random.number(in: 0...cost)
        return node.executesUntil - now
    }

    /// Does what a node's workers and disks were asked for, and tells its machine.
    func complete(_ work: Work, at node: SimulatedNode) {
        switch work {
        case .build(let task): handle(.built(node.application.build(task)), at: node)
        case .execute(let task):
            let outcome = node.application.execute(task)
            handle(.executed(task.blocks.map(\.header.hash), outcome), at: node)
        case .judge(let task): handle(.judged(node.application.judge(task)), at: node)
        case .commit:
            guard !node.floorTasks.isEmpty else { return }
            let commit = node.floorTasks.removeFirst()
            store(commit, of: node)
            guard node.isUp, invariants.violation == nil else { return }
            if crashesAfterBoundary(node, commit.tip.header) { return }
            handle(.committed(node.store.state), at: node)
        case .waiting:
            guard !node.waitingTasks.isEmpty else { return }
            switch node.waitingTasks.removeFirst() {
            case .keep(let number, let entries):
                node.store.keep(entries)
                handle(.kept(number: number), at: node)
            case .forget(let ids): node.store.forget(ids)
            }
        case .readLogRoot(let size):
            if let root = node.store.roots[size] {
                handle(.logRoot(size: size, root: root), at: node)
            }
        }
    }

    private func store(_ commit: FloorCommit<SimulatedApplication>, of node: SimulatedNode) {
        let tip = commit.tip.header
        trace.add(now, 6, UInt64(node.id), tip.height.rawValue)
        if let fault = node.store.commit(commit) {
            if node.isHonest { violate("D5", "node \(node.id) stores \(fault)") }
            return
        }
        let blocks = commit.blocks.map(\.block)
        for block in blocks { node.durableBlocks.insert(block.header.hash) }
        if node.isHonest { invariants.check(blocks, finalizedBy: node, cluster: self) }
    }

    /// What a node's disks had begun when it dies is done, or is not, in order.
    func interruptWrites(of node: SimulatedNode) {
        if let commit = node.floorTasks.first, random.chance(perMille: 500) {
            note("commits at a crash")
            store(commit, of: node)
        }
        let done = random.index(below: node.waitingTasks.count + 1)
        for task in node.waitingTasks.prefix(done) {
            switch task {
            case .keep(_, let entries): node.store.keep(entries)
            case .forget(let ids): node.store.forget(ids)
            }
        }
        node.floorTasks = []
        node.waitingTasks = []
    }

    /// L5: however many views have failed, the next one is given up in bounded time (b.5, b.8).
    private func checkTimers(of node: SimulatedNode) {
        guard node.isHonest, let deadline = node.machine.replica?.viewDeadline else { return }
        let parameters = genesis.parameters
        let bound =
            UInt64(parameters.heartbeatMilliseconds)
            + 3 * UInt64(parameters.maximumDelayMilliseconds)
        if deadline.milliseconds(since: Instant(microseconds: now)) > bound {
            violate("L5", "node \(node.id) waits until \(deadline.microseconds / 1000) ms")
        }
    }

    private func noteRound(of node: SimulatedNode) {
        guard let entered = node.machine.replica?.metrics.viewsEntered, entered != node.viewsEntered
        else { return }
        node.viewsEntered = entered
        checkTimers(of: node)
        guard node.isHonest, let round = node.machine.replica?.status.round, round > highestRound
        else { return }
        highestRound = round
        views += 1
        splitTwins()
    }
}
