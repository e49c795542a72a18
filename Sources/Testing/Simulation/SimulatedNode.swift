import Admission
import BlockSync
import Chain
import Codec
import Consensus
import Cosigning
import Ledger

/// One node of a simulated cluster: the machine that a node runs, and a disk.
final class SimulatedNode {
    typealias Machine = ChainMachine<SimulatedApplication, SimulatedSignatures, SimulatedSigner>
    typealias Input = ChainInput<SimulatedApplication>
    typealias Effect = ChainEffect<SimulatedApplication>

    let id: Int
    /// Which of all validators there are it is; a twin shares it.
    let place: Int
    /// Nil for an honest node.
    let byzantine: FaultKind?
    /// Which validators hear a twin; nil for all.
    var audience: [Bool]?
    let signer: SimulatedSigner
    let application: SimulatedApplication
    private let genesis: Genesis
    private let first: SimulatedSet
    private let scenario: Scenario

    /// The journal as it is on disk, synced.
    var disk: SimulatedDisk
    /// What survives crashes beside it.
    var store: SimulatedStore
    var machine: Machine
    /// Whom its network takes for a validator, by place.
    var reachable: [Int] = []
    var isUp = false
    /// It stopped for ever, as its own rules say.
    var hasHalted = false
    /// It never starts: a silent liar, or a copy that nobody made yet.
    var isAbsent: Bool
    /// How often it was started: answers and timers of an earlier life are dropped.
    var generation = 0
    /// Inputs that effects led to at once, in order.
    var followers: [Input] = []
    var isHandling = false
    /// Work for its disk that is not done, in order: final blocks, and waiting transactions.
    var floorTasks: [FloorCommit<SimulatedApplication>] = []
    var waitingTasks: [WaitingTask] = []
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

    /// Its executions, one after the other, are done then, in virtual time.
    var executesUntil: UInt64 = 0

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
    /// Lost waiting transactions with its disk: what it accepted before is not asked of it.
    var hasLostTransactions = false
    /// A copy of the disk that may be restored.
    var copy: (disk: SimulatedDisk, store: SimulatedStore)?
    /// What a liar proposed and nobody's replica knows.
    var craftedBlocks: [Bytes32: Block] = [:]
    /// The newest proposal of another that a liar heard of.
    var heardProposal: Proposal?
    /// What a liar sent and may send again.
    var sent: [ConsensusMessage] = []

    enum WaitingTask {
        case keep(UInt64, [Entry])
        case forget([Bytes32])
    }

    init(
        id: Int, place: Int, byzantine: FaultKind?, skew: Int64, scenario: Scenario,
        genesis: Genesis, set: SimulatedSet, candidates: Int, holder: SimulatedKeyHolder?
    ) {
        self.id = id
        self.place = place
        self.byzantine = byzantine
        self.skew = skew
        self.scenario = scenario
        self.genesis = genesis
        clockError = skew
        isAbsent = byzantine == .silent || byzantine == .copy
        first = set
        signer = SimulatedSigner(key: SimulatedChain.key(place), holder: holder)
        disk = SimulatedDisk(Journal.header(chainID: genesis.chainID, key: signer.key))
        application = SimulatedApplication(
            parameters: genesis.parameters, candidates: candidates)
        let store = SimulatedStore(genesis, set)
        self.store = store
        machine = Self.machine(
            genesis, signer, application, store, .missing, size: 0, generation: 0, scenario)
    }

    var isHonest: Bool { byzantine == nil }
    var nodeKey: Bytes32 { SimulatedChain.key(place, purpose: 3) }

    /// The agreement side of the machine. Every simulated node has a key.
    var replica: Replica<SimulatedSignatures, SimulatedSigner> {
        guard let replica = machine.replica else {
            preconditionFailure("a simulated node has a consensus key")
        }
        return replica
    }

    /// The set whose indices the replica's messages mean.
    var set: SimulatedSet { store.state.records.membership.current }

    /// What is left without a disk: the key.
    func wipe(_ genesis: Genesis, journal: Bool) {
        if journal {
            disk = SimulatedDisk(nil)
            durableVotes = [:]
            durableBlocks = []
        }
        store = SimulatedStore(genesis, first)
        hasLostTransactions = true
    }

    /// Comes up from what is on disk; what was found in the journal.
    func restart() -> JournalState {
        generation += 1
        isUp = true
        followers = []
        isHandling = false
        floorTasks = []
        waitingTasks = []
        armed = nil
        viewsEntered = 0
        let state = disk.replay(
            chainID: genesis.chainID, key: signer.key, signed: store.signedRound)
        machine = Self.machine(
            genesis, signer, application, store, state, size: disk.size,
            generation: generation, scenario)
        return state
    }

    private static func machine(
        _ genesis: Genesis, _ signer: SimulatedSigner, _ application: SimulatedApplication,
        _ store: SimulatedStore, _ journal: JournalState, size: Int, generation: Int,
        _ scenario: Scenario
    ) -> Machine {
        let configuration = ReplicaConfiguration(
            domain: genesis.domain, parameters: genesis.parameters,
            validators: store.state.records.membership.current.validators,
            key: signer.key, nonce: SimulatedChain.key(generation, purpose: 9),
            listening: 2 * UInt64(genesis.parameters.heartbeatMilliseconds))
        let replica = Replica(
            configuration: configuration, verifier: SimulatedSignatures(), signer: signer,
            floor: store.floor, journal: journal, signerRecord: signer.holder?.record)
        let state = store.state
        return ChainMachine(
            ChainStart(
                genesis: genesis, signer: signer, replica: replica,
                journal: JournalExtent(
                    header: Journal.header(chainID: genesis.chainID, key: signer.key), size: size),
                floor: store.floor,
                head: FinalPoint(
                    height: state.height, hash: state.hash, time: state.time,
                    logSize: state.logSize, logRoot: state.digest, state: state),
                facts: SimulatedApplication.facts(state),
                formerValidators: Set(genesis.validators.validators.map(\.nodeKey)),
                cosigning: cosigning(genesis, store)),
            application: application, verifier: SimulatedSignatures(), limits: scenario.limits)
    }

    private static func cosigning(
        _ genesis: Genesis, _ store: SimulatedStore
    ) -> Cosigning<SimulatedSignatures> {
        guard var book = CheckpointBook(genesis: genesis, verifier: SimulatedSignatures()) else {
            preconditionFailure("simulated validators have names for keys")
        }
        for (start, set) in store.terms where !book.enter(set.validators, from: start) {
            preconditionFailure("simulated validators have names for keys")
        }
        var cosigning = Cosigning(
            book: book, cosignedSize: store.cosignedSize,
            final: DueCheckpoint(size: store.state.logSize, root: store.state.digest))
        if let certified = store.checkpoint {
            // It was certified by these very terms.
            try? cosigning.restore(certified.note(cosignatures: .max))
        }
        return cosigning
    }
}
