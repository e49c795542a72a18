import Codec
package import Ledger

/// Starting, for the first time or again (b.13).
extension Replica {
    /// Takes back what was signed, as far as it can be trusted.
    mutating func restore(from journal: JournalState, _ signerRecord: SignerRecord?) {
        // The key's holder remembers what it signed, also where the journal does not.
        switch journal {
        case .intact(let records, length: _):
            restore(from: records)
        case .missing, .corrupt:
            hasJournal = false
            if signerRecord == nil { mode = .quarantined(Quarantine()) }
        case .outdated(let signed):
            hasJournal = false
            if signerRecord.map({ $0.round < signed }) ?? true {
                mode = .quarantined(Quarantine())
            }
        }
        if let signerRecord { record.add(signerRecord) }
        if !applies(.quarantine) { mode = .voting }
    }

    /// Takes back what the journal holds. Blocks are judged again before a vote needs them: the
    /// driver's states of unfinished blocks are gone.
    private mutating func restore(from records: [JournalRecord]) {
        for record in records {
            switch record {
            case .signer(let signer): self.record.add(signer)
            case .certificate(let certificate): restore(certificate)
            case .vote(let vote):
                if !ownVotes.contains(where: { $0.vote == vote }) {
                    ownVotes.append(RecordedVote(inJournal: vote))
                }
            case .block(let block): restore(block)
            case .quarantined: mode = .quarantined(Quarantine())
            case .resumed(let round):
                resumption = round
                mode = .voting
            }
        }
        let lowest = Round(epoch: epoch, view: floorView)
        ownVotes.removeAll { $0.vote.subject.round <= lowest }
    }

    private mutating func restore(_ certificate: Certificate) {
        let round = certificate.subject.round
        if round.epoch > epoch { laterCertificates.append(certificate) }
        guard round.epoch == epoch, round.view > floorView else { return }
        take(certificate)
        if round.view >= entry?.subject.round.view ?? .root { entry = certificate }
    }

    private mutating func restore(_ block: Block) {
        guard block.header.height > floor.height else { return }
        blocks[block.header.hash] = BlockEntry(
            header: block.header,
            transactionIDs: Block.transactionIDs(block.transactions),
            content: .held(block), isDurable: true)
    }

    /// Enters the view that state on disk gives, counts own votes, and sends them again as they were
    /// signed. To be called once, before any other input.
    package mutating func start(at now: LocalTime) -> [Effect] {
        precondition(view == .root, "a replica starts once")
        guard begin(at: now) else { return [] }
        for position in peers.indices { peers[position].lastHeard = now.instant }
        guard index != nil else { return finish() }
        var first = floorView.next
        if record.round.epoch == epoch { first = max(first, record.round.view) }
        if let highest = certificates.keys.max() { first = max(first, highest.next) }
        if entry?.subject.round.view.next != first { entry = nil }
        restoreOwnProposal()
        for position in peers.indices { peers[position].lastHeardView = first }
        listen()
        if !hasJournal, !isQuarantined { replaceJournal() }
        enter(first, entry: entry ?? floor.finalized?.finalization)
        for own in ownVotes where own.vote.subject.round.epoch == epoch {
            send(own)
            if applies(.ownVotesCounted) { count(own.vote) }
        }
        armRegularTimers()
        askForEntries()
        advanceFloor()
        goOn()
        return finish()
    }

    /// b.6a: what was proposed in the signer's view is sent again as it was, or not at all.
    private mutating func restoreOwnProposal() {
        guard let proposal = record.notarized, proposal.round.epoch == epoch,
            validators.leader(of: proposal.round) == index,
            let block = blocks[proposal.blockHash]?.block,
            let own = ownVotes.first(where: { $0.vote.subject == .notarize(proposal) })
        else { return }
        proposals[proposal.round.view] = ReceivedProposal(
            message: ProposalMessage(
                header: block.header,
                transactionIDs: Block.transactionIDs(block.transactions), vote: own.vote,
                parentCertificate: certificates[proposal.parentView]?.notarization),
            proposal: proposal, arrival: now.clock)
    }
}
