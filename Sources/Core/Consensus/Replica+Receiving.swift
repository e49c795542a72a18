import Codec
import Ledger

/// Proposals and votes as they arrive (b.2, b.14).
extension Replica {
    /// Takes a proposal without voting yet. The first one of a view wins.
    mutating func receive(_ message: ProposalMessage) throws(MessageRejection) {
        guard case .notarize(let proposal) = message.vote.subject else {
            throw .proposal(.voteDoesNotFitHeader)
        }
        try checkEpoch(proposal.round.epoch)
        let view = proposal.round.view
        guard view >= self.view else { throw .staleView(view, current: self.view) }
        try checkWindow(view)
        if let known = proposals[view], known.proposal == proposal {
            return
        }
        if let fault = fault(of: message, proposal) { throw .proposal(fault) }
        // A root over thousands of ids is computed for the leader alone, not for who names it.
        try check(message.vote)
        guard Block.bodyRoot(ids: message.transactionIDs) == message.header.bodyRoot else {
            throw .proposal(.wrongTransactions)
        }
        if let certificate = message.parentCertificate, !isKnown(certificate) {
            try check(certificate)
        }
        if proposals[view] == nil {
            proposals[view] = ReceivedProposal(
                message: message, proposal: proposal, arrival: now.clock)
            note(message.header, transactionIDs: message.transactionIDs)
        }
        if let certificate = message.parentCertificate { adopt(certificate, relay: false) }
        count(message.vote)
        consider()
    }

    /// What is wrong with a proposal whatever its parent is, as far as numbers and one hash show it;
    /// nil for nothing.
    private func fault(of message: ProposalMessage, _ proposal: Proposal) -> ProposalFault? {
        let header = message.header
        let leader = validators.leader(of: proposal.round)
        guard header.chainID == configuration.domain.chainID else { return .wrongChain }
        guard header.hash == proposal.blockHash else { return .voteDoesNotFitHeader }
        guard message.vote.signer == leader else {
            return .notSignedByLeader(message.vote.signer, leader: leader)
        }
        guard header.epoch == epoch, parameters.epoch(of: header.height) == epoch
        else { return .wrongEpoch }
        let isFirst =
            header.view == proposal.round.view && header.parentView == proposal.parentView
        let isRepeated =
            header.height == lastHeight && header.view <= proposal.parentView
            && proposal.parentView < proposal.round.view
        guard isFirst || isRepeated, header.parentView < header.view,
            header.proposer == validators.leader(of: header.round)
        else { return .wrongRound }
        guard header.validatorsHash == validatorsHash,
            header.nextValidatorsHash == validatorsHash || header.height == lastHeight
        else { return .wrongValidators }
        guard header.transactionCount <= parameters.maximumTransactions,
            header.bodyBytes <= parameters.maximumBodyBytes
        else { return .overLimits }
        guard message.transactionIDs.count == Int(header.transactionCount) else {
            return .wrongTransactions
        }
        return nil
    }

    /// Takes one signed vote.
    mutating func receive(_ vote: SignedVote) throws(MessageRejection) {
        try checkEpoch(vote.subject.round.epoch)
        let view = vote.subject.round.view
        guard validators[vote.signer] != nil else { throw .unknownValidator(vote.signer) }
        guard view > floorView else {
            try receiveLate(vote)
            throw .staleView(view, current: self.view)
        }
        try checkWindow(view)
        // Most votes come more than once: what is counted already needs no second check.
        if tallies[view]?.vote(vote.subject.kind, by: vote.signer)?.subject == vote.subject {
            return
        }
        try check(vote)
        if vote.signer == index {
            return compareWithJournal(vote)
        }
        count(vote)
    }

    /// Notes a vote that counts no more: who is always late is heard all the same.
    private mutating func receiveLate(_ vote: SignedVote) throws(MessageRejection) {
        let newest = peers[Int(vote.signer.rawValue)].newestVote?.subject.round
        guard vote.signer != index, newest.map({ $0 < vote.subject.round }) ?? true else { return }
        try check(vote)
        noteNewest(vote)
    }

    /// Counts a vote whose signature was checked, and forms the certificate that it completes.
    mutating func count(_ vote: SignedVote) {
        let subject = vote.subject
        let view = subject.round.view
        noteNewest(vote)
        // What was done before may have moved the floor or the epoch.
        guard subject.round.epoch == epoch, view > floorView else { return }
        var tally = tallies[view] ?? Tally(validators: validators.count)
        let outcome = tally.add(vote)
        let contradiction = tally.contradiction(of: vote.signer)
        tallies[view] = tally
        if let contradiction { report(contradiction) }
        switch outcome {
        case .alreadyCounted:
            return
        case .conflict(let equivocation):
            if let equivocation { report(equivocation) }
            return
        case .counted:
            break
        }
        let signatures = tally.signatures(for: subject)
        if signatures.count >= validators.quorum, !holds(subject.kind, in: view) {
            guard let certificate = Certificate(subject: subject, signatures: signatures) else {
                preconditionFailure("a tally gives signatures by rising signer")
            }
            adopt(certificate, relay: true)
        }
        // b.5: a leader that gives its own view up.
        if case .nullify(let round) = subject, round == self.round,
            vote.signer == validators.leader(of: round)
        {
            timeout()
        }
    }

    /// b.13: nobody else has our key. Votes above the floor are all in the journal, but for those of
    /// a life whose record was lost.
    private mutating func compareWithJournal(_ vote: SignedVote) {
        switch mode {
        case .voting, .listening:
            let isOwn =
                ownVotes.contains { $0.vote.subject == vote.subject }
                || forgotten.map { vote.subject.round <= $0 } ?? false
            if !isOwn, mayVote(in: vote.subject.round) { halt(.ownKeyVotedElsewhere(vote)) }
        case .quarantined, .halted:
            break
        }
    }

    private mutating func report(_ equivocation: Equivocation) {
        metrics.equivocations += 1
        let position = Int(equivocation.second.signer.rawValue)
        peers[position].equivocations += 1
        if peers[position].equivocations <= ConsensusLimits.equivocations {
            emit(.report(equivocation))
        }
    }

    /// Throws unless messages of an epoch can be judged now.
    func checkEpoch(_ epoch: Epoch) throws(MessageRejection) {
        if epoch < self.epoch { throw .staleEpoch(epoch, current: self.epoch) }
        if epoch > self.epoch { throw .futureEpoch(epoch, current: self.epoch) }
    }

    private func checkWindow(_ view: View) throws(MessageRejection) {
        guard view <= self.view.adding(ConsensusLimits.viewWindow) else {
            throw .farView(view, current: self.view)
        }
    }

    private func check(_ vote: SignedVote) throws(MessageRejection) {
        guard validators[vote.signer] != nil else { throw .unknownValidator(vote.signer) }
        guard
            vote.isValid(in: configuration.domain, validators: validators, verifier: verifier)
        else { throw .badSignature(vote.signer) }
    }

    func check(_ certificate: Certificate) throws(MessageRejection) {
        try checkEpoch(certificate.subject.round.epoch)
        do throws(CertificateRejection) {
            try certificate.verify(
                in: configuration.domain, validators: validators, verifier: verifier)
        } catch {
            throw .badCertificate(error)
        }
    }

    /// Whether a certificate says nothing new, so that its signatures need no check.
    func isKnown(_ certificate: Certificate) -> Bool {
        let round = certificate.subject.round
        guard round.epoch == epoch else { return false }
        return round.view <= floorView
            || certificates[round.view]?.certificate(certificate.subject.kind)?.subject
                == certificate.subject
    }
}
