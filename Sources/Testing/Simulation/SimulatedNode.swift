import BlockSync
import Codec
import Consensus
import Ledger

/// One node of a simulated cluster: its replica and all that a driver keeps.
final class SimulatedNode {
    typealias SimulatedReplica = Replica<SimulatedSignatures, SimulatedSigner>

    let id: Int
    /// Which of all validators there are it is; a twin shares it.
    let place: Int
    /// Nil for an honest node.
    let byzantine: FaultKind?
    /// Which validators hear a twin; nil for all.
    var audience: [Bool]?
    let signer: SimulatedSigner
    private let first: SimulatedSet

    /// The journal as it is on disk, synced.
    var disk: SimulatedDisk
    /// What survives crashes; live while the node is up.
    var application: SimulatedApplication
    var replica: SimulatedReplica
    var client: SyncClient<SimulatedSignatures>
    /// The set whose indices the replica's messages mean.
    var set: SimulatedSet
    var isUp = false
    /// It stopped for ever, as its own rules say.
    var hasHalted = false
    /// It never starts: a silent liar, or a copy that nobody made yet.
    var isAbsent: Bool
    /// How often it was started: answers and timers of an earlier life are dropped.
    var generation = 0
    /// What has still to be carried out, in order.
    var actions: [Action] = []
    var isDraining = false
    /// Whether final blocks are being executed, and whether those that come first have been.
    var isExecuting = false
    var hasExecuted = false
    /// The wall clock's error in milliseconds, as it always is and as it is now.
    let skew: Int64
    var clockError: Int64
    /// When the next timer event is due.
    var armed: UInt64?
    /// When a timer was due last, and how often in a row at that time.
    var lastTimer: UInt64 = 0
    var timersAtOnce = 0
    /// It stands still until then, in virtual time.
    var stalledUntil: UInt64 = 0
    /// The replica's counter of views when it was last looked at.
    var viewsEntered: UInt64 = 0
    /// When own transactions that wait are pushed to all again, in virtual time.
    var nextPush: UInt64 = 0

    /// Counts durable operations and sends.
    var operations = 0
    var crashPoint: CrashPoint?

    /// Votes in the journal, over all lives.
    var durableVotes: [VoteSubject: Bytes64] = [:]
    /// Blocks in the journal or the store.
    var durableBlocks: Set<Bytes32> = []
    /// What was in the disk that a copy was made from, and whether it signed more.
    var copiedVotes: Set<VoteSubject> = []
    var hasSignedAsCopy = false
    /// Came back with an old disk: what it signed before is forgotten, and nothing is asked of it.
    var isForgetful = false
    /// A copy of the disk that may be restored.
    var copy: (disk: SimulatedDisk, store: SimulatedStore)?
    /// What a liar proposed and nobody's replica knows.
    var craftedBlocks: [Bytes32: Block] = [:]
    /// The newest proposal of another that a liar heard of.
    var heardProposal: Proposal?
    /// What a liar sent and may send again.
    var sent: [ConsensusMessage] = []

    enum Action {
        case effect(Effect)
        /// Of the replica, to one validator.
        case send(ConsensusMessage, toPlace: Int)
        case deliver(FinalizedChain)

        var isFinalization: Bool {
            switch self {
            case .effect(.finalize), .deliver: true
            case .effect, .send: false
            }
        }
    }

    init(
        id: Int, place: Int, byzantine: FaultKind?, skew: Int64,
        genesis: Genesis, set: SimulatedSet, candidates: Int, holder: SimulatedKeyHolder?
    ) {
        self.id = id
        self.place = place
        self.byzantine = byzantine
        self.skew = skew
        self.set = set
        clockError = skew
        isAbsent = byzantine == .silent || byzantine == .copy
        first = set
        signer = SimulatedSigner(key: SimulatedChain.key(place), holder: holder)
        disk = SimulatedDisk(Journal.header(chainID: genesis.chainID, key: signer.key))
        application = SimulatedApplication(
            store: SimulatedStore(
                floor: .genesis(genesis), floorState: .genesis(genesis, set)),
            parameters: genesis.parameters, candidates: candidates)
        replica = Self.replica(genesis.domain, signer, application, .missing, 0)
        client = Self.client(genesis.domain, application)
    }

    var isHonest: Bool { byzantine == nil }

    /// What is left without a disk: the key.
    func wipe(_ genesis: Genesis, journal: Bool) {
        if journal {
            disk = SimulatedDisk(nil)
            durableVotes = [:]
            durableBlocks = []
        }
        application = SimulatedApplication(
            store: SimulatedStore(
                floor: .genesis(genesis), floorState: .genesis(genesis, first)),
            parameters: genesis.parameters, candidates: application.candidates)
    }

    /// Comes up from what is on disk; what was found in the journal.
    func restart(_ domain: SigningDomain) -> JournalState {
        generation += 1
        isUp = true
        actions = []
        isDraining = false
        isExecuting = false
        hasExecuted = false
        armed = nil
        viewsEntered = 0
        let state = disk.replay(chainID: domain.chainID, key: signer.key)
        application = SimulatedApplication(
            store: application.store, parameters: application.parameters,
            candidates: application.candidates)
        set = application.store.floorState.membership.current
        replica = Self.replica(domain, signer, application, state, generation)
        client = Self.client(domain, application)
        return state
    }

    private static func replica(
        _ domain: SigningDomain, _ signer: SimulatedSigner, _ application: SimulatedApplication,
        _ journal: JournalState, _ generation: Int
    ) -> SimulatedReplica {
        let configuration = ReplicaConfiguration(
            domain: domain, parameters: application.parameters,
            validators: application.store.floorState.membership.current.validators,
            key: signer.key, nonce: SimulatedChain.key(generation, purpose: 9),
            listening: 2 * UInt64(application.parameters.heartbeatMilliseconds))
        return Replica(
            configuration: configuration, verifier: SimulatedSignatures(), signer: signer,
            floor: application.store.floor, journal: journal,
            signerRecord: signer.holder?.record)
    }

    private static func client(
        _ domain: SigningDomain, _ application: SimulatedApplication
    ) -> SyncClient<SimulatedSignatures> {
        SyncClient(
            domain: domain,
            validators: application.store.floorState.membership.current.validators,
            parameters: application.parameters, verifier: SimulatedSignatures(),
            floor: application.store.floor)
    }
}
