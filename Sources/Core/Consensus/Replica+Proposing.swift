import Codec
import Ledger

/// What has to be known of a parent: of a block, or of the floor, which may be genesis.
struct ParentSummary {
    let height: Height
    let time: Timestamp
    let hash: Bytes32
}

/// Proposing (b.6a), and how often (b.8).
extension Replica {
    /// b.6a: proposes in the current view if this validator leads it and all is here and due. Called
    /// whenever something changed; a view gets one proposal for ever.
    mutating func propose() {
        guard let record = currentRecord, record.mayNotarize, pace.building == nil,
            let index, validators.leader(of: round) == index
        else { return }
        guard let (parentView, parentHash) = parentToBuildOn() else {
            requestCertificates()
            return tryAgain(at: now.instant.adding(milliseconds: ConsensusDelays.retry))
        }
        guard isValid(parentHash), let parent = summary(of: parentHash) else {
            return tryAgain(at: now.instant.adding(milliseconds: ConsensusDelays.retry))
        }
        let isRepeat = parent.height == lastHeight && parentHash != floor.hash
        let schedule = schedule(after: parent)
        guard now.instant >= schedule.due, now.clock > parent.time else {
            return tryAgain(
                at: max(schedule.due, instant(of: parent.time.adding(milliseconds: 1))))
        }
        if isRepeat {
            if let block = blocks[parentHash]?.block {
                proposeAgain(block, notarizedIn: parentView)
            }
            return
        }
        let template = BlockTemplate(
            chainID: configuration.domain.chainID, round: round, height: parent.height.next,
            parentView: parentView, parentHash: parentHash,
            time: max(now.clock, parent.time.adding(milliseconds: 1)), proposer: index,
            validatorsHash: validatorsHash,
            mayBeEmpty: now.instant >= schedule.emptyDue,
            maximumTransactions: Int(parameters.maximumTransactions),
            maximumBodyBytes: Int(parameters.maximumBodyBytes))
        pace.building = template
        emit(.build(template))
    }

    /// Signs and sends the block that the driver made, if it still fits the view.
    mutating func takeBuilt(_ block: Block?, for round: Round) {
        guard let template = pace.building, template.round == round, round == self.round
        else { return }
        pace.building = nil
        guard let block else {
            // The driver could not build just now, as when its queue is full: later.
            guard !template.mayBeEmpty else {
                return tryAgain(at: now.instant.adding(milliseconds: ConsensusDelays.retry))
            }
            pace.nothingToInclude = true
            return propose()
        }
        let header = block.header
        precondition(
            header.round == round && header.parentHash == template.parentHash
                && header.height == template.height && header.time == template.time
                && header.parentView == template.parentView && block.bodyMatchesHeader,
            "the driver builds what the template says")
        guard let record = currentRecord, record.mayNotarize else { return }
        let proposal = Proposal(
            round: round, parentView: template.parentView, blockHash: header.hash)
        blocks[proposal.blockHash] = BlockEntry(
            header: header, content: .held(block), judgement: .valid)
        castProposal(
            block, proposal,
            parentCertificate: certificates[template.parentView]?.notarization)
    }

    /// b.11: an epoch's last block is proposed again until it is final.
    private mutating func proposeAgain(
        _ block: Block, notarizedIn parentView: View
    ) {
        let proposal = Proposal(
            round: round, parentView: parentView, blockHash: block.header.hash)
        castProposal(
            block, proposal, parentCertificate: certificates[parentView]?.notarization)
    }

    /// b.6a: the newest notarized block below this view whose successors were all nullified, or the
    /// floor. The notarized block is preferred where its view has a nullification, too.
    private mutating func parentToBuildOn() -> (view: View, hash: Bytes32)? {
        var candidate = view
        while candidate > floorView.next {
            candidate = View(candidate.rawValue - 1)
            let held = certificates[candidate]
            if let hash = held?.notarization?.subject.proposal?.blockHash {
                if blocks[hash]?.block == nil {
                    want(hash)
                    return nil
                }
                return (candidate, hash)
            }
            guard held?.nullification != nil else { return nil }
        }
        return (floorView, floor.hash)
    }

    /// b.8: when a block on `parent` is due, and from when on it may be empty.
    private func schedule(after parent: ParentSummary) -> (due: Instant, emptyDue: Instant) {
        let interval = UInt64(parameters.blockIntervalMilliseconds)
        let heartbeat = UInt64(parameters.heartbeatMilliseconds)
        let earliest = instant(of: parent.time.adding(milliseconds: interval))
        // Idle: a heartbeat, because windows open and close by chain time.
        var emptyDue = instant(of: parent.time.adding(milliseconds: heartbeat))
        // Tail: an empty block makes the transactions above the floor final if their own FINALIZE
        // votes did not. Without the wait empty blocks would breed each other for ever.
        if needsTail {
            emptyDue = min(emptyDue, pace.entered.adding(milliseconds: pace.delta))
        }
        emptyDue = max(emptyDue, earliest)
        let isBusy = pendingSince != nil && !pace.nothingToInclude
        return (isBusy ? earliest : emptyDue, emptyDue)
    }

    /// Whether a notarized block that is not final holds transactions or ends its epoch.
    var needsTail: Bool {
        guard view > .root else { return false }
        guard let newest = newestNotarized(before: view),
            var next = certificates[newest]?.blockHash
        else { return false }
        while next != floor.hash {
            guard let header = blocks[next]?.header, header.height > floor.height else {
                return false
            }
            if header.transactionCount > 0 || header.height == lastHeight { return true }
            next = header.parentHash
        }
        return false
    }

    /// The last view above the floor and before another whose notarization is held. It is the highest of
    /// all but for moments; views between those that are held may be more than can be counted through.
    private func newestNotarized(before end: View) -> View? {
        let expected = min(highestNotarized, View(end.rawValue - 1))
        if expected > floorView, certificates[expected]?.notarization != nil { return expected }
        return certificates.lazy.filter { view, record in
            view > self.floorView && view < expected && record.notarization != nil
        }.map(\.key).max()
    }

    /// A block above the floor or the floor itself.
    func summary(of hash: Bytes32) -> ParentSummary? {
        if hash == floor.hash {
            return ParentSummary(height: floor.height, time: floor.time, hash: hash)
        }
        guard let header = blocks[hash]?.header else { return nil }
        return ParentSummary(height: header.height, time: header.time, hash: hash)
    }

    /// When our wall clock will show `time`, as far as can be said now.
    private func instant(of time: Timestamp) -> Instant {
        guard time > now.clock else { return now.instant }
        return now.instant.adding(
            milliseconds: time.milliseconds - now.clock.milliseconds)
    }

    private mutating func tryAgain(at instant: Instant) {
        pace.nextAttempt = instant
    }
}
