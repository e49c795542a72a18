import Codec
package import Ledger

/// Starting, for the first time or again (b.13).
extension Replica {
    /// Takes back what the journal holds. Blocks are judged again before a vote needs them: the
    /// driver's states of unfinished blocks are gone.
    mutating func restore(from records: [JournalRecord]) {
        var votes: [SignedVote] = []
        for record in records {
            switch record {
            case .signer(let signer):
                precondition(
                    signer.round >= self.record.round, "signer records follow the rounds")
                self.record = signer
            case .certificate(let certificate): restore(certificate)
            case .vote(let vote):
                if !votes.contains(vote) { votes.append(vote) }
            case .block(let block): restore(block)
            }
        }
        ownVotes = votes.filter {
            $0.subject.round.epoch == epoch && $0.subject.round.view > floorView
        }
    }

    private mutating func restore(_ certificate: Certificate) {
        let round = certificate.subject.round
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
        var first = floorView.next
        if record.round.epoch == epoch { first = max(first, record.round.view) }
        if let highest = certificates.keys.max() { first = max(first, highest.next) }
        if entry?.subject.round.view.next != first { entry = nil }
        restoreOwnProposal()
        for position in peers.indices { peers[position].lastHeardView = first }
        enter(first, entry: entry ?? floor.finalized?.finalization)
        for vote in ownVotes {
            emit(.send(.vote(vote), to: .all))
            count(vote)
        }
        pace.nextResend = now.instant.adding(milliseconds: ConsensusDelays.resend)
        sendStatus()
        advanceFloor()
        goOn()
        return finish()
    }

    /// b.6a: what was proposed in the signer's view is sent again as it was, or not at all.
    private mutating func restoreOwnProposal() {
        guard let proposal = record.notarized, proposal.round.epoch == epoch,
            validators.leader(of: proposal.round) == index,
            let block = blocks[proposal.blockHash]?.block,
            let vote = ownVotes.first(where: { $0.subject == .notarize(proposal) })
        else { return }
        proposals[proposal.round.view] = ReceivedProposal(
            message: ProposalMessage(
                header: block.header,
                transactionIDs: Block.transactionIDs(block.transactions), vote: vote,
                parentCertificate: certificates[proposal.parentView]?.notarization),
            proposal: proposal, arrival: now.clock)
    }
}
