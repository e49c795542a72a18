import Codec
import Consensus
import Ledger

/// The invariants of honest validators, checked at every step, over all their lives.
struct Invariants {
    var violation: Violation?
    private let parameters: Parameters
    /// The final block of each height, by whoever was first.
    private var final: [Height: Bytes32] = [:]
    private var lastTime: [Height: Timestamp] = [:]
    /// What honest keys signed, by signer and round.
    private var signed: [ValidatorIndex: [Round: SignerRecord]] = [:]
    private var signatures: [SignedSubject: Bytes64] = [:]
    private var floors: [Int: Height] = [:]

    private struct SignedSubject: Hashable {
        let signer: ValidatorIndex
        let subject: VoteSubject
    }

    init(genesis: Genesis) {
        parameters = genesis.parameters
        final[.genesis] = genesis.chainID
        lastTime[.genesis] = genesis.time
    }

    mutating func check(
        _ message: ConsensusMessage, sentBy node: SimulatedNode, cluster: Cluster
    ) {
        switch message {
        case .vote(let vote): check(vote, sentBy: node, cluster)
        case .proposal(let proposal): check(proposal.vote, sentBy: node, cluster)
        case .certificate, .finalized, .status, .certificateRequest, .certificates,
            .blockRequest, .block, .transactionRequest, .transactions:
            break
        }
    }

    private mutating func check(
        _ vote: SignedVote, sentBy node: SimulatedNode, _ cluster: Cluster
    ) {
        let subject = vote.subject
        guard vote.signer == node.index else {
            return cluster.fail(&self, "D1", "a vote of another key is sent: \(subject)")
        }
        guard node.durableVotes[subject] == vote.signature else {
            return cluster.fail(
                &self, "D1", "node \(node.id) sends before it is durable: \(subject)")
        }
        let key = SignedSubject(signer: vote.signer, subject: subject)
        if let earlier = signatures[key], earlier != vote.signature {
            return cluster.fail(&self, "D4", "node \(node.id) signs anew: \(subject)")
        }
        signatures[key] = vote.signature
        checkRecord(subject, node, cluster)
        if let proposal = subject.proposal { checkBodies(proposal, node, cluster) }
    }

    /// S6: at most one NOTARIZE and one FINALIZE a round, never NULLIFY and FINALIZE.
    private mutating func checkRecord(
        _ subject: VoteSubject, _ node: SimulatedNode, _ cluster: Cluster
    ) {
        let round = subject.round
        var record = signed[node.index]?[round] ?? SignerRecord(round: round)
        switch subject {
        case .notarize(let proposal):
            if let other = record.notarized, other != proposal {
                return cluster.fail(&self, "S6", "node \(node.id) notarizes twice in \(round)")
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
        signed[node.index, default: [:]][round] = record
    }

    /// b.12: a voted block and its ancestors above the floor are durable.
    private mutating func checkBodies(
        _ proposal: Proposal, _ node: SimulatedNode, _ cluster: Cluster
    ) {
        guard node.durableBlocks.contains(proposal.blockHash) else {
            return cluster.fail(
                &self, "S10", "node \(node.id) votes for a block that is not durable")
        }
    }

    /// S1, S2, S3, D3, C1: one final block a height, each on the one below, times rising.
    mutating func check(
        _ blocks: [Block], finalizedBy node: SimulatedNode, cluster: Cluster
    ) {
        for block in blocks {
            let header = block.header
            let hash = header.hash
            guard floors[node.id] ?? .genesis < header.height else {
                return cluster.fail(&self, "D3", "the floor of node \(node.id) moves back")
            }
            floors[node.id] = header.height
            if let known = final[header.height] {
                guard known == hash else {
                    return cluster.fail(&self, "S1", "two final blocks at \(header.height)")
                }
                continue
            }
            guard final[Height(header.height.rawValue - 1)] == header.parentHash else {
                return cluster.fail(&self, "S3", "the parent of \(header.height) is not final")
            }
            guard let before = lastTime[Height(header.height.rawValue - 1)],
                header.time > before
            else { return cluster.fail(&self, "C1", "chain time stands at \(header.height)") }
            guard header.epoch == parameters.epoch(of: header.height) else {
                return cluster.fail(&self, "E2", "height \(header.height) in \(header.epoch)")
            }
            final[header.height] = hash
            lastTime[header.height] = header.time
            checkTime(header, cluster)
        }
    }

    /// C2: a final block's time was near an honest clock when a quorum voted for it, so it is not
    /// ahead of the true time by more than the rule and the clocks' errors allow.
    private mutating func checkTime(_ header: BlockHeader, _ cluster: Cluster) {
        let truth = SimulatedChain.start.adding(milliseconds: cluster.now / 1000)
        let bound = truth.adding(
            milliseconds: UInt64(parameters.precisionMilliseconds) + 200)
        if header.time > bound {
            cluster.fail(&self, "C2", "height \(header.height) is ahead of all clocks")
        }
    }

    /// Nobody can be blamed who did not lie: both votes are of one Byzantine key.
    mutating func check(_ equivocation: Equivocation, cluster: Cluster) {
        let signer = equivocation.first.signer
        let isLiar = cluster.nodes.contains { $0.index == signer && !$0.isHonest }
        if !isLiar || equivocation.second.signer != signer {
            cluster.fail(&self, "EV", "evidence against honest \(signer)")
        }
    }
}

extension Cluster {
    /// Notes a violation while the invariants are being checked.
    func fail(_ invariants: inout Invariants, _ name: String, _ detail: String) {
        guard invariants.violation == nil else { return }
        invariants.violation = Violation(
            invariant: name, detail: detail, milliseconds: now / 1000)
    }
}
