import Codec
import Ledger

/// Certificates: leaving a view, FINALIZE, jumping (b.4, b.6).
extension Replica {
    /// Takes certificates of a peer, all or none.
    mutating func receive(_ certificates: [Certificate]) throws(MessageRejection) {
        let new = certificates.filter { !isKnown($0) }
        for certificate in new { try check(certificate) }
        for certificate in new { adopt(certificate, relay: false) }
    }

    /// Takes a certificate that was formed here or checked, and does what it allows.
    mutating func adopt(_ certificate: Certificate, relay: Bool) {
        let subject = certificate.subject
        let view = subject.round.view
        guard subject.round.epoch == epoch, view > floorView else { return }
        let held = certificates[view] ?? ViewCertificates()
        if let conflict = conflict(of: certificate, with: held) { return halt(conflict) }
        guard held.certificate(subject.kind) == nil else { return }
        compareWithRecord(certificate)
        take(certificate)
        if relay { emit(.send(.certificate(certificate), to: .all)) }
        switch subject {
        case .notarize(let proposal):
            if haltIfInvalid(proposal.blockHash) { return }
            want(proposal.blockHash)
            leave(view)
        case .nullify:
            metrics.viewsNullified += 1
            enter(after: certificate)
        case .finalize(let proposal):
            if haltIfInvalid(proposal.blockHash) { return }
            want(proposal.blockHash)
            enter(after: certificate)
            advanceFloor()
        }
        goOn()
    }

    /// Keeps a certificate.
    mutating func take(_ certificate: Certificate) {
        let view = certificate.subject.round.view
        var held = certificates[view] ?? ViewCertificates()
        switch certificate.subject {
        case .notarize:
            held.notarization = certificate
            highestNotarized = max(highestNotarized, view)
        case .nullify:
            held.nullification = certificate
        case .finalize:
            held.finalization = certificate
            highestFinalized = max(highestFinalized, view)
        }
        certificates[view] = held
    }

    /// The invariant that two certificates of one view break: a proof of more than f faults.
    private func conflict(
        of certificate: Certificate, with held: ViewCertificates
    ) -> HaltReason? {
        let round = certificate.subject.round
        switch certificate.subject {
        case .notarize(let proposal), .finalize(let proposal):
            for other in [held.notarization, held.finalization] {
                if let known = other?.subject.proposal, known != proposal {
                    return .twoNotarizations(round)
                }
            }
            if certificate.subject.kind == .finalize, held.nullification != nil {
                return .finalizedAndNullified(round)
            }
        case .nullify:
            if held.finalization != nil { return .finalizedAndNullified(round) }
        }
        return nil
    }

    /// b.4: leaves a view through its notarization, once the block's body is here; only at this
    /// moment FINALIZE is sent. Later knowledge never triggers one for an old view.
    mutating func leave(_ view: View) {
        guard view >= self.view, let held = certificates[view],
            let notarization = held.notarization,
            case .notarize(let proposal) = notarization.subject
        else { return }
        guard blocks[proposal.blockHash]?.block != nil else { return want(proposal.blockHash) }
        if view == self.view, held.nullification == nil, isUnconfirmed { return }
        if view == self.view, held.nullification == nil,
            let record = currentRecord, record.mayFinalize,
            pathFromFloor(to: proposal.blockHash) != nil
        {
            guard isConfirmed(notarization, proposal) else { return }
            cast(.finalize(proposal), on: proposal.blockHash)
        }
        // The own vote may have completed a finalization, which leaves the view or the epoch too.
        enter(after: notarization)
    }

    /// Does what new certificates, blocks or verdicts may have made possible.
    mutating func goOn() {
        guard view > .root else { return }
        // The highest view that can be left. A certificate may be of a view far ahead: what is held is
        // looked through, not what lies between.
        if highestNotarized >= view {
            let candidates = certificates.keys.filter { $0 >= view }.sorted(by: >)
            for candidate in candidates {
                let hash = certificates[candidate]?.notarization?.subject.proposal?.blockHash
                if let hash, blocks[hash]?.block != nil {
                    leave(candidate)
                    break
                }
            }
        }
        consider()
        propose()
    }

    /// The blocks above the floor down to which `hash` descends, oldest first; nil while one is
    /// missing or where it does not descend from the floor.
    func pathFromFloor(to hash: Bytes32) -> [Block]? {
        var path: [Block] = []
        var next = hash
        while next != floor.hash {
            guard let block = blocks[next]?.block, block.header.height > floor.height else {
                return nil
            }
            path.append(block)
            next = block.header.parentHash
        }
        return path.reversed()
    }

    /// b.6: finalizes the highest block that is certified so and whose ancestry is here.
    mutating func advanceFloor() {
        guard let certificate = certificates[highestFinalized]?.finalization,
            let hash = certificate.subject.proposal?.blockHash
        else { return }
        var path: [Block] = []
        var next = hash
        while next != floor.hash {
            guard let block = blocks[next]?.block else { return want(next) }
            // S3: a finalized block descends from every lower finalized one.
            guard block.header.height > floor.height else {
                return halt(.conflictingFinalization(certificate))
            }
            path.append(block)
            next = block.header.parentHash
        }
        guard let tip = path.first else { return }
        let finalizedHeader = FinalizedHeader(header: tip.header, finalization: certificate)
        metrics.blocksFinalized += UInt64(path.count)
        emit(.finalize(FinalizedChain(blocks: path.reversed(), tip: finalizedHeader)))
        moveFloor(to: Floor(finalizedHeader), blocks: path.reversed().map(\.header.hash))
    }

    /// Moves the floor, which is durable by now, and drops what is below it (b.6, b.11).
    mutating func moveFloor(to floor: Floor, blocks final: [Bytes32]) {
        self.floor = floor
        recentBlocks = (recentBlocks + final).suffix(Int(ConsensusLimits.fetchDepth) * 2)
        for hash in final { blocks[hash]?.isDurable = true }
        let next = parameters.epoch(of: floor.height.next)
        let hash = floor.finalized?.header.nextValidatorsHash ?? validatorsHash
        guard next == epoch, hash == validatorsHash, awaitedValidators == nil else {
            return switchEpoch(to: next, validatorsHash: hash)
        }
        let lowest = floorView
        certificates = certificates.filter { $0.key > lowest }
        tallies = tallies.filter { $0.key > lowest }
        let lowestRound = Round(epoch: epoch, view: lowest)
        ownVotes.removeAll { $0.vote.subject.round <= lowestRound }
        dropBlocks()
        // b.5: the timers are reset when the floor moves.
        pace.delta = delta(in: view)
        if view <= lowest, let finalization = floor.finalized?.finalization {
            enter(after: finalization)
        }
    }
}
