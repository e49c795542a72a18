import BlockSync
import Codec
import Consensus
import Ledger

/// What liars do of their own accord, again and again.
extension Cluster {
    func mischief(_ node: SimulatedNode) {
        queue.insert(.mischief(node.id), at: now + random.number(in: 300_000...1_200_000))
        guard node.isUp, let index = node.set.index(of: node.place) else { return }
        let round = node.replica.status.round
        switch node.byzantine {
        case .lateFlooder: flood(node, index, round)
        case .replayer: replay(node)
        case .garbage: sendGarbage(node)
        case .evidenceSpammer: contradict(node, index, round)
        case .falseServer: claim(node)
        default: return
        }
    }

    /// Votes for everything in views far ahead.
    private func flood(_ node: SimulatedNode, _ index: ValidatorIndex, _ round: Round) {
        for _ in 0..<8 {
            let ahead = random.pick([1, 2, 5, 63, 64, 65, 1000, UInt64.max - round.view.rawValue])
            let far = Round(epoch: round.epoch, view: View(round.view.rawValue &+ ahead))
            let proposal = Proposal(
                round: far, parentView: round.view,
                blockHash: SimulatedChain.key(random.index(below: 256)))
            say(
                random.pick([.notarize(proposal), .nullify(far), .finalize(proposal)]), node, index)
        }
    }

    /// Sends again what it sent before.
    private func replay(_ node: SimulatedNode) {
        for _ in 0..<6 where !node.sent.isEmpty {
            note("messages replayed")
            send(random.pick(node.sent), from: node, to: .all)
        }
    }

    /// Sends what is left of its messages when some bytes of them change. Who receives bytes decodes
    /// them first: only what the decoder takes arrives.
    private func sendGarbage(_ node: SimulatedNode) {
        for _ in 0..<6 where !node.sent.isEmpty {
            var bytes = random.pick(node.sent).canonicalBytes
            for _ in 0...random.index(below: 3) {
                bytes[random.index(below: bytes.count)] = UInt8(random.index(below: 256))
            }
            if random.chance(perMille: 200) { bytes.removeLast(random.index(below: bytes.count)) }
            do throws(CodecError) {
                send(try ConsensusMessage(canonicalBytes: bytes), from: node, to: .all)
                note("garbage decoded")
            } catch {
                note("garbage refused")
            }
        }
    }

    /// Signs contradictions, of now and of long ago.
    private func contradict(_ node: SimulatedNode, _ index: ValidatorIndex, _ round: Round) {
        let back = UInt64(random.index(below: 4))
        let view = View(max(1, round.view.rawValue &- min(back, round.view.rawValue)))
        let epoch = random.chance(perMille: 800) ? round.epoch : Epoch(round.epoch.rawValue / 2)
        let round = Round(epoch: epoch, view: view)
        for _ in 0..<3 {
            let proposal = Proposal(
                round: round, parentView: .root,
                blockHash: SimulatedChain.key(random.index(below: 256)))
            say(.notarize(proposal), node, index)
            say(.finalize(proposal), node, index)
        }
        say(.nullify(round), node, index)
    }

    private func say(_ subject: VoteSubject, _ node: SimulatedNode, _ index: ValidatorIndex) {
        note("false votes")
        send(.vote(vote(subject, of: node, index)), from: node, to: .all)
    }

    /// Claims a final block that is none, far ahead or in another epoch.
    private func claim(_ node: SimulatedNode) {
        guard let finalized = falseFinality(of: node) else { return }
        note("false finality claimed")
        for place in 0..<candidates {
            send(SyncMessage.newest(finalized), from: node, toPlace: place)
        }
        send(ConsensusMessage.finalized(finalized), from: node, to: .all)
    }

    /// A header that nobody finalized, with the signatures of a liar, or of others for another block.
    private func falseFinality(of node: SimulatedNode) -> FinalizedHeader? {
        guard let finalized = node.store.floor.finalized,
            let index = node.set.index(of: node.place)
        else { return nil }
        let header = finalized.header
        let ahead = random.pick([1, 7, 100, UInt64(1) << 40])
        let height = Height(header.height.rawValue + ahead)
        let set =
            random.chance(perMille: 500)
            ? header.nextValidatorsHash : SimulatedChain.key(random.index(below: 256))
        let forged = BlockHeader(
            chainID: header.chainID, epoch: genesis.parameters.epoch(of: height), height: height,
            view: View(1), parentView: .root, parentHash: header.hash, time: header.time,
            proposer: header.proposer, transactionCount: 0, bodyBytes: 0, bodyRoot: .zero,
            logSize: 0, logRoot: .zero, stateDigestAfterParent: .zero, validatorsHash: set,
            nextValidatorsHash: set)
        let subject = VoteSubject.finalize(
            Proposal(round: forged.round, parentView: .root, blockHash: forged.hash))
        let own = vote(subject, of: node, index)
        let signatures =
            random.chance(perMille: 500)
            ? finalized.finalization.signatures : [(own.signer, own.signature)]
        return Certificate(subject: subject, signatures: signatures)
            .map { FinalizedHeader(header: forged, finalization: $0) }
    }

    /// Answers a question of one that catches up with something false; false for the truth.
    func lie(
        to asker: Int, about request: SyncMessage, from node: SimulatedNode
    ) -> Bool {
        guard random.chance(perMille: 600) else { return false }
        note("false answers")
        let store = node.store
        switch request {
        case .rangeRequest(let height, _, _):
            guard random.chance(perMille: 700),
                let answer = try? SyncServer.answer(request, from: store),
                case .range(let range) = answer
            else {
                send(SyncMessage.unavailable(height), from: node, toPlace: asker)
                return true
            }
            send(.range(spoil(range)), from: node, toPlace: asker)
        default:
            guard let finalized = falseFinality(of: node) else { return false }
            send(.newest(finalized), from: node, toPlace: asker)
        }
        return true
    }

    private func spoil(_ range: BlockRange) -> BlockRange {
        var blocks = range.blocks
        let position = random.index(below: blocks.count)
        switch random.index(below: 5) {
        case 0:
            blocks[position] = Block(header: blocks[position].header, transactions: [[9]])
        case 1:
            blocks.remove(at: position)
        case 2:
            return BlockRange(
                blocks: blocks, headers: blocks.map(\.header), finalization: range.finalization)
        case 3:
            return forged(range)
        default:
            blocks.reverse()
        }
        return BlockRange(
            blocks: blocks, headers: range.headers, finalization: range.finalization)
    }

    /// The range with another last block, and with signatures for the true one below its finalization.
    private func forged(_ range: BlockRange) -> BlockRange {
        guard let last = range.blocks.last else { return range }
        let header = last.header
        let other = BlockHeader(
            chainID: header.chainID, epoch: header.epoch, height: header.height, view: header.view,
            parentView: header.parentView, parentHash: header.parentHash,
            time: header.time.adding(milliseconds: 1), proposer: header.proposer,
            transactionCount: header.transactionCount, bodyBytes: header.bodyBytes,
            bodyRoot: header.bodyRoot, logSize: header.logSize, logRoot: header.logRoot,
            stateDigestAfterParent: header.stateDigestAfterParent,
            validatorsHash: header.validatorsHash, nextValidatorsHash: header.nextValidatorsHash)
        let subject = VoteSubject.finalize(
            Proposal(round: other.round, parentView: other.parentView, blockHash: other.hash))
        let blocks =
            range.blocks.dropLast() + [Block(header: other, transactions: last.transactions)]
        return Certificate(subject: subject, signatures: range.finalization.signatures)
            .map { BlockRange(blocks: Array(blocks), headers: [], finalization: $0) } ?? range
    }
}
