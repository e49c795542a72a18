import BlockSync
import Chain
import Codec
import Consensus
import Ledger

/// A cluster of nodes with one clock and one queue of events.
package final class Cluster {
    /// What happens next. Messages are shared by all their receivers, so that an event is small.
    enum Event {
        case start(Int)
        case timer(Int, generation: Int)
        case message(Envelope, to: Int)
        /// The connection between two nodes is made anew.
        case connect(Int, with: Int)
        case work(Work, of: Int, generation: Int)
        case mischief(Int)
        case workload
    }

    /// A message on its way.
    final class Envelope {
        let content: PeerMessage
        let sender: Int
        /// A few bits for the trace.
        let tag: UInt64

        init(_ content: PeerMessage, from sender: Int) {
            self.content = content
            self.sender = sender
            tag = content.traceTag
        }
    }

    /// What a node's workers and disks are about to be done with.
    indirect enum Work {
        case build(BuildTask<SimulatedApplication>)
        case execute(ExecuteTask<SimulatedApplication>)
        case judge(JudgeTask<SimulatedApplication>)
        /// The first of its floor batches.
        case commit
        /// The first of what its store of waiting transactions has to do.
        case waiting
        case readLogRoot(UInt64)
    }

    let scenario: Scenario
    let faults: Set<FaultKind>
    let genesis: Genesis
    let domain: SigningDomain
    /// How many validators there are: those of genesis, and some that may join.
    let candidates: Int
    /// f of the smallest set that a run may have.
    let faultTolerance: Int
    /// Whether heartbeats are so rare that nothing may wait for one.
    let isPatient: Bool
    var random: SeededGenerator
    private(set) var nodes: [SimulatedNode] = []
    private(set) var honest: [SimulatedNode] = []
    /// The nodes with the key of a validator: two for a twin.
    private(set) var holders: [[SimulatedNode]] = []
    /// Validators that are not as they should be: liars, and those whose disk or clock is bad. More
    /// than f at once is more than the rules promise.
    var impaired: Set<Int> = []
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
    var workload = Workload()
    /// What honest nodes have accepted and is not final, by id.
    var owed: [Bytes32: Owed] = [:]
    /// The height at which `owed` was last looked through, and whether nothing was owed then.
    var owedChecked: (height: Height, isNothing: Bool)?
    /// The longest that what was owed took to be final, in microseconds.
    var slowestFinality: UInt64 = 0
    /// When something last kept any node from its work, in virtual time.
    var troubledAt: UInt64 = 0
    var isHealed = false

    package init(_ scenario: Scenario) {
        self.scenario = scenario
        faults = Set(scenario.faults)
        var random = SeededGenerator(seed: scenario.seed)
        let n = scenario.validators
        let changes = scenario.faults.contains(.membership)
        candidates = n + (changes ? 2 : 1)
        faultTolerance = max(1, (n - (changes && n > 4 ? 2 : 1)) / 3)
        let epochLength = scenario.epochLength ?? random.pick([2, 3, 4, 5, 6, 8, 16])
        isPatient = scenario.isOfLinksAlone && random.chance(perMille: 500)
        genesis = SimulatedChain.genesis(
            validators: n,
            parameters: SimulatedChain.parameters(
                epochLength: epochLength, heartbeatMilliseconds: isPatient ? 60_000 : 1000))
        domain = genesis.domain
        self.random = random
        let first = SimulatedSet(Array(0..<n), of: candidates)
        invariants = Invariants(genesis: genesis, first: first)
        makeNodes(first)
    }

    private func makeNodes(_ first: SimulatedSet) {
        let n = scenario.validators
        let kinds = scenario.twins == nil ? chooseLiars() : [.twins]
        // Which validators are liars changes from run to run: leaders rotate by index.
        let firstLiar = scenario.twins?.place ?? random.index(below: n)
        for place in 0..<candidates {
            let position = (place + n - firstLiar) % n
            let kind = place < n && position < kinds.count ? kinds[position] : nil
            let skew = faults.contains(.skew) ? Int64(random.number(in: 0...400)) - 200 : 0
            addNode(place, kind, skew, first)
            guard let kind else { continue }
            impaired.insert(place)
            injected[kind.rawValue, default: 0] += 1
            if kind == .twins, scenario.twins != nil {
                addNode(place, kind, skew, first)
            } else if kind == .twins {
                addNode(place, kind, skew, first)
                // Each validator hears one twin or both.
                let sides = (0..<candidates).map { _ in random.index(below: 3) }
                nodes[nodes.count - 2].audience = sides.map { $0 != 0 }
                nodes[nodes.count - 1].audience = sides.map { $0 != 1 }
            }
        }
        if faults.contains(.copy), random.chance(perMille: 250) {
            let place = random.index(below: n)
            // Its clock is as wrong as the original's.
            let original = nodes.first {
                // A key's holder serves one node at a time.
                $0.place == place && $0.isHonest && $0.signer.holder == nil
            }
            if let original {
                addNode(place, .copy, original.skew, first)
            }
        }
        honest = nodes.filter(\.isHonest)
        holders = (0..<candidates).map { place in nodes.filter { $0.place == place } }
        for node in nodes where !node.isAbsent {
            queue.insert(.start(node.id), at: random.number(in: 0...300_000))
        }
        for node in nodes where !node.isHonest && node.byzantine != .copy {
            queue.insert(.mischief(node.id), at: random.number(in: 500_000...1_500_000))
        }
        honest.first?.crashPoint = scenario.crashPoint
        queue.insert(.workload, at: 500_000)
    }

    /// The kinds of this run's liars: none, or f of one kind or of two.
    private func chooseLiars() -> [FaultKind] {
        let kinds = scenario.faults.filter(\.isByzantine)
        guard !kinds.isEmpty, random.chance(perMille: 667) else { return [] }
        let chosen = [random.pick(kinds), random.pick(kinds)]
        return (0..<faultTolerance).map { chosen[$0 % 2] }
    }

    private func addNode(_ place: Int, _ kind: FaultKind?, _ skew: Int64, _ first: SimulatedSet) {
        // Some keep their key in another process, which remembers what the journal may have lost.
        let isApart = kind == nil && !faults.isEmpty && random.chance(perMille: 300)
        nodes.append(
            SimulatedNode(
                id: nodes.count, place: place, byzantine: kind, skew: skew, scenario: scenario,
                genesis: genesis, set: first, candidates: candidates,
                holder: isApart ? SimulatedKeyHolder() : nil))
        if isApart { note("signers apart") }
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
        let clock = Int64(SimulatedChain.start.milliseconds) + Int64(now / 1000) + node.clockError
        return LocalTime(
            instant: Instant(microseconds: now),
            clock: Timestamp(milliseconds: UInt64(max(0, clock))))
    }

    private func handle(_ event: Event) {
        // Who stands still finds later what comes now.
        if let id = event.receiver, nodes[id].stalledUntil > now {
            let later = nodes[id].stalledUntil
            if case .timer = event, nodes[id].armed == now { nodes[id].armed = later }
            return queue.insert(event, at: later)
        }
        switch event {
        case .start(let id):
            start(nodes[id])
        case .timer(let id, let generation):
            guard let node = live(id, generation), node.armed == now else { return }
            node.armed = nil
            node.timersAtOnce = node.lastTimer == now ? node.timersAtOnce + 1 : 0
            node.lastTimer = now
            guard node.timersAtOnce < 100 else {
                return violate("L6", "a timer of node \(id) is due again and again")
            }
            trace.add(now, 1, UInt64(id), 0)
            handle(.tick, at: node)
        case .message(let envelope, let id):
            guard nodes[id].isUp else { return }
            trace.add(now, 2, UInt64(envelope.sender * 256 + id), envelope.tag)
            receive(envelope.content, from: nodes[envelope.sender], at: nodes[id])
        case .connect(let id, let other):
            guard nodes[id].isUp, nodes[other].isUp else { return }
            connect(nodes[id], with: nodes[other])
        case .work(let work, let id, let generation):
            guard let node = live(id, generation) else { return }
            complete(work, at: node)
        case .mischief(let id):
            mischief(nodes[id])
        case .workload:
            work()
        }
    }

    private func live(_ id: Int, _ generation: Int) -> SimulatedNode? {
        let node = nodes[id]
        return node.isUp && node.generation == generation ? node : nil
    }

    func arm(_ node: SimulatedNode) {
        guard node.isUp else { return }
        let deadline = node.machine.nextDeadline?.microseconds ?? .max
        guard deadline < .max else { return }
        let time = max(deadline, now)
        if let armed = node.armed, armed <= time, armed >= now { return }
        node.armed = time
        queue.insert(.timer(node.id, generation: node.generation), at: time)
    }

    func note(_ fault: String, _ count: Int = 1) { injected[fault, default: 0] += count }

    func violate(_ invariant: String, _ detail: String) {
        guard invariants.violation == nil else { return }
        invariants.violation = Violation(
            invariant: invariant, detail: detail, milliseconds: now / 1000)
    }
}

extension Cluster.Event {
    /// The node that handles it; nil for what is not a node's.
    fileprivate var receiver: Int? {
        switch self {
        case .start, .mischief, .workload: nil
        case .timer(let id, _): id
        case .message(_, let id): id
        case .connect(let id, _): id
        case .work(_, let id, _): id
        }
    }
}
