package import Admission
package import Codec
import Consensus
package import Ledger
package import NetworkAddresses

/// What happened.
package enum ChainInput<Application: ChainApplication>: Sendable {
    /// The node begins its work; the round from which its operator lets it vote, if it says so.
    case started(voteFrom: Round?)
    /// Time has passed.
    case tick

    // Peers.
    /// A peer is connected; `answerBytes` is the largest message that is taken from it.
    case connected(Bytes32, isValidator: Bool, answerBytes: Int)
    case disconnected(Bytes32)
    case frame(from: Bytes32, type: UInt8, payload: [UInt8])
    case message(from: Bytes32, PeerMessage)
    /// A peer says that another node with this node's key is connected to it, at that address.
    case ownKeyElsewhere(saidBy: Bytes32, address: String)
    /// A submission that was to be passed on found no room on its way to the peer.
    case undelivered(number: UInt64, to: Bytes32)
    /// A peer's request for blocks was answered, or dropped.
    case answeredSync(Bytes32)

    // Clients.
    case submitted(Entry, from: AddressGroup, ClientRequestID)

    // Completions.
    /// All effects before `ChainEffect.confirm` with this number are carried out.
    case confirmed(UInt64)
    /// What the store held of waiting transactions when the node started; before `started`.
    case restored([RestoredTransaction])
    case judged(JudgedTransactions<Application>)
    /// The transactions of the `keep` with this number are durable.
    case kept(number: UInt64)
    case built(BuiltBranch<Application>)
    case executed([Bytes32], ExecutionOutcome<Application>)
    /// The floor batch is durable; the state after its last block.
    case committed(Application.State)
    case logRoot(size: UInt64, root: Bytes32)
    /// The disk failed, or something else that the node cannot go on without.
    case failed
}

/// A waiting transaction that the store held.
package struct RestoredTransaction: Hashable, Sendable {
    package let entry: Entry
    /// Whose turn it takes, for a ballot.
    package let slot: BallotSlot?

    package init(_ entry: Entry, slot: BallotSlot?) {
        self.entry = entry
        self.slot = slot
    }
}

/// The answer to a `judge`.
package struct JudgedTransactions<Application: ChainApplication>: Sendable {
    package let number: UInt64
    /// One each, in the order of the task.
    package let judgements: [Judgement<Application.Prepared>]

    package init(number: UInt64, judgements: [Judgement<Application.Prepared>]) {
        self.number = number
        self.judgements = judgements
    }
}

/// The answer to a `build`.
package struct BuiltBranch<Application: ChainApplication>: Sendable {
    package let round: Round
    /// Nil where nothing is to be included and an empty block is not due.
    package let block: Branch<Application>?
    /// Transactions that the parent's state refuses.
    package let refused: [Bytes32]

    package init(round: Round, block: Branch<Application>?, refused: [Bytes32]) {
        self.round = round
        self.block = block
        self.refused = refused
    }
}

/// The answer to an `execute`.
package enum ExecutionOutcome<Application: ChainApplication>: Sendable {
    case executed([Branch<Application>])
    /// The block with this hash breaks a rule, for sure.
    case invalid(Bytes32, problem: String)
}
