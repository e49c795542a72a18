import Codec
import Ledger

/// Status exchange and catching up by certificates (b.6, b.13). Pull, with one bounded reply each.
extension Replica {
    mutating func sendStatus() {
        pace.nextStatus = now.instant.adding(milliseconds: ConsensusDelays.status)
        emit(
            .send(
                .status(
                    StatusMessage(
                        round: round, floorHeight: floor.height, floorHash: floor.hash,
                        floorView: floorView, clock: now.clock)),
                to: .all))
    }

    /// Sends a peer what it lacks: the newest finalization if its floor is lower, certificates if its
    /// view is.
    mutating func receive(_ status: StatusMessage, from peer: ValidatorIndex) {
        let offset = Int64(clamping: status.clock.milliseconds)
            .subtractingReportingOverflow(Int64(clamping: now.clock.milliseconds))
        peers[Int(peer.rawValue)].clockOffset = offset.overflow ? nil : offset.partialValue
        if status.floorHeight < floor.height, let finalized = floor.finalized, mayAnswer(peer) {
            emit(.send(.finalized(finalized), to: .one(peer)))
        }
        if status.round.epoch == epoch, status.round.view < view {
            answerCertificateRequest(
                epoch: epoch, above: status.floorView, below: view, for: peer)
        }
    }

    /// The view below which a certificate is missing: answers hold the newest of what was asked for,
    /// so what is held already must not be asked for again.
    private var missingBelow: View {
        var candidate = view
        while candidate > floorView.next {
            let below = View(candidate.rawValue - 1)
            if certificates[below]?.notarization == nil, certificates[below]?.nullification == nil {
                return candidate
            }
            candidate = below
        }
        return view
    }

    /// Asks two others for the certificates between floor and current view.
    mutating func requestCertificates() {
        guard now.instant >= pace.nextCertificateRequest else {
            pace.nextAttempt = min(
                pace.nextAttempt ?? pace.nextCertificateRequest, pace.nextCertificateRequest)
            return
        }
        let others = others
        let request = ConsensusMessage.certificateRequest(
            epoch, above: floorView, below: missingBelow)
        for step in 0..<2 {
            let peer = others[(pace.certificateRequests + step) % others.count]
            emit(.send(request, to: .one(peer)))
        }
        pace.certificateRequests = (pace.certificateRequests + 2) % others.count
        pace.nextCertificateRequest = now.instant.adding(milliseconds: ConsensusDelays.retry * 2)
        pace.nextAttempt = min(
            pace.nextAttempt ?? pace.nextCertificateRequest, pace.nextCertificateRequest)
    }

    mutating func answerCertificateRequest(
        epoch: Epoch, above: View, below: View, for peer: ValidatorIndex
    ) {
        let lowest = max(above, floorView)
        guard epoch == self.epoch, lowest < below else { return }
        let end = min(below, view.next)
        var answer: [Certificate] = []
        var bytes = 0
        // Views between those that have certificates may be more than can be counted through.
        let held = certificates.keys.filter { $0 > lowest && $0 < end }.sorted(by: >)
        for candidate in held {
            for certificate in certificates[candidate]?.all ?? [] {
                bytes += 128 + certificate.signatures.count * Bytes64.size
                answer.append(certificate)
            }
            guard answer.count + 3 <= ConsensusLimits.certificatesPerReply,
                bytes <= ConsensusLimits.certificateReplyBytes - 8192
            else { break }
        }
        if !answer.isEmpty, mayAnswer(peer) {
            emit(.send(.certificates(answer), to: .one(peer)))
        }
    }

    /// Whether a peer gets one more answer now; its request is dropped otherwise, and asked again.
    mutating func mayAnswer(_ peer: ValidatorIndex) -> Bool {
        let position = Int(peer.rawValue)
        let interval = ConsensusLimits.answerInterval
        let limit = now.instant.adding(milliseconds: interval * ConsensusLimits.answersAtOnce)
        let paid = max(peers[position].answersPaid, now.instant).adding(milliseconds: interval)
        guard paid <= limit else { return false }
        peers[position].answersPaid = paid
        return true
    }

    /// Takes a peer's newest final block. Nearby blocks are fetched one by one; others, and those of
    /// later epochs, are left to block synchronization.
    mutating func receive(_ finalized: FinalizedHeader) throws(MessageRejection) {
        let header = finalized.header
        guard header.height >= floor.height, header.hash != floor.hash else { return }
        // Who the validators of later epochs are is not known here.
        guard header.validatorsHash == validatorsHash || header.epoch <= epoch,
            awaitedValidators == nil
        else { throw .futureEpoch(header.epoch, current: epoch) }
        try check(finalized)
        // S1: two final blocks at one height.
        guard header.height > floor.height else {
            return halt(.conflictingFinalization(finalized.finalization))
        }
        let isNear =
            header.epoch == epoch && view > .root
            && header.height.rawValue - floor.height.rawValue <= ConsensusLimits.fetchDepth
        if isNear {
            note(header, transactionIDs: nil)
            adopt(finalized.finalization, relay: false)
            advanceFloor()
        }
        // What nobody answers one by one, block synchronization finds: who pruned the block from
        // memory has it in the store.
        if !isNear || isStuck(header.hash) { emit(.synchronize(finalized)) }
    }

    private func check(_ finalized: FinalizedHeader) throws(MessageRejection) {
        do throws(FinalityRejection) {
            try finalized.verify(
                in: configuration.domain, validators: validators, parameters: parameters,
                verifier: verifier)
        } catch {
            throw .badFinality(error)
        }
    }

    /// Whether every validator was asked for a block below a final one, in vain.
    private func isStuck(_ hash: Bytes32) -> Bool {
        blocks.values.contains { ($0.fetch?.attempt ?? 0) > validators.count }
    }
}
