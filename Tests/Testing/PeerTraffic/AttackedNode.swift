import BlockSync
import Chain
import Codec
package import Consensus
import Cosigning
import Cryptography
package import Ledger
import Simulation
import TransparencyLog

/// What no peer may bring about with a stranger's means, or with one validator's key of four.
package enum AttackFinding: Error, Hashable {
    /// The node would stop.
    case halted(HaltReason)
    /// Block synchronization would stop.
    case conflict(Height)
    /// A final block that does not continue the chain was to be stored.
    case brokenChain(Height)
    /// An answer that does not fit a frame.
    case tooLarge(bytes: Int)
    /// More is kept than the bounds allow.
    case tooMuchKept(ReplicaHoldings)
}

/// A validator's handlers in one process, driven as a node drives them: agreement, synchronization,
/// the collection of checkpoints. Its two honest colleagues vote as it does, so that views end and
/// blocks become final under attack.
package struct AttackedNode {
    typealias AttackedReplica = Replica<SimulatedSignatures, SimulatedSigner>

    private let genesis: Genesis
    /// What is final and stored.
    package private(set) var chain: FinalChain
    private var replica: AttackedReplica
    private var sync: SyncClient<SimulatedSignatures>
    private var book: CheckpointBook<Ed25519Verifier>?
    private var transactions: [Bytes32: [UInt8]] = [:]
    private var peer = BlockSync.PeerID(1)
    private let isValidator: Bool
    private let newest: Height
    private var milliseconds: UInt64
    /// Votes of the node that its colleagues repeat at the next step.
    private var repeated: [VoteSubject] = []
    /// What it said to the attacker since it was last asked.
    private var said: [PeerFrame] = []

    /// Views that a session may pass, with a margin: what is kept is bounded by them.
    private static let kept = 2000

    /// A node that has the beginning of a chain whose rest others know.
    ///
    /// - Parameters:
    ///   - newest: the newest final height there is. Its colleagues signed the chain up to there, and
    ///     vote with the node only once it has come so far.
    ///   - isValidator: whether the attacker's connection is that of the validator at place 1.
    package init(
        has chain: FinalChain, ofWhich newest: Height, attackedByValidator isValidator: Bool
    ) throws(AttackFinding) {
        genesis = chain.genesis
        self.chain = chain
        self.newest = newest
        self.isValidator = isValidator
        let floor = chain.newest().map { Floor($0) } ?? .genesis(chain.genesis)
        milliseconds = 10_000 + 100 * floor.height.rawValue
        replica = Replica(
            configuration: ReplicaConfiguration(
                domain: genesis.domain, parameters: genesis.parameters,
                validators: genesis.validators, key: FinalChain.consensusKey(0), nonce: .zero,
                listening: 0),
            verifier: SimulatedSignatures(),
            signer: SimulatedSigner(key: FinalChain.consensusKey(0)), floor: floor,
            journal: .intact([], length: 0))
        sync = SyncClient(genesis: genesis, verifier: SimulatedSignatures(), floor: floor)
        book = CheckpointBook(genesis: genesis, verifier: Ed25519Verifier())
        try carryOut(replica.start(at: now))
        try carryOut(sync.connected(peer, at: now.instant))
    }

    private var now: LocalTime {
        LocalTime(
            instant: Instant(microseconds: milliseconds * 1000),
            clock: genesis.time.adding(milliseconds: milliseconds))
    }

    package var floorHeight: Height { replica.status.floorHeight }
    package var view: View { replica.round.view }

    /// Takes what it said to the attacker.
    package mutating func takeSaid() -> [PeerFrame] {
        defer { said = [] }
        return said
    }

    /// Lets time pass; the honest colleagues' votes arrive.
    package mutating func pass(milliseconds more: UInt64) throws(AttackFinding) {
        milliseconds += more
        let votes = repeated
        repeated = []
        for subject in votes where floorHeight >= newest {
            for index in [2, 3] {
                let vote = FinalChain.vote(subject, by: index, of: genesis)
                try receive(.vote(vote), from: ValidatorIndex(UInt16(index)))
            }
        }
        try carryOut(replica.advance(to: now))
        try carryOut(sync.advance(to: now.instant))
        let holdings = replica.holdings
        guard holdings.blocks + holdings.certificates + holdings.tallies < Self.kept else {
            throw .tooMuchKept(holdings)
        }
    }

    /// Handles one frame of the attacker's as a node does.
    package mutating func receive(_ frame: PeerFrame) throws(AttackFinding) {
        // What does not decode ends a connection, and the attacker makes another.
        switch PeerFrameKind(rawValue: frame.type) {
        case .consensus:
            guard let message = try? ConsensusMessage(canonicalBytes: frame.payload) else { return }
            guard isValidator else {
                _ = replica.answer(toOutsider: message)
                return
            }
            try receive(message, from: ValidatorIndex(1))
        case .sync:
            guard let message = try? SyncMessage(canonicalBytes: frame.payload) else { return }
            try receive(message)
        case .transactions: reencode(frame, "PushedTransactions")
        case .checkpoint: receiveCheckpoint(frame)
        case .submission: reencode(frame, "RelayedSubmission")
        case .answer: reencode(frame, "OldRelayedAnswer")
        case .hello, .refusal, .ping, .pong, .part, .lastPart, nil: break
        }
    }

    private mutating func receive(
        _ message: ConsensusMessage, from sender: ValidatorIndex
    ) throws(AttackFinding) {
        let effects: [Effect]
        do throws(MessageRejection) {
            effects = try replica.receive(message, from: sender, at: now)
        } catch {
            return
        }
        try carryOut(effects)
    }

    private mutating func receive(_ message: SyncMessage) throws(AttackFinding) {
        if message.isRequest {
            // The source is in memory and throws nothing.
            if let answer = try? SyncServer.answer(message, from: chain) { try say(answer) }
            return
        }
        let effects: [SyncEffect]
        do throws(SyncRejection) {
            effects = try sync.receive(message, from: peer, at: now.instant)
        } catch {
            // The attacker was disconnected and comes again.
            peer = BlockSync.PeerID(peer.rawValue + 1)
            effects = sync.connected(peer, at: now.instant)
        }
        try carryOut(effects)
    }

    /// Reads a message that only `Node` knows.
    private func reencode(_ frame: PeerFrame, _ name: String) {
        // A refusal is a right answer.
        _ = try? FrameKinds.all.first { $0.name == name }?.reencoded(frame.payload)
    }

    private mutating func receiveCheckpoint(_ frame: PeerFrame) {
        var reader = ByteReader(frame.payload)
        // What `Node` reads is read here once more by its form; the first wrong part ends it.
        guard let kind = FrameKinds.all.first(where: { $0.name == "CheckpointLines" }),
            (try? kind.reencoded(frame.payload)) != nil,
            let size = try? reader.readUInt64(), let root = try? reader.readBytes32(),
            let count = try? reader.readUInt32()
        else { return }
        var lines: [NoteSignature] = []
        for _ in 0..<count {
            guard let bytes = try? reader.readVariable(limit: 512),
                let line = try? NoteSignature(line: bytes)
            else { return }
            lines.append(line)
        }
        // A conflict is the attacker's fault: it is disconnected.
        _ = try? book?.take(size: size, root: root, lines: lines)
        _ = book?.equivocations
    }
}

/// Carrying out what the state machines ask for, in order.
extension AttackedNode {
    private mutating func carryOut(_ effects: [Effect]) throws(AttackFinding) {
        for effect in effects { try carryOut(effect) }
    }

    private mutating func carryOut(_ effect: Effect) throws(AttackFinding) {
        switch effect {
        case .persist(let records), .replaceJournal(let records):
            for record in records { _ = record.canonicalBytes }
        case .send(let message, _): try say(message)
        case .build(let template): try build(template)
        case .locate(let hash, let ids):
            let found = ids.map { id in transactions[id].map { Entry(id: id, bytes: $0) } }
            try carryOut(replica.located(found, of: hash, at: now))
        case .validate(let block):
            try carryOut(replica.validated(block.header.hash, verdict(of: block), at: now))
        case .confirm(let number): try carryOut(replica.confirmed(number, at: now))
        case .finalize(let final): try store(final)
        case .synchronize(let finalized):
            try carryOut(sync.target(finalized, at: now.instant))
        case .report(let equivocation):
            let evidence = EquivocationEvidence(equivocation.first, equivocation.second)
            if let evidence { _ = Transaction.equivocation(evidence).canonicalBytes }
        case .halt(let reason): throw .halted(reason)
        }
    }

    private mutating func carryOut(_ effects: [SyncEffect]) throws(AttackFinding) {
        for effect in effects {
            switch effect {
            case .send(let message, _): try say(message)
            case .deliver(let final):
                try store(final)
                try carryOut(replica.adopt(final.tip, at: now))
            case .disconnect: peer = BlockSync.PeerID(peer.rawValue + 1)
            case .conflict(let finalized): throw .conflict(finalized.header.height)
            }
        }
    }

    private mutating func say(_ message: ConsensusMessage) throws(AttackFinding) {
        try say(.consensus, message.canonicalBytes)
        switch message {
        case .vote(let vote) where vote.signer == replica.index: repeated.append(vote.subject)
        case .proposal(let proposal) where proposal.vote.signer == replica.index:
            repeated.append(proposal.vote.subject)
        case .proposal, .vote, .certificate, .finalized, .status, .certificateRequest,
            .certificates, .blockRequest, .block, .transactionRequest, .transactions,
            .entryRequest, .entryAnswer, .voteRequest, .voteAnswer:
            break
        }
    }

    private mutating func say(_ message: SyncMessage) throws(AttackFinding) {
        try say(.sync, message.canonicalBytes)
    }

    private mutating func say(
        _ kind: PeerFrameKind, _ payload: [UInt8]
    ) throws(AttackFinding) {
        guard payload.count <= ConsensusLimits.frameBytes else {
            throw .tooLarge(bytes: payload.count)
        }
        said.append(PeerFrame(type: kind.rawValue, payload: payload))
    }

    private mutating func build(_ template: BlockTemplate) throws(AttackFinding) {
        let block = FinalChain.block(
            of: template, template.mayBeEmpty ? [] : [[UInt8(template.round.view.rawValue % 250)]])
        try carryOut(replica.built(block, for: template.round, at: now))
    }

    /// The rules of the toy chain, which stand for those of the ledger.
    private func verdict(of block: Block) -> Verdict {
        let header = block.header
        guard header.logSize == header.height.rawValue, header.logRoot == .zero,
            header.stateDigestAfterParent == .zero,
            header.nextValidatorsHash == genesis.validators.hash
        else { return .invalid("it is not what its transactions make") }
        return .valid
    }

    private mutating func store(_ final: FinalizedChain) throws(AttackFinding) {
        for block in final.blocks {
            let header = block.header
            if let known = chain.block(at: header.height) {
                guard known == block else { throw .brokenChain(header.height) }
                continue
            }
            let parent = chain.blocks.last?.header.hash ?? genesis.chainID
            guard header.height.rawValue == UInt64(chain.blocks.count) + 1,
                header.parentHash == parent
            else { throw .brokenChain(header.height) }
            chain.append(block)
        }
        chain.append(final.tip)
        try carryOut(
            sync.floorAdvanced(
                to: Floor(final.tip), validators: genesis.validators, at: now.instant))
    }
}
