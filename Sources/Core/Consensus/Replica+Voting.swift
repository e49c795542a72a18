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
        guard let record = currentRecord, let received = proposals[view], record.mayNotarize
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
            cast(.notarize(received.proposal), on: received.proposal.blockHash)
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
            let notarization = certificates[parentView]?.notarization
            if notarization == nil {
                requestCertificates()
                return .pending
            }
            guard notarization?.subject.proposal?.blockHash ?? parentHash == parentHash else {
                return .wrong
            }
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

    /// The leader's NOTARIZE of its own block, with the proposal.
    mutating func castProposal(
        _ block: Block, _ proposal: Proposal, parentCertificate: Certificate?
    ) {
        precondition(currentRecord?.mayNotarize == true, "one proposal a view for ever")
        guard let own = record(.notarize(proposal), on: proposal.blockHash) else { return }
        let message = ProposalMessage(
            header: block.header, transactionIDs: block.transactionIDs,
            vote: own.vote, parentCertificate: parentCertificate)
        proposals[view] = ReceivedProposal(
            message: message, proposal: proposal, arrival: now.clock)
        metrics.blocksProposed += 1
        emit(.send(.proposal(message), to: .all))
        count(own.vote)
    }

    /// b.5: gives the current view up, unless FINALIZE was sent in it. Allowed after NOTARIZE.
    mutating func timeout() {
        guard let record = currentRecord, record.mayNullify else { return }
        cast(.nullify(round), on: nil)
    }
}
