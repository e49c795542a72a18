import APISchema
import BlockSync
import Codec
import Consensus
import Cryptography
import Elections
import Files
import Ledger
import Logging
import NodeAPI
import PeerNetwork
import Storage
import TransparencyLog

typealias NodeReplica = Replica<Ed25519Verifier, ConsensusSigner>
typealias NodeSyncClient = SyncClient<Ed25519Verifier>

/// The one owner of a node's state machines. It feeds them one input at a time and carries out what
/// they ask for strictly in order, on a thread of its own where disk writes may block. Execution and
/// proofs run elsewhere and come back as inputs.
actor ChainDriver: BlockingActor {
    nonisolated let executor: BlockingExecutor

    // What does not change while the node runs.
    let chain: ChainContext
    let keys: NodeKeys
    let store: NodeStore
    let journal: VoteJournal?
    let network: PeerNetwork
    let clock: NodeClock
    let alarm: AlarmClock
    let broadcaster: EventBroadcaster
    let logger: Logger
    nonisolated let admissions = WorkQueue(CheckQueue<AdmissionRequest>())
    nonisolated let executions = WorkQueue(
        BoundedLine<ExecutionTask>(limit: NodeLimits.executionQueue))
    nonisolated let answers = WorkQueue(BoundedLine<SyncQuestion>(limit: NodeLimits.answerQueue))
    let stop: StopSignal

    // The state machines.
    var replica: NodeReplica?
    var sync: NodeSyncClient
    var actions = ActionQueue()
    var isDraining = false
    /// The node stops: no input is taken any more.
    var hasStopped = false
    /// The last input came after the stop, and nothing was done with it.
    var stoppedBeforeInput = false

    // The chain: the floor, and executed blocks above it.
    var floor: Floor
    var head: ChainPoint
    var branches: [Bytes32: ExecutedBranch] = [:]
    /// Blocks that are being executed.
    var executing: Set<Bytes32> = []
    /// Blocks whose judgement the replica waits for.
    var awaitingVerdict: [Bytes32: Block] = [:]

    // Transactions.
    var mempool: Mempool
    var checksUnderWay = ChecksUnderWay()
    /// Styles whose overdue ballots were reported.
    var quotaAlarms: Set<StyleName> = []
    var relays: [UInt64: Relay] = [:]
    var nextRelay: UInt64 = 0

    // Checkpoints.
    var book: CheckpointBook
    /// The newest certified checkpoint that this node's own log covers.
    var published: Certified?
    var cosignedSize: UInt64
    /// Sizes of contradicting cosignatures that were reported, at most `NodeLimits.reports` of each
    /// validator.
    var reportedCosignatures: [String: Set<UInt64>] = [:]
    var restsAt: Instant?
    var repeatAt: Instant?

    // Peers.
    var peers: [Bytes32: ConnectedPeer] = [:]
    var nextPeer: UInt64 = 0
    /// Validators that talk to another node with our key, and where they say that it is.
    var preferringCopy: [Bytes32: String] = [:]

    // Validators.
    /// Those of the height after the floor.
    var validators: ValidatorSet
    /// Node keys of all who ever were validators, or are to be.
    var formerValidators: Set<Bytes32>
    /// When this node says again that it is ready to become a validator.
    var readinessDue: Instant?
    /// The last round that is in the journal as one in which the key signed.
    var signedRound: Round?
    /// Where the operator says that this validator may vote again.
    let voteFrom: Round?

    var votingNote: String?
    var counters = NodeCounters()

    init(_ parts: DriverParts) {
        executor = parts.executor
        chain = parts.chain
        keys = parts.keys
        store = parts.store
        journal = parts.journal
        network = parts.network
        clock = parts.clock
        alarm = parts.alarm
        broadcaster = parts.broadcaster
        logger = parts.logger
        stop = parts.stop
        replica = parts.replica
        sync = NodeSyncClient(
            domain: parts.chain.domain, validators: parts.opened.validators,
            parameters: parts.chain.genesis.parameters, verifier: Ed25519Verifier(),
            floor: parts.opened.floor)
        validators = parts.opened.validators
        formerValidators = Set(
            parts.opened.terms.flatMap { term in term.validators.validators.map(\.nodeKey) })
        voteFrom = parts.voteFrom
        floor = parts.opened.floor
        head = parts.opened.point
        mempool = Mempool(limits: parts.mempoolLimits)
        book = parts.book
        cosignedSize = parts.cosignedSize
        votingNote = parts.votingNote
    }

    /// Starts the replica: what it sends again leaves before any input is taken.
    func start() {
        guarded {
            try restoreCheckpoint()
            if var replica {
                let effects = replica.start(at: clock.now())
                self.replica = replica
                enqueue(effects, of: replica.validators)
                // What cannot be trusted stays as it is until the replica replaces it.
                if replica.hasJournal { try rewriteJournal() }
                if let round = voteFrom { feed { $0.vote(from: round, at: clock.now()) } }
            }
            try enterValidators()
            announcePending()
            try drain()
        }
    }

    /// Expires what is due.
    func tick() {
        guarded {
            let now = clock.now()
            if let deadline = replica?.nextDeadline, deadline <= now.instant {
                feed { $0.advance(to: now) }
            }
            if let deadline = sync.nextDeadline, deadline <= now.instant {
                enqueue(sync.advance(to: now.instant))
            }
            try cosignRestingFloor(at: now)
            repeatCosignatures(at: now)
            declareReadiness(at: now)
            expireRelays(at: now)
            try drain()
        }
    }

    /// Runs one input. A failure of the machine stops the node and is the last thing that happens.
    func guarded(_ body: () throws -> Void) {
        guard !hasStopped else {
            stoppedBeforeInput = true
            return
        }
        do {
            try body()
        } catch {
            fail(error)
        }
        setAlarm()
    }

    func fail(_ error: any Error) {
        guard !hasStopped else { return }
        hasStopped = true
        let failure = NodeFailure(error)
        logger.critical("the node stops", metadata: ["reason": "\(failure)"])
        stop.fail(failure)
    }

    /// Gives the replica an input and queues what it asks for.
    func feed(_ input: (inout NodeReplica) -> [Effect]) {
        guard var replica = replica.take() else { return }
        let effects = input(&replica)
        self.replica = replica
        enqueue(effects, of: replica.validators)
    }

    /// Queues what the replica asks for; places of validators are those in `validators`, the set that
    /// it has now.
    func enqueue(_ effects: [Effect], of validators: ValidatorSet) {
        for effect in effects {
            if case .send(let message, .one(let index)) = effect {
                guard let key = validators[index]?.nodeKey else { continue }
                actions.append(.send(message, to: key))
            } else {
                actions.append(.effect(effect))
            }
        }
    }

    func enqueue(_ effects: [SyncEffect]) {
        for effect in effects {
            switch effect {
            case .send(let message, let peer): sendSync(message, to: peer)
            case .deliver(let chain): actions.append(.deliver(chain))
            case .disconnect(let peer, let rejection): disconnect(peer, rejection)
            case .conflict(let finalized): noteFork(finalized)
            }
        }
    }

    /// Carries out what waits, until it has to wait for an execution.
    func drain() throws {
        guard !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        while !hasStopped, let action = actions.first {
            switch action {
            case .effect(.finalize(let chain)):
                guard try finalize(chain, isSynced: false) else { return }
                actions.removeFirst()
            case .deliver(let chain):
                guard try finalize(chain, isSynced: true) else { return }
                actions.removeFirst()
            case .send(let message, let key):
                actions.removeFirst()
                send(message, to: key)
            case .effect(let effect):
                actions.removeFirst()
                try carryOut(effect)
            }
        }
    }

    private func carryOut(_ effect: Effect) throws {
        switch effect {
        case .persist(let records): try persist(records)
        case .replaceJournal(let records):
            try journal?.rewrite(records)
            votingNote = nil
        case .send(let message, _): send(message, to: nil)
        case .build(let template): build(template)
        case .locate(let hash, let ids):
            let found = ids.map { id in mempool[id].map { Entry(id: id, bytes: $0.bytes) } }
            let now = clock.now()
            feed { $0.located(found, of: hash, at: now) }
        case .validate(let block): validate(block)
        case .confirm(let number):
            let now = clock.now()
            feed { $0.confirmed(number, at: now) }
        case .finalize: preconditionFailure("a finalization is carried out by drain")
        case .synchronize(let finalized):
            enqueue(sync.target(finalized, at: clock.now().instant))
        case .report(let equivocation):
            counters.equivocations += 1
            logger.error(
                "A_EQUIV: a validator signed two conflicting votes",
                metadata: [
                    "validator": "\(equivocation.first.signer.rawValue)",
                    "first": "\(equivocation.first)", "second": "\(equivocation.second)",
                ])
            keepEvidence(equivocation)
        case .halt(let reason): throw NodeFailure(halt: reason)
        }
    }

    private func persist(_ records: [JournalRecord]) throws {
        guard let journal else { return }
        try journal.append(records)
        counters.journalSyncs += 1
        for case .signer(let record) in records { signedRound = record.round }
        if journal.file.size > NodeLimits.journalBytes { try rewriteJournal() }
    }

    /// Writes the journal anew with what the replica still needs. Not while a finalization is queued:
    /// the replica has forgotten by then what the store does not hold yet.
    private func rewriteJournal() throws {
        guard let journal, let replica, !actions.hasFinalization else { return }
        try journal.rewrite(replica.journalSnapshot)
    }

    /// Sets the alarm to whatever is due first.
    private func setAlarm() {
        let deadlines = [
            replica?.nextDeadline, sync.nextDeadline, restsAt, repeatAt,
            relays.values.map(\.deadline).min(), readinessDue,
        ]
        if let next = deadlines.compactMap(\.self).min() { alarm.set(next) }
    }
}

/// What a driver is made of.
struct DriverParts {
    let executor: BlockingExecutor
    let chain: ChainContext
    let keys: NodeKeys
    let store: NodeStore
    let journal: VoteJournal?
    let network: PeerNetwork
    let clock: NodeClock
    let alarm: AlarmClock
    let broadcaster: EventBroadcaster
    let logger: Logger
    let stop: StopSignal
    let replica: NodeReplica?
    let opened: OpenedChain
    let mempoolLimits: MempoolLimits
    let book: CheckpointBook
    let cosignedSize: UInt64
    let votingNote: String?
    let voteFrom: Round?
}

/// Counts for the metrics.
struct NodeCounters: Sendable {
    var journalSyncs: UInt64 = 0
    var equivocations: UInt64 = 0
    var alarms: UInt64 = 0
    var rejectedMessages: UInt64 = 0
    var hostileMessages: UInt64 = 0
    var transactionsAdmitted: UInt64 = 0
    var transactionsRefused: UInt64 = 0
    /// Those of them whose certificate, proof or signature was false.
    var checksFailed: UInt64 = 0
    /// Transactions that were checked alone, since their sender was suspect.
    var checkedAlone: UInt64 = 0
    var transactionsFinal: UInt64 = 0
    var blocksFinal: UInt64 = 0
    /// Transactions that validators pushed to this one, and those of them that it knew already.
    var transactionsPushed: UInt64 = 0
    var pushedDuplicates: UInt64 = 0
}
