import Codec
import Ledger

/// Listening for the own key after a restart (b.13): a copy of this validator may run. Votes go to all
/// but their own signer, so a copy hears nothing of its original by itself: it asks the others for the
/// newest vote of its key, and votes only when enough of them have answered after the window. It goes
/// on asking while it votes: two that were started together see each other then.
extension Replica {
    /// Begins to listen, unless nothing was ever signed on a chain that begins. Also where the key is
    /// none of the present validators': it may become one, or may have been one.
    mutating func listen() {
        guard mode == .voting, configuration.listening > 0 else { return }
        guard record.round.view > .root || floor.height > .genesis || resumption != nil
        else { return }
        let rotations = Int(ConsensusDelays.listenedRotations)
        mode = .listening(Listening(views: rotations * validators.count))
        beginWindow()
    }

    /// Lets the time of listening begin. After a quarantine it begins in the first view that is free of
    /// votes of before: only what the key signs from there on says that another has it.
    mutating func beginWindow() {
        guard case .listening(var listening) = mode, listening.until == nil, mayVote(in: round)
        else { return }
        listening.until = now.instant.adding(milliseconds: configuration.listening)
        mode = .listening(listening)
    }

    /// Counts a view that has passed. Those that pass faster than blocks may follow each other are
    /// caught up with and were not listened to; in those before `resumption` the own key proves nothing.
    mutating func listenedToView(since entered: Instant) {
        guard case .listening(var listening) = mode, mayVote(in: round),
            now.instant.milliseconds(since: entered)
                >= UInt64(parameters.blockIntervalMilliseconds) / 2
        else { return }
        listening.views -= 1
        mode = .listening(listening)
        askForOwnVotes()
    }

    /// Asks all others for the newest vote of the own key: again and again, and at once when the window
    /// ends.
    mutating func askForOwnVotes() {
        guard configuration.listening > 0 else { return }
        var pause = ConsensusDelays.ownVotes
        switch mode {
        case .quarantined, .halted:
            return
        case .voting:
            guard now.instant >= pace.nextVoteRequest else { return }
        case .listening(var listening):
            let isOver = listening.isOver(at: now.instant)
            guard now.instant >= pace.nextVoteRequest || isOver && !listening.isAsking
            else { return }
            if isOver, !listening.isAsking { listening.askedSince = now.instant }
            mode = .listening(listening)
            pause = isOver ? ConsensusDelays.lastVoteRequest : ConsensusDelays.voteRequest
        }
        pace.nextVoteRequest = now.instant.adding(milliseconds: pause)
        for position in peers.indices { peers[position].owesVoteAnswer = true }
        emit(.send(.voteRequest(configuration.nonce), to: .all))
    }

    /// When the own votes are asked for again.
    var ownVotesDeadline: Instant? {
        guard configuration.listening > 0 else { return nil }
        switch mode {
        case .quarantined, .halted: return nil
        case .voting: return pace.nextVoteRequest
        case .listening(let listening):
            guard let until = listening.until, !listening.isOver(at: now.instant) else {
                return pace.nextVoteRequest
            }
            return min(until, pace.nextVoteRequest)
        }
    }

    /// Answers of another set's members are no answers of this one's.
    mutating func forgetListeners() {
        guard case .listening(var listening) = mode else { return }
        listening.answered = []
        listening.answeredLate = []
        mode = .listening(listening)
    }

    /// Says which vote of the asking validator's key came last, also while in quarantine.
    mutating func answerVoteRequest(_ nonce: Bytes32, for peer: ValidatorIndex) {
        let position = Int(peer.rawValue)
        guard now.instant >= peers[position].nextVoteAnswer else { return }
        peers[position].nextVoteAnswer = now.instant.adding(
            milliseconds: ConsensusDelays.voteAnswer)
        let answer = VoteAnswer(nonce: nonce, vote: peers[position].newestVote)
        emit(.send(.voteAnswer(answer), to: .one(peer)))
    }

    mutating func receive(
        _ answer: VoteAnswer, from peer: ValidatorIndex
    ) throws(MessageRejection) {
        // One answer to each request: a signature is checked for it.
        guard answer.nonce == configuration.nonce, peers[Int(peer.rawValue)].owesVoteAnswer
        else { throw .notRequested(answer.nonce) }
        peers[Int(peer.rawValue)].owesVoteAnswer = false
        if let vote = answer.vote {
            // It may be of an epoch whose validators stood in other places, or, from who lags behind, of
            // a key that was replaced: that is no fault of the peer's.
            let message = vote.subject.message(in: configuration.domain)
            guard verifier.isValid(vote.signature, of: message, by: configuration.key) else {
                throw .notRequested(answer.nonce)
            }
            compareWithRecord(vote)
        }
        guard case .listening(var listening) = mode, let since = listening.askedSince else {
            return
        }
        listening.answered.insert(peer)
        if now.instant.milliseconds(since: since) >= configuration.listening {
            listening.answeredLate.insert(peer)
        }
        mode = .listening(listening)
        endListening(listening)
    }

    /// Votes again once q - 1 others have answered after the window. A validator that reaches fewer of
    /// them is content with f + 1 after as much time again: one of these is honest. It must vote, since
    /// a quorum may need it: those that it reaches pass certificates on to those that it does not.
    private mutating func endListening(_ listening: Listening) {
        guard
            listening.answered.count + 1 >= validators.quorum
                || listening.answeredLate.count >= listenersNeeded
        else { return }
        mode = .voting
        goOn()
    }

    /// f + 1: so many others have to answer at least before a validator that listened signs again.
    var listenersNeeded: Int { validators.faultTolerance + 1 }

    /// Makes records of the members of a new set. What was heard of their keys is still true, and how
    /// late they are.
    mutating func carryNewestVotes(from former: ValidatorSet) {
        let records = peers
        peers = validators.validators.map { member in
            var record = PeerRecord()
            if let place = former.index(of: member.consensusKey) {
                record.newestVote = records[Int(place.rawValue)].newestVote
                record.lateness = records[Int(place.rawValue)].lateness
            }
            return record
        }
    }

    /// Notes a vote that was checked, for the validator that asks what was heard of its key.
    mutating func noteNewest(_ vote: SignedVote) {
        let position = Int(vote.signer.rawValue)
        guard vote.subject.round >= peers[position].newestVote?.subject.round ?? vote.subject.round
        else { return }
        peers[position].newestVote = vote
    }

    /// A certificate that this validator signed later than its record says.
    mutating func compareWithRecord(_ certificate: Certificate) {
        guard let own = certificate.signatures.first(where: { $0.signer == index }) else { return }
        compareWithRecord(
            SignedVote(
                subject: certificate.subject, signer: own.signer, signature: own.signature))
    }

    /// A vote of the own key that the record does not hold: votes were lost, or the key is in use
    /// elsewhere. The latter is certain where a quarantine had found all rounds from `resumption` on
    /// free, and nothing was signed since.
    private mutating func compareWithRecord(_ vote: SignedVote) {
        let round = vote.subject.round
        let isRecorded =
            round < record.round
            || round == record.round && record.subject(of: vote.subject.kind) == vote.subject
        guard index != nil, !isRecorded, mayVote(in: round) else { return }
        switch mode {
        case .voting, .listening:
            guard let resumption, record.round < resumption else { return quarantine() }
            halt(.ownKeyVotedElsewhere(vote))
        case .quarantined, .halted: break
        }
    }
}
