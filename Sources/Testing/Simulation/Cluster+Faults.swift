import Codec
import Consensus
import Ledger

/// The faults that come and go.
extension Cluster {
    /// Something goes wrong, or everything that did is mended.
    func act() {
        workload.mode = random.pick(Workload.Mode.allCases)
        troubledAt = now
        var actions: [FaultKind?] = [nil, nil]
        for fault in scenario.faults where fault.isAction { actions += [fault, fault] }
        switch random.pick(actions) {
        case .crash: stopSome(.crash)
        case .diskError: stopSome(.diskError)
        case .partition:
            network.sides = (0..<candidates).map { _ in random.index(below: 2) }
            note("partition")
        case .oneWay:
            let from = random.index(below: candidates)
            let to = random.index(below: candidates)
            network.cut.insert(SimulatedNetwork.Link(from: from, to: to))
            note("one-way")
        case .pause:
            for node in nodes where node.isUp && random.chance(perMille: 300) {
                node.stalledUntil = now + random.number(in: 100_000...5_000_000)
                note("pause")
            }
        case .clockJump: jumpClock()
        case .fullDisk: fillDisk()
        case .bitFlip: damage { node in node.disk.flipBit(&self.random) }
        case .wipedDisk:
            damage { node in
                node.wipe(self.genesis, journal: true)
                self.invariants.forgetFloor(of: node)
                return true
            }
        case .wipedStore: wipeStore()
        case .backup: restoreBackup()
        case .copy: startCopy()
        default:
            network.sides = nil
            network.cut = []
            for node in nodes { node.disk.room = nil }
        }
    }

    /// Some nodes stop, liars too, some of them in the middle of their effects.
    private func stopSome(_ fault: FaultKind) {
        var writes = InterruptedWrite.ordinary
        if faults.contains(.misdirected) { writes += [.reordered, .reordered] }
        for node in nodes where node.isUp && random.chance(perMille: 400) {
            if fault == .diskError || random.chance(perMille: 600) {
                var write = random.pick(writes)
                if faults.contains(.misdirected), random.chance(perMille: 100), mayImpair(node) {
                    write = .misdirected
                    note("misdirected")
                }
                if write == .reordered { note("reordered sectors") }
                node.crashPoint = CrashPoint(
                    operation: node.operations + random.index(below: 12), write: write)
                note(fault.rawValue)
            } else {
                crash(node)
            }
            queue.insert(.start(node.id), at: now + random.number(in: 0...2_000_000))
        }
        // Whoever stops later in its effects starts again as well.
        for node in nodes where !node.isAbsent {
            queue.insert(.start(node.id), at: now + random.number(in: 2_000_000...4_000_000))
        }
    }

    /// Whether something may be done to a node that puts it among the faulty ones, and notes it.
    private func mayImpair(_ node: SimulatedNode) -> Bool {
        guard node.isHonest else { return false }
        if impaired.contains(node.place) { return true }
        guard impaired.count < faultTolerance else { return false }
        impaired.insert(node.place)
        return true
    }

    /// Stops a node, does something to its disk, and starts it again.
    private func damage(_ harm: (SimulatedNode) -> Bool) {
        let node = random.pick(honest)
        guard node.isUp, mayImpair(node) else { return }
        crash(node)
        node.crashPoint = nil
        if harm(node) { note("disks damaged") }
        queue.insert(.start(node.id), at: now + random.number(in: 0...2_000_000))
    }

    /// The chain is lost, the journal is not. Enough others hold every final block: of the q that
    /// voted for it, f may be liars.
    private func wipeStore() {
        let node = random.pick(honest)
        guard node.isUp, mayImpair(node) else { return }
        crash(node)
        node.crashPoint = nil
        node.wipe(genesis, journal: false)
        invariants.forgetFloor(of: node)
        note("wiped-store")
        queue.insert(.start(node.id), at: now + random.number(in: 0...2_000_000))
    }

    /// Copies a disk now, or puts an old copy back.
    private func restoreBackup() {
        let node = random.pick(honest)
        guard let copy = node.copy else {
            for node in honest { node.copy = (node.disk, node.store) }
            return
        }
        guard node.isUp, mayImpair(node) else { return }
        crash(node)
        node.crashPoint = nil
        node.disk = copy.disk
        node.store = copy.store
        node.isForgetful = true
        node.hasLostTransactions = true
        invariants.forgetFloor(of: node)
        note("backup")
        queue.insert(.start(node.id), at: now + random.number(in: 0...2_000_000))
    }

    /// Two nodes with one key, each at its own place in the network.
    private func startCopy() {
        guard let copy = nodes.first(where: { $0.byzantine == .copy && $0.isAbsent }),
            let original = honest.first(where: { $0.place == copy.place }), original.isUp,
            // Two that begin together tell nobody apart from one.
            !original.durableVotes.isEmpty, mayImpair(original)
        else { return }
        copy.disk = original.disk
        copy.store = original.store
        copy.durableVotes = original.durableVotes
        copy.copiedVotes = Set(original.durableVotes.keys)
        copy.isAbsent = false
        note("copies started")
        queue.insert(.start(copy.id), at: now + random.number(in: 0...2_000_000))
    }

    private func jumpClock() {
        let node = random.pick(honest)
        guard mayImpair(node) else { return }
        let jump = Int64(random.number(in: 0...1_200_000)) - 600_000
        node.clockError = random.chance(perMille: 300) ? node.skew : node.skew + jump
        note("clock-jump")
    }

    private func fillDisk() {
        let node = random.pick(nodes)
        node.disk.room = random.index(below: 3000)
        for attempt in UInt64(1)...5 {
            queue.insert(.start(node.id), at: now + attempt * 1_500_000)
        }
        note("disks filled")
    }

    /// A slow disk: what follows a sync leaves late, and nothing is handled meanwhile.
    func stallBySync(_ node: SimulatedNode) {
        guard faults.contains(.slowSync), !isHealed, random.chance(perMille: 30) else { return }
        node.stalledUntil = max(
            node.stalledUntil, now + random.pick([20_000, 100_000, 500_000, 2_000_000]))
        troubledAt = now
        note("slow-sync")
    }

    /// Whether a node stops while it proposes or certifies the last block of an epoch, having told
    /// some of the others.
    func crashesAtBoundary(_ node: SimulatedNode, _ message: ConsensusMessage) -> Bool {
        guard faults.contains(.boundaryCrash), !isHealed, node.isHonest else { return false }
        switch message {
        case .proposal(let proposal):
            guard node.application.isBoundary(proposal.header.height) else { return false }
        case .certificate(let certificate):
            guard certificate.subject.kind != .nullify, isNearBoundary(node) else { return false }
        default:
            return false
        }
        guard random.chance(perMille: 100) else { return false }
        for place in node.reachable where random.chance(perMille: 400) {
            send(message, from: node, toPlace: place)
        }
        stopAtBoundary(node)
        return true
    }

    /// Whether a node stops just after it has stored the last block of an epoch.
    func crashesAfterBoundary(_ node: SimulatedNode, _ header: BlockHeader) -> Bool {
        guard faults.contains(.boundaryCrash), !isHealed, node.isHonest,
            node.application.isBoundary(header.height), random.chance(perMille: 100)
        else { return false }
        stopAtBoundary(node)
        return true
    }

    private func isNearBoundary(_ node: SimulatedNode) -> Bool {
        let next = node.store.floor.height.next
        return node.application.isBoundary(next)
    }

    private func stopAtBoundary(_ node: SimulatedNode) {
        crash(node, "boundary-crash")
        queue.insert(.start(node.id), at: now + random.number(in: 100_000...3_000_000))
    }
}
