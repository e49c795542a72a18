import Codec
import Consensus
import Ledger

/// What liars do beyond an honest replica. They hold their own keys alone.
extension Cluster {
    /// Changes what a Byzantine node is about to send; true where that took its place.
    func tamper(
        _ node: SimulatedNode, with message: ConsensusMessage, to recipient: Recipient
    ) -> Bool {
        switch (node.byzantine, message) {
        case (.withholder, .block), (.withholder, .transactions):
            // Some get it: the worst is a body that only a few have.
            return random.chance(perMille: 700)
        case (.withholder, .proposal(let proposal)):
            let secret: [UInt8] = [2] + (0..<8).map { _ in UInt8(random.index(below: 256)) }
            return propose(proposal, of: node, transactions: [secret])
        case (.invalidContent, .proposal(let proposal)):
            let mark = SimulatedApplication.invalidMark
            return propose(proposal, of: node, transactions: [[mark, 1, 2, 3]])
        case (.timeShifter, .proposal(let proposal)):
            return propose(
                proposal, of: node, timeShift: random.pick([-600_000, -3000, 700, 600_000]))
        case (.liar, .proposal(let proposal)):
            guard random.chance(perMille: 500) else { return false }
            return propose(proposal, of: node, onFloor: true)
        case (.equivocator, .proposal(let proposal)):
            return equivocate(proposal, of: node)
        case (.liar, .vote(let vote)):
            // It keeps saying everything.
            if case .notarize = vote.subject { send(node, .nullify(vote.subject.round)) }
            return false
        case (.selective, _):
            guard case .all = recipient else { return random.chance(perMille: 300) }
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
            let placed = indices.filter { $0 < UInt32(block.transactions.count) }
                .map { PlacedTransaction(index: $0, bytes: block.transactions[Int($0)]) }
            send(.transactions(hash, placed), from: node, toPlace: sender.place)
        case .proposal(let proposal):
            guard node.byzantine == .liar || node.byzantine == .equivocator,
                let voted = proposal.vote.subject.proposal
            else { return }
            send(node, .notarize(voted))
            send(node, .finalize(voted))
            if node.byzantine == .liar { send(node, .nullify(voted.round)) }
        case .vote, .certificate, .finalized, .status, .certificateRequest, .certificates,
            .block, .transactions, .entryRequest, .entryAnswer:
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

    /// Sends another proposal of the same view; false where none can be made.
    private func propose(
        _ original: ProposalMessage, of node: SimulatedNode, transactions: [[UInt8]] = [],
        timeShift: Int64 = 0, onFloor: Bool = false
    ) -> Bool {
        guard
            let message = craft(
                original, of: node, transactions: transactions, timeShift: timeShift,
                onFloor: onFloor)
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
                    original, of: node, transactions: [], timeShift: shift, onFloor: false)
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
        timeShift: Int64, onFloor: Bool
    ) -> ProposalMessage? {
        let header = original.header
        let round = original.vote.subject.round
        let floor = node.application.store.floor
        let floorView = floor.round.map { $0.epoch == round.epoch ? $0.view : .root } ?? .root
        let parentHash = onFloor ? floor.hash : header.parentHash
        let parentView = onFloor ? floorView : header.parentView
        guard let parent = node.application.state(after: parentHash),
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
        guard let block = node.application.make(template, transactions: transactions) else {
            return nil
        }
        let hash = block.header.hash
        node.craftedBlocks[hash] = block
        let proposal = Proposal(round: round, parentView: parentView, blockHash: hash)
        return ProposalMessage(
            header: block.header, transactionIDs: Block.transactionIDs(transactions),
            vote: vote(.notarize(proposal), of: node, header.proposer),
            parentCertificate: onFloor ? nil : original.parentCertificate)
    }
}
