import BlockSync
import Chain
import Codec
import Consensus
import Ledger

/// The links between nodes as they are now.
struct SimulatedNetwork {
    /// Messages lost and doubled, in a thousand.
    var loss: UInt64 = 0
    var duplication: UInt64 = 0
    /// One-way delay in microseconds.
    var delay: ClosedRange<UInt64> = 5000...80_000
    /// Each validator's side; nil where all are together.
    var sides: [Int]?
    /// Each node's side, where twins are told apart; nil within for who hears all.
    var nodeSides: [Int?]?
    /// Links that are cut, from and to.
    var cut: Set<Link> = []
    /// Messages that were lost and doubled until now.
    var lost = 0
    var doubled = 0

    struct Link: Hashable {
        let from: Int
        let to: Int
    }

    /// Whether messages are late or lost.
    var isTroubled: Bool {
        loss > 0 || sides != nil || nodeSides != nil || !cut.isEmpty || delay.upperBound > 80_000
    }

    func reaches(from: Int, to: Int) -> Bool {
        if let sides, sides[from] != sides[to] { return false }
        return cut.isEmpty || !cut.contains(Link(from: from, to: to))
    }
}

extension Cluster {
    /// Sends to the validators of the sender's epoch, as its replica names them.
    func send(_ message: ConsensusMessage, from node: SimulatedNode, to recipient: Recipient) {
        let event = Event.message(Envelope(.consensus(message), from: node.id), to: 0)
        switch recipient {
        case .all:
            for place in node.set.members { deliver(event, from: node, to: place) }
        case .one(let index):
            if let place = node.set.member(index) { deliver(event, from: node, to: place) }
        }
    }

    func send(_ message: ConsensusMessage, from node: SimulatedNode, toPlace place: Int) {
        send(.consensus(message), from: node, to: [place])
    }

    func send(_ message: SyncMessage, from node: SimulatedNode, toPlace place: Int) {
        send(.sync(message), from: node, to: [place])
    }

    func send(_ message: PeerMessage, from node: SimulatedNode, to places: [Int]) {
        let event = Event.message(Envelope(message, from: node.id), to: 0)
        for place in places { deliver(event, from: node, to: place) }
    }

    /// Puts a message on its way to every node that has the target's key.
    func deliver(_ event: Event, from node: SimulatedNode, to target: Int) {
        let source = node.place
        guard target != source, node.audience?[target] ?? true else { return }
        messages += 1
        guard network.reaches(from: source, to: target) else { return }
        // What follows a slow sync leaves when that is done.
        let leaving = max(now, node.stalledUntil)
        for receiver in holders[target] {
            if let sides = network.nodeSides, let own = sides[node.id],
                let other = sides[receiver.id], own != other
            {
                continue
            }
            if network.loss > 0, random.chance(perMille: network.loss) {
                network.lost += 1
                continue
            }
            let arriving = event.addressed(to: receiver.id)
            queue.insert(arriving, at: leaving + random.number(in: network.delay))
            if network.duplication > 0, random.chance(perMille: network.duplication) {
                network.doubled += 1
                queue.insert(arriving, at: leaving + random.number(in: network.delay))
            }
        }
    }
}

extension Cluster.Event {
    /// The same message for a node.
    fileprivate func addressed(to id: Int) -> Self {
        switch self {
        case .message(let envelope, to: _): .message(envelope, to: id)
        case .start, .timer, .connect, .work, .mischief, .workload: self
        }
    }
}

extension PeerMessage {
    /// A few bits for the trace.
    var traceTag: UInt64 {
        switch self {
        case .consensus(let message): message.traceTag
        case .sync: 0x100
        case .transactions(let pushed): 0x200 &+ UInt64(pushed.transactions.count)
        case .checkpoint(let lines): 0x300 &+ lines.size << 12
        case .submission(let submission): 0x400 &+ submission.number << 12
        case .answer(let answer): 0x500 &+ answer.number << 12
        }
    }
}

extension ConsensusMessage {
    /// A few bits for the trace: enough that two different runs differ soon.
    var traceTag: UInt64 {
        switch self {
        case .proposal(let proposal): 1 + 16 &* proposal.vote.subject.round.view.rawValue
        case .vote(let vote):
            2 &+ 16 &* vote.subject.round.view.rawValue &+ UInt64(vote.subject.kind.rawValue)
                << 32
        case .certificate(let certificate): 3 &+ 16 &* certificate.subject.round.view.rawValue
        case .finalized(let finalized): 4 &+ 16 &* finalized.header.height.rawValue
        case .status(let status): 5 &+ 16 &* status.floorHeight.rawValue
        case .certificateRequest(_, let above, let below):
            6 &+ 16 &* (above.rawValue &+ below.rawValue)
        case .certificates(let certificates): 7 &+ 16 &* UInt64(certificates.count)
        case .blockRequest: 8
        case .block(let block): 9 &+ 16 &* block.header.height.rawValue
        case .transactionRequest(_, let indices): 10 &+ 16 &* UInt64(indices.count)
        case .transactions(_, let transactions): 11 &+ 16 &* UInt64(transactions.count)
        case .entryRequest: 12
        case .entryAnswer(let answer): 13 &+ 16 &* answer.round.view.rawValue
        case .voteRequest: 14
        case .voteAnswer(let answer): 15 &+ 16 &* (answer.vote?.subject.round.view.rawValue ?? 0)
        }
    }
}

/// A digest over everything that happened, in order (FNV-1a over 64-bit words).
struct TraceHash {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ words: UInt64...) {
        for word in words { value = (value ^ word) &* 0x100_0000_01B3 &+ value >> 29 }
    }
}
