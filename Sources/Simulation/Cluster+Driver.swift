import BlockSync
import Codec
import Consensus
import Ledger

/// What a driver does with effects, one after the other, with a crash where the scenario wants it.
extension Cluster {
    func carryOut(_ effects: [Effect], of node: SimulatedNode) {
        for effect in effects {
            guard node.isUp, invariants.violation == nil else { return }
            carryOut(effect, of: node)
        }
        noteRound(of: node)
    }

    private func carryOut(_ effect: Effect, of node: SimulatedNode) {
        switch effect {
        case .persist(let records):
            persist(records, of: node)
        case .send(let message, let recipient):
            guard !crashesNow(node) else { return crash(node) }
            if !node.isHonest, tamper(node, with: message, to: recipient) { return }
            if node.isHonest { invariants.check(message, sentBy: node, cluster: self) }
            send(message, from: node, to: recipient)
        case .build(let template):
            later(.build(template, node.id, generation: node.generation))
        case .locate(let hash, let ids):
            later(.locate(hash, ids, node.id, generation: node.generation))
        case .validate(let block):
            later(.validate(block, node.id, generation: node.generation))
        case .finalize(let chain):
            finalize(chain, of: node)
        case .synchronize(let finalized):
            carryOut(
                node.client.target(finalized, at: Instant(microseconds: now)), of: node)
        case .report(let equivocation):
            injected["equivocation reported", default: 0] += 1
            if node.isHonest { invariants.check(equivocation, cluster: self) }
        case .halt(let reason):
            node.hasHalted = true
            crash(node)
            if node.isHonest { violate("HALT", "node \(node.id): \(reason)") }
        }
    }

    func carryOut(_ effects: [SyncEffect], of node: SimulatedNode) {
        for effect in effects {
            guard node.isUp, invariants.violation == nil else { return }
            switch effect {
            case .send(let message, let peer):
                send(message, from: node, to: Int(peer.rawValue))
            case .deliver(let chain):
                finalize(chain, of: node)
                guard node.isUp else { return }
                injected["ranges synchronized", default: 0] += 1
                carryOut(
                    node.replica.adopt(chain.tip, at: localTime(of: node)), of: node)
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

    private func later(_ event: Event) {
        queue.insert(event, at: now + random.number(in: 50...2000))
    }

    /// Counts an operation; true where the node dies at it.
    private func crashesNow(_ node: SimulatedNode) -> Bool {
        defer { node.operations += 1 }
        return node.crashPoint?.operation == node.operations
    }

    private func persist(_ records: [JournalRecord], of node: SimulatedNode) {
        let frame = Journal.frame(records, at: UInt64(node.journal.count))
        if crashesNow(node) {
            tear(node, appending: frame, records, node.crashPoint?.write ?? .nothing)
            return crash(node)
        }
        node.journal += frame
        noteDurable(records, of: node)
        compact(node)
    }

    /// What of an append is on the disk after a crash.
    func tear(
        _ node: SimulatedNode, appending frame: [UInt8], _ records: [JournalRecord],
        _ write: InterruptedWrite
    ) {
        switch write {
        case .nothing:
            return
        case .torn:
            node.journal += frame.prefix(random.index(below: frame.count))
        case .everything:
            node.journal += frame
            noteDurable(records, of: node)
        }
    }

    private func noteDurable(_ records: [JournalRecord], of node: SimulatedNode) {
        for record in records {
            switch record {
            case .vote(let vote): node.durableVotes[vote.subject] = vote.signature
            case .block(let block): node.durableBlocks.insert(block.header.hash)
            case .signer, .certificate: break
            }
        }
    }

    /// Now and then a journal is written anew, as a node does when it has grown.
    private func compact(_ node: SimulatedNode) {
        guard node.journal.count > 64 * 1024 else { return }
        let header = Journal.header(chainID: genesis.chainID, key: node.signer.key)
        let frame = Journal.frame(node.replica.journalSnapshot, at: UInt64(header.count))
        node.journal = header + frame
        injected["journals rewritten", default: 0] += 1
    }

    private func finalize(_ chain: FinalizedChain, of node: SimulatedNode) {
        if crashesNow(node) {
            if node.crashPoint?.write == .everything { commit(chain, of: node) }
            return crash(node)
        }
        commit(chain, of: node)
        guard node.isUp, invariants.violation == nil else { return }
        updatePending(node)
        let floor = node.application.store.floor
        carryOut(
            node.client.floorAdvanced(to: floor, at: Instant(microseconds: now)), of: node)
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

    func admit(_ bytes: [UInt8], isOwn: Bool, at node: SimulatedNode) {
        let instant = Instant(microseconds: now)
        guard node.application.admit(bytes, isOwn: isOwn, at: instant) else { return }
        updatePending(node)
        arm(node)
    }

    private func noteRound(of node: SimulatedNode) {
        let round = node.replica.status.round
        guard node.isHonest, round > highestRound else { return }
        highestRound = round
        views += 1
    }
}
