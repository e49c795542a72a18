import APISchema
import Codec
import Elections
import Ledger
import NodeAPI
import Storage

/// Reads of who the validators are.
extension NodeFacade {
    func validators(epoch: UInt64?) async throws(ServiceFailure) -> ValidatorsView {
        let genesis = chain.genesis
        return try await read { snapshot in
            let queries = ElectionQueries(StoredState(store: snapshot))
            let next = genesis.parameters.epoch(of: try queries.head().height.next)
            let epoch = Epoch(epoch ?? next.rawValue)
            guard epoch <= next else {
                throw ServiceFailure.notFound(
                    "The chain is in epoch \(next.rawValue); the validators of a later one are not "
                        + "known.")
            }
            let set = try queries.validators(of: epoch, genesis)
            let change = try queries.validatorChange(genesis)
            return ValidatorsView(
                epoch: epoch.rawValue, setHash: set.hash, quorum: set.quorum,
                validators: set.validators,
                pending: change.flatMap { change in
                    guard change.effective == nil else { return nil }
                    return PendingValidators(
                        number: change.number, setHash: change.validators.hash,
                        validators: change.validators.validators,
                        ready: change.synced.map { Int($0.rawValue) }, needed: change.quorum)
                })
        }
    }

    func succession() async throws(ServiceFailure) -> SuccessionProof {
        let genesis = chain.genesis
        return try await read { snapshot in
            let blocks = StoredChain(store: snapshot)
            let queries = ElectionQueries(StoredState(store: snapshot))
            var steps: [SuccessionStep] = []
            var number: UInt32 = 1
            while let change = try queries.validatorChange(number: number, genesis),
                steps.count < SuccessionProof.limit
            {
                number += 1
                guard let effective = change.effective, effective > .first else { continue }
                let last = genesis.parameters.lastHeight(of: Epoch(effective.rawValue - 1))
                guard let header = try blocks.header(at: last),
                    let finalization = try blocks.finalization(at: last)
                else {
                    throw StateFault("the block that ended an epoch has no finalization")
                }
                guard header.nextValidatorsHash != header.validatorsHash else { continue }
                steps.append(
                    SuccessionStep(
                        boundary: FinalizedHeader(header: header, finalization: finalization),
                        next: change.validators))
            }
            return SuccessionProof(steps: steps)
        }
    }
}

/// Sets of validators by epoch, each looked up once.
struct EpochSets {
    private let queries: ElectionQueries
    private let genesis: Genesis
    private var known: [Epoch: ValidatorSet] = [:]

    init(_ snapshot: StoreSnapshot, _ genesis: Genesis) {
        queries = ElectionQueries(StoredState(store: snapshot))
        self.genesis = genesis
    }

    mutating func validators(of epoch: Epoch) throws -> ValidatorSet {
        if let set = known[epoch] { return set }
        let set = try queries.validators(of: epoch, genesis)
        known[epoch] = set
        return set
    }
}
