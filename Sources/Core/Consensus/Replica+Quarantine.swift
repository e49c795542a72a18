import Codec
package import Ledger

/// A validator whose record of signed votes is lost (b.13). To vote in view w it had entered w by a
/// certificate that q validators signed in w - 1; without itself and f liars at least q - 1 - f honest
/// ones did, and 2f + 1 answers of others hold one of theirs. That one's entry certificate is of a
/// view >= w - 2. So w <= m + 2, where m is the highest certified view in the answers.
extension Replica {
    /// How many views after the highest certified one votes begin.
    private var resumedViews: UInt64 { 3 }

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
        return round.view > .first || !mayHaveEnteredEpoch(after: resumption)
    }

    /// Whether the lost record may hold votes of the epoch after `resumption`'s. To enter that one I had
    /// a finalization of its predecessor's last block B, of a view w that is B's or a later one, and one
    /// of its signers has answered: its entry certificate was of a view >= w - 1. So w <= m + 1.
    func mayHaveEnteredEpoch(after resumption: Round) -> Bool {
        guard let boundary, boundary.header.epoch == resumption.epoch else { return true }
        return boundary.header.view.adding(resumedViews - 1) <= resumption.view
    }

    mutating func askForEntries() {
        guard case .quarantined(var quarantine) = mode, now.instant >= quarantine.nextRequest
        else { return }
        quarantine.nextRequest = now.instant.adding(milliseconds: ConsensusDelays.entryRequest)
        mode = .quarantined(quarantine)
        emit(.send(.entryRequest(configuration.nonce), to: .all))
    }

    /// Says by which certificate the current view was entered. Who is in quarantine, or is not back yet
    /// where it was, does not answer: the asker counts on nobody having been further.
    mutating func answerEntryRequest(_ nonce: Bytes32, for peer: ValidatorIndex) {
        let position = Int(peer.rawValue)
        guard !isQuarantined, record.round <= round, mayVote(in: round),
            now.instant >= peers[position].nextEntryAnswer
        else { return }
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
        resume(from: Round(epoch: epoch, view: highest.adding(resumedViews)))
    }

    /// Votes again from a round on, whatever the others answered: the operator's word that this key
    /// signed nothing in it or after it. Without effect unless the validator is in quarantine, or waits
    /// for the round that one has set; and where the round is past, since such a word is an old one.
    package mutating func vote(from round: Round, at now: LocalTime) -> [Effect] {
        guard begin(at: now), round >= self.round else { return [] }
        switch mode {
        case .quarantined: break
        case .voting, .listening:
            guard view > .root, !mayVote(in: self.round) else { return [] }
        case .halted: return []
        }
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
