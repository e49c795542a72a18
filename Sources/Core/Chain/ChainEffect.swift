package import Admission
package import Codec
package import Consensus
package import Cosigning
package import Ledger

/// What must happen, in order: each effect is carried out, or has found its queue, before the next one.
/// Those with an answer say which input it is; answers may come in any order, but for those of one
/// `commit`, `keep` or `forget` after another, which come in theirs.
package enum ChainEffect<Application: ChainApplication>: Sendable {
    // The vote journal: durable before any later effect.
    case append(JournalAppend)
    case rewrite(JournalRewrite)

    // The store.
    /// Stores final blocks in one atomic, durable batch. Answer: `committed`.
    case commit(FloorCommit<Application>)
    /// Makes waiting transactions durable. Answer: `kept`, with the number.
    case keep(number: UInt64, [Entry])
    /// Forgets waiting transactions.
    case forget([Bytes32])
    /// A small named value, durable before any later effect.
    case note(StoreNote)
    /// Reads the root of the log at a size that is final. Answer: `logRoot`.
    case readLogRoot(size: UInt64)

    // Work elsewhere.
    /// Answer: `judged`.
    case judge(JudgeTask<Application>)
    /// Answer: `built`.
    case build(BuildTask<Application>)
    /// Answer: `executed`.
    case execute(ExecuteTask<Application>)
    /// Say `confirmed`, with this number, once all earlier effects are carried out.
    case confirm(UInt64)

    // Peers.
    case send(PeerMessage, to: [Bytes32])
    /// To all connected validators.
    case broadcast(PeerMessage)
    /// As `send` to one; `undelivered` if it finds no room.
    case relay(RelayedSubmission, to: Bytes32)
    /// Reads blocks and sends them, or nothing where the peer has not read what it was sent before.
    /// Answer: `answeredSync`.
    case answerSync(SyncQuestion)
    case disconnect(Bytes32, PeerFault)
    /// Whom the network takes for a validator.
    case setValidators(Set<Bytes32>)

    // People.
    case answer(ClientRequestID, transactionID: Bytes32, SubmissionOutcome)
    /// Blocks that have become final, for live pages.
    case publish(FinalBlocks<Application>)
    case report(ChainNotice)
    /// The node stops and keeps everything. Nothing follows.
    case stop(ChainFailure)
}

/// Records to add to the vote journal as one frame.
package struct JournalAppend: Sendable {
    package let records: [JournalRecord]
    package let frame: [UInt8]
}

/// A vote journal that takes the place of the present one.
package struct JournalRewrite: Sendable {
    package let records: [JournalRecord]
    package let bytes: [UInt8]
}

/// Final blocks on their way to the store.
package struct FloorCommit<Application: ChainApplication>: Sendable {
    /// Consecutive, the first one on the newest stored one.
    package let blocks: [Branch<Application>]
    /// The last of them with its finalization.
    package let tip: FinalizedHeader
    /// Those of their transactions that the store holds as waiting.
    package let settled: [Bytes32]
    /// The largest size that this validator has cosigned, where it is to be noted.
    package let cosignedSize: UInt64?
    /// The last round in which the key signed, where it is known.
    package let signedRound: Round?
}

/// A small named value of the store.
package enum StoreNote: Sendable {
    /// The largest size of a checkpoint that this validator cosigned.
    case cosignedSize(UInt64)
    case checkpoint(Certified)
    /// A valid finalization that contradicts ours.
    case fork(FinalizedHeader)
}

/// The state after a block that is final or executed: that after the newest final one, and what the
/// blocks between do to it, lowest first.
package struct ChainParent<Application: ChainApplication>: Sendable {
    package let base: Application.State
    package let above: [Application.Execution]

    package init(base: Application.State, above: [Application.Execution]) {
        self.base = base
        self.above = above
    }
}

/// A transaction with what its checks made of it, if that is kept.
package struct PreparedTransaction<Prepared: Sendable>: Sendable {
    package let entry: Entry
    package let prepared: Prepared?
}

package struct BuildTask<Application: ChainApplication>: Sendable {
    package let template: BlockTemplate
    package let parent: ChainParent<Application>
    /// In the order in which they are to be included, as far as the parent's state takes them.
    package let candidates: [PreparedTransaction<Application.Prepared>]
}

package struct ExecuteTask<Application: ChainApplication>: Sendable {
    /// Consecutive.
    package let blocks: [Block]
    package let parent: ChainParent<Application>
    /// What is known of their transactions, by id: their proofs were checked.
    package let prepared: [Bytes32: Application.Prepared]
}

/// Transactions to be judged on the state after the newest final block.
package struct JudgeTask<Application: ChainApplication>: Sendable {
    package let number: UInt64
    package let items: [JudgeItem<Application.Prepared>]
    package let state: Application.State
    /// The time of the block that they might be in.
    package let time: Timestamp
    /// Whether a certificate and proof are checked also where the state refuses the ballot: this node
    /// passes transactions on to validators that may be ahead of it, and answers for them.
    package let passesOn: Bool
}

package struct JudgeItem<Prepared: Sendable>: Sendable {
    package let entry: Entry
    /// Ballots of one sender stand together in a batch of proofs, so that few batches fail for it.
    package let sender: AdmissionSender
    /// Whether it is checked alone.
    package let isSuspect: Bool
    /// What earlier checks made of it.
    package let prepared: Prepared?
}

/// Blocks that have become final.
package struct FinalBlocks<Application: ChainApplication>: Sendable {
    package let blocks: [Branch<Application>]
    /// The validators of their epoch.
    package let validators: ValidatorSet
    /// The state after the last one.
    package let state: Application.State
}

/// Why a node stops.
package enum ChainFailure: Hashable, Sendable {
    case halted(HaltReason)
    /// A finalization that does not continue the chain that was final here.
    case forked(FinalizedHeader, height: Height, hash: Bytes32)
    /// A final block that our own execution refuses.
    case finalBlockIsInvalid(Bytes32, problem: String)
    /// A quorum signed another root of this size than our log has.
    case checkpointContradicted(size: UInt64, certified: Bytes32, own: Bytes32)
    /// Two quorums signed two roots of one size.
    case twoCheckpoints(size: UInt64, roots: [Bytes32])
    case ownCheckpointLine(String)
    /// More than f validators are connected to another node with this validator's key.
    case keyInUse(addresses: [String])
    /// The state names other validators than the block that ended the epoch.
    case otherValidators
    case unnameableValidator
    case notSigned(SigningFailure)
}

/// What an operator's log says.
package enum ChainNotice: Sendable {
    case validatorsChanged(height: Height, ValidatorSet, own: ValidatorIndex?)
    case alarm(BlockAlarm, height: Height)
    case equivocation(Equivocation)
    /// A validator cosigned two trees of one size.
    case cosignedTwice(validator: String, size: UInt64)
    case invalidProposal(Bytes32, problem: String)
    case refusedMessage(from: Bytes32, MessageRejection)
    /// Leaders' states keep refusing it.
    case givenUp(Bytes32)
    case dropped(Bytes32, TransactionRefusal, wasPromised: Bool)
    case ballotsOverdue(StyleName, count: Int)
}
