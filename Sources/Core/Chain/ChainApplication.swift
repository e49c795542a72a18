package import Admission
package import Codec
package import Consensus
package import Cosigning
package import Ledger

/// What blocks and transactions mean, as far as the machine passes it around without looking into it:
/// elections in a node, a small model in the simulation.
package protocol ChainApplication: Sendable {
    /// The state after a final block, to execute on.
    associatedtype State: Sendable
    /// What a block does to the state before it.
    associatedtype Execution: Sendable
    /// What the checks made of a transaction: decoded, its proof checked.
    associatedtype Prepared: Sendable

    /// About how many bytes of memory it takes.
    func memorySize(of prepared: Prepared) -> Int

    /// The canonical bytes of a promise that a ballot is in the chain by a height (PROTOCOL 8.6); nil
    /// for a transaction that is never promised.
    ///
    /// - Parameter received: the newest final height when it was received.
    func promise(
        _ ballot: Prepared, received: Height, promised: Height, validator: ValidatorIndex,
        sign: ([UInt8]) -> Bytes64
    ) -> [UInt8]?

    /// The transaction by which a new validator says that it is ready.
    func transaction(_ ready: ValidatorReady, signature: Bytes64) -> [UInt8]

    /// The transaction that shows a validator's contradiction; nil where none is made of it.
    func transaction(_ equivocation: Equivocation) -> [UInt8]?
}

/// Signs with a validator's keys; it answers at once.
package protocol ValidatorSigner: VoteSigner, CheckpointSigner {
    /// The public half of the consensus key.
    var consensusKey: Bytes32 { get }
    /// Ed25519 with the node key.
    func signPromise(_ message: [UInt8]) -> Bytes64
    /// Signs a statement of readiness with the consensus key.
    ///
    /// - Throws: where the key's holder refuses or cannot be reached.
    func sign(_ ready: ValidatorReady) throws(SigningFailure) -> Bytes64
}

/// Validators that are asked for and not in office yet.
package struct AwaitedValidators: Hashable, Sendable {
    /// The change's number.
    package let number: UInt32
    package let validators: ValidatorSet
    /// Places in the new set of those that follow the chain, rising.
    package let synced: [ValidatorIndex]

    package init(number: UInt32, validators: ValidatorSet, synced: [ValidatorIndex]) {
        self.number = number
        self.validators = validators
        self.synced = synced
    }
}

/// Something in a block that people must look at.
package struct BlockAlarm: Hashable, Sendable {
    /// As in `A_CLOSE`.
    package let name: String
    /// The election's document hash; nil for what concerns the chain.
    package let election: Bytes32?
    package let detail: String

    package init(name: String, election: Bytes32?, detail: String) {
        self.name = name
        self.election = election
        self.detail = detail
    }
}

/// What the machine has to know of the state after a block.
package struct ChainFacts: Sendable {
    /// Who validates the height after the block.
    package let validators: ValidatorSet
    /// A change of the validators that waits.
    package let awaited: AwaitedValidators?
    /// The accounts of the ballot styles that the block changed.
    package let accounts: [StyleName: PromiseAccount]
    /// Whether ballots that waited for the registrar's count may be ready after it.
    package let releasesBallots: Bool
    package let alarms: [BlockAlarm]

    package init(
        validators: ValidatorSet, awaited: AwaitedValidators?,
        accounts: [StyleName: PromiseAccount] = [:], releasesBallots: Bool = false,
        alarms: [BlockAlarm] = []
    ) {
        self.validators = validators
        self.awaited = awaited
        self.accounts = accounts
        self.releasesBallots = releasesBallots
        self.alarms = alarms
    }
}

/// A block with what it does.
package struct Branch<Application: ChainApplication>: Sendable {
    package let block: Block
    package let execution: Application.Execution
    package let facts: ChainFacts

    package init(
        block: Block, execution: Application.Execution, facts: ChainFacts
    ) {
        self.block = block
        self.execution = execution
        self.facts = facts
    }

    package var hash: Bytes32 { block.header.hash }
    package var transactionIDs: [Bytes32] { block.transactionIDs }
}

/// The newest final block, and what the machine knows of the state after it.
package struct FinalPoint<Application: ChainApplication>: Sendable {
    package let height: Height
    package let hash: Bytes32
    package let time: Timestamp
    /// Entries and root of the log after the block.
    package let logSize: UInt64
    package let logRoot: Bytes32
    package let state: Application.State

    package init(
        height: Height, hash: Bytes32, time: Timestamp, logSize: UInt64, logRoot: Bytes32,
        state: Application.State
    ) {
        self.height = height
        self.hash = hash
        self.time = time
        self.logSize = logSize
        self.logRoot = logRoot
        self.state = state
    }

    /// The earliest time of the next block.
    package var earliestNext: Timestamp { time.adding(milliseconds: 1) }
}
