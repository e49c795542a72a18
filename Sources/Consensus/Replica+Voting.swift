import Codec
import Ledger

/// NOTARIZE, NULLIFY and FINALIZE of this validator (b.3, b.4, b.5). Nothing else signs.
extension Replica {
    private enum Judgement {
        case right
        /// Something is missing: stay pending, the timers decide.
        case pending
        /// Invalid for sure.
        case wrong
        /// Its time does not fit our clock.
        case untimely
    }

    /// b.3: votes for the proposal of the current view if all that it needs is here and right.
    mutating func consider() {
        guard let record = currentRecord, record.mayNotarize, let received = proposals[view]
        else { return }
        switch judge(received) {
        case .pending:
            return
        case .wrong:
            metrics.invalidProposals += 1
            timeout()
        case .untimely:
            metrics.untimelyProposals += 1
            timeout()
        case .right:
            castNotarize(received.proposal, record)
        }
    }

    private mutating func judge(_ received: ReceivedProposal) -> Judgement {
        let proposal = received.proposal
        let header = received.message.header
        let parentView = proposal.parentView
        let parentHash = received.isRepeated ? proposal.blockHash : header.parentHash
        if parentView == floorView {
            // A child of another block than the final one, or the final block once more.
            guard parentHash == floor.hash, !received.isRepeated else { return .wrong }
        } else {
            guard parentView > floorView else { return .pending }
            guard let notarization = certificates[parentView]?.notarization else {
                requestCertificates()
                return .pending
            }
            guard notarization.subject.proposal?.blockHash == parentHash else { return .wrong }
        }
        guard holdsNullifications(above: parentView, below: view) else {
            requestCertificates()
            return .pending
        }
        // b.11: B's content and time were judged when it was first proposed.
        if received.isRepeated { return judgeContent(of: proposal.blockHash) }
        guard let parent = summary(of: parentHash) else {
            want(parentHash)
            return .pending
        }
        guard parent.height != lastHeight || parentHash == floor.hash,
            header.height == parent.height.next, header.time > parent.time
        else { return .wrong }
        guard isTimely(header.time, arrival: received.arrival) else { return .untimely }
        return judgeContent(of: proposal.blockHash)
    }

    private mutating func judgeContent(of hash: Bytes32) -> Judgement {
        if isValid(hash) { return .right }
        if case .invalid = blocks[hash]?.judgement { return .wrong }
        return .pending
    }

    /// The "skip" rule: every view between the parent's and this one was nullified.
    func holdsNullifications(above lower: View, below upper: View) -> Bool {
        var skipped = lower.next
        while skipped < upper {
            guard holds(.nullify, in: skipped) else { return false }
            skipped = skipped.next
        }
        return true
    }

    /// b.7: whether a block's time fits our clock at its first arrival. A voting rule, not a rule of
    /// validity: who catches up checks strict growth alone.
    func isTimely(_ time: Timestamp, arrival: Timestamp) -> Bool {
        let precision = UInt64(parameters.precisionMilliseconds)
        let base = UInt64(parameters.messageDelayMilliseconds)
        let grown = base + base / 10 * min(viewsSinceFloor(in: view), 1000)
        let messageDelay = min(grown, max(base, ConsensusDelays.messageDelayCap))
        return time <= arrival.adding(milliseconds: precision)
            && time >= arrival.subtracting(milliseconds: messageDelay + precision)
    }

    private mutating func castNotarize(_ proposal: Proposal, _ record: SignerRecord) {
        var signed = record
        signed.notarized = proposal
        let vote = sign(.notarize(proposal), signed, on: proposal.blockHash)
        emit(.send(.vote(vote), to: .all))
        count(vote)
    }

    /// The leader's NOTARIZE of its own block, with the proposal.
    mutating func castProposal(
        _ block: Block, _ proposal: Proposal, _ record: SignerRecord,
        parentCertificate: Certificate?
    ) {
        precondition(record.mayNotarize, "one proposal a view for ever")
        var signed = record
        signed.notarized = proposal
        let vote = sign(.notarize(proposal), signed, on: proposal.blockHash)
        let message = ProposalMessage(
            header: block.header, transactionIDs: Block.transactionIDs(block.transactions),
            vote: vote, parentCertificate: parentCertificate)
        proposals[view] = ReceivedProposal(
            message: message, proposal: proposal, arrival: now.clock)
        metrics.blocksProposed += 1
        emit(.send(.proposal(message), to: .all))
        count(vote)
    }

    mutating func castFinalize(_ proposal: Proposal, _ record: SignerRecord) {
        var signed = record
        signed.finalized = proposal
        let vote = sign(.finalize(proposal), signed, on: proposal.blockHash)
        emit(.send(.vote(vote), to: .all))
        count(vote)
    }

    /// b.5: gives the current view up, unless FINALIZE was sent in it. Allowed after NOTARIZE.
    mutating func timeout() {
        guard let record = currentRecord, record.mayNullify else { return }
        var signed = record
        signed.nullified = true
        let vote = sign(.nullify(round), signed, on: nil)
        emit(.send(.vote(vote), to: .all))
        count(vote)
    }

    /// Signs a vote after its record, and with it every block above the floor that it builds on
    /// (b.12). The caller sends it after this: the effect to persist comes first.
    private mutating func sign(
        _ subject: VoteSubject, _ signed: SignerRecord, on blockHash: Bytes32?
    ) -> SignedVote {
        // S7: the record only rises.
        precondition(signed.round == round && record.round <= round, "votes follow the rounds")
        let isFirstInRound = record.round != round
        record = signed
        let vote = SignedVote(
            subject: subject, signer: index,
            signature: signer.sign(subject.message(in: configuration.domain)))
        ownVotes.append(vote)
        var records: [JournalRecord] = []
        for block in blockHash.flatMap(pathFromFloor) ?? [] {
            let hash = block.header.hash
            if blocks[hash]?.isDurable == false {
                records.append(.block(block))
                blocks[hash]?.isDurable = true
            }
        }
        if isFirstInRound, let entry { records.append(.certificate(entry)) }
        if case .finalize = subject, let notarization = certificates[view]?.notarization {
            records.append(.certificate(notarization))
        }
        records.append(.signer(signed))
        records.append(.vote(vote))
        emit(.persist(records))
        return vote
    }
}
