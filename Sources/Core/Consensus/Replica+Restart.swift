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
            forgotten = signerRecord?.round
            if signerRecord == nil { mode = .quarantined(Quarantine()) }
        case .outdated(let signed):
            hasJournal = false
            forgotten = signerRecord?.round
            if signerRecord.map({ $0.round < signed }) ?? true {
                mode = .quarantined(Quarantine())
            }
        }
        if let signerRecord { record.add(signerRecord) }
        signsElsewhere = signerRecord != nil
    }

    /// Takes back what the journal holds. Blocks are judged again before a vote needs them: the
    /// driver's states of unfinished blocks are gone.
    private mutating func restore(from records: [JournalRecord]) {
        let lowest = Round(epoch: epoch, view: floorView)
        var known: Set<SignedVote> = []
        for record in records {
            switch record {
            case .signer(let signer): self.record.add(signer)
            case .certificate(let certificate): restore(certificate)
            case .vote(let vote):
                if vote.subject.round > lowest, known.insert(vote).inserted {
                    ownVotes.append(RecordedVote(inJournal: vote))
                }
            case .block(let block): restore(block)
            case .quarantined: mode = .quarantined(Quarantine())
            case .resumed(let round):
                resumption = round
                mode = .voting
            }
        }
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
            transactionIDs: block.transactionIDs,
            content: .held(block), isDurable: true)
    }

    /// Enters the view that state on disk gives, counts own votes, and sends them again as they were
    /// signed. To be called once, before any other input.
    package mutating func start(at now: LocalTime) -> [Effect] {
        precondition(view == .root, "a replica starts once")
        guard begin(at: now) else { return [] }
        for position in peers.indices { peers[position].lastHeard = now.instant }
        if !hasJournal, !isQuarantined { replaceJournal() }
        listen()
        guard index != nil else { return finish() }
        var first = floorView.next
        if record.round.epoch == epoch { first = max(first, record.round.view) }
        if let highest = certificates.keys.max() { first = max(first, highest.next) }
        if entry?.subject.round.view.next != first { entry = nil }
        restoreOwnProposal()
        for position in peers.indices { peers[position].lastHeardView = first }
        signAgain()
        enter(first, entry: entry ?? floor.finalized?.finalization)
        sendAgain()
        armRegularTimers()
        askForEntries()
        askForOwnVotes()
        advanceFloor()
        goOn()
        return finish()
    }

    /// Sends the own votes of this epoch as they were signed, and counts them.
    mutating func sendAgain() {
        for own in ownVotes where own.vote.subject.round.epoch == epoch {
            send(own)
            count(own.vote)
        }
    }

    /// Where the key's holder signed what the journal does not have, because this process ended in
    /// between: it gives the same signature once more. A vote on a block needs the block, too; without
    /// NULLIFY, or FINALIZE after which there is no NULLIFY, the view might never end.
    mutating func signAgain() {
        guard signsElsewhere, !isQuarantined, let index, record.round.epoch == epoch,
            record.round.view > floorView
        else { return }
        for kind in VoteKind.allCases {
            guard let subject = record.subject(of: kind),
                !ownVotes.contains(where: { $0.vote.subject == subject }),
                subject.proposal.map({ pathFromFloor(to: $0.blockHash) != nil }) ?? true
            else { continue }
            do throws(SigningFailure) {
                let vote = SignedVote(
                    subject: subject, signer: index,
                    signature: try signer.sign(
                        subject, message: subject.message(in: configuration.domain)))
                ownVotes.append(RecordedVote(signedBefore: vote))
                emit(.persist([.signer(record), .vote(vote)]))
            } catch {
                return halt(.notSigned(subject, error))
            }
        }
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
                transactionIDs: block.transactionIDs, vote: own.vote,
                parentCertificate: certificates[proposal.parentView]?.notarization),
            proposal: proposal, arrival: now.clock)
    }
}
