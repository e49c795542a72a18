// Chain: everything that a node decides, as one value. Inputs are what happened, effects are what must
// happen, in order. It joins agreement (Consensus), catching up (BlockSync), admission, checkpoints and
// peers; what blocks and transactions mean stays behind `ChainApplication`. It knows no socket, disk,
// clock, task or random source; signers, which answer at once, are the one exception.

package import Admission
import BlockSync
package import Codec
package import Consensus
package import Cosigning
package import Ledger

/// What a node decides.
package struct ChainMachine<
    Application: ChainApplication, Verifier: SignatureVerifier, Signer: ValidatorSigner
>: Sendable {
    package typealias Input = ChainInput<Application>
    package typealias NextEffect = ChainEffect<Application>

    // What does not change while the node runs.
    let application: Application
    let genesis: Genesis
    let domain: SigningDomain
    /// The keys of a validator, or of a node that is to become one; nil for an observer.
    let signer: Signer?
    let limits: ChainMachineLimits

    // Agreement and catching up.
    package internal(set) var replica: Replica<Verifier, Signer>?
    var sync: SyncClient<Verifier>
    var actions = ActionQueue()
    var isDraining = false
    /// A floor batch is on its way to the disk.
    var commitUnderWay: FloorCommit<Application>?
    var journal: JournalExtent?
    /// Why the vote journal was not trusted at the start; nil once it is written anew.
    package internal(set) var journalDoubt: JournalDoubt?
    /// The last round that is in the journal as one in which the key signed.
    var signedRound: Round?
    package internal(set) var hasStopped = false

    // The chain: the newest final block, and executed blocks above it.
    package internal(set) var floor: Floor
    package internal(set) var head: FinalPoint<Application>
    var branches: [Bytes32: Branch<Application>] = [:]
    /// Blocks that are being executed, and whether they are final.
    var executing: [Bytes32: Bool] = [:]
    var executionsUnderWay = 0
    /// When the executions under way were asked for, by their first block.
    var executionStarts: [Bytes32: Instant] = [:]
    var budget = BlockBudget()
    /// Blocks whose judgement the replica waits for.
    var awaitingVerdict: [Bytes32: Block] = [:]

    // Transactions.
    package internal(set) var mempool: Mempool<Application.Prepared>
    var checks: CheckQueue<AdmissionRequest>
    /// When the next batch of them is checked, unless many wait.
    var nextBatch = Instant(microseconds: 0)
    /// Batches that are being judged, by number.
    var judging: [UInt64: OpenJudgement] = [:]
    var nextJudgement: UInt64 = 0
    var pace = FinalityPace()
    /// When waiting transactions are pushed again, and what passes from then to the next time, in
    /// milliseconds.
    var repushDue: Instant?
    var repushDelay = ChainLimits.repushMilliseconds
    /// Transactions that are being stored, by the number of their `keep`.
    var keeping: [UInt64: [Bytes32]] = [:]
    var nextKeep: UInt64 = 0
    /// Who waits for a transaction to be durable, by id.
    var awaitingStore: [Bytes32: [AdmissionRequest]] = [:]
    /// Transactions of the latest final blocks.
    var recentlyFinal: [Bytes32: Height] = [:]
    /// Accounts of the ballot styles that changed since the start, or were asked for, as of `head`.
    var accounts: [StyleName: PromiseAccount] = [:]
    /// Styles whose overdue ballots were reported.
    var overdueStyles: Set<StyleName> = []
    var relays: [UInt64: Relay] = [:]
    var nextRelay: UInt64 = 0

    package internal(set) var cosigning: Cosigning<Verifier>
    var rootUnderWay: UInt64?

    // Peers and validators.
    package internal(set) var peers: [Bytes32: ConnectedPeer] = [:]
    var peerKeys: [PeerID: Bytes32] = [:]
    var nextPeer: UInt64 = 0
    /// Peers' requests for blocks that are being answered, and submissions under check, by their node keys:
    /// they stay those of a peer that connects anew.
    var questions: [Bytes32: Int] = [:]
    var submissions: [Bytes32: Int] = [:]
    var openQuestions: Int { questions.values.reduce(0, +) }
    /// Validators that talk to another node with our key, and where they say that it is.
    var preferringCopy: [Bytes32: String] = [:]
    /// Those of the height after the floor.
    package internal(set) var validators: ValidatorSet
    /// Node keys of all that ever were validators, or are to be.
    var formerValidators: Set<Bytes32>
    var awaitedValidators: AwaitedValidators?
    /// When this node says again that it is ready to become a validator.
    var readinessDue: Instant?

    package internal(set) var counters = ChainCounters()

    /// The time of the input that is being handled.
    var now = LocalTime(instant: Instant(microseconds: 0), clock: Timestamp(milliseconds: 0))
    var effects: [NextEffect] = []
    /// When `tick` has something to do at the latest; nil where nothing is due.
    package private(set) var nextDeadline: Instant?

    /// A machine at what a node found on its disk. Its inputs begin with `restored`, if anything waits,
    /// and `started`.
    package init(
        _ start: ChainStart<Application, Verifier, Signer>, application: Application,
        verifier: Verifier, limits: ChainMachineLimits = ChainMachineLimits()
    ) {
        self.application = application
        self.limits = limits
        genesis = start.genesis
        domain = start.genesis.domain
        signer = start.signer
        replica = start.replica
        journal = start.journal
        journalDoubt = start.journalDoubt
        floor = start.floor
        head = start.head
        validators = start.facts.validators
        awaitedValidators = start.facts.awaited
        formerValidators = start.formerValidators
        accounts = start.facts.accounts
        cosigning = start.cosigning
        mempool = Mempool(limits: limits.mempool)
        checks = CheckQueue(limits: limits.checks)
        sync = SyncClient(
            domain: start.genesis.domain, validators: start.facts.validators,
            parameters: start.genesis.parameters, verifier: verifier, floor: start.floor)
    }

    /// Handles one input and gives what must happen now, in order.
    package mutating func handle(_ input: Input, at now: LocalTime) -> [NextEffect] {
        self.now = now
        if hasStopped {
            refuse(input)
        } else {
            take(input)
            drain()
            startChecks()
        }
        nextDeadline = hasStopped ? nil : earliestDeadline()
        defer { effects = [] }
        return effects
    }

    private mutating func take(_ input: Input) {
        switch input {
        case .started(let round): start(voteFrom: round)
        case .tick: tick()
        case .connected(let key, let isValidator, let answerBytes):
            connected(key, isValidator: isValidator, answerBytes: answerBytes)
        case .disconnected(let key): disconnected(key)
        case .frame(let key, let type, let payload): receive(type, payload, from: key)
        case .message(let key, let message): receive(message, from: key)
        case .ownKeyElsewhere(let key, let address): ownKeyElsewhere(key, at: address)
        case .undelivered(let number, let key): retryRelay(number, undeliveredTo: key)
        case .answeredSync(let key): answeredSync(key)
        case .submitted(let entry, let group, let client):
            submit(AdmissionRequest(entry, source: .client(group, client)))
        case .confirmed(let number): feed { $0.confirmed(number, at: $1) }
        case .restored(let transactions): restore(transactions)
        case .judged(let judged): take(judged)
        case .kept(let number): kept(number)
        case .built(let built): take(built)
        case .executed(let hashes, let outcome): executed(hashes, outcome)
        case .committed(let state): committed(state)
        case .logRoot(let size, let root): takeRoot(root, ofSize: size)
        case .failed: end()
        }
    }

    private mutating func earliestDeadline() -> Instant? {
        var next = replica?.nextDeadline ?? nil
        func include(_ deadline: Instant?) {
            guard let deadline else { return }
            next = next.map { min($0, deadline) } ?? deadline
        }
        include(sync.nextDeadline)
        include(cosigning.nextDeadline)
        include(readinessDue)
        include(repushDue)
        if checks.hasNext, nextBatch > now.instant { include(nextBatch) }
        for relay in relays.values { include(relay.deadline) }
        return next
    }

    /// What the replica sends again leaves before any other input is taken.
    private mutating func start(voteFrom round: Round?) {
        if replica != nil {
            feed { $0.start(at: $1) }
            // What cannot be trusted stays as it is until the replica replaces it.
            if replica?.hasJournal ?? false { rewriteJournal() }
            if let round { feed { $0.vote(from: round, at: $1) } }
        }
        publishCheckpoint()
        enterValidators()
        announcePending()
        startRestoredChecks()
    }

    private mutating func tick() {
        if let deadline = replica?.nextDeadline ?? nil, deadline <= now.instant {
            feed { $0.advance(to: $1) }
        }
        if let deadline = sync.nextDeadline, deadline <= now.instant {
            enqueue(sync.advance(to: now.instant))
        }
        cosignRestingLog()
        repeatCosignatures()
        declareReadiness()
        pushAgain()
        expireRelays()
    }

    /// Ends the node's work: no input is taken any more, and no client is left without an answer.
    mutating func end() {
        guard !hasStopped else { return }
        hasStopped = true
        for check in checks.removeAll() { answerStopped(check.item) }
        for (_, open) in judging.sorted(by: { $0.key < $1.key }) {
            for check in open.checks { answerStopped(check.item) }
        }
        for id in awaitingStore.keys.sorted() {
            for request in awaitingStore[id] ?? [] { answerStopped(request) }
        }
        for number in relays.keys.sorted() {
            if let relay = relays[number] { answerStopped(relay.request) }
        }
        (judging, awaitingStore, relays) = ([:], [:], [:])
    }

    /// Stops the node.
    mutating func stop(_ failure: ChainFailure) {
        guard !hasStopped else { return }
        end()
        emit(.stop(failure))
    }

    /// Answers a client that comes after the end.
    private mutating func refuse(_ input: Input) {
        if case .submitted(let entry, let group, let client) = input {
            answerStopped(AdmissionRequest(entry, source: .client(group, client)))
        }
    }

    private mutating func answerStopped(_ request: AdmissionRequest) {
        answer(
            request, .deferred(.stopped, retrySeconds: AdmissionLimits.stoppedRetrySeconds))
    }

    mutating func emit(_ effect: NextEffect) { effects.append(effect) }
}

/// What a machine begins with.
package struct ChainStart<
    Application: ChainApplication, Verifier: SignatureVerifier, Signer: ValidatorSigner
>: Sendable {
    package let genesis: Genesis
    /// The keys of a validator, or of a node that is to become one.
    package let signer: Signer?
    /// Of a node that has a consensus key.
    package let replica: Replica<Verifier, Signer>?
    package let journal: JournalExtent?
    package let journalDoubt: JournalDoubt?
    package let floor: Floor
    package let head: FinalPoint<Application>
    /// Of the newest final block.
    package let facts: ChainFacts
    /// Node keys of all that ever were validators.
    package let formerValidators: Set<Bytes32>
    package let cosigning: Cosigning<Verifier>

    package init(
        genesis: Genesis, signer: Signer?, replica: Replica<Verifier, Signer>?,
        journal: JournalExtent?, journalDoubt: JournalDoubt? = nil, floor: Floor,
        head: FinalPoint<Application>, facts: ChainFacts, formerValidators: Set<Bytes32>,
        cosigning: Cosigning<Verifier>
    ) {
        self.genesis = genesis
        self.signer = signer
        self.replica = replica
        self.journal = journal
        self.journalDoubt = journalDoubt
        self.floor = floor
        self.head = head
        self.facts = facts
        self.formerValidators = formerValidators
        self.cosigning = cosigning
    }
}

/// The bounds that differ between a node and a simulation.
package struct ChainMachineLimits: Sendable {
    package var mempool = MempoolLimits()
    package var checks = CheckLimits()
    /// Bytes above which the vote journal is written anew.
    package var journalBytes = ChainLimits.journalBytes

    package init() {}
}

/// A vote journal on disk, as far as appending to it needs.
package struct JournalExtent: Hashable, Sendable {
    /// What every file begins with: chain and key.
    package let header: [UInt8]
    /// The file's bytes.
    package internal(set) var size: Int

    package init(header: [UInt8], size: Int) {
        self.header = header
        self.size = size
    }
}

/// Why a vote journal was not trusted.
package enum JournalDoubt: Hashable, Sendable {
    case damaged(atByte: Int)
    /// It is older than a round in which the key signed.
    case outdated(Round)
    case missing
}

/// Counts for the metrics.
package struct ChainCounters: Hashable, Sendable {
    package internal(set) var journalSyncs: UInt64 = 0
    package internal(set) var equivocations: UInt64 = 0
    package internal(set) var alarms: UInt64 = 0
    package internal(set) var rejectedMessages: UInt64 = 0
    package internal(set) var hostileMessages: UInt64 = 0
    package internal(set) var transactionsAdmitted: UInt64 = 0
    package internal(set) var transactionsRefused: UInt64 = 0
    /// Those of them whose certificate, proof or signature was false.
    package internal(set) var checksFailed: UInt64 = 0
    /// Transactions that were checked alone, since their sender was suspect.
    package internal(set) var checkedAlone: UInt64 = 0
    package internal(set) var transactionsFinal: UInt64 = 0
    package internal(set) var blocksFinal: UInt64 = 0
    /// Transactions that validators pushed to this one, and those of them that it knew already.
    package internal(set) var transactionsPushed: UInt64 = 0
    package internal(set) var pushedDuplicates: UInt64 = 0
}
