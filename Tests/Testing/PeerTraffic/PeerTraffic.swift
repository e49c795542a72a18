import BlockSync
import Codec
package import Consensus
import Ledger

/// Makes the frames of a hostile peer, one after the other.
///
///     var traffic = PeerTraffic(Choices(seed: 1), knowing: knowledge)
///     let frame = traffic.nextFrame()      // to be sent
///     traffic.hear(received)               // what the attacked node says
///
/// It never waits and holds no clock. What it heard it answers and attacks: the height that was asked
/// for, the nonce of a request, the round that a status tells.
package struct PeerTraffic: Sendable {
    let knowledge: ChainKnowledge
    package internal(set) var choices: Choices
    /// Whether frames of the transport come between the others.
    let speaksTransport: Bool

    /// Where the attacked node is, as it says.
    var status: StatusMessage
    /// Its requests for blocks that are not answered yet, at most `memory`.
    var asked: [(first: Height, count: UInt32)] = []
    /// Hashes of blocks, headers and requests that it named.
    var hashes: [Bytes32] = []
    /// The nonces of its questions.
    var nonces: [Bytes32] = []
    /// Its proposals, newest last.
    var proposals: [ProposalMessage] = []
    /// What was sent, to be sent again.
    private var sent: [PeerFrame] = []

    /// How much of each kind is remembered.
    private static let memory = 32

    package init(
        _ choices: Choices, knowing knowledge: ChainKnowledge, speaksTransport: Bool = false
    ) {
        self.choices = choices
        self.knowledge = knowledge
        self.speaksTransport = speaksTransport
        let newest = knowledge.blocks[knowledge.blocks.count - 1].header
        status = StatusMessage(
            round: newest.round, floorHeight: newest.height, floorHash: newest.hash,
            floorView: newest.view, clock: newest.time)
        hashes = knowledge.blocks.suffix(4).map(\.header.hash)
    }

    /// The next frame to send.
    package mutating func nextFrame() -> PeerFrame {
        var frame = wholeFrame()
        if choices.chance(12) { frame = damaged(frame) }
        if choices.chance(4), let earlier = choices.pick(sent) { frame = earlier }
        sent.append(frame)
        sent = sent.suffix(Self.memory)
        return frame
    }

    private mutating func wholeFrame() -> PeerFrame {
        if speaksTransport, choices.chance(8) { return transportFrame() }
        switch choices.below(100) {
        case 0..<40: return PeerFrame(.sync, syncMessage())
        case 40..<80: return PeerFrame(.consensus, consensusMessage())
        case 80..<86: return PeerFrame(.checkpoint, checkpointLines())
        case 86..<91: return PeerFrame(.transactions, pushedTransactions())
        case 91..<95: return PeerFrame(.submission, submission())
        case 95..<99: return PeerFrame(.answer, answer())
        default:
            let count = choices.below(64)
            return PeerFrame(
                type: UInt8(truncatingIfNeeded: choices.below(256)), payload: choices.noise(count))
        }
    }

    /// A frame of which bytes were changed, left out or added.
    private mutating func damaged(_ frame: PeerFrame) -> PeerFrame {
        var payload = frame.payload
        guard !payload.isEmpty else { return frame }
        let place = choices.below(payload.count)
        switch choices.below(5) {
        case 0: payload[place] ^= 1 << UInt8(choices.below(8))
        case 1: payload.removeLast(min(payload.count, 1 + choices.below(40)))
        case 2: payload += choices.noise(1 + choices.below(8))
        case 3:
            let number = choices.number(near: 0)
            for (offset, index) in payload.indices.dropFirst(place).prefix(8).enumerated() {
                payload[index] = UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * offset))
            }
        default: payload.removeSubrange(place..<min(payload.count, place + 8))
        }
        return PeerFrame(type: frame.type, payload: payload)
    }

    /// Takes up what the attacked node said.
    package mutating func hear(_ frame: PeerFrame) {
        // What it says decodes; where it does not, nothing is learned.
        switch PeerFrameKind(rawValue: frame.type) {
        case .consensus:
            if let message = try? ConsensusMessage(canonicalBytes: frame.payload) { hear(message) }
        case .sync:
            if let message = try? SyncMessage(canonicalBytes: frame.payload) { hear(message) }
        case .transactions, .checkpoint, .submission, .answer, .hello, .refusal, .ping, .pong,
            .part, .lastPart, nil:
            break
        }
        asked = asked.suffix(Self.memory)
        hashes = hashes.suffix(Self.memory)
        nonces = nonces.suffix(Self.memory)
        proposals = proposals.suffix(4)
    }

    private mutating func hear(_ message: SyncMessage) {
        switch message {
        case .rangeRequest(let height, let count, bytes: _): asked.append((height, count))
        case .newest(let finalized): if let finalized { hashes.append(finalized.header.hash) }
        case .newestRequest, .range, .unavailable: break
        }
    }

    private mutating func hear(_ message: ConsensusMessage) {
        switch message {
        case .status(let status):
            self.status = status
            hashes.append(status.floorHash)
        case .proposal(let proposal):
            proposals.append(proposal)
            hashes.append(proposal.header.hash)
        case .vote(let vote): hear(vote.subject)
        case .certificate(let certificate): hear(certificate.subject)
        case .certificates(let certificates): for one in certificates { hear(one.subject) }
        case .finalized(let finalized): hashes.append(finalized.header.hash)
        case .blockRequest(let hash), .transactionRequest(let hash, _): hashes.append(hash)
        case .block(let block): hashes.append(block.header.hash)
        case .entryRequest(let nonce), .voteRequest(let nonce): nonces.append(nonce)
        case .certificateRequest, .transactions, .entryAnswer, .voteAnswer: break
        }
    }

    private mutating func hear(_ subject: VoteSubject) {
        if let proposal = subject.proposal { hashes.append(proposal.blockHash) }
        guard subject.round > status.round else { return }
        status = StatusMessage(
            round: subject.round, floorHeight: status.floorHeight, floorHash: status.floorHash,
            floorView: status.floorView, clock: status.clock)
    }

    /// Tells what a status would: for tests that know where the attacked node is.
    package mutating func learn(_ status: StatusMessage) { self.status = status }

    /// A hash that the attacked node knows, or one that nobody does.
    mutating func hash() -> Bytes32 {
        if choices.chance(80), let known = choices.pick(hashes) { return known }
        return choices.chance(50) ? .zero : Bytes32(choices.noise(Bytes32.size)[...])
    }

    /// A true block, its place by chance.
    mutating func block() -> Block { knowledge.blocks[choices.below(knowledge.blocks.count)] }
}
