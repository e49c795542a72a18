import Codec
import Consensus
import Ledger

/// What was signed and certified, over all lives of all nodes.
struct VoteRecords {
    /// What honest keys signed, by validator and round.
    var signed: [Int: [Round: SignerRecord]] = [:]
    var highest: [Int: Round] = [:]
    var signatures: [Signed: Bytes64] = [:]
    /// What valid certificates that anybody sent or stored say.
    var certified: Set<VoteSubject> = []
    var notarized: [Round: Bytes32] = [:]
    var finalized: [Round: Bytes32] = [:]
    var nullified: Set<Round> = []
    /// Headers of blocks that were voted for, by hash.
    var headers: [Bytes32: BlockHeader] = [:]

    struct Signed: Hashable {
        let validator: Int
        let subject: VoteSubject
    }
}

/// S4 to S10, D1, D4 and E1, on everything that is sent.
extension Invariants {
    mutating func checkSent(
        _ message: ConsensusMessage, by node: SimulatedNode, cluster: Cluster
    ) {
        switch message {
        case .vote(let vote):
            check(vote, sentBy: node, cluster)
        case .proposal(let proposal):
            if let certificate = proposal.parentCertificate {
                check(certificate, node, cluster: cluster)
            }
            check(proposal.vote, sentBy: node, cluster)
        case .certificate(let certificate): check(certificate, node, cluster: cluster)
        case .certificates(let certificates):
            for certificate in certificates { check(certificate, node, cluster: cluster) }
        case .finalized(let finalized): check(finalized.finalization, node, cluster: cluster)
        case .entryAnswer(let answer):
            if let certificate = answer.certificate { check(certificate, node, cluster: cluster) }
        case .status, .certificateRequest, .blockRequest, .block, .transactionRequest,
            .transactions, .entryRequest, .voteRequest, .voteAnswer:
            break
        }
    }

    /// Notes a block that a vote depends on, before the vote is sent.
    mutating func noteHeader(_ header: BlockHeader) { votes.headers[header.hash] = header }

    /// S8 and E1: a quorum of its own epoch's validators signed it; then S4 and S5.
    mutating func check(
        _ certificate: Certificate, _ node: SimulatedNode, cluster: Cluster
    ) {
        let subject = certificate.subject
        if votes.certified.contains(subject) { return }
        let set = sets[subject.round.epoch]
        do throws(CertificateRejection) {
            guard let set else { throw .tooFewSigners(0, quorum: 0) }
            try certificate.verify(
                in: cluster.domain, validators: set.validators, verifier: SimulatedSignatures())
        } catch {
            if node.isHonest {
                cluster.fail(&self, "S8", "node \(node.id) sends a bad certificate: \(error)")
            }
            return
        }
        votes.certified.insert(subject)
        let round = subject.round
        switch subject {
        case .notarize(let proposal):
            votes.notarized[round] = votes.notarized[round] ?? proposal.blockHash
        case .finalize(let proposal):
            votes.finalized[round] = votes.finalized[round] ?? proposal.blockHash
        case .nullify: votes.nullified.insert(round)
        }
        if votes.nullified.contains(round), votes.finalized[round] != nil {
            return cluster.fail(&self, "S4", "\(round) is final and nullified")
        }
        let hashes = [votes.notarized[round], votes.finalized[round], subject.proposal?.blockHash]
        if Set(hashes.compactMap(\.self)).count > 1 {
            cluster.fail(&self, "S5", "two blocks are certified in \(round)")
        }
    }

    private mutating func check(
        _ vote: SignedVote, sentBy node: SimulatedNode, _ cluster: Cluster
    ) {
        guard node.isHonest, !node.isForgetful else { return }
        let subject = vote.subject
        guard sets[subject.round.epoch]?.member(vote.signer) == node.place else {
            return cluster.fail(&self, "D1", "a vote of another key is sent: \(subject)")
        }
        guard node.durableVotes[subject] == vote.signature else {
            return cluster.fail(
                &self, "D1", "node \(node.id) sends before it is durable: \(subject)")
        }
        let key = VoteRecords.Signed(validator: node.place, subject: subject)
        if let earlier = votes.signatures[key] {
            if earlier != vote.signature {
                cluster.fail(&self, "D4", "node \(node.id) signs anew: \(subject)")
            }
            return
        }
        votes.signatures[key] = vote.signature
        checkRecord(subject, node, cluster)
        checkGrounds(subject, node, cluster)
    }

    /// S6 and S7: at most one NOTARIZE and one FINALIZE a round, never NULLIFY and FINALIZE, and no
    /// round after a higher one.
    private mutating func checkRecord(
        _ subject: VoteSubject, _ node: SimulatedNode, _ cluster: Cluster
    ) {
        let round = subject.round
        if let highest = votes.highest[node.place], round < highest {
            return cluster.fail(&self, "S7", "node \(node.id) votes in \(round) after \(highest)")
        }
        votes.highest[node.place] = round
        var record = votes.signed[node.place]?[round] ?? SignerRecord(round: round)
        switch subject {
        case .notarize(let proposal):
            if let other = record.notarized, other != proposal {
                return cluster.fail(&self, "S6", "node \(node.id) notarizes twice in \(round)")
            }
            if record.nullified {
                return cluster.fail(&self, "S6", "node \(node.id) notarizes what it nullified")
            }
            record.notarized = proposal
        case .nullify:
            record.nullified = true
        case .finalize(let proposal):
            if let other = record.finalized, other != proposal {
                return cluster.fail(&self, "S6", "node \(node.id) finalizes twice in \(round)")
            }
            record.finalized = proposal
        }
        if record.nullified, record.finalized != nil {
            return cluster.fail(&self, "S6", "node \(node.id) FINALIZE and NULLIFY in \(round)")
        }
        votes.signed[node.place, default: [:]][round] = record
    }

    private mutating func checkGrounds(
        _ subject: VoteSubject, _ node: SimulatedNode, _ cluster: Cluster
    ) {
        switch subject {
        case .nullify: return
        case .notarize(let proposal): checkParent(of: proposal, node, cluster)
        case .finalize(let proposal):
            guard votes.notarized[proposal.round] == proposal.blockHash else {
                return cluster.fail(
                    &self, "S10", "node \(node.id) finalizes what is not notarized")
            }
        }
        if let proposal = subject.proposal { checkBodies(proposal, node, cluster) }
    }

    /// S9: the parent is certified or final, every view between is nullified.
    private mutating func checkParent(
        of proposal: Proposal, _ node: SimulatedNode, _ cluster: Cluster
    ) {
        guard let header = votes.headers[proposal.blockHash] else {
            return cluster.fail(&self, "S10", "node \(node.id) votes for an unknown block")
        }
        let round = proposal.round
        let isRepeated = header.view != round.view
        if isRepeated, parameters.lastHeight(of: round.epoch) != header.height {
            return cluster.fail(&self, "S9", "node \(node.id) votes for an old block again")
        }
        let parent = isRepeated ? proposal.blockHash : header.parentHash
        let parentRound = Round(epoch: round.epoch, view: proposal.parentView)
        let isCertified =
            proposal.parentView == .root
            ? isFinal(parent, below: header.height)
            : votes.notarized[parentRound] == parent || votes.finalized[parentRound] == parent
        guard isCertified else {
            return cluster.fail(
                &self, "S9", "node \(node.id) votes on an uncertified parent in \(round)")
        }
        var skipped = proposal.parentView.next
        while skipped < round.view {
            guard votes.nullified.contains(Round(epoch: round.epoch, view: skipped)) else {
                return cluster.fail(
                    &self, "S9", "node \(node.id) votes in \(round), \(skipped) is skipped")
            }
            skipped = skipped.next
        }
    }

    /// S10 and b.12: a voted block and its ancestors above the floor are durable.
    private mutating func checkBodies(
        _ proposal: Proposal, _ node: SimulatedNode, _ cluster: Cluster
    ) {
        let floor = node.store.floor
        var next = proposal.blockHash
        while next != floor.hash, let header = votes.headers[next], header.height > floor.height {
            guard node.durableBlocks.contains(next) else {
                return cluster.fail(
                    &self, "S10", "node \(node.id) votes on a block that is not durable")
            }
            next = header.parentHash
        }
    }
}
