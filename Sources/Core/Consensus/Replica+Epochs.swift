package import Codec
package import Ledger

/// Epochs and their validators (b.11). A new epoch begins with its last block before it as floor, and
/// with the validators that this block's header names.
extension Replica {
    /// Takes the validators of the epoch that has begun, once their hash is awaited.
    package mutating func enterEpoch(_ validators: ValidatorSet, at now: LocalTime) -> [Effect] {
        guard begin(at: now), let awaited = awaitedValidators else { return [] }
        guard validators.count > 0, validators.hash == awaited else {
            halt(.wrongValidators(awaited))
            return finish()
        }
        awaitedValidators = nil
        let former = self.validators
        self.validators = validators
        validatorsHash = awaited
        index = validators.index(of: configuration.key)
        carryNewestVotes(from: former)
        forgetListeners()
        // The answers that ended a quarantine were the other set's: of this one they say nothing, nor
        // does what was signed since among the others.
        if let resumption, resumption.epoch.next == epoch, mayHaveEnteredEpoch(after: resumption) {
            quarantine()
        }
        beginEpoch()
        askForEntries()
        goOn()
        return finish()
    }

    /// The answer to a node that is none of the current validators and believes to be one: an epoch
    /// has ended without it.
    package func answer(toOutsider message: ConsensusMessage) -> ConsensusMessage? {
        guard let epoch = message.epoch, epoch < self.epoch else { return nil }
        return endOfEarlierEpoch.map { .finalized($0) }
    }

    /// What takes a validator of the epoch before on: the newest final block where it knows the
    /// validators that signed it, else the one that ended its epoch.
    private var endOfEarlierEpoch: FinalizedHeader? {
        guard let boundary, boundary.header.validatorsHash != floor.finalized?.header.validatorsHash
        else { return floor.finalized }
        return boundary
    }

    /// Ends the epoch in which the floor was, or goes on in one whose validators were not known.
    mutating func switchEpoch(to next: Epoch, validatorsHash hash: Bytes32) {
        if let finalized = floor.finalized, finalized.header.epoch != next {
            boundary = finalized
        } else if next != epoch {
            boundary = nil
        }
        epoch = next
        view = .root
        entry = nil
        certificates = [:]
        highestNotarized = .root
        highestFinalized = .root
        tallies = [:]
        proposals = [:]
        pace.building = nil
        pace.nextAttempt = nil
        let lowest = Round(epoch: epoch, view: floorView)
        ownVotes.removeAll { $0.vote.subject.round <= lowest }
        restartQuarantine()
        dropBlocks()
        guard hash == validatorsHash else {
            awaitedValidators = hash
            return
        }
        awaitedValidators = nil
        beginEpoch()
    }

    /// Enters the epoch's first view that is open, if this validator takes part in it.
    private mutating func beginEpoch() {
        guard index != nil else { return }
        for position in peers.indices {
            peers[position].lastHeardView = .root
            peers[position].equivocations = 0
            if peers[position].lastHeard.microseconds == 0 {
                peers[position].lastHeard = now.instant
            }
        }
        let reserved = laterCertificates
        laterCertificates.removeAll { $0.subject.round.epoch <= epoch }
        for certificate in reserved
        where certificate.subject.round.epoch == epoch && certificate.subject.round.view > floorView
        {
            take(certificate)
        }
        var first = floorView.next
        if record.round.epoch == epoch { first = max(first, record.round.view) }
        if let highest = certificates.keys.max() { first = max(first, highest.next) }
        let before = certificates[View(first.rawValue - 1)]?.all.first
        // After a restart the journal, or the key's holder, may be ahead of the chain's data.
        signAgain()
        enter(first, entry: before ?? floor.finalized?.finalization)
        sendAgain()
        armRegularTimers()
    }

    /// Answers a message of an epoch that is over with the block that ended it; whether it was one.
    mutating func answer(
        _ message: ConsensusMessage, ofEarlierEpochFrom sender: ValidatorIndex
    ) -> Bool {
        guard let epoch = message.epoch, epoch < self.epoch else { return false }
        let position = Int(sender.rawValue)
        guard now.instant >= peers[position].nextOldEpochAnswer,
            let finalized = endOfEarlierEpoch
        else { return true }
        peers[position].nextOldEpochAnswer = now.instant.adding(
            milliseconds: ConsensusDelays.oldEpochAnswer)
        emit(.send(.finalized(finalized), to: .one(sender)))
        return true
    }
}

extension ValidatorSet {
    /// The place of a consensus key.
    package func index(of consensusKey: Bytes32) -> ValidatorIndex? {
        validators.firstIndex { $0.consensusKey == consensusKey }.map { ValidatorIndex(UInt16($0)) }
    }
}

extension ConsensusMessage {
    /// The epoch that a message belongs to; nil where it is of none, or of every one.
    var epoch: Epoch? {
        switch self {
        case .proposal(let proposal): proposal.vote.subject.round.epoch
        case .vote(let vote): vote.subject.round.epoch
        case .certificate(let certificate): certificate.subject.round.epoch
        case .certificates(let certificates): certificates.first?.subject.round.epoch
        case .status(let status): status.round.epoch
        case .certificateRequest(let epoch, above: _, below: _): epoch
        case .entryAnswer(let answer): answer.round.epoch
        case .finalized, .blockRequest, .block, .transactionRequest, .transactions,
            .entryRequest, .voteRequest, .voteAnswer:
            nil
        }
    }

    /// Whether it also matters to a validator that takes no part in the current epoch, or does not
    /// know yet whether it does.
    var isForAll: Bool {
        switch self {
        case .finalized, .blockRequest, .transactionRequest: true
        case .proposal, .vote, .certificate, .status, .certificateRequest, .certificates, .block,
            .transactions, .entryRequest, .entryAnswer, .voteRequest, .voteAnswer:
            false
        }
    }
}
