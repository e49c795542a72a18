import Codec
import Consensus
import Ledger
import Simulation
import Testing

/// NOTARIZE, FINALIZE and NULLIFY of one replica, with whole lists of effects (b.2 to b.5).
struct VotingTests {
    @Test func aProposalIsLocatedJudgedPersistedAndVotedForInThisOrder() throws {
        var harness = Harness.started()
        let transaction: [UInt8] = [1, 2, 3]
        let block = harness.block(view: 1, transactions: [transaction])
        let hash = block.header.hash
        let proposal = harness.proposal(of: block)

        let received = try harness.receive(.proposal(harness.message(proposing: block)))
        #expect(received == [.locate(hash, [transaction].map(Transaction.id(of:)))])
        let located = harness.replica.located([Entry(transaction)], of: hash, at: harness.now)
        #expect(located == [.validate(block)])
        let vote = harness.vote(.notarize(proposal), by: 0)
        #expect(
            harness.replica.validated(hash, .valid, at: harness.now) == [
                .persist([
                    .block(block),
                    .signer(SignerRecord(round: proposal.round, notarized: proposal)),
                    .vote(vote),
                ]),
                .send(.vote(vote), to: .all),
            ])
    }

    @Test func aQuorumOfNotarizeVotesIsRelayedAndFinalizedOnceThenTheNextViewBegins() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        let proposal = harness.proposal(of: block)
        _ = try harness.notarize(block)
        // The leader's vote came with the proposal, the own one is counted: one is missing.
        let vote = harness.vote(.notarize(proposal), by: 2)
        let effects = try harness.receive(.vote(vote), from: 2)
        let notarization = harness.certificate(.notarize(proposal), by: [0, 1, 2])
        let finalize = harness.vote(.finalize(proposal), by: 0)
        #expect(
            effects == [
                .send(.certificate(notarization), to: .all),
                .persist([
                    .certificate(notarization),
                    .signer(
                        SignerRecord(
                            round: proposal.round, notarized: proposal, finalized: proposal)),
                    .vote(finalize),
                ]),
                .send(.vote(finalize), to: .all),
            ])
        #expect(harness.replica.status.round.view == View(2))
        // The same votes again, and the last validator's, change nothing.
        #expect(try harness.receive(.vote(vote), from: 2) == [])
        #expect(
            try harness.receive(.vote(harness.vote(.notarize(proposal), by: 3)), from: 3) == [])
    }

    @Test func aQuorumOfFinalizeVotesFinalizesTheBlockOnce() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        let proposal = harness.proposal(of: block)
        _ = try harness.notarize(block)
        _ = try harness.receive(.certificate(harness.certificate(.notarize(proposal))))
        #expect(try harness.receive(.vote(harness.vote(.finalize(proposal), by: 1))) == [])
        let effects = try harness.receive(.vote(harness.vote(.finalize(proposal), by: 2)), from: 2)
        let finalization = harness.certificate(.finalize(proposal), by: [0, 1, 2])
        let tip = FinalizedHeader(header: block.header, finalization: finalization)
        #expect(
            effects == [
                .send(.certificate(finalization), to: .all),
                .finalize(FinalizedChain(blocks: [block], tip: tip)),
            ])
        #expect(harness.replica.status.floorHeight == Height(1))
        #expect(harness.replica.status.floorHash == block.header.hash)
    }

    @Test func oneFinalizationFinalizesEveryAncestor() throws {
        var harness = Harness.started()
        let first = harness.block(view: 1)
        _ = try harness.notarize(first)
        _ = try harness.receive(
            .certificate(harness.certificate(.notarize(harness.proposal(of: first)))))
        harness.milliseconds += 100
        let second = harness.block(view: 2, parent: .block(first))
        _ = try harness.notarize(second)
        let effects = try harness.receive(
            .certificate(harness.certificate(.finalize(harness.proposal(of: second)))))
        let chains = effects.compactMap { effect -> [Block]? in
            if case .finalize(let chain) = effect { return chain.blocks }
            return nil
        }
        #expect(chains == [[first, second]])
    }

    @Test func aViewWithoutAProposalIsNullifiedAfterTheIdleTimeAndTwoDelta() throws {
        var harness = Harness.started()
        // T_IDLE is 1,000 ms, D0 200 ms.
        #expect(harness.wait(milliseconds: 1399) == [])
        let vote = harness.vote(harness.nullify(1), by: 0)
        let round = Round(epoch: .first, view: .first)
        #expect(
            harness.wait(milliseconds: 1) == [
                .persist([.signer(SignerRecord(round: round, nullified: true)), .vote(vote)]),
                .send(.vote(vote), to: .all),
            ])
        #expect(harness.advance(milliseconds: 0).sentVotes == [])
    }

    @Test func aWaitingTransactionEndsTheIdleAllowance() throws {
        var harness = Harness.started()
        harness.milliseconds = 50
        #expect(
            harness.replica.pendingTransactions(since: harness.now.instant, at: harness.now) == [])
        // T_MIN after the transaction came, then two Δ.
        #expect(harness.advance(milliseconds: 499).sentVotes == [])
        #expect(harness.advance(milliseconds: 1).sentVotes == [harness.nullify(1)])
    }

    @Test func aProposalThatIsNotCertifiedIsNullifiedAfterThreeDelta() throws {
        var harness = Harness.started()
        _ = try harness.notarize(harness.block(view: 1))
        #expect(!harness.advance(milliseconds: 1599).sentVotes.contains(harness.nullify(1)))
        #expect(harness.advance(milliseconds: 1).sentVotes.contains(harness.nullify(1)))
    }

    @Test func aLeaderThatNullifiesItsOwnViewEndsItForEverybody() throws {
        var harness = Harness.started()
        let other = try harness.receive(.vote(harness.vote(harness.nullify(1), by: 2)), from: 2)
        #expect(other == [])
        let effects = try harness.receive(.vote(harness.vote(harness.nullify(1), by: 1)))
        #expect(effects.sentVotes == [harness.nullify(1)])
    }

    @Test func noNotarizeFollowsTheOwnNullify() throws {
        var harness = Harness.started()
        _ = harness.advance(milliseconds: 1400)
        #expect(try harness.notarize(harness.block(view: 1)) == [])
    }

    @Test func noFinalizeFollowsTheOwnNullify() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.notarize(block)
        _ = harness.advance(milliseconds: 1600)
        let effects = try harness.receive(
            .certificate(harness.certificate(.notarize(harness.proposal(of: block)))))
        #expect(effects.sentVotes == [])
        #expect(harness.replica.status.round.view == View(2))
    }

    @Test func noNullifyFollowsTheOwnFinalize() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        let proposal = harness.proposal(of: block)
        _ = try harness.notarize(block)
        let effects = try harness.receive(.certificate(harness.certificate(.notarize(proposal))))
        #expect(effects.sentVotes == [.finalize(proposal)])
        // Even where the journal brings the replica back into that view.
        let records = effects.persisted.filter { record in
            if case .certificate = record { return false }
            return true
        }
        var restarted = Harness(journal: .intact(records, length: 0))
        _ = restarted.start()
        #expect(restarted.replica.status.round.view == View(1))
        #expect(!restarted.advance(milliseconds: 20_000).sentVotes.contains(harness.nullify(1)))
    }

    @Test func noFinalizeForAViewThatWasLeftOtherwise() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.notarize(block)
        _ = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        #expect(harness.replica.status.round.view == View(2))
        let effects = try harness.receive(
            .certificate(harness.certificate(.notarize(harness.proposal(of: block)))))
        #expect(effects.sentVotes == [])
    }

    @Test func aViewIsNotLeftByANotarizationWithoutTheBody() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1, transactions: [[1]])
        let effects = try harness.receive(
            .certificate(harness.certificate(.notarize(harness.proposal(of: block)))))
        #expect(effects == [.send(.blockRequest(block.header.hash), to: .one(ValidatorIndex(1)))])
        #expect(harness.replica.status.round.view == View(1))
        let held = try harness.receive(.block(block))
        #expect(held.sentVotes == [.finalize(harness.proposal(of: block))])
        #expect(held.persisted.contains(.block(block)))
        #expect(harness.replica.status.round.view == View(2))
    }

    @Test func missingTransactionsAreFetchedFromTheLeaderThenFromOthers() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1, transactions: [[1], [2], [3]])
        let hash = block.header.hash
        _ = try harness.receive(.proposal(harness.message(proposing: block)))
        #expect(
            harness.replica.located([Entry([1]), nil, Entry([3])], of: hash, at: harness.now) == [
                .send(.transactionRequest(hash, [1]), to: .one(ValidatorIndex(1)))
            ])
        #expect(
            harness.wait(milliseconds: 250) == [
                .send(.transactionRequest(hash, [1]), to: .one(ValidatorIndex(2)))
            ])
        let answer = ConsensusMessage.transactions(
            hash, [PlacedTransaction(index: 1, entry: Entry([2]))])
        #expect(try harness.receive(answer, from: 2) == [.validate(block)])
    }

    @Test func aBlockThatTheApplicationRefusesIsNullifiedAtOnce() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.receive(.proposal(harness.message(proposing: block)))
        _ = harness.replica.located([], of: block.header.hash, at: harness.now)
        let effects = harness.replica.validated(
            block.header.hash, .invalid("no"), at: harness.now)
        #expect(effects.sentVotes == [harness.nullify(1)])
        #expect(harness.replica.metrics.invalidProposals == 1)
    }

    @Test(arguments: [
        (shift: Int64(-2500), votes: true), (shift: -2501, votes: false),
        (shift: 500, votes: true), (shift: 501, votes: false),
    ])
    func onlyATimelyBlockIsVotedFor(shift: Int64, votes: Bool) throws {
        var harness = Harness.started()
        // MSGDELAY is 2,000 ms, PRECISION 500 ms.
        harness.milliseconds = 10_000
        let block = harness.block(view: 1, time: UInt64(10_000 + shift))
        let effects = try harness.receive(.proposal(harness.message(proposing: block)))
        #expect(effects.sentVotes == (votes ? [] : [harness.nullify(1)]))
        #expect(harness.replica.metrics.untimelyProposals == (votes ? 0 : 1))
    }

    @Test func aBlockNotLaterThanItsParentIsNullified() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1, time: 0)
        let effects = try harness.receive(.proposal(harness.message(proposing: block)))
        #expect(effects.sentVotes == [harness.nullify(1)])
    }

    @Test func aBlockOfAnotherHeightThanAfterItsParentIsNullified() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1, height: 2)
        let effects = try harness.receive(.proposal(harness.message(proposing: block)))
        #expect(effects.sentVotes == [harness.nullify(1)])
    }

    @Test func aSkippedViewNeedsItsNullification() throws {
        var harness = Harness.started()
        // View 2 is entered by its own nullification only: nothing is known of view 1.
        _ = try harness.receive(.certificate(harness.certificate(harness.nullify(2))))
        let block = harness.block(view: 3)
        let effects = try harness.notarize(block)
        #expect(effects.sentVotes == [])
        let voted = harness.validateAll(
            try harness.receive(.certificate(harness.certificate(harness.nullify(1)))))
        #expect(voted.sentVotes == [.notarize(harness.proposal(of: block))])
    }

    @Test func aParentNeedsItsNotarization() throws {
        var harness = Harness.started()
        let parent = harness.block(view: 1)
        _ = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        harness.milliseconds += 10
        let child = harness.block(view: 2, parent: .block(parent))
        let effects = try harness.receive(
            .proposal(harness.message(proposing: child)), from: 2)
        #expect(effects.sentVotes == [])
        #expect(
            effects.contains {
                if case .send(.certificateRequest, _) = $0 { return true }
                return false
            })
    }

    @Test func aParentOtherThanTheNotarizedBlockIsNullified() throws {
        var harness = Harness.started()
        let notarized = harness.block(view: 1)
        _ = try harness.notarize(notarized)
        _ = try harness.receive(
            .certificate(harness.certificate(.notarize(harness.proposal(of: notarized)))))
        let other = harness.block(view: 1, time: 2)
        harness.milliseconds += 10
        let child = harness.block(view: 2, parent: .block(other))
        let effects = try harness.receive(
            .proposal(harness.message(proposing: child)), from: 2)
        #expect(effects.sentVotes == [harness.nullify(2)])
    }

    @Test func aReplicaWithoutATrustedJournalFollowsAndSignsNothing() throws {
        for journal in [JournalState.missing, .corrupt(at: 3)] {
            var harness = Harness(journal: journal)
            _ = harness.start()
            let block = harness.block(view: 1)
            _ = try harness.notarize(block)
            let effects = try harness.finalize(block) + harness.advance(milliseconds: 30_000)
            #expect(effects.sentVotes == [])
            #expect(effects.persisted == [])
            #expect(harness.replica.status.floorHeight == Height(1))
            #expect(!harness.replica.status.isVoting)
        }
    }
}
