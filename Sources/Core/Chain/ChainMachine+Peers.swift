import Admission
package import BlockSync
package import Codec
import Consensus
package import Ledger

/// What is known of a connected peer.
package struct ConnectedPeer: Sendable {
    /// Its number in block synchronization.
    let syncID: PeerID
    package let isValidatorByItsWord: Bool
    /// Its place among the present validators.
    package internal(set) var validator: ValidatorIndex?
    /// The last final height that it stated.
    package internal(set) var height: UInt64?
    /// When it may be told again, as a validator that was, how its epoch ended.
    var nextOutsiderAnswer = Instant(microseconds: 0)
}

/// A peer's request for blocks, answered apart from the votes.
package struct SyncQuestion: Sendable {
    package let peer: Bytes32
    package let message: SyncMessage
}

/// Messages of other nodes.
extension ChainMachine {
    mutating func connected(_ key: Bytes32, isValidator: Bool, answerBytes: Int) {
        if let old = peers[key] { forget(old) }
        nextPeer += 1
        let peer = ConnectedPeer(
            syncID: PeerID(nextPeer), isValidatorByItsWord: isValidator, validator: place(of: key))
        peers[key] = peer
        peerKeys[peer.syncID] = key
        preferringCopy[key] = nil
        enqueue(sync.connected(peer.syncID, answerBytes: answerBytes, at: now.instant))
        sendCheckpoints(to: key)
        if peer.validator != nil, isMember {
            push(mempool.first(ChainLimits.resentTransactions).map(\.entry), to: key)
        }
    }

    private mutating func forget(_ peer: ConnectedPeer) {
        enqueue(sync.disconnected(peer.syncID, at: now.instant))
        peerKeys[peer.syncID] = nil
    }

    mutating func disconnected(_ key: Bytes32) {
        guard let peer = peers.removeValue(forKey: key) else { return }
        forget(peer)
        retryRelays(of: key)
    }

    /// A validator says that another node with our key is connected to it. A few may lie, or see a
    /// restart of ours the wrong way round; of f + 1 one is honest, and two nodes have the key.
    mutating func ownKeyElsewhere(_ key: Bytes32, at address: String) {
        guard isMember, place(of: key) != nil else { return }
        preferringCopy[key] = address
        guard preferringCopy.keys.count(where: { place(of: $0) != nil }) > validators.faultTolerance
        else { return }
        stop(.keyInUse(addresses: Set(preferringCopy.values).sorted()))
    }

    mutating func receive(_ type: UInt8, _ payload: [UInt8], from key: Bytes32) {
        guard peers[key] != nil else { return }
        do throws(CodecError) {
            receive(try PeerMessage(type: type, payload: payload), from: key)
        } catch {
            refuse(
                key, FrameType(rawValue: type) == nil ? .unknownFrame(type) : .undecodable(error))
        }
    }

    mutating func receive(_ message: PeerMessage, from key: Bytes32) {
        guard let peer = peers[key] else { return }
        switch message {
        case .consensus(let message): receive(message, from: key, peer)
        case .sync(let message): receive(message, from: key, peer)
        case .transactions(let pushed): receive(pushed, from: key, peer)
        case .checkpoint(let lines): receive(lines, from: key)
        case .submission(let submission): receive(submission, from: key, peer)
        case .answer(let answer): receive(answer, from: key)
        }
    }

    /// Ends the connection to a peer that sent what no honest node sends.
    mutating func refuse(_ key: Bytes32, _ fault: PeerFault) {
        counters.hostileMessages += 1
        emit(.disconnect(key, fault))
    }

    private mutating func receive(
        _ message: ConsensusMessage, from key: Bytes32, _ peer: ConnectedPeer
    ) {
        guard let sender = peer.validator else { return receiveOutsider(message, from: key) }
        if let height = message.statedHeight { peers[key]?.height = height.rawValue }
        let now = now
        do throws(MessageRejection) {
            let taken = try replica?.take { replica throws(MessageRejection) in
                try replica.receive(message, from: sender, at: now)
            }
            if let (effects, validators) = taken { enqueue(effects, of: validators) }
        } catch {
            counters.rejectedMessages += 1
            if error.isHostile {
                emit(.report(.refusedMessage(from: key, error)))
                refuse(key, .consensus(error))
            }
        }
    }

    private mutating func receive(
        _ message: SyncMessage, from key: Bytes32, _ peer: ConnectedPeer
    ) {
        if case .newest(let finalized?) = message {
            peers[key]?.height = finalized.header.height.rawValue
        }
        guard !message.isRequest else { return answer(message, of: key, peer) }
        do throws(SyncRejection) {
            enqueue(try sync.receive(message, from: peer.syncID, at: now.instant))
        } catch {
            refuse(key, .sync(error))
        }
    }

    /// Has a request for blocks answered. One too many is dropped: its sender asks again, or another.
    private mutating func answer(
        _ message: SyncMessage, of key: Bytes32, _ peer: ConnectedPeer
    ) {
        guard questions[key, default: 0] < ChainLimits.questionsPerPeer,
            openQuestions < ChainLimits.questions
        else { return }
        questions[key, default: 0] += 1
        emit(.answerSync(SyncQuestion(peer: key, message: message)))
    }

    mutating func answeredSync(_ key: Bytes32) {
        let left = questions[key, default: 0] - 1
        questions[key] = left > 0 ? left : nil
    }

    /// Sends transactions to one validator, or to all.
    mutating func push(_ transactions: [Entry], to key: Bytes32? = nil) {
        for pushed in PushedTransactions.messages(transactions) {
            if let key {
                emit(.send(.transactions(pushed), to: [key]))
            } else {
                emit(.broadcast(.transactions(pushed)))
            }
        }
    }

    /// Pushes what a leader may include and waits longest to the other validators again, one frame, while
    /// nothing becomes final.
    mutating func pushAgain() {
        guard let due = repushDue, due <= now.instant else { return }
        let oldest = mempool.candidates(count: ChainLimits.pushedTransactions, excluding: [])
        if let frame = PushedTransactions.messages(oldest.map(\.entry)).first {
            emit(.broadcast(.transactions(frame)))
        }
        repushDelay = min(2 * repushDelay, ChainLimits.longestRepushMilliseconds)
        repushDue = now.instant.adding(milliseconds: repushDelay)
    }
}

extension ConsensusMessage {
    /// The final height that its sender states, if it does.
    fileprivate var statedHeight: Height? {
        switch self {
        case .status(let status): status.floorHeight
        case .finalized(let finalized): finalized.header.height
        case .proposal, .vote, .certificate, .certificates, .certificateRequest, .blockRequest,
            .block, .transactionRequest, .transactions, .entryRequest, .entryAnswer, .voteRequest,
            .voteAnswer:
            nil
        }
    }
}
