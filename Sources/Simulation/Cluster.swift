import BlockSync
import Codec
import Consensus
import Ledger

/// A cluster of validators with one clock and one queue of events.
package final class Cluster {
    enum Event {
        case start(Int)
        case timer(Int, generation: Int)
        case message(ConsensusMessage, from: Int, to: Int)
        case sync(SyncMessage, from: Int, to: Int)
        case transaction([UInt8], to: Int)
        case build(BlockTemplate, Int, generation: Int)
        case locate(Bytes32, [Bytes32], Int, generation: Int)
        case validate(Block, Int, generation: Int)
        case workload
    }

    let scenario: Scenario
    let genesis: Genesis
    var random: SeededGenerator
    var nodes: [SimulatedNode] = []
    var network = SimulatedNetwork()
    var queue = EventQueue<Event>()
    /// Virtual time in microseconds.
    var now: UInt64 = 0
    var trace = TraceHash()
    var invariants: Invariants
    var messages = 0
    var events = 0
    var injected: [String: Int] = [:]
    /// The highest round that an honest node has entered, and how many such steps there were.
    var highestRound = Round(epoch: .first, view: .root)
    var views = 0
    var submitted = 0
    var isSubmitting = true

    package init(_ scenario: Scenario) {
        self.scenario = scenario
        genesis = SimulatedChain.genesis(
            validators: scenario.validators,
            parameters: SimulatedChain.parameters(epochLength: scenario.epochLength))
        random = SeededGenerator(seed: scenario.seed)
        invariants = Invariants(genesis: genesis)
        makeNodes()
    }

    var honest: [SimulatedNode] { nodes.filter(\.isHonest) }

    private func makeNodes() {
        let n = scenario.validators
        let f = genesis.validators.faultTolerance
        let kinds = scenario.faults.filter(\.isByzantine)
        let kind = kinds.isEmpty ? nil : random.pick(kinds)
        let liars = kind == nil ? 0 : random.pick([0, f, f])
        if liars > 0, let kind { injected[kind.rawValue] = liars }
        let hasSkew = scenario.faults.contains(.skew)
        // Which validators are liars changes from run to run: leaders rotate by index.
        let firstLiar = random.index(below: n)
        for position in 0..<n {
            let isLiar = (position + n - firstLiar) % n < liars
            let skew = hasSkew ? Int64(random.number(in: 0...400)) - 200 : 0
            addNode(position, isLiar ? kind : nil, skew)
            if isLiar, kind == .twins {
                addNode(position, kind, skew)
                // Each validator hears one twin or both.
                let sides = (0..<n).map { _ in random.index(below: 3) }
                nodes[nodes.count - 2].audience = sides.map { $0 != 0 }
                nodes[nodes.count - 1].audience = sides.map { $0 != 1 }
            }
        }
        for node in nodes where node.byzantine != .silent {
            queue.insert(.start(node.id), at: random.number(in: 0...300_000))
        }
        nodes.first(where: \.isHonest)?.crashPoint = scenario.crashPoint
        queue.insert(.workload, at: 500_000)
    }

    private func addNode(_ position: Int, _ kind: FaultKind?, _ skew: Int64) {
        nodes.append(
            SimulatedNode(
                id: nodes.count, index: ValidatorIndex(UInt16(position)), byzantine: kind,
                skew: skew, genesis: genesis))
    }

    /// Handles events until a time, or until `stop` holds after one of them, or a violation.
    func run(until end: UInt64, stop: () -> Bool = { false }) -> Bool {
        while let next = queue.nextTime, next <= end, invariants.violation == nil {
            guard let (time, event) = queue.popFirst() else { break }
            now = time
            events += 1
            handle(event)
            if stop() { return true }
        }
        now = max(now, end)
        return false
    }

    func localTime(of node: SimulatedNode) -> LocalTime {
        let clock = Int64(SimulatedChain.start.milliseconds) + Int64(now / 1000) + node.skew
        return LocalTime(
            instant: Instant(microseconds: now),
            clock: Timestamp(milliseconds: UInt64(max(0, clock))))
    }

    private func handle(_ event: Event) {
        switch event {
        case .start(let id):
            start(nodes[id])
        case .timer(let id, let generation):
            guard let node = live(id, generation), node.armed == now else { return }
            node.armed = nil
            trace.add(now, 1, UInt64(id), 0)
            carryOut(node.replica.advance(to: localTime(of: node)), of: node)
            carryOut(node.client.advance(to: Instant(microseconds: now)), of: node)
            arm(node)
        case .message(let message, let from, let id):
            guard nodes[id].isUp else { return }
            trace.add(now, 2, UInt64(from * 256 + id), message.traceTag)
            receive(message, from: nodes[from], at: nodes[id])
        case .sync(let message, let from, let id):
            guard nodes[id].isUp else { return }
            trace.add(now, 3, UInt64(from * 256 + id), 0)
            receive(message, from: nodes[from], at: nodes[id])
        case .transaction(let bytes, let id):
            guard nodes[id].isUp else { return }
            admit(bytes, isOwn: false, at: nodes[id])
        case .build(let template, let id, let generation):
            guard let node = live(id, generation) else { return }
            guard template.round == node.replica.status.round else { return }
            let block = node.application.build(template)
            carryOut(
                node.replica.built(block, for: template.round, at: localTime(of: node)), of: node)
            arm(node)
        case .locate(let hash, let ids, let id, let generation):
            guard let node = live(id, generation) else { return }
            let found = node.application.locate(ids)
            carryOut(node.replica.located(found, of: hash, at: localTime(of: node)), of: node)
            arm(node)
        case .validate(let block, let id, let generation):
            guard let node = live(id, generation) else { return }
            let verdict = node.application.fault(of: block).map { Verdict.invalid($0) } ?? .valid
            carryOut(
                node.replica.validated(block.header.hash, verdict, at: localTime(of: node)),
                of: node)
            arm(node)
        case .workload:
            workload()
        }
    }

    private func live(_ id: Int, _ generation: Int) -> SimulatedNode? {
        let node = nodes[id]
        return node.isUp && node.generation == generation ? node : nil
    }

    func start(_ node: SimulatedNode) {
        guard !node.isUp, !node.hasHalted else { return }
        if let damage = node.restart(genesis) {
            violate("D6", "node \(node.id) cannot trust its journal: \(damage)")
            return
        }
        trace.add(now, 4, UInt64(node.id), 0)
        carryOut(node.replica.start(at: localTime(of: node)), of: node)
        updatePending(node)
        for other in 0..<scenario.validators where other != Int(node.index.rawValue) {
            let peer = PeerID(UInt64(other))
            carryOut(node.client.connected(peer, at: Instant(microseconds: now)), of: node)
        }
        arm(node)
    }

    /// A process that dies: what was synced stays.
    func crash(_ node: SimulatedNode) {
        guard node.isUp else { return }
        node.isUp = false
        node.generation += 1
        trace.add(now, 5, UInt64(node.id), 0)
        injected["crash", default: 0] += 1
        // A chosen crash point is one crash: the node comes back by itself.
        if scenario.crashPoint != nil {
            node.crashPoint = nil
            queue.insert(.start(node.id), at: now + 500_000)
        }
    }

    func arm(_ node: SimulatedNode) {
        guard node.isUp else { return }
        let deadlines = [node.replica.nextDeadline, node.client.nextDeadline].compactMap(\.self)
        guard let deadline = deadlines.min()?.microseconds else { return }
        let time = max(deadline, now)
        if let armed = node.armed, armed <= time, armed >= now { return }
        node.armed = time
        queue.insert(.timer(node.id, generation: node.generation), at: time)
    }

    private func receive(
        _ message: ConsensusMessage, from sender: SimulatedNode, at node: SimulatedNode
    ) {
        if !node.isHonest { react(node, to: message, from: sender) }
        do throws(MessageRejection) {
            let effects = try node.replica.receive(
                message, from: sender.index, at: localTime(of: node))
            carryOut(effects, of: node)
        } catch {
            if error.isHostile, sender.isHonest, node.isHonest {
                violate("H1", "node \(node.id) takes honest \(sender.id) for hostile: \(error)")
            }
        }
        arm(node)
    }

    private func receive(
        _ message: SyncMessage, from sender: SimulatedNode, at node: SimulatedNode
    ) {
        if message.isRequest {
            // The simulated store never fails.
            if let answer = try? SyncServer.answer(message, from: node.application.store) {
                send(answer, from: node, to: Int(sender.index.rawValue))
            }
            return
        }
        let peer = PeerID(UInt64(sender.index.rawValue))
        do throws(SyncRejection) {
            let effects = try node.client.receive(
                message, from: peer, at: Instant(microseconds: now))
            carryOut(effects, of: node)
        } catch {
            if sender.isHonest, node.isHonest {
                violate("H1", "node \(node.id) takes honest \(sender.id) for hostile: \(error)")
            }
        }
        arm(node)
    }

    func violate(_ invariant: String, _ detail: String) {
        guard invariants.violation == nil else { return }
        invariants.violation = Violation(
            invariant: invariant, detail: detail, milliseconds: now / 1000)
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
