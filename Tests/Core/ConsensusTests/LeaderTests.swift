import Codec
import Consensus
import Ledger
import Simulation
import Testing

/// Proposing, and how often (b.6a, b.8, b.10).
struct LeaderTests {
    private func built(_ effects: [Effect]) -> BlockTemplate? {
        for case .build(let template) in effects { return template }
        return nil
    }

    /// Validator 1 leads view 1.
    private func leader() -> Harness { .started(index: 1) }

    @Test func anIdleLeaderProposesAnEmptyBlockAfterTheIdleTime() throws {
        var harness = leader()
        #expect(harness.wait(milliseconds: 999) == [])
        let effects = harness.wait(milliseconds: 1)
        let template = try #require(built(effects))
        #expect(template.mayBeEmpty)
        #expect(template.height == Height(1))
        #expect(template.parentHash == harness.genesis.chainID)
        #expect(template.parentView == .root)
        #expect(template.time == SimulatedChain.start.adding(milliseconds: 1000))

        let header = template.header(
            transactionIDs: [], bodyBytes: 0, logSize: 1, logRoot: .zero,
            stateDigestAfterParent: .zero, nextValidatorsHash: harness.genesis.validators.hash)
        let block = Block(header: header, transactions: [])
        let proposal = harness.proposal(of: block)
        let message = harness.message(proposing: block)
        #expect(
            harness.replica.built(block, for: template.round, at: harness.now) == [
                .persist([
                    .block(block),
                    .signer(SignerRecord(round: template.round, notarized: proposal)),
                    .vote(message.vote),
                ]),
                .send(.proposal(message), to: .all),
            ])
        // One proposal a view for ever; only a resend of the same follows.
        let later = harness.advance(milliseconds: 500)
        #expect(later.contains(.send(.proposal(message), to: .all)))
        #expect(built(later) == nil)
    }

    @Test func aLeaderWithTransactionsProposesAfterTheBlockInterval() {
        var harness = leader()
        harness.milliseconds = 10
        let effects = harness.replica.pendingTransactions(
            since: harness.now.instant, at: harness.now)
        #expect(built(effects) == nil)
        #expect(built(harness.wait(milliseconds: 89)) == nil)
        let due = built(harness.wait(milliseconds: 1))
        #expect(due?.mayBeEmpty == false)
    }

    @Test func aLeaderWithNothingToIncludeWaitsForTransactionsOrTheHeartbeat() throws {
        var harness = leader()
        harness.milliseconds = 200
        let first = harness.replica.pendingTransactions(
            since: harness.now.instant, at: harness.now)
        let round = try #require(built(first)).round
        #expect(harness.replica.built(nil, for: round, at: harness.now) == [])
        #expect(built(harness.wait(milliseconds: 100)) == nil)
        let again = harness.replica.pendingTransactions(
            since: harness.now.instant, at: harness.now)
        #expect(built(again) != nil)
        #expect(harness.replica.built(nil, for: round, at: harness.now) == [])
        #expect(built(harness.wait(milliseconds: 700))?.mayBeEmpty == true)
    }

    @Test func aDriverThatCannotBuildAnEmptyBlockNowIsAskedAgain() throws {
        var harness = leader()
        let template = try #require(built(harness.wait(milliseconds: 1000)))
        #expect(template.mayBeEmpty)
        #expect(harness.replica.built(nil, for: template.round, at: harness.now) == [])
        #expect(built(harness.wait(milliseconds: 50))?.round == template.round)
    }

    @Test func anAnswerForAnotherRoundIsDropped() throws {
        var harness = leader()
        let effects = harness.wait(milliseconds: 1000)
        let round = try #require(built(effects)).round
        _ = try harness.receive(
            .certificate(harness.certificate(harness.nullify(1), by: [0, 2, 3])), from: 2)
        let block = harness.block(view: 1)
        #expect(harness.replica.built(block, for: round, at: harness.now) == [])
    }

    @Test func aLeaderBuildsOnTheNewestNotarizedBlockAndNamesItsCertificate() throws {
        var harness = Harness.started(index: 2)
        let first = harness.block(view: 1, transactions: [[1]])
        _ = try harness.receive(.proposal(harness.message(proposing: first)))
        _ = harness.replica.located([Entry([1])], of: first.header.hash, at: harness.now)
        _ = harness.replica.validated(first.header.hash, .valid, at: harness.now)
        let notarization = harness.certificate(
            .notarize(harness.proposal(of: first)), by: [0, 1, 3])
        _ = try harness.receive(.certificate(notarization))
        // The tail rule: the block with a transaction is not final Δ after the view began.
        let effects = harness.advance(milliseconds: 240)
        let template = try #require(built(effects))
        #expect(template.mayBeEmpty)
        #expect(template.parentHash == first.header.hash)
        #expect(template.parentView == View(1))
        let second = harness.block(view: 2, parent: .block(first), time: 240)
        let sent = harness.replica.built(second, for: template.round, at: harness.now)
        #expect(
            sent.last
                == .send(
                    .proposal(harness.message(proposing: second, parent: notarization)), to: .all))
    }

    @Test func aLeaderWithoutTheNullificationsAsksForThem() throws {
        var harness = Harness.started(index: 3)
        _ = try harness.receive(
            .certificate(harness.certificate(harness.nullify(2), by: [0, 1, 2])))
        let effects = harness.advance(milliseconds: 1500)
        #expect(built(effects) == nil)
        #expect(
            effects.contains {
                if case .send(.certificateRequest(_, let above, let below), _) = $0 {
                    return above == .root && below == View(2)
                }
                return false
            })
        let answered = try harness.receive(
            .certificates([harness.certificate(harness.nullify(1), by: [0, 1, 2])]))
        #expect(built(answered)?.parentHash == harness.genesis.chainID)
    }

    @Test func aLeaderAsksForTheOldestNullificationsHoweverManyNewerOnesItHolds() throws {
        // It leads view 103 and holds all but the first two of a hundred nullifications: an answer
        // holds the newest 64 of what is asked for, so asking for everything would never bring them.
        var harness = Harness.started(index: 3)
        for view in UInt64(3)...102 {
            _ = try harness.receive(
                .certificate(harness.certificate(harness.nullify(view), by: [0, 1, 2])))
        }
        let effects = harness.advance(milliseconds: 1500)
        #expect(built(effects) == nil)
        #expect(
            effects.contains {
                if case .send(.certificateRequest(_, let above, let below), _) = $0 {
                    return above == .root && below == View(3)
                }
                return false
            })
    }

    @Test func aSilentLeaderIsSkippedWhileAQuorumIsNot() throws {
        // Validator 2 never says anything; it leads view 2.
        var harness = Harness.started()
        for _ in 0..<6 {
            harness.milliseconds += 1000
            for peer in [1, 3] {
                _ = try harness.receive(.status(harness.statusMessage(view: 1)), from: peer)
            }
        }
        let effects = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        #expect(effects.sentVotes == [harness.nullify(2)])
        #expect(harness.replica.metrics.leadersSkipped == 1)
    }

    @Test func nobodyIsSkippedWhileTooManyAreSilent() throws {
        var harness = Harness.started()
        harness.milliseconds += 6000
        let effects = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        #expect(effects.sentVotes == [])
    }

    @Test func thousandsOfFailedViewsKeepTheTimersAtTheirCap() throws {
        var harness = Harness.started()
        for view in UInt64(1)...2000 {
            _ = try harness.receive(
                .certificate(harness.certificate(harness.nullify(view))))
        }
        // Of view 2,001 validator 1 is the leader: T_IDLE and two times CAP.
        _ = harness.advance(milliseconds: 0)
        #expect(!harness.advance(milliseconds: 4999).sentVotes.contains(harness.nullify(2001)))
        #expect(harness.advance(milliseconds: 1).sentVotes.contains(harness.nullify(2001)))
    }
}
