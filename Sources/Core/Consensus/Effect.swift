package import Codec
package import Ledger

/// Who gets a message.
package enum Recipient: Hashable, Sendable {
    /// Every other validator.
    case all
    case one(ValidatorIndex)
}

/// What must happen now. Effects are carried out in order: a message that follows a `persist` leaves
/// only once that is durable (b.12).
package enum Effect: Equatable, Sendable {
    /// Durable before any later effect: a restarted validator must remember what it signed.
    case persist([JournalRecord])
    /// The journal is written anew with these records alone, durably before any later effect, also
    /// where there was none or a damaged one.
    case replaceJournal([JournalRecord])
    case send(ConsensusMessage, to: Recipient)
    /// Make a block; the answer goes to `Replica.built`.
    case build(BlockTemplate)
    /// Find a proposal's transactions by their ids, in order; the answer goes to `Replica.located`.
    case locate(Bytes32, [Bytes32])
    /// Check a block's content on its parent's state, which is valid or final; the answer goes to
    /// `Replica.validated`.
    case validate(Block)
    /// Say to `Replica.confirmed`, with this number, that all earlier effects are carried out.
    case confirm(UInt64)
    /// Execute and store in one atomic, durable batch before any later effect.
    case finalize(FinalizedChain)
    /// A verified final block too far above the floor for single fetches.
    case synchronize(FinalizedHeader)
    case report(Equivocation)
    /// Stop the process and keep everything.
    case halt(HaltReason)
}

/// What a leader has settled of its block before the content is chosen.
package struct BlockTemplate: Hashable, Sendable {
    package let chainID: Bytes32
    package let round: Round
    package let height: Height
    package let parentView: View
    package let parentHash: Bytes32
    package let time: Timestamp
    package let proposer: ValidatorIndex
    package let validatorsHash: Bytes32
    /// Whether a block without transactions is due: a heartbeat or a tail block (b.8).
    package let mayBeEmpty: Bool
    /// The limits of the body, from genesis.
    package let maximumTransactions: Int
    package let maximumBodyBytes: Int

    package init(
        chainID: Bytes32, round: Round, height: Height, parentView: View, parentHash: Bytes32,
        time: Timestamp, proposer: ValidatorIndex, validatorsHash: Bytes32, mayBeEmpty: Bool,
        maximumTransactions: Int, maximumBodyBytes: Int
    ) {
        self.chainID = chainID
        self.round = round
        self.height = height
        self.parentView = parentView
        self.parentHash = parentHash
        self.time = time
        self.proposer = proposer
        self.validatorsHash = validatorsHash
        self.mayBeEmpty = mayBeEmpty
        self.maximumTransactions = maximumTransactions
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// The header of the block with this content.
    package func header(
        transactionIDs: [Bytes32], bodyBytes: Int, logSize: UInt64, logRoot: Bytes32,
        stateDigestAfterParent: Bytes32, nextValidatorsHash: Bytes32
    ) -> BlockHeader {
        BlockHeader(
            chainID: chainID, epoch: round.epoch, height: height, view: round.view,
            parentView: parentView, parentHash: parentHash, time: time, proposer: proposer,
            transactionCount: UInt32(transactionIDs.count), bodyBytes: UInt32(bodyBytes),
            bodyRoot: Block.bodyRoot(ids: transactionIDs), logSize: logSize, logRoot: logRoot,
            stateDigestAfterParent: stateDigestAfterParent, validatorsHash: validatorsHash,
            nextValidatorsHash: nextValidatorsHash)
    }
}

/// The application's judgement of a block's content.
package enum Verdict: Hashable, Sendable {
    case valid
    /// For sure: the text says which rule. It goes to the log, not into any decision.
    case invalid(String)
}

/// Two conflicting votes of one key (b.14).
package struct Equivocation: Hashable, Sendable {
    package let first: SignedVote
    package let second: SignedVote

    package init(first: SignedVote, second: SignedVote) {
        self.first = first
        self.second = second
    }
}

/// Why no honest validator may go on: more than f are faulty, or something of ours is broken.
package enum HaltReason: Hashable, Sendable {
    /// A finalization whose block does not descend from the floor (S1, S3).
    case conflictingFinalization(Certificate)
    /// A finalization and a nullification of one view (S4).
    case finalizedAndNullified(Round)
    /// Two notarized blocks in one view (S5).
    case twoNotarizations(Round)
    /// A certified block that our own execution refuses (S12).
    case certifiedBlockIsInvalid(Bytes32, String)
    /// A vote of our key that we did not send: the key is in use elsewhere.
    case ownKeyVotedElsewhere(SignedVote)
    /// The holder of the key did not sign.
    case notSigned(VoteSubject, SigningFailure)
    /// The driver named other validators than the epoch's last block, which has this hash of theirs.
    case wrongValidators(Bytes32)
}
