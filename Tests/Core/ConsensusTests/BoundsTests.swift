import Codec
import Consensus
import Ledger
import Simulation
import Testing

/// What a replica keeps and repeats is bounded, whatever others send and however long nothing moves
/// (L5, L6, R1, R2, R4).
struct BoundsTests {
    /// L6: with q - 1 validators alive nothing can move, and nothing grows.
    @Test func withOneTooFewNothingGrowsInAnHour() throws {
        var harness = Harness.started()
        var peers: [ConsensusMessage] = []
        for peer in [1] { peers.append(.vote(harness.vote(harness.nullify(1), by: peer))) }
        func minute() throws -> (sends: Int, records: Int) {
            var sends = 0
            var records = 0
            for _ in 0..<60 {
                let effects =
                    try peers.reduce(into: []) { $0 += try harness.receive($1) }
                    + harness.advance(milliseconds: 1000)
                sends += effects.count { if case .send = $0 { true } else { false } }
                records += effects.persisted.count
            }
            return (sends, records)
        }
        _ = try minute()
        let holdings = harness.replica.holdings
        let journal = harness.replica.journalSnapshot
        let second = try minute()
        for _ in 0..<58 {
            let later = try minute()
            #expect(later.sends == second.sends)
            #expect(later.records == 0)
        }
        #expect(harness.replica.holdings == holdings)
        #expect(harness.replica.journalSnapshot == journal)
        #expect(harness.replica.metrics.viewsEntered == 1)
        #expect(harness.replica.round == Round(epoch: .first, view: .first))
        // One more validator and it goes on at once: the timers have not grown (bug 70).
        let completed = try harness.receive(
            .vote(harness.vote(harness.nullify(1), by: 2)), from: 2)
        #expect(completed.contains { $0.isCertificate(harness.nullify(1)) })
        #expect(harness.replica.round.view == View(2))
    }

    /// Bug 71: timers stay at their cap and messages few, and one final block resets all (L5).
    @Test func tenThousandFailedViewsCostNoStormAndOneBlockEndsThem() throws {
        var harness = Harness.started()
        for view in UInt64(1)...1000 {
            // Own NOTARIZE votes in some of them: they are not repeated for ever.
            if view % 20 == 2 {
                harness.milliseconds += 1
                _ = try harness.notarize(harness.block(view: view, parent: nil))
            }
            _ = try harness.receive(.certificate(harness.certificate(harness.nullify(view))))
        }
        #expect(harness.replica.holdings.certificates == 1000)
        #expect(harness.replica.holdings.ownVotes >= 50)
        #expect(harness.replica.holdings.proposals == 0)
        // The others were together all the time; one certificate brings this validator there.
        for view in [1001, 10_000, 1 << 62] as [UInt64] {
            _ = try harness.receive(.certificate(harness.certificate(harness.nullify(view))))
            #expect(harness.replica.round.view == View(view + 1))
            _ = harness.advance(milliseconds: 1)
            #expect(harness.advance(milliseconds: 2000).count < 20)
        }
        let block = harness.block(view: (1 << 62) + 1)
        _ = try harness.receive(.proposal(harness.message(proposing: block)))
        _ = try harness.finalize(block)
        #expect(harness.replica.status.floorHeight == Height(1))
        #expect(harness.replica.holdings.certificates == 0)
        #expect(harness.replica.holdings.ownVotes == 0)
        // Back at the base: T_IDLE and two times D0.
        let next = harness.nullify((1 << 62) + 2)
        #expect(!harness.advance(milliseconds: 1399).sentVotes.contains(next))
        #expect(harness.advance(milliseconds: 1).sentVotes.contains(next))
    }

    /// A notarization of a view far ahead whose body is not here costs no search through the views
    /// between.
    @Test func aNotarizationFarAheadWaitsForItsBodyAtNoCost() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1 << 62)
        _ = try harness.receive(.certificate(harness.notarization(of: block)))
        #expect(harness.replica.round.view == .first)
        #expect(harness.advance(milliseconds: 3000).sentVotes.contains(harness.nullify(1)))
        _ = try harness.receive(.block(block))
        #expect(harness.replica.round.view == View((1 << 62) + 1))
    }

    /// A faulty leader's block of an impossible height is not kept for an epoch.
    @Test func aProposalIsForgottenWithItsView() throws {
        var harness = Harness.started(parameters: SimulatedChain.parameters(epochLength: 1024))
        for view in UInt64(1)...200 {
            let block = harness.block(view: view, height: 1000 - view % 3)
            if harness.leader(of: view) != 0 {
                _ = try harness.receive(
                    .proposal(harness.message(proposing: block)), from: harness.leader(of: view))
            }
            _ = try harness.receive(
                .certificate(harness.certificate(harness.nullify(view))))
            #expect(harness.replica.holdings.blocks == 0)
            #expect(harness.replica.holdings.proposals == 0)
        }
    }

    @Test func aBlockThatWasVotedForIsKeptForWhoeverNeedsIt() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.notarize(block)
        _ = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        #expect(
            try harness.receive(.blockRequest(block.header.hash), from: 3) == [
                .send(.block(block), to: .one(ValidatorIndex(3)))
            ])
        // Its journal goes on to hold it, too.
        #expect(harness.replica.journalSnapshot.blocks == [block])
    }

    /// Everything at or below the floor goes: votes, certificates, blocks, own votes (b.13).
    @Test func whatIsAtOrBelowTheFloorIsForgotten() throws {
        var harness = Harness.started(parameters: SimulatedChain.parameters(epochLength: 1024))
        var parent: Block?
        for view in UInt64(1)...100 {
            harness.milliseconds += 100
            let block = harness.block(view: view, parent: parent.map { .block($0) })
            if harness.leader(of: view) == 0 {
                _ = try harness.receive(.certificate(harness.certificate(harness.nullify(view))))
                continue
            }
            _ = try harness.notarize(block)
            _ = try harness.finalize(block)
            parent = block
            let holdings = harness.replica.holdings
            #expect(holdings.certificates == 0)
            #expect(holdings.tallies == 0)
            #expect(holdings.ownVotes == 0)
            #expect(holdings.blocks <= 16)
            #expect(harness.replica.journalSnapshot.count == 1)
        }
        #expect(harness.replica.status.floorHeight == Height(75))
    }

    /// R2, bug 62: votes of far views are not kept at all, of near ones two a kind and signer.
    @Test func votesOfFarViewsAreNotKept() throws {
        var harness = Harness.started()
        for view in UInt64(1)...10_000 {
            let vote = harness.vote(harness.nullify(view), by: 3)
            if view <= 65 {
                _ = try harness.receive(.vote(vote), from: 3)
            } else {
                #expect(throws: MessageRejection.farView(View(view), current: .first)) {
                    try harness.receive(.vote(vote), from: 3)
                }
            }
        }
        #expect(harness.replica.holdings.tallies == 65)
        // Bug 41: no number of votes below a quorum moves the view.
        #expect(harness.replica.round.view == .first)
        let largest = harness.vote(harness.nullify(.max), by: 3)
        #expect(throws: MessageRejection.farView(View(.max), current: .first)) {
            try harness.receive(.vote(largest), from: 3)
        }
    }
}

/// Evidence (b.14): bounded, attributable, and harmless to who finds it.
struct EvidenceTests {
    private func notarize(_ harness: Harness, _ view: UInt64, _ time: UInt64) -> VoteSubject {
        .notarize(harness.proposal(of: harness.block(view: view, time: time)))
    }

    @Test func twoFinalizeVotesOfOneKeyAreReported() throws {
        var harness = Harness.started()
        let votes = [UInt64(1), 2].map { time in
            harness.vote(
                .finalize(harness.proposal(of: harness.block(view: 1, time: time))), by: 2)
        }
        _ = try harness.receive(.vote(votes[0]), from: 2)
        // Any peer may bring the second one.
        #expect(
            try harness.receive(.vote(votes[1]), from: 3) == [
                .report(Equivocation(first: votes[0], second: votes[1]))
            ])
    }

    @Test func aLeadersSecondProposalIsReported() throws {
        var harness = Harness.started()
        let one = harness.message(proposing: harness.block(view: 1, time: 1))
        let two = harness.message(proposing: harness.block(view: 1, time: 2))
        _ = try harness.receive(.proposal(one))
        #expect(
            try harness.receive(.proposal(two)).contains(
                .report(Equivocation(first: one.vote, second: two.vote))))
        // The first one stays the view's proposal (bug 33).
        let effects = harness.validateAll(harness.advance(milliseconds: 0))
        #expect(!effects.sentVotes.contains(two.vote.subject))
    }

    /// Bug 36, 77: nobody is blamed with a signature that is not its own.
    @Test func aForgedSecondVoteIsNoEvidence() throws {
        var harness = Harness.started()
        _ = try harness.receive(.vote(harness.vote(notarize(harness, 1, 1), by: 2)), from: 2)
        let forged = SignedVote(
            subject: notarize(harness, 1, 2), signer: ValidatorIndex(2),
            signature: harness.vote(notarize(harness, 1, 2), by: 3).signature)
        #expect(throws: MessageRejection.badSignature(ValidatorIndex(2))) {
            try harness.receive(.vote(forged), from: 3)
        }
        #expect(harness.replica.metrics.equivocations == 0)
    }

    /// Bug 76: an equivocator outside the set, of another epoch, or long ago.
    @Test func evidenceThatDoesNotConcernThisEpochIsPassedBy() throws {
        var harness = Harness.started()
        for time in UInt64(1)...2 {
            #expect(throws: MessageRejection.unknownValidator(ValidatorIndex(9))) {
                try harness.receive(
                    .vote(harness.vote(notarize(harness, 1, time), by: 9)), from: 2)
            }
            #expect(throws: MessageRejection.futureEpoch(Epoch(7), current: .first)) {
                try harness.receive(
                    .vote(harness.vote(harness.nullify(time, epoch: 7), by: 2)), from: 2)
            }
        }
        let block = harness.block(view: 1)
        _ = try harness.notarize(block)
        _ = try harness.finalize(block)
        for time in UInt64(1)...2 {
            #expect(throws: MessageRejection.staleView(.first, current: View(2))) {
                try harness.receive(
                    .vote(harness.vote(notarize(harness, 1, time), by: 2)), from: 2)
            }
        }
        #expect(harness.replica.metrics.equivocations == 0)
    }

    /// Bug 78: one who equivocates without end is reported so often, and does not hide another.
    @Test func reportsOfOneValidatorAreBounded() throws {
        var harness = Harness.started()
        var reports = [2: 0, 3: 0]
        for view in UInt64(1)...100 {
            for peer in view == 100 ? [2, 3] : [2] {
                for time in UInt64(1)...3 {
                    let vote = harness.vote(notarize(harness, view, time), by: peer)
                    let effects = try harness.receive(.vote(vote), from: peer)
                    reports[peer, default: 0] += effects.count {
                        if case .report = $0 { true } else { false }
                    }
                }
            }
            if view < 100 {
                _ = try harness.receive(.certificate(harness.certificate(harness.nullify(view))))
            }
        }
        #expect(reports == [2: ConsensusLimits.equivocations, 3: 1])
        #expect(harness.replica.metrics.equivocations == 101)
    }
}

/// Orders of messages and split views that other projects got wrong.
struct OrderTests {
    /// Bug 32: everything that belongs to a view may come before its proposal.
    @Test func votesAndCertificatesMayComeBeforeTheProposal() throws {
        for order in 0..<24 {
            var harness = Harness.started()
            let block = harness.block(view: 1, transactions: [[1]])
            let proposal = harness.proposal(of: block)
            var open: [(ConsensusMessage, Int)] = [
                (.proposal(harness.message(proposing: block)), 1),
                (.vote(harness.vote(.notarize(proposal), by: 2)), 2),
                (.certificate(harness.certificate(.notarize(proposal))), 3),
                (.certificate(harness.certificate(.finalize(proposal))), 2),
            ]
            var number = order
            var effects: [Effect] = []
            for left in stride(from: 4, to: 0, by: -1) {
                let (message, sender) = open.remove(at: number % left)
                number /= left
                // What came after the end is stale and nothing worse.
                do throws(MessageRejection) {
                    effects += harness.validateAll(
                        try harness.replica.receive(
                            message, from: ValidatorIndex(UInt16(sender)), at: harness.now))
                } catch {
                    #expect(!error.isHostile, "order \(order): \(error)")
                }
            }
            let asked = effects.contains {
                if case .send(.transactionRequest, _) = $0 { return true }
                if case .send(.blockRequest, _) = $0 { return true }
                return false
            }
            #expect(asked, "order \(order)")
            if harness.replica.status.floorHeight == .genesis {
                effects += harness.validateAll(try harness.receive(.block(block), from: 1))
            }
            #expect(harness.replica.status.floorHeight == Height(1), "order \(order)")
            #expect(harness.replica.round.view == View(2))
            #expect(harness.replica.status.haltReason == nil)
        }
    }

    /// Bug 53: one half left a view by its notarization, the other by its nullification. Both parents
    /// are open to the next leader, and whoever holds both certificates votes for either.
    @Test(arguments: [true, false]) func aSplitViewHeals(onTheNotarizedBlock: Bool) throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.notarize(block)
        _ = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        _ = harness.validateAll(
            try harness.receive(.certificate(harness.notarization(of: block))))
        #expect(harness.replica.round.view == View(2))
        harness.milliseconds += 100
        let next = harness.block(view: 2, parent: onTheNotarizedBlock ? .block(block) : nil)
        #expect(
            try harness.notarize(next).sentVotes == [.notarize(harness.proposal(of: next))])
    }

    /// Bug 53, 43: who holds only the nullification gets the notarization by asking.
    @Test func aVoterAsksForTheNotarizationThatTheLeaderBuiltOn() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        harness.milliseconds += 100
        let next = harness.block(view: 2, parent: .block(block))
        let effects = try harness.notarize(next)
        #expect(effects.sentVotes == [])
        #expect(
            effects.contains {
                if case .send(.certificateRequest(.first, above: .root, below: View(2)), _) = $0 {
                    true
                } else {
                    false
                }
            })
    }

    /// Bug 74: a transaction that comes right after an idle view began waits for no heartbeat.
    @Test func aTransactionOneMillisecondIntoAnIdleViewEndsTheAllowance() {
        var harness = Harness.started()
        harness.milliseconds = 1
        _ = harness.replica.pendingTransactions(since: harness.now.instant, at: harness.now)
        // The block interval and two times D0 after its arrival; the leader is dead.
        #expect(harness.wait(milliseconds: 499).sentVotes == [])
        #expect(harness.wait(milliseconds: 1).sentVotes == [harness.nullify(1)])
    }

    /// Bug 73: no timer of a view fires in the next one.
    @Test func aTimerOfAnEarlierViewIsGone() throws {
        var harness = Harness.started()
        #expect(harness.wait(milliseconds: 1399).sentVotes == [])
        _ = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        #expect(harness.wait(milliseconds: 1).sentVotes == [])
        #expect(harness.replica.round.view == View(2))
    }

    /// C4: a wall clock that jumps back, and a monotonic one that should not, move no timer below.
    @Test func clocksThatJumpBackMoveNothingBack() throws {
        var harness = Harness.started()
        _ = harness.advance(milliseconds: 1300)
        harness.skew = -3_600_000
        #expect(harness.replica.advance(to: harness.now).sentVotes == [])
        let earlier = LocalTime(
            instant: Instant(microseconds: 0), clock: Timestamp(milliseconds: 0))
        #expect(harness.replica.advance(to: earlier).sentVotes == [])
        #expect(harness.wait(milliseconds: 100).sentVotes == [harness.nullify(1)])
    }

    /// Bug 69: a leader's time may lie so far ahead or behind, to the millisecond.
    @Test(arguments: [
        (time: Int64(10_500), fits: true), (time: 10_501, fits: false), (time: 7500, fits: true),
        (time: 7499, fits: false),
    ])
    func aTimeFitsToTheMillisecond(time: Int64, fits: Bool) throws {
        var harness = Harness.started(parameters: Self.patient)
        harness.milliseconds = 10_000
        let block = harness.block(view: 1, time: UInt64(time))
        let votes = try harness.notarize(block).sentVotes
        #expect(votes == [fits ? .notarize(harness.proposal(of: block)) : harness.nullify(1)])
        #expect(harness.replica.metrics.untimelyProposals == (fits ? 0 : 1))
    }

    /// A chain on which a view lasts longer than these tests.
    private static let patient = Parameters(
        epochLength: 8, blockIntervalMilliseconds: 100, heartbeatMilliseconds: 60_000,
        baseDelayMilliseconds: 200, maximumDelayMilliseconds: 2000, precisionMilliseconds: 500,
        messageDelayMilliseconds: 2000, maximumBodyBytes: 1024 * 1024, maximumTransactions: 64)
}

/// What one peer can have answered, whatever it asks.
struct AnswerTests {
    @Test func aFloodOfRequestsIsAnsweredSoManyTimesAtOnce() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1, transactions: [[1]])
        let leader = harness.leader(of: 1)
        _ = try harness.receive(.proposal(harness.message(proposing: block)), from: leader)
        let hash = block.header.hash
        _ = harness.replica.located([Entry([1])], of: hash, at: harness.now)
        let requests: [ConsensusMessage] = [.blockRequest(hash), .transactionRequest(hash, [0])]
        func answers(_ count: Int, from peer: Int) throws -> Int {
            var answers = 0
            for number in 0..<count {
                answers += try harness.receive(requests[number % 2], from: peer).count
            }
            return answers
        }
        let limit = Int(ConsensusLimits.answersAtOnce)
        #expect(try answers(1000, from: 3) == limit)
        // Another peer has its own share, and time gives more.
        #expect(try answers(10, from: 2) == 10)
        harness.milliseconds += 10 * ConsensusLimits.answerInterval
        #expect(try answers(1000, from: 3) == 10)
        // Excessive ones are hostile all the same.
        #expect(throws: MessageRejection.excessiveRequest) {
            try harness.receive(.transactionRequest(hash, [0, 0]), from: 3)
        }
    }
}
