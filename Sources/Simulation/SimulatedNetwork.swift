import BlockSync
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
    /// Links that are cut, from and to.
    var cut: Set<Link> = []

    struct Link: Hashable {
        let from: Int
        let to: Int
    }

    func reaches(from: Int, to: Int) -> Bool {
        if let sides, sides[from] != sides[to] { return false }
        return !cut.contains(Link(from: from, to: to))
    }
}

extension Cluster {
    func send(_ message: ConsensusMessage, from node: SimulatedNode, to recipient: Recipient) {
        switch recipient {
        case .all:
            for target in 0..<scenario.validators { send(message, from: node, to: target) }
        case .one(let target):
            send(message, from: node, to: Int(target.rawValue))
        }
    }

    func send(_ message: ConsensusMessage, from node: SimulatedNode, to target: Int) {
        deliver(from: node, to: target) { .message(message, from: node.id, to: $0) }
    }

    func send(_ message: SyncMessage, from node: SimulatedNode, to target: Int) {
        deliver(from: node, to: target) { .sync(message, from: node.id, to: $0) }
    }

    /// Puts a message on its way to every node that has the target's key.
    func deliver(
        from node: SimulatedNode, to target: Int, _ event: (Int) -> Event
    ) {
        let source = Int(node.index.rawValue)
        guard target != source, node.audience?[target] ?? true else { return }
        messages += 1
        guard network.reaches(from: source, to: target) else { return }
        for receiver in nodes where Int(receiver.index.rawValue) == target {
            if network.loss > 0, random.chance(perMille: network.loss) {
                injected["loss", default: 0] += 1
                continue
            }
            queue.insert(event(receiver.id), at: now + random.number(in: network.delay))
            if network.duplication > 0, random.chance(perMille: network.duplication) {
                injected["duplication", default: 0] += 1
                queue.insert(event(receiver.id), at: now + random.number(in: network.delay))
            }
        }
    }
}

extension ConsensusMessage {
    /// A few bits for the trace: enough that two different runs differ soon.
    var traceTag: UInt64 {
        switch self {
        case .proposal(let proposal): 1 + 16 * proposal.vote.subject.round.view.rawValue
        case .vote(let vote):
            2 + 16 * vote.subject.round.view.rawValue + UInt64(vote.subject.kind.rawValue)
                << 32
        case .certificate(let certificate): 3 + 16 * certificate.subject.round.view.rawValue
        case .finalized(let finalized): 4 + 16 * finalized.header.height.rawValue
        case .status(let status): 5 + 16 * status.floorHeight.rawValue
        case .certificateRequest(_, let above, let below):
            6 + 16 * (above.rawValue + below.rawValue)
        case .certificates(let certificates): 7 + 16 * UInt64(certificates.count)
        case .blockRequest: 8
        case .block(let block): 9 + 16 * block.header.height.rawValue
        case .transactionRequest(_, let indices): 10 + 16 * UInt64(indices.count)
        case .transactions(_, let transactions): 11 + 16 * UInt64(transactions.count)
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
