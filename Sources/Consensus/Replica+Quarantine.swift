import Codec
package import Ledger

/// A validator whose record of signed votes is lost (b.13). To vote in view w it had entered w by a
/// certificate that q validators signed in w - 1; without itself and f liars at least q - 1 - f honest
/// ones did, and 2f + 1 answers of others hold one of theirs. That one's entry certificate is of a
/// view >= w - 2. So w <= m + 2, where m is the highest certified view in the answers.
extension Replica {
    /// Begins a quarantine, remembered where there is a journal to remember it in.
    mutating func quarantine() {
        mode = .quarantined(Quarantine())
        if hasJournal { emit(.persist([.quarantined])) }
    }

    /// Answers of another epoch say nothing about this one.
    mutating func restartQuarantine() {
        if isQuarantined { mode = .quarantined(Quarantine()) }
    }

    /// Whether a round is free of votes that a lost record may have held: from `resumption` on. The
    /// first view of the epoch after it is entered by a finalization alone, whose signers may have
    /// answered from before it.
    func mayVote(in round: Round) -> Bool {
        guard let resumption else { return true }
        guard round.epoch == resumption.epoch.next else { return round >= resumption }
        return round.view > .first
    }

    mutating func askForEntries() {
        guard case .quarantined(var quarantine) = mode, now.instant >= quarantine.nextRequest
        else { return }
        quarantine.nextRequest = now.instant.adding(milliseconds: ConsensusDelays.entryRequest)
        mode = .quarantined(quarantine)
        emit(.send(.entryRequest(configuration.nonce), to: .all))
    }

    /// Says by which certificate the current view was entered. Who is in quarantine does not know
    /// where it was and does not answer.
    mutating func answerEntryRequest(_ nonce: Bytes32, for peer: ValidatorIndex) {
        let position = Int(peer.rawValue)
        guard !isQuarantined, now.instant >= peers[position].nextEntryAnswer else { return }
        peers[position].nextEntryAnswer = now.instant.adding(
            milliseconds: ConsensusDelays.entryRequest / 2)
        var certificate: Certificate?
        if view > .first {
            // A journal ahead of the chain's data may not hold what this view was entered by.
            guard let entry, entry.subject.round.epoch == epoch,
                entry.subject.round.view.next == view
            else { return }
            certificate = entry
        }
        emit(
            .send(
                .entryAnswer(EntryAnswer(nonce: nonce, round: round, certificate: certificate)),
                to: .one(peer)))
    }

    mutating func receive(
        _ answer: EntryAnswer, from peer: ValidatorIndex
    ) throws(MessageRejection) {
        guard case .quarantined(var quarantine) = mode, answer.nonce == configuration.nonce
        else { throw .notRequested(answer.nonce) }
        try checkEpoch(answer.round.epoch)
        if let certificate = answer.certificate {
            let subject = certificate.subject
            guard subject.round.epoch == epoch, subject.round.view.next == answer.round.view
            else { throw .wrongEntry(answer.round) }
            if !isKnown(certificate) { try check(certificate) }
        } else if answer.round.view != .first {
            throw .wrongEntry(answer.round)
        }
        let view = answer.certificate?.subject.round.view ?? .root
        quarantine.entered[peer] = max(view, quarantine.entered[peer] ?? .root)
        mode = .quarantined(quarantine)
        if let certificate = answer.certificate { adopt(certificate, relay: false) }
        leaveQuarantine()
    }

    private mutating func leaveQuarantine() {
        guard case .quarantined(let quarantine) = mode,
            quarantine.entered.count >= 2 * validators.faultTolerance + 1,
            let highest = quarantine.entered.values.max()
        else { return }
        let (view, overflow) = highest.rawValue.addingReportingOverflow(
            applies(.quarantineMargin) ? 3 : 1)
        resume(from: Round(epoch: epoch, view: View(overflow ? .max : view)))
    }

    /// Votes again from a round on, whatever the others answered: the operator's word that this key
    /// signed nothing in it or after it. Without effect unless the validator is in quarantine.
    package mutating func vote(from round: Round, at now: LocalTime) -> [Effect] {
        guard begin(at: now), isQuarantined else { return [] }
        resume(from: round)
        return finish()
    }

    private mutating func resume(from round: Round) {
        resumption = round
        // What an untrusted journal held proves nothing: votes begin anew.
        ownVotes = []
        mode = .voting
        replaceJournal()
        // The answers say where others are, not that the key is nowhere else.
        listen()
        goOn()
    }

    /// Has the journal written anew, where what was on disk was no journal to add to.
    mutating func replaceJournal() {
        hasJournal = true
        emit(.replaceJournal(journalSnapshot))
    }
}

/// Listening for the own key after a restart (b.13).
extension Replica {
    /// Whether this restart has to listen: not where nothing was ever signed on a chain that begins.
    mutating func listen() {
        guard mode == .voting, configuration.listening > 0, index != nil else { return }
        guard record.round.view > .root || floor.height > .genesis || resumption != nil
        else { return }
        let rotations = Int(ConsensusDelays.listenedRotations)
        mode = .listening(
            until: now.instant.adding(milliseconds: configuration.listening),
            views: rotations * validators.count)
    }

    /// Counts a view that has passed; those that pass faster than blocks may follow each other are
    /// caught up with and were not listened to.
    mutating func listenedToView(since entered: Instant) {
        guard case .listening(let until, let views) = mode,
            now.instant.milliseconds(since: entered)
                >= UInt64(parameters.blockIntervalMilliseconds) / 2
        else { return }
        mode = views > 1 ? .listening(until: until, views: views - 1) : .voting
    }

    mutating func endListening() {
        guard case .listening(let until, views: _) = mode, now.instant >= until else { return }
        mode = .voting
        goOn()
    }

    /// A certificate that this validator signed later than its record says: votes were lost, or the
    /// key is in use elsewhere. The latter is certain where a quarantine had found all rounds from
    /// `resumption` on free, and nothing was signed since.
    mutating func compareWithRecord(_ certificate: Certificate) {
        let round = certificate.subject.round
        guard applies(.quarantine), index != nil, round > record.round, mayVote(in: round),
            let own = certificate.signatures.first(where: { $0.signer == index })
        else { return }
        switch mode {
        case .voting, .listening:
            guard let resumption, record.round < resumption else { return quarantine() }
            halt(
                .ownKeyVotedElsewhere(
                    SignedVote(
                        subject: certificate.subject, signer: own.signer,
                        signature: own.signature)))
        case .quarantined, .halted: break
        }
    }
}
