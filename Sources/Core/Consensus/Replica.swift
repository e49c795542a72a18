// Consensus: the agreement protocol, Simplex with rotating leaders, as a pure state machine. A
// replica takes one input at a time and returns effects in order; it holds no clock, socket, disk or
// key. It knows headers and votes; what a block's transactions mean, the driver judges. The rules
// are those of PROTOCOL.md, "Agreement"; `b.N` in comments names the rule.

package import Codec
package import Ledger

/// One validator's side of the agreement protocol.
package struct Replica<Verifier: SignatureVerifier, Signer: VoteSigner>: Sendable {
    let configuration: ReplicaConfiguration
    let verifier: Verifier
    let signer: Signer

    /// What this validator signed in the highest round it voted in (b.1).
    var record: SignerRecord
    /// Own votes above the floor, as they were signed.
    var ownVotes: [RecordedVote] = []
    var mode: ReplicaMode
    /// Whether what is on disk is a journal that records may be added to, and that the driver may
    /// write anew from `journalSnapshot`. Else it stays as it is until `Effect.replaceJournal`.
    package internal(set) var hasJournal = true
    /// Whether another process holds the key and a record of its own.
    var signsElsewhere = false
    /// Up to this round the key's holder signed what the lost journal does not show.
    var forgotten: Round?
    /// The lowest round to vote in after a lost record (b.13); nil where none was lost.
    var resumption: Round?

    var epoch: Epoch
    /// The validators of the current epoch; of the one before while `awaitedValidators` is not nil.
    package internal(set) var validators: ValidatorSet
    var validatorsHash: Bytes32
    /// This validator's place among them; nil where it is none of them.
    package internal(set) var index: ValidatorIndex?
    /// The hash of the current epoch's validators until the driver tells who they are.
    package internal(set) var awaitedValidators: Bytes32?
    /// The finalization of the last block of the epoch before, for those who are still in that.
    var boundary: FinalizedHeader?
    /// The current view, `cur`; 0 before `start`, while the epoch's validators are not known, and
    /// where this validator is none of them.
    var view: View = .root
    /// The certificate by which the current view was entered; nil in the first view of the chain.
    var entry: Certificate?
    var floor: Floor

    /// By view above the floor, in the current epoch.
    var certificates: [View: ViewCertificates] = [:]
    /// Of later epochs, from a journal that is ahead of the chain's data: they may be nowhere else.
    var laterCertificates: [Certificate] = []
    /// The highest views that have one, so that nothing searches a long run of failed views.
    var highestNotarized = View.root
    var highestFinalized = View.root
    var tallies: [View: Tally] = [:]
    /// By view from the current one on: the first proposal that came.
    var proposals: [View: ReceivedProposal] = [:]
    /// Blocks above the floor, and the latest final ones for peers that are a little behind.
    var blocks: [Bytes32: BlockEntry] = [:]
    /// The latest final blocks, oldest first.
    var recentBlocks: [Bytes32] = []

    var pace = Pace()
    var peers: [PeerRecord]
    /// The oldest admitted transaction that is in no final block.
    var pendingSince: Instant?
    package internal(set) var metrics = ReplicaMetrics()

    /// The time of the input that is being handled.
    var now: LocalTime
    var effects: [Effect] = []

    /// A replica at the state that the chain store (`floor`) and the vote journal give. Its inputs
    /// begin with `start`.
    ///
    /// - Parameter signerRecord: what the key's holder says that it signed last, where that is
    ///   another process than this one.
    package init(
        configuration: ReplicaConfiguration, verifier: Verifier, signer: Signer, floor: Floor,
        journal: JournalState, signerRecord: SignerRecord? = nil
    ) {
        let expected = floor.finalized?.header.nextValidatorsHash
        self.configuration = configuration
        self.verifier = verifier
        self.signer = signer
        self.floor = floor
        epoch = configuration.parameters.epoch(of: floor.height.next)
        validators = configuration.validators
        validatorsHash = validators.hash
        precondition(
            expected ?? validatorsHash == validatorsHash,
            "the driver names the validators of the height after the floor")
        index = validators.index(of: configuration.key)
        boundary =
            configuration.boundary
            ?? floor.finalized.flatMap { [epoch] finalized in
                finalized.header.epoch == epoch ? nil : finalized
            }
        record = SignerRecord(round: Round(epoch: .first, view: .root))
        now = LocalTime(instant: Instant(microseconds: 0), clock: Timestamp(milliseconds: 0))
        peers = Array(repeating: PeerRecord(), count: validators.count)
        mode = .voting
        restore(from: journal, signerRecord)
    }

    /// Handles one message of an authenticated validator.
    ///
    /// - Throws: why the message was not taken; the replica is unchanged then, except for knowing
    ///   that the sender is alive, and of a vote that came late, that there was one.
    package mutating func receive(
        _ message: ConsensusMessage, from sender: ValidatorIndex, at now: LocalTime
    ) throws(MessageRejection) -> [Effect] {
        guard begin(at: now) else { return [] }
        guard validators[sender] != nil, sender != index else { throw .unknownValidator(sender) }
        heard(sender)
        if answer(message, ofEarlierEpochFrom: sender) { return finish() }
        guard view > .root || message.isForAll else { throw .notTakingPart }
        switch message {
        case .proposal(let proposal): try receive(proposal)
        case .vote(let vote): try receive(vote)
        case .certificate(let certificate): try receive([certificate])
        case .certificates(let certificates): try receive(certificates)
        case .finalized(let finalized): try receive(finalized)
        case .status(let status): receive(status, from: sender)
        case .certificateRequest(let epoch, let above, let below):
            answerCertificateRequest(epoch: epoch, above: above, below: below, for: sender)
        case .blockRequest(let hash): answerBlockRequest(hash, for: sender)
        case .block(let block): try receive(block)
        case .transactionRequest(let hash, let indices):
            try answerTransactionRequest(hash, indices, for: sender)
        case .transactions(let hash, let transactions): try receive(transactions, of: hash)
        case .entryRequest(let nonce): answerEntryRequest(nonce, for: sender)
        case .entryAnswer(let answer): try receive(answer, from: sender)
        case .voteRequest(let nonce): answerVoteRequest(nonce, for: sender)
        case .voteAnswer(let answer): try receive(answer, from: sender)
        }
        return finish()
    }

    /// Expires the timers due by `now`.
    package mutating func advance(to now: LocalTime) -> [Effect] {
        guard begin(at: now) else { return [] }
        expireTimers()
        return finish()
    }

    /// Notes since when the oldest transaction waits that a leader could include and that no final
    /// block holds; nil for none.
    package mutating func pendingTransactions(
        since oldest: Instant?, at now: LocalTime
    ) -> [Effect] {
        guard begin(at: now) else { return [] }
        pendingSince = oldest
        pace.nothingToInclude = false
        propose()
        return finish()
    }

    /// Takes the block for a template of `round`; nil where nothing is to be included and the
    /// template may not be empty.
    package mutating func built(
        _ block: Block?, for round: Round, at now: LocalTime
    ) -> [Effect] {
        guard begin(at: now) else { return [] }
        takeBuilt(block, for: round)
        return finish()
    }

    /// Takes the transactions of a proposal that the mempool has, in order; nil for each other one.
    package mutating func located(
        _ entries: [Entry?], of blockHash: Bytes32, at now: LocalTime
    ) -> [Effect] {
        guard begin(at: now) else { return [] }
        takeLocated(entries, of: blockHash)
        return finish()
    }

    /// Takes the application's judgement of a block.
    package mutating func validated(
        _ blockHash: Bytes32, _ verdict: Verdict, at now: LocalTime
    ) -> [Effect] {
        guard begin(at: now) else { return [] }
        takeVerdict(verdict, of: blockHash)
        return finish()
    }

    /// Moves the floor to a block that was verified, executed and stored without this replica.
    package mutating func adopt(_ finalized: FinalizedHeader, at now: LocalTime) -> [Effect] {
        guard begin(at: now) else { return [] }
        if finalized.header.height > floor.height {
            if finalized.header.validatorsHash == validatorsHash {
                compareWithRecord(finalized.finalization)
            }
            moveFloor(to: Floor(finalized), blocks: [])
            goOn()
        }
        return finish()
    }

    /// Begins an input; false when the replica has halted.
    mutating func begin(at now: LocalTime) -> Bool {
        // The driver's monotonic clock never goes back; one that did must not move deadlines.
        self.now = LocalTime(instant: max(now.instant, self.now.instant), clock: now.clock)
        if case .halted = mode { return false }
        return true
    }

    /// The effects of an input. Records that would be persisted later are persisted with the ones
    /// before: earlier is safe, and one sync serves FINALIZE(v) and NOTARIZE(v+1) (b.12). They are
    /// not moved before a finalization, so that the journal is never an epoch ahead of the store.
    mutating func finish() -> [Effect] {
        defer { effects = [] }
        var merged: [Effect] = []
        var open: Int?
        for effect in effects {
            switch effect {
            case .persist(let more):
                if let position = open, case .persist(let records) = merged[position] {
                    merged[position] = .persist(records + more)
                } else {
                    open = merged.count
                    merged.append(effect)
                }
            case .finalize, .replaceJournal:
                open = nil
                merged.append(effect)
            case .send, .build, .locate, .validate, .confirm, .synchronize, .report, .halt:
                merged.append(effect)
            }
        }
        return merged
    }

    mutating func emit(_ effect: Effect) { effects.append(effect) }

    mutating func halt(_ reason: HaltReason) {
        if case .halted = mode { return }
        mode = .halted(reason)
        emit(.halt(reason))
    }
}
