import Codec
import Consensus
import Ledger
import Simulation
import Testing

/// The last block of an epoch, and the switch (b.11). Epochs have four heights here.
struct EpochTests {
    private let parameters = SimulatedChain.parameters(epochLength: 4)

    /// A replica whose epoch's last block is notarized in view 4 and not final.
    private func atBoundary(index: Int) throws -> (Harness, Block, Certificate) {
        var harness = Harness.started(index: index, parameters: parameters)
        var parent: Block?
        for view in UInt64(1)...4 {
            harness.milliseconds += 100
            let block = harness.block(view: view, parent: parent.map { .block($0) })
            let peer = (index + 1) % 4
            let notarization = harness.notarization(of: block)
            if harness.leader(of: view) == index {
                // As after a restart: the own block comes back from others.
                let others = (0..<4).filter { $0 != index }
                _ = try harness.receive(
                    .certificate(
                        harness.certificate(
                            .notarize(harness.proposal(of: block)), by: others)), from: peer)
                _ = harness.validateAll(try harness.receive(.block(block), from: peer))
            } else {
                _ = try harness.notarize(block)
                _ = harness.validateAll(
                    try harness.receive(.certificate(notarization), from: peer))
            }
            parent = block
        }
        let last = try #require(parent)
        #expect(harness.replica.status.round == Round(epoch: .first, view: View(5)))
        return (harness, last, harness.notarization(of: last))
    }

    @Test func theLastBlockIsProposedAgainAsItIsUntilItIsFinal() throws {
        // Validator 1 leads view 5.
        var (harness, last, notarization) = try atBoundary(index: 1)
        var effects: [Effect] = []
        for _ in 0..<40 where effects.proposals.isEmpty {
            effects = harness.validateAll(harness.advance(milliseconds: 50))
        }
        let again = Proposal(
            round: Round(epoch: .first, view: View(5)), parentView: View(4),
            blockHash: last.header.hash)
        #expect(
            effects.proposals == [
                harness.message(proposing: last, as: again, parent: notarization)
            ])
    }

    @Test func aSecondProposalOfTheLastBlockIsVotedForWhateverItsTime() throws {
        var (harness, last, notarization) = try atBoundary(index: 0)
        harness.milliseconds += 100_000
        let again = Proposal(
            round: Round(epoch: .first, view: View(5)), parentView: View(4),
            blockHash: last.header.hash)
        let effects = harness.validateAll(
            try harness.receive(
                .proposal(harness.message(proposing: last, as: again, parent: notarization))))
        #expect(effects.sentVotes == [.notarize(again)])
    }

    @Test func aChildOfTheLastBlockIsRefusedInItsEpoch() throws {
        var (harness, last, _) = try atBoundary(index: 0)
        let child = harness.block(view: 5, parent: .block(last))
        #expect(throws: MessageRejection.proposal(.wrongEpoch)) {
            try harness.receive(.proposal(harness.message(proposing: child)))
        }
    }

    @Test func anotherBlockThanTheLastOneIsNoSecondProposal() throws {
        var (harness, last, _) = try atBoundary(index: 0)
        let parent = try #require(harness.replica.journalSnapshot.blocks.first)
        let again = Proposal(
            round: Round(epoch: .first, view: View(5)), parentView: View(4),
            blockHash: parent.header.hash)
        #expect(throws: MessageRejection.proposal(.wrongRound)) {
            try harness.receive(
                .proposal(harness.message(proposing: parent, as: again)))
        }
        #expect(parent != last)
    }

    @Test func afterTheLastBlockTheNextEpochBeginsAtViewOne() throws {
        var (harness, last, _) = try atBoundary(index: 0)
        let again = Proposal(
            round: Round(epoch: .first, view: View(5)), parentView: View(4),
            blockHash: last.header.hash)
        // Finalized in the view of its second proposal.
        let effects = try harness.receive(
            .certificate(harness.certificate(.finalize(again))))
        #expect(effects.contains { $0.finalizedHeights.last == Height(4) })
        #expect(harness.replica.status.round == Round(epoch: Epoch(1), view: .first))
        #expect(harness.replica.status.floorHash == last.header.hash)
        // Leaders rotate by view and epoch: (1 + 1) mod 4.
        harness.milliseconds += 100
        let next = harness.block(
            view: 1, parent: .epochEnd(last), epoch: 1, time: harness.milliseconds)
        #expect(next.header.proposer == ValidatorIndex(2))
        let voted = harness.validateAll(
            try harness.receive(.proposal(harness.message(proposing: next)), from: 2))
        #expect(voted.sentVotes == [.notarize(harness.proposal(of: next))])
    }
}

extension Harness {
    func notarization(of block: Block) -> Certificate {
        certificate(.notarize(proposal(of: block)))
    }

    /// Answers every request to locate or to judge as an application would that has and accepts
    /// everything.
    mutating func validateAll(_ effects: [Effect]) -> [Effect] {
        var all = effects
        var open = effects
        while !open.isEmpty {
            var next: [Effect] = []
            for effect in open {
                switch effect {
                case .validate(let block):
                    next += replica.validated(block.header.hash, .valid, at: now)
                case .locate(let hash, let ids):
                    next += replica.located(ids.map { _ in nil }, of: hash, at: now)
                default: break
                }
            }
            all += next
            open = next
        }
        return all
    }
}

extension [Effect] {
    var proposals: [ProposalMessage] {
        compactMap {
            if case .send(.proposal(let message), _) = $0 { return message }
            return nil
        }
    }
}

extension [JournalRecord] {
    var blocks: [Block] {
        compactMap {
            if case .block(let block) = $0 { return block }
            return nil
        }
    }
}

extension Effect {
    var finalizedHeights: [Height] {
        if case .finalize(let chain) = self { return chain.blocks.map(\.header.height) }
        return []
    }
}
