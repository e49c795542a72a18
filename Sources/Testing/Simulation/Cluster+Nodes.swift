import BlockSync
import Codec
import Consensus
import Ledger

/// Nodes that start, stop and hear messages.
extension Cluster {
    func start(_ node: SimulatedNode) {
        guard !node.isUp, !node.hasHalted, !node.isAbsent else { return }
        let state = node.restart(domain)
        if let fault = node.disk.fault(of: state), node.isHonest, !node.isForgetful {
            return violate("D6", "node \(node.id): \(fault)")
        }
        trace.add(now, 4, UInt64(node.id), 0)
        carryOut(node.replica.start(at: localTime(of: node)), of: node)
        settle(node)
        updatePending(node)
        for other in 0..<candidates where other != node.place {
            let peer = PeerID(UInt64(other))
            carryOut(node.client.connected(peer, at: Instant(microseconds: now)), of: node)
        }
        arm(node)
    }

    /// A process that dies: what was synced stays.
    func crash(_ node: SimulatedNode, _ cause: String = "crash") {
        guard node.isUp else { return }
        node.isUp = false
        node.generation += 1
        node.stalledUntil = 0
        trace.add(now, 5, UInt64(node.id), 0)
        note(cause)
        // A chosen crash point is one crash: the node comes back by itself.
        if scenario.crashPoint != nil {
            node.crashPoint = nil
            queue.insert(.start(node.id), at: now + 500_000)
        }
    }

    func receive(
        _ message: ConsensusMessage, from sender: SimulatedNode, at node: SimulatedNode
    ) {
        if !node.isHonest { react(node, to: message, from: sender) }
        guard let index = node.set.index(of: sender.place), sender.place != node.place else {
            if let answer = node.replica.answer(toOutsider: message) {
                send(answer, from: node, toPlace: sender.place)
            }
            return
        }
        do throws(MessageRejection) {
            let effects = try node.replica.receive(message, from: index, at: localTime(of: node))
            carryOut(effects, of: node)
        } catch {
            if error.isHostile, sender.isHonest, node.isHonest, !sender.isForgetful {
                violate("H1", "node \(node.id) takes honest \(sender.id) for hostile: \(error)")
            }
        }
        arm(node)
    }

    func receive(_ message: SyncMessage, from sender: SimulatedNode, at node: SimulatedNode) {
        if message.isRequest {
            if node.byzantine == .falseServer, lie(to: sender, about: message, from: node) {
                return
            }
            // The simulated store never fails.
            if let answer = try? SyncServer.answer(message, from: node.application.store) {
                send(answer, from: node, toPlace: sender.place)
            }
            return
        }
        let peer = PeerID(UInt64(sender.place))
        do throws(SyncRejection) {
            let effects = try node.client.receive(
                message, from: peer, at: Instant(microseconds: now))
            carryOut(effects, of: node)
        } catch {
            if sender.isHonest, node.isHonest {
                violate("H1", "node \(node.id) takes honest \(sender.id) for hostile: \(error)")
            }
            // It connects again at once.
            carryOut(node.client.connected(peer, at: Instant(microseconds: now)), of: node)
        }
        arm(node)
    }
}

extension SimulatedStore: BlockSource {
    func newest() throws -> FinalizedHeader? { floor.finalized }

    func block(at height: Height) throws -> Block? {
        guard height > .genesis, height.rawValue <= UInt64(blocks.count) else { return nil }
        return blocks[Int(height.rawValue) - 1]
    }

    func header(at height: Height) throws -> BlockHeader? { try block(at: height)?.header }

    func finalization(at height: Height) throws -> Certificate? { finalizations[height] }

    func finalization(from height: Height) throws -> FinalizedHeader? {
        guard let found = finalizations.keys.filter({ $0 >= height }).min(),
            let header = try header(at: found), let finalization = finalizations[found]
        else { return nil }
        return FinalizedHeader(header: header, finalization: finalization)
    }
}
