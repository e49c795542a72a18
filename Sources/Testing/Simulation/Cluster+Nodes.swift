import BlockSync
import Chain
import Codec
import Consensus
import Ledger

/// Nodes that start, stop and hear messages.
extension Cluster {
    func start(_ node: SimulatedNode) {
        guard !node.isUp, !node.hasHalted, !node.isAbsent else { return }
        let state = node.restart()
        if let fault = node.disk.fault(of: state), node.isHonest, !node.isForgetful {
            return violate("D6", "node \(node.id): \(fault)")
        }
        trace.add(now, 4, UInt64(node.id), 0)
        troubledAt = now
        let waiting = node.store.waiting.values.sorted { $0.id < $1.id }
        if !waiting.isEmpty {
            note("transactions restored", waiting.count)
            handle(
                .restored(
                    waiting.map { RestoredTransaction($0, slot: ModelTransaction.slot(of: $0)) }),
                at: node)
        }
        handle(.started(voteFrom: nil), at: node)
        for other in nodes where other.place != node.place && other.isUp {
            queue.insert(
                .connect(node.id, with: other.id), at: now + random.number(in: 1000...30_000))
        }
    }

    /// Two nodes connect; a connection that they had is gone.
    func connect(_ node: SimulatedNode, with other: SimulatedNode) {
        for (one, two) in [(node, other), (other, node)] {
            handle(.disconnected(two.nodeKey), at: one)
            handle(
                .connected(two.nodeKey, isValidator: true, answerBytes: Self.answerBytes), at: one)
        }
    }

    /// A process that dies: what was synced stays.
    func crash(_ node: SimulatedNode, _ cause: String = "crash") {
        guard node.isUp else { return }
        node.isUp = false
        node.generation += 1
        node.stalledUntil = 0
        troubledAt = now
        trace.add(now, 5, UInt64(node.id), 0)
        note(cause)
        interruptWrites(of: node)
        forgetRequests(to: node)
        // A chosen crash point is one crash: the node comes back by itself.
        if scenario.crashPoint != nil {
            node.crashPoint = nil
            queue.insert(.start(node.id), at: now + 500_000)
        }
    }

    func receive(_ message: PeerMessage, from sender: SimulatedNode, at node: SimulatedNode) {
        if !node.isHonest, case .consensus(let message) = message {
            react(node, to: message, from: sender)
        }
        handle(.message(from: sender.nodeKey, message), at: node)
    }
}
