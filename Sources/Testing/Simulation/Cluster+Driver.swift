import BlockSync
import Codec
import Consensus
import Ledger

/// What a driver does with effects, one after the other, with a crash where the scenario wants it.
extension Cluster {
    func carryOut(_ effects: [Effect], of node: SimulatedNode) {
        for effect in effects {
            // Whom a place means is settled when it is said: the set may change before it is sent.
            if case .send(let message, .one(let index)) = effect {
                if let place = node.set.member(index) {
                    node.actions.append(.send(message, toPlace: place))
                }
            } else {
                node.actions.append(.effect(effect))
            }
        }
        drain(node)
        noteRound(of: node)
    }

    /// Carries out what waits, in the order in which it was asked for, until it has to wait for an
    /// execution.
    func drain(_ node: SimulatedNode) {
        guard !node.isDraining else { return }
        node.isDraining = true
        defer { node.isDraining = false }
        while node.isUp, invariants.violation == nil, !node.isExecuting, !node.actions.isEmpty {
            let action = node.actions.removeFirst()
            switch action {
            case .effect(.finalize(let chain)):
                if executesSlowly(node, action) { return }
                finalize(chain, isSynced: false, of: node)
            case .deliver(let chain):
                if executesSlowly(node, action) { return }
                finalize(chain, isSynced: true, of: node)
            case .send(let message, let place):
                carryOut(message, to: place, of: node)
            case .effect(let effect):
                carryOut(effect, of: node)
            }
        }
    }

    /// Final blocks are executed before they are stored, and the replica goes on meanwhile.
    private func executesSlowly(_ node: SimulatedNode, _ action: SimulatedNode.Action) -> Bool {
        guard faults.contains(.slowSync), !node.hasExecuted, random.chance(perMille: 100)
        else {
            node.hasExecuted = false
            return false
        }
        node.actions.insert(action, at: 0)
        node.isExecuting = true
        queue.insert(
            .work(Work(.execute, of: node.id), generation: node.generation),
            at: now + random.pick([1000, 20_000, 300_000]))
        note("slow executions")
        return true
    }

    private func adopt(_ tip: FinalizedHeader, at node: SimulatedNode) {
        note("ranges synchronized")
        carryOut(node.replica.adopt(tip, at: localTime(of: node)), of: node)
    }

    /// Tells a replica who validates the epoch that has begun, once what it has of the one before is
    /// stored.
    func settle(_ node: SimulatedNode) {
        let store = node.application.store
        guard node.isUp, node.replica.awaitedValidators != nil,
            node.replica.status.floorHeight == store.floor.height
        else { return }
        node.set = store.floorState.membership.current
        note("validator sets changed")
        carryOut(
            node.replica.enterEpoch(node.set.validators, at: localTime(of: node)), of: node)
    }

    private func carryOut(_ effect: Effect, of node: SimulatedNode) {
        switch effect {
        case .persist(let records):
            persist(records, of: node)
        case .replaceJournal(let records):
            guard !crashesNow(node) else { return crash(node) }
            node.disk.replace(
                Journal.header(chainID: domain.chainID, key: node.signer.key), records)
            noteDurable(records, of: node)
            note("journals replaced")
        case .send(let message, _):
            carryOut(message, to: nil, of: node)
        case .build(let template):
            later(.build(template), node)
        case .locate(let hash, let ids):
            later(.locate(hash, ids), node)
        case .validate(let block):
            // Honest nodes forget what was not certified.
            if node.byzantine == .liar { node.craftedBlocks[block.header.hash] = block }
            later(.validate(block), node)
        case .confirm(let number):
            carryOut(node.replica.confirmed(number, at: localTime(of: node)), of: node)
        case .finalize:
            preconditionFailure("a finalization is carried out by drain")
        case .synchronize(let finalized):
            carryOut(
                node.client.target(finalized, at: Instant(microseconds: now)), of: node)
        case .report(let equivocation):
            note("equivocation reported")
            if node.isHonest { invariants.check(equivocation, cluster: self) }
        case .halt(let reason):
            halt(node, reason)
        }
    }

    /// Sends to one place, or to all validators.
    private func carryOut(
        _ message: ConsensusMessage, to place: Int?, of node: SimulatedNode
    ) {
        guard !crashesNow(node) else {
            // In the middle of a broadcast: some hear it.
            if place == nil, random.chance(perMille: 500) {
                invariants.checkSent(message, by: node, cluster: self)
                for place in node.set.members where random.chance(perMille: 400) {
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
            send(message, from: node, to: .all)
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

    private func halt(_ node: SimulatedNode, _ reason: HaltReason) {
        node.hasHalted = true
        crash(node, "halted")
        // Who forgot what it signed finds that out by its own old votes.
        let hasForgotten =
            node.isForgetful || holders[node.place].contains(where: \.hasSignedAsCopy)
        if hasForgotten, case .ownKeyVotedElsewhere = reason { return }
        if node.isHonest { violate("HALT", "node \(node.id): \(reason)") }
    }

    func carryOut(_ effects: [SyncEffect], of node: SimulatedNode) {
        for effect in effects {
            guard node.isUp, invariants.violation == nil else { return }
            switch effect {
            case .send(let message, let peer):
                send(message, from: node, toPlace: Int(peer.rawValue))
            case .deliver(let chain):
                node.actions.append(.deliver(chain))
                drain(node)
            case .disconnect(let peer, _):
                carryOut(
                    node.client.connected(peer, at: Instant(microseconds: now)), of: node)
            case .conflict(let finalized):
                if node.isHonest {
                    violate("S1", "node \(node.id) syncs a fork at \(finalized.header.height)")
                }
            }
        }
    }

    private func later(_ work: Work.Kind, _ node: SimulatedNode) {
        queue.insert(
            .work(Work(work, of: node.id), generation: node.generation),
            at: now + random.number(in: 50...2000))
    }

    /// Counts an operation; true where the node dies at it.
    private func crashesNow(_ node: SimulatedNode) -> Bool {
        defer { node.operations += 1 }
        return node.crashPoint?.operation == node.operations
    }

    private func persist(_ records: [JournalRecord], of node: SimulatedNode) {
        if crashesNow(node) {
            let write = node.crashPoint?.write ?? .nothing
            node.disk.interrupt(records, write, &random)
            if write == .everything { noteDurable(records, of: node) }
            return crash(node)
        }
        guard node.disk.append(records) else { return crash(node, "full-disk") }
        noteDurable(records, of: node)
        stallBySync(node)
        compact(node)
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

    /// Now and then a journal is written anew, as a node does when it has grown.
    private func compact(_ node: SimulatedNode) {
        guard node.disk.size > 16 * 1024, node.replica.hasJournal,
            !node.actions.contains(where: \.isFinalization)
        else { return }
        let header = Journal.header(chainID: domain.chainID, key: node.signer.key)
        node.disk.replace(header, node.replica.journalSnapshot)
        note("journals rewritten")
    }

    private func finalize(_ chain: FinalizedChain, isSynced: Bool, of node: SimulatedNode) {
        if crashesNow(node) {
            if node.crashPoint?.write == .everything { commit(chain, of: node) }
            return crash(node)
        }
        commit(chain, of: node)
        guard node.isUp, invariants.violation == nil else { return }
        if crashesAfterBoundary(node, chain.tip.header) { return }
        // In the order in which a driver does it.
        if isSynced { adopt(chain.tip, at: node) }
        settle(node)
        sayReady(node)
        let store = node.application.store
        carryOut(
            node.client.floorAdvanced(
                to: store.floor, validators: store.floorState.membership.current.validators,
                at: Instant(microseconds: now)), of: node)
        updatePending(node)
    }

    private func commit(_ chain: FinalizedChain, of node: SimulatedNode) {
        // What BlockSync delivers may have become final here meanwhile.
        let height = node.application.store.floor.height
        let blocks = chain.blocks.filter { $0.header.height > height }
        guard !blocks.isEmpty else { return }
        trace.add(now, 6, UInt64(node.id), chain.tip.header.height.rawValue)
        if let fault = node.application.commit(FinalizedChain(blocks: blocks, tip: chain.tip)) {
            if node.isHonest { violate("S12", "node \(node.id) cannot execute: \(fault)") }
            return
        }
        for block in blocks { node.durableBlocks.insert(block.header.hash) }
        if node.isHonest { invariants.check(blocks, finalizedBy: node, cluster: self) }
    }

    func updatePending(_ node: SimulatedNode) {
        carryOut(
            node.replica.pendingTransactions(
                since: node.application.pendingSince, at: localTime(of: node)),
            of: node)
    }

    func admit(_ transaction: PendingTransaction, isOwn: Bool, at node: SimulatedNode) {
        var transaction = transaction
        transaction.isOwn = isOwn
        transaction.arrival = Instant(microseconds: now)
        guard node.application.admit(transaction) else { return }
        updatePending(node)
        arm(node)
    }

    /// L5: however many views have failed, the next one is given up in bounded time (b.5, b.8).
    private func checkTimers(of node: SimulatedNode) {
        guard node.isHonest, let deadline = node.replica.viewDeadline else { return }
        let parameters = genesis.parameters
        let bound =
            UInt64(parameters.heartbeatMilliseconds)
            + 3 * UInt64(parameters.maximumDelayMilliseconds)
        if deadline.milliseconds(since: Instant(microseconds: now)) > bound {
            violate("L5", "node \(node.id) waits until \(deadline.microseconds / 1000) ms")
        }
    }

    private func noteRound(of node: SimulatedNode) {
        let entered = node.replica.metrics.viewsEntered
        guard entered != node.viewsEntered else { return }
        node.viewsEntered = entered
        checkTimers(of: node)
        let round = node.replica.status.round
        guard node.isHonest, round > highestRound else { return }
        highestRound = round
        views += 1
        splitTwins()
    }
}
