package import Codec
package import Ledger

/// The certificates of one view that are held.
struct ViewCertificates: Sendable {
    var notarization: Certificate?
    var nullification: Certificate?
    var finalization: Certificate?

    /// All of them, the strongest first.
    var all: [Certificate] { [finalization, notarization, nullification].compactMap(\.self) }

    /// The block that was notarized or finalized in this view.
    var blockHash: Bytes32? {
        (notarization ?? finalization)?.subject.proposal?.blockHash
    }

    func certificate(_ kind: VoteKind) -> Certificate? {
        switch kind {
        case .notarize: notarization
        case .nullify: nullification
        case .finalize: finalization
        }
    }
}

/// A proposal and the wall clock at its first arrival, before any waiting (b.2, b.7).
struct ReceivedProposal: Sendable {
    let message: ProposalMessage
    let proposal: Proposal
    let arrival: Timestamp

    /// Whether it proposes the last block of an epoch once more (b.11).
    var isRepeated: Bool { message.header.view != proposal.round.view }
}

/// What is known of one block.
struct BlockEntry: Sendable {
    /// Nil while only a certificate names the block.
    var header: BlockHeader?
    var transactionIDs: [Bytes32]?
    var content = Content.absent
    var judgement = Judgement.open
    /// Whether the block is in the journal or the chain store.
    var isDurable = false
    /// When the next peer is asked for the content; nil while nobody needs it.
    var fetch: Fetch?

    enum Content {
        case absent
        /// The driver looks through the mempool.
        case locating
        /// What the mempool had.
        case partial([Entry?])
        case held(Block)
    }

    enum Judgement: Equatable {
        case open
        case asked
        case valid
        case invalid(String)
    }

    struct Fetch {
        var attempt: Int
        var next: Instant
    }

    /// The block once its whole body is here.
    var block: Block? {
        if case .held(let block) = content { return block }
        return nil
    }
}

/// The timers of the current view and the regular ones.
struct Pace: Sendable {
    /// When the current view was entered.
    var entered = Instant(microseconds: 0)
    /// Δ of the current view in milliseconds (b.5).
    var delta: UInt64 = 0
    var nextResend = Instant(microseconds: .max)
    var nextStatus = Instant(microseconds: .max)
    /// When others are asked again what they heard of the own key.
    var nextVoteRequest = Instant(microseconds: 0)
    /// When a leader tries again; nil where only an input can change anything.
    var nextAttempt: Instant?
    /// When missing certificates may be asked for again, and how often that was done.
    var nextCertificateRequest = Instant(microseconds: 0)
    var certificateRequests = 0
    /// The round whose block the driver is building.
    var building: BlockTemplate?
    /// The round of own votes that are on their way to the journal, where another process signs.
    var unconfirmed: Confirmation?
    /// The round whose notarization is being made durable before FINALIZE is signed elsewhere, and the
    /// one in which it is.
    var confirming: Confirmation?
    var confirmed: Round?
    /// How often the driver was asked whether all is durable.
    var confirmations: UInt64 = 0
    /// The driver had nothing to include since transactions were last announced.
    var nothingToInclude = false
}

/// What is known of another validator.
struct PeerRecord: Sendable {
    var lastHeard = Instant(microseconds: 0)
    var lastHeardView = View.root
    /// Conflicts of its votes in this epoch.
    var equivocations = 0
    /// How late the views that it led ended lately, in milliseconds after their proposals were due.
    var lateness: UInt64 = 0
    /// Answers that it got lately are paid for until then (`Replica.mayAnswer`).
    var answersPaid = Instant(microseconds: 0)
    /// When it may be told again that its epoch is over.
    var nextOldEpochAnswer = Instant(microseconds: 0)
    /// When it may be told again how the current view was entered.
    var nextEntryAnswer = Instant(microseconds: 0)
    /// Its vote of the highest round that was received, and when it may be told again.
    var newestVote: SignedVote?
    var nextVoteAnswer = Instant(microseconds: 0)
    /// Whether it was asked for our newest vote and has not answered.
    var owesVoteAnswer = false
    /// The peer's clock minus ours at its last status, in milliseconds.
    var clockOffset: Int64?
}

/// What an operator sees of a replica.
package struct ReplicaStatus: Hashable, Sendable {
    package let round: Round
    package let floorHeight: Height
    package let floorHash: Bytes32
    package let voting: VotingState
    package var isVoting: Bool { voting == .voting }
    package let haltReason: HaltReason?
    /// The median of the peers' clocks minus ours, in milliseconds; nil before any status came.
    package let clockOffset: Int64?
}

/// Whether a validator votes, and what it waits for.
package enum VotingState: Hashable, Sendable {
    case voting
    /// Restarted, and listens whether its key votes elsewhere: `needed` other validators at least have
    /// to say what they heard of it. The answers count from the end of the time on: nil before.
    case listening(answers: Int?, needed: Int)
    /// The journal cannot be trusted: `needed` other validators have to say where they are.
    case quarantined(answers: Int, needed: Int)
    /// Out of quarantine, and votes from this round on.
    case waiting(for: Round)
    /// None of the epoch's validators.
    case noMember
    case halted
}

/// Counters since the start.
package struct ReplicaMetrics: Hashable, Sendable {
    package internal(set) var viewsEntered: UInt64 = 0
    package internal(set) var viewsNullified: UInt64 = 0
    package internal(set) var leadersSkipped: UInt64 = 0
    package internal(set) var blocksProposed: UInt64 = 0
    package internal(set) var blocksFinalized: UInt64 = 0
    /// Proposals whose time does not fit our clock (b.7).
    package internal(set) var untimelyProposals: UInt64 = 0
    /// Proposals that break a rule or that the application refused.
    package internal(set) var invalidProposals: UInt64 = 0
    package internal(set) var equivocations: UInt64 = 0
}

/// How much a replica keeps above its floor: bounded by the views since then.
package struct ReplicaHoldings: Hashable, Sendable {
    package let blocks: Int
    package let certificates: Int
    package let proposals: Int
    /// Views with votes.
    package let tallies: Int
    package let ownVotes: Int
}

extension Replica {
    package var holdings: ReplicaHoldings {
        ReplicaHoldings(
            blocks: blocks.count,
            certificates: certificates.values.reduce(0) { $0 + $1.all.count },
            proposals: proposals.count, tallies: tallies.count, ownVotes: ownVotes.count)
    }

    package var status: ReplicaStatus {
        let offsets = peers.compactMap(\.clockOffset).sorted()
        var reason: HaltReason?
        if case .halted(let halted) = mode { reason = halted }
        return ReplicaStatus(
            round: round, floorHeight: floor.height, floorHash: floor.hash, voting: votingState,
            haltReason: reason,
            clockOffset: offsets.isEmpty ? nil : offsets[offsets.count / 2])
    }

    /// All that a journal must hold now: what is not in it is at or below the floor, or was never
    /// signed.
    package var journalSnapshot: [JournalRecord] {
        var records: [JournalRecord] = []
        // In this order: a quarantine that came after another one's end is not over.
        if let resumption { records.append(.resumed(from: resumption)) }
        if isQuarantined { records.append(.quarantined) }
        let durable = blocks.values
            .filter { $0.isDurable }
            .compactMap(\.block)
            .filter { $0.header.height > floor.height }
            .sorted { ($0.header.height, $0.header.view) < ($1.header.height, $1.header.view) }
        records += durable.map { .block($0) }
        for view in certificates.keys.sorted() {
            records += (certificates[view]?.all ?? []).map { .certificate($0) }
        }
        records += laterCertificates.map { .certificate($0) }
        records.append(.signer(record))
        records += ownVotes.map { .vote($0.vote) }
        return records
    }

    private var votingState: VotingState {
        switch mode {
        case .halted: .halted
        case .listening(let listening):
            index == nil
                ? .noMember
                : .listening(
                    answers: listening.isAsking ? listening.answered.count : nil,
                    needed: listenersNeeded)
        case .quarantined(let quarantine):
            .quarantined(
                answers: quarantine.entered.count, needed: 2 * validators.faultTolerance + 1)
        case .voting:
            if index == nil {
                .noMember
            } else {
                mayVote(in: round) ? .voting : .waiting(for: resumption ?? round)
            }
        }
    }

    package var round: Round { Round(epoch: epoch, view: view) }
    var parameters: Parameters { configuration.parameters }
    var isQuarantined: Bool {
        if case .quarantined = mode { true } else { false }
    }

    /// The view of the floor's finalization as this epoch names it (`parentView` of its children).
    var floorView: View {
        guard let round = floor.round, round.epoch == epoch else { return .root }
        return round.view
    }

    /// What has been signed in the current round; nil where nothing may be: the validator listens or
    /// is in quarantine, a higher round was signed before chain data was lost, or votes of an earlier
    /// one are not durable yet.
    var currentRecord: SignerRecord? {
        guard mode == .voting, view > .root, record.round <= round, mayVote(in: round),
            !isUnconfirmed
        else { return nil }
        return record.round == round ? record : SignerRecord(round: round)
    }

    /// The last height of the current epoch, B in b.11.
    var lastHeight: Height { parameters.lastHeight(of: epoch) }

    /// The other validators by index.
    var others: [ValidatorIndex] {
        (0..<UInt16(validators.count)).map { ValidatorIndex($0) }.filter { $0 != index }
    }

    func holds(_ kind: VoteKind, in view: View) -> Bool {
        certificates[view]?.certificate(kind) != nil
    }
}
