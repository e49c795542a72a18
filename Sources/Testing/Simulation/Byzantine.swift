import Chain
import Codec
import Consensus
import Ledger

/// What liars do beyond an honest replica. They hold their own keys alone.
extension Cluster {
    /// Changes what a Byzantine node is about to send; true where that took its place.
    func tamper(
        _ node: SimulatedNode, with message: ConsensusMessage, isForAll: Bool
    ) -> Bool {
        switch (node.byzantine, message) {
        case (.withholder, .block), (.withholder, .transactions):
            // Some get it: the worst is a body that only a few have.
            return random.chance(perMille: 700)
        case (.withholder, .proposal(let proposal)):
            let secret: [UInt8] = [2] + (0..<8).map { _ in UInt8(random.index(below: 256)) }
            return propose(proposal, of: node, transactions: [secret])
        case (.invalidContent, .proposal(let proposal)):
            let mark = ModelTransaction.invalidMark
            return propose(proposal, of: node, transactions: [[mark, 1, 2, 3]])
        case (.timeShifter, .proposal(let proposal)):
            return propose(
                proposal, of: node, timeShift: random.pick([-600_000, -3000, 700, 600_000]))
        case (.liar, .proposal(let proposal)):
            return proposeFalsely(proposal, of: node)
        case (.equivocator, .proposal(let proposal)):
            return equivocate(proposal, of: node)
        case (.liar, .vote(let vote)):
            // It keeps saying everything.
            if case .notarize = vote.subject { send(node, .nullify(vote.subject.round)) }
            return false
        case (.selective, _):
            guard isForAll else { return random.chance(perMille: 300) }
            for place in node.set.members where random.chance(perMille: 500) {
                send(message, from: node, toPlace: place)
            }
            return true
        case (.replayer, _), (.garbage, _):
            if node.sent.count < 256 {
                node.sent.append(message)
            } else {
                node.sent[random.index(below: 256)] = message
            }
            return false
        default:
            return false
        }
    }

    /// What a liar answers at once to what it hears.
    func react(_ node: SimulatedNode, to message: ConsensusMessage, from sender: SimulatedNode) {
        switch message {
        case .blockRequest(let hash):
            if node.byzantine != .withholder || random.chance(perMille: 300),
                let block = node.craftedBlocks[hash]
            {
                send(.block(block), from: node, toPlace: sender.place)
            }
        case .transactionRequest(let hash, let indices):
            guard node.byzantine != .withholder || random.chance(perMille: 300),
                let block = node.craftedBlocks[hash]
            else { return }
            let placed = indices.filter { $0 < UInt32(block.entries.count) }
                .map { PlacedTransaction(index: $0, entry: block.entries[Int($0)]) }
            send(.transactions(hash, placed), from: node, toPlace: sender.place)
        case .proposal(let proposal):
            guard node.byzantine == .liar || node.byzantine == .equivocator,
                let voted = proposal.vote.subject.proposal
            else { return }
            node.heardProposal = voted
            send(node, .notarize(voted))
            send(node, .finalize(voted))
            if node.byzantine == .liar { send(node, .nullify(voted.round)) }
        case .vote, .certificate, .finalized, .status, .certificateRequest, .certificates,
            .block, .transactions, .entryRequest, .entryAnswer, .voteRequest, .voteAnswer:
            break
        }
    }

    private func send(_ node: SimulatedNode, _ subject: VoteSubject) {
        guard let index = node.set.index(of: node.place) else { return }
        send(.vote(vote(subject, of: node, index)), from: node, to: .all)
    }

    func vote(
        _ subject: VoteSubject, of node: SimulatedNode, _ index: ValidatorIndex
    ) -> SignedVote {
        SignedVote(
            subject: subject, signer: index,
            signature: node.signer.sign(subject.message(in: domain)))
    }

    /// As a leader, skips certified parents, or builds on a block that nobody certified: with that one's
    /// view as the parent's there is no view between that would have to be nullified.
    private func proposeFalsely(_ original: ProposalMessage, of node: SimulatedNode) -> Bool {
        if let heard = node.heardProposal, heard.round.view < original.header.view,
            heard.round.epoch == original.header.epoch,
            invariants.votes.notarized[heard.round] == nil
        {
            let parent = FalseParent(view: heard.round.view, hash: heard.blockHash)
            if propose(original, of: node, on: parent) { return true }
        }
        guard random.chance(perMille: 500) else { return false }
        return propose(original, of: node, on: floorParent(of: node, original))
    }

    /// The final block, whatever was certified since.
    private func floorParent(
        of node: SimulatedNode, _ original: ProposalMessage
    ) -> FalseParent {
        let floor = node.store.floor
        let round = original.vote.subject.round
        let view = floor.round.map { $0.epoch == round.epoch ? $0.view : .root } ?? .root
        return FalseParent(view: view, hash: floor.hash)
    }

    /// Sends another proposal of the same view; false where none can be made.
    private func propose(
        _ original: ProposalMessage, of node: SimulatedNode, transactions: [[UInt8]] = [],
        timeShift: Int64 = 0, on parent: FalseParent? = nil
    ) -> Bool {
        guard
            let message = craft(
                original, of: node, transactions: transactions, timeShift: timeShift, on: parent)
        else { return false }
        note("false proposals")
        send(.proposal(message), from: node, to: .all)
        return true
    }

    /// Tells some of the validators one thing and others another, or a third one.
    private func equivocate(_ original: ProposalMessage, of node: SimulatedNode) -> Bool {
        var messages = [original]
        for shift in Int64(1)...Int64(random.pick([1, 1, 2])) {
            guard
                let other = craft(
                    original, of: node, transactions: [], timeShift: shift, on: nil)
            else { return false }
            messages.append(other)
        }
        note("false proposals")
        for target in node.set.members {
            send(.proposal(random.pick(messages)), from: node, toPlace: target)
        }
        return true
    }

    private func craft(
        _ original: ProposalMessage, of node: SimulatedNode, transactions: [[UInt8]],
        timeShift: Int64, on falseParent: FalseParent?
    ) -> ProposalMessage? {
        let header = original.header
        let round = original.vote.subject.round
        let parentHash = falseParent?.hash ?? header.parentHash
        let parentView = falseParent?.view ?? header.parentView
        guard let parent = node.machine.parent(after: parentHash).map({ SimulatedParent($0) }),
            genesis.parameters.epoch(of: parent.height.next) == round.epoch,
            parentView < round.view, header.view == round.view
        else { return nil }
        let time = Int64(header.time.milliseconds) + timeShift
        let template = BlockTemplate(
            chainID: genesis.chainID, round: round, height: parent.height.next,
            parentView: parentView, parentHash: parentHash,
            time: Timestamp(milliseconds: UInt64(max(0, time))), proposer: header.proposer,
            validatorsHash: header.validatorsHash, mayBeEmpty: true, maximumTransactions: 64,
            maximumBodyBytes: 1024 * 1024)
        let block = node.application.craft(
            template, transactions.map { Entry($0) }, on: parent)
        let hash = block.header.hash
        node.craftedBlocks[hash] = block
        let proposal = Proposal(round: round, parentView: parentView, blockHash: hash)
        return ProposalMessage(
            header: block.header, transactionIDs: block.transactionIDs,
            vote: vote(.notarize(proposal), of: node, header.proposer),
            parentCertificate: falseParent == nil ? original.parentCertificate : nil)
    }
}

/// What a liar builds on.
private struct FalseParent {
    let view: View
    let hash: Bytes32
}
