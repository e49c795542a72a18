import BlockSync
import Codec
import Consensus
import Ledger

/// One validator of a simulated cluster: its replica and all that a driver keeps.
final class SimulatedNode {
    typealias SimulatedReplica = Replica<SimulatedSignatures, SimulatedSigner>

    let id: Int
    let index: ValidatorIndex
    /// Nil for an honest validator.
    let byzantine: FaultKind?
    /// Which validators hear a twin; nil for all.
    var audience: [Bool]?
    let signer: SimulatedSigner

    /// The journal as it is on disk, synced.
    var journal: [UInt8]
    /// What survives crashes; live while the node is up.
    var application: SimulatedApplication
    var replica: SimulatedReplica
    var client: SyncClient<SimulatedSignatures>
    var isUp = false
    var hasHalted = false
    /// How often it was started: answers and timers of an earlier life are dropped.
    var generation = 0
    /// The wall clock's error in milliseconds.
    let skew: Int64
    /// When the next timer event is due.
    var armed: UInt64?

    /// Counts durable operations and sends.
    var operations = 0
    var crashPoint: CrashPoint?

    /// Votes in the journal, over all lives.
    var durableVotes: [VoteSubject: Bytes64] = [:]
    /// Blocks in the journal or the store.
    var durableBlocks: Set<Bytes32> = []
    /// What a liar proposed and nobody's replica knows.
    var craftedBlocks: [Bytes32: Block] = [:]

    init(
        id: Int, index: ValidatorIndex, byzantine: FaultKind?, skew: Int64, genesis: Genesis
    ) {
        self.id = id
        self.index = index
        self.byzantine = byzantine
        self.skew = skew
        let key = genesis.validators.validators[Int(index.rawValue)].consensusKey
        signer = SimulatedSigner(key: key)
        journal = Journal.header(chainID: genesis.chainID, key: key)
        application = SimulatedApplication(
            store: SimulatedStore(
                floor: .genesis(genesis), floorState: .genesis(genesis)),
            validatorsHash: genesis.validators.hash)
        replica = Self.replica(genesis, index, signer, application.store.floor, .missing)
        client = SyncClient(
            genesis: genesis, verifier: SimulatedSignatures(), floor: .genesis(genesis))
    }

    var isHonest: Bool { byzantine == nil }

    /// Comes up from what is on disk; the reason where the journal cannot be trusted.
    func restart(_ genesis: Genesis) -> String? {
        generation += 1
        isUp = true
        armed = nil
        let state = Journal.replay(journal, chainID: genesis.chainID, key: signer.key)
        guard case .intact(_, let length) = state else { return "\(state)" }
        journal.removeLast(journal.count - length)
        application = SimulatedApplication(
            store: application.store, validatorsHash: application.validatorsHash)
        replica = Self.replica(genesis, index, signer, application.store.floor, state)
        client = SyncClient(
            genesis: genesis, verifier: SimulatedSignatures(), floor: application.store.floor)
        return nil
    }

    private static func replica(
        _ genesis: Genesis, _ index: ValidatorIndex, _ signer: SimulatedSigner, _ floor: Floor,
        _ journal: JournalState
    ) -> SimulatedReplica {
        Replica(
            configuration: ReplicaConfiguration(
                domain: genesis.domain, validators: genesis.validators,
                parameters: genesis.parameters, index: index),
            verifier: SimulatedSignatures(), signer: signer, floor: floor, journal: journal)
    }
}
