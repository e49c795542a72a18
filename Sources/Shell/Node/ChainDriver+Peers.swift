import BlockSync
import Codec
import Consensus
import Elections
import Ledger
import Logging
import PeerNetwork
import Storage
import TransparencyLog

/// What is known of a connected peer.
struct ConnectedPeer: Sendable {
    /// Its number in block synchronization.
    let syncID: BlockSync.PeerID
    let role: PeerRole
    /// Its place among the present validators.
    var validator: ValidatorIndex?
    /// The last final height that it stated.
    var height: UInt64?
    /// Its submissions that are under check.
    var submissions = 0
    /// When it may be told again, as a validator that was, how its epoch ended.
    var nextOutsiderAnswer = Instant(microseconds: 0)
    /// Its requests for blocks that are being answered.
    var questions = 0
}

/// A peer's request for blocks, answered apart from the votes.
struct SyncQuestion: Sendable {
    let peer: Bytes32
    let message: SyncMessage
}

/// Frames to and from other nodes.
extension ChainDriver {
    func handle(_ event: PeerEvent) {
        guarded {
            switch event {
            case .connected(let id, let role): try connected(id, role)
            case .disconnected(let id): disconnected(id)
            case .frame(let frame): try receive(frame)
            case .ownKeyElsewhere(let id, let address): ownKeyElsewhere(id, at: address)
            }
            try drain()
        }
    }

    private func connected(_ id: Bytes32, _ role: PeerRole) throws {
        nextPeer += 1
        let peer = ConnectedPeer(
            syncID: BlockSync.PeerID(nextPeer), role: role, validator: place(of: id))
        peers[id] = peer
        preferringCopy[id] = nil
        enqueue(
            sync.connected(
                peer.syncID, answerBytes: network.largestPayload(from: id),
                at: clock.now().instant))
        sendCheckpoints(to: id)
        if peer.validator != nil, isMember {
            push(
                mempool.first(NodeLimits.resentTransactions).map {
                    Entry(id: $0.id, bytes: $0.bytes)
                }, to: id)
        }
    }

    /// A validator says that another node with our key is connected to it. A few may lie, or see a
    /// restart of ours the wrong way round; of f + 1 one is honest, and two nodes have the key.
    private func ownKeyElsewhere(_ id: Bytes32, at address: String) {
        guard isMember, place(of: id) != nil else { return }
        preferringCopy[id] = address
        guard preferringCopy.keys.count(where: { place(of: $0) != nil }) > validators.faultTolerance
        else { return }
        let addresses = Set(preferringCopy.values).sorted().joined(separator: ", ")
        fail(
            NodeFailure.fork(
                "Other validators are connected to another node with this validator's node key "
                    + "(\(addresses)): the key is in use elsewhere. Two nodes with one key can "
                    + "fork the chain. Stop the other one first, and find out how the key came "
                    + "there."))
    }

    private func disconnected(_ id: Bytes32) {
        guard let peer = peers.removeValue(forKey: id) else { return }
        enqueue(sync.disconnected(peer.syncID, at: clock.now().instant))
        retryRelays(of: id)
    }

    private func receive(_ frame: InboundFrame) throws {
        guard let peer = peers[frame.peer] else { return }
        guard let type = FrameType(rawValue: frame.type) else {
            refuse(frame.peer, "a frame of the unknown type \(frame.type)")
            return
        }
        do throws(CodecError) {
            switch type {
            case .consensus: try receiveConsensus(frame, from: peer)
            case .sync: try receiveSync(frame, from: peer)
            case .transactions: try receiveTransactions(frame, from: peer)
            case .checkpoint: try receiveCheckpoint(frame)
            case .submission: try receiveSubmission(frame, from: peer)
            case .answer: try receiveAnswer(frame)
            }
        } catch {
            refuse(frame.peer, "a message that does not decode: \(error)")
        }
    }

    /// Ends the connection to a peer that sent what no honest node sends.
    func refuse(_ id: Bytes32, _ reason: String) {
        counters.hostileMessages += 1
        network.disconnect(id, because: reason)
    }

    private func receiveConsensus(
        _ frame: InboundFrame, from peer: ConnectedPeer
    ) throws(CodecError) {
        guard let sender = peer.validator else {
            try receiveOutsiders(frame)
            return
        }
        let message = try ConsensusMessage(canonicalBytes: frame.payload)
        switch message {
        case .status(let status): peers[frame.peer]?.height = status.floorHeight.rawValue
        case .finalized(let finalized):
            peers[frame.peer]?.height = finalized.header.height.rawValue
        case .proposal, .vote, .certificate, .certificates, .certificateRequest, .blockRequest,
            .block, .transactionRequest, .transactions, .entryRequest, .entryAnswer, .voteRequest,
            .voteAnswer:
            break
        }
        guard var replica = replica.take() else { return }
        defer { self.replica = replica }
        do throws(MessageRejection) {
            let effects = try replica.receive(message, from: sender, at: clock.now())
            enqueue(effects, of: replica.validators)
        } catch {
            counters.rejectedMessages += 1
            if error.isHostile {
                logger.warning(
                    "a consensus message is refused",
                    metadata: ["peer": "\(frame.peer)", "reason": "\(error)"])
                refuse(frame.peer, "a consensus message that no honest validator sends: \(error)")
            }
        }
    }

    private func receiveSync(
        _ frame: InboundFrame, from peer: ConnectedPeer
    ) throws(CodecError) {
        let message = try SyncMessage(canonicalBytes: frame.payload)
        if case .newest(let finalized?) = message {
            peers[frame.peer]?.height = finalized.header.height.rawValue
        }
        guard !message.isRequest else {
            answerSync(message, to: frame.peer)
            return
        }
        do throws(SyncRejection) {
            let now = clock.now().instant
            enqueue(try sync.receive(message, from: peer.syncID, at: now))
        } catch {
            refuse(frame.peer, "a synchronization message that no honest node sends: \(error)")
        }
    }

    /// Leaves a request to the task that reads blocks. One too many is dropped: its sender asks
    /// again, or another.
    private func answerSync(_ message: SyncMessage, to id: Bytes32) {
        guard let open = peers[id]?.questions, open < NodeLimits.questionsPerPeer,
            answers.offer(SyncQuestion(peer: id, message: message))
        else { return }
        peers[id]?.questions = open + 1
    }

    /// A request for blocks was answered, or dropped.
    func answered(_ question: SyncQuestion) {
        if let open = peers[question.peer]?.questions, open > 0 {
            peers[question.peer]?.questions = open - 1
        }
    }

    func sendSync(_ message: SyncMessage, to syncID: BlockSync.PeerID) {
        guard let id = peers.first(where: { $0.value.syncID == syncID })?.key else { return }
        network.send(FrameType.sync.rawValue, message.canonicalBytes, to: id, as: .consensus)
    }

    func disconnect(_ syncID: BlockSync.PeerID, _ rejection: SyncRejection) {
        guard let id = peers.first(where: { $0.value.syncID == syncID })?.key else { return }
        refuse(id, "a synchronization message that no honest node sends: \(rejection)")
    }

    /// Sends a message to the node with a key, or to all validators.
    func send(_ message: ConsensusMessage, to key: Bytes32?) {
        // A block is not encoded for a queue that is full: who asked asks again, or another.
        if let key, case .block = message, !network.hasBulkRoom(for: key) { return }
        let payload = message.canonicalBytes
        let type = FrameType.consensus.rawValue
        let trafficClass: TrafficClass = message.isBulk ? .bulk : .consensus
        if let key {
            network.send(type, payload, to: key, as: trafficClass)
        } else {
            network.broadcast(type, payload, as: trafficClass)
        }
    }

    /// Sends transactions to one validator, or to all.
    func push(_ entries: [Entry], to id: Bytes32? = nil) {
        for frame in PushedTransactions.frames(entries) {
            let payload = frame.canonicalBytes
            let type = FrameType.transactions.rawValue
            if let id {
                network.send(type, payload, to: id, as: .bulk)
            } else {
                network.broadcast(type, payload, as: .bulk)
            }
        }
    }
}
