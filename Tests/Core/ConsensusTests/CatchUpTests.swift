import Codec
import Consensus
import Ledger
import Simulation
import Testing

/// Status exchange, certificates for those behind, evidence, and reasons to stop (b.6, b.13, b.14).
struct CatchUpTests {
    @Test func aPeerBehindInFloorGetsTheNewestFinalization() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.notarize(block)
        _ = try harness.finalize(block)
        let effects = try harness.receive(.status(harness.statusMessage(view: 2)), from: 3)
        let finalization = harness.certificate(.finalize(harness.proposal(of: block)))
        #expect(
            effects == [
                .send(
                    .finalized(
                        FinalizedHeader(header: block.header, finalization: finalization)),
                    to: .one(ValidatorIndex(3)))
            ])
    }

    @Test func aPeerBehindInViewGetsCertificatesNewestFirstAndAtMostSoMany() throws {
        var harness = Harness.started()
        for view in UInt64(1)...70 {
            _ = try harness.receive(.certificate(harness.certificate(harness.nullify(view))))
        }
        let effects = try harness.receive(.status(harness.statusMessage(view: 1)), from: 3)
        var views: [UInt64] = []
        for case .send(.certificates(let certificates), _) in effects {
            views = certificates.map(\.subject.round.view.rawValue)
        }
        #expect(views == Array((UInt64(9)...70).reversed()))
    }

    @Test(arguments: [(UInt64.max, UInt64.max), (.max, 5), (5, 5), (0, 0)])
    func certificatesBetweenNoViewsAreNotLookedFor(above: UInt64, below: UInt64) throws {
        var harness = Harness.started()
        for view in UInt64(1)...5 {
            _ = try harness.receive(.certificate(harness.certificate(harness.nullify(view))))
        }
        let request = ConsensusMessage.certificateRequest(
            .first, above: View(above), below: View(below))
        #expect(try harness.receive(request).withoutRegularMessages == [])
    }

    @Test func aClaimedHeightMovesNothing() throws {
        var harness = Harness.started()
        let status = StatusMessage(
            round: Round(epoch: Epoch(.max), view: View(.max)), floorHeight: Height(.max),
            floorHash: .zero, floorView: View(.max), clock: Timestamp(milliseconds: .max))
        #expect(try harness.receive(.status(status), from: 2) == [])
        #expect(harness.replica.status.round.view == View(1))
    }

    @Test func aNearFinalBlockIsFetchedAndAFarOneIsLeftToSynchronization() throws {
        var harness = Harness.started()
        let near = harness.block(view: 1)
        let certificate = harness.certificate(.finalize(harness.proposal(of: near)))
        let nearby = FinalizedHeader(header: near.header, finalization: certificate)
        #expect(
            try harness.receive(.finalized(nearby)) == [
                .send(.blockRequest(near.header.hash), to: .one(ValidatorIndex(1)))
            ])
        let finalized = try harness.receive(.block(near))
        #expect(finalized.contains(.finalize(FinalizedChain(blocks: [near], tip: nearby))))

        var behind = Harness.started()
        let end = try #require(Harness.epochEnd().finalized)
        let far = Harness.far()
        #expect(try behind.receive(.finalized(far)) == [.synchronize(far)])
        // The epoch's end is eight heights up: still fetched, not from its proposer, who is we.
        #expect(
            try behind.receive(.finalized(end)) == [
                .send(.blockRequest(end.header.hash), to: .one(ValidatorIndex(1)))
            ])
    }

    @Test func aSynchronizedFloorMovesTheReplicaOn() throws {
        var harness = Harness.started()
        let far = Harness.far()
        _ = harness.replica.adopt(far, at: harness.now)
        #expect(harness.replica.status.floorHeight == far.header.height)
        #expect(harness.replica.status.round == Round(epoch: Epoch(1), view: View(2)))
        #expect(harness.replica.adopt(far, at: harness.now) == [])
    }

    @Test func twoNotarizeVotesOfOneKeyAreReportedOnceAndTheFirstCounts() throws {
        var harness = Harness.started()
        let one = harness.vote(
            .notarize(harness.proposal(of: harness.block(view: 1, time: 1))), by: 2)
        let two = harness.vote(
            .notarize(harness.proposal(of: harness.block(view: 1, time: 2))), by: 2)
        let three = harness.vote(
            .notarize(harness.proposal(of: harness.block(view: 1, time: 3))), by: 2)
        #expect(try harness.receive(.vote(one), from: 2) == [])
        #expect(
            try harness.receive(.vote(two), from: 2) == [
                .report(Equivocation(first: one, second: two))
            ])
        #expect(try harness.receive(.vote(three), from: 2) == [])
        #expect(try harness.receive(.vote(two), from: 2) == [])
    }

    @Test func nullifyAndFinalizeOfOneKeyAreReported() throws {
        var harness = Harness.started()
        let nullify = harness.vote(harness.nullify(1), by: 2)
        let finalize = harness.vote(
            .finalize(harness.proposal(of: harness.block(view: 1))), by: 2)
        _ = try harness.receive(.vote(finalize), from: 2)
        #expect(
            try harness.receive(.vote(nullify), from: 2) == [
                .report(Equivocation(first: nullify, second: finalize))
            ])
    }

    @Test func notarizeAndNullifyOfOneKeyAreLegal() throws {
        var harness = Harness.started()
        let proposal = harness.proposal(of: harness.block(view: 1))
        _ = try harness.receive(.vote(harness.vote(.notarize(proposal), by: 2)), from: 2)
        #expect(try harness.receive(.vote(harness.vote(harness.nullify(1), by: 2)), from: 2) == [])
    }

    @Test func aVoteOfTheOwnKeyThatWasNotSentStopsTheReplica() throws {
        var harness = Harness.started()
        let vote = harness.vote(harness.nullify(3), by: 0)
        let effects = try harness.receive(.vote(vote), from: 2)
        #expect(effects == [.halt(.ownKeyVotedElsewhere(vote))])
        #expect(harness.advance(milliseconds: 60_000) == [])
        #expect(harness.replica.nextDeadline == nil)
        #expect(harness.replica.status.haltReason == .ownKeyVotedElsewhere(vote))
    }

    @Test func twoNotarizationsOfOneViewStopTheReplica() throws {
        var harness = Harness.started()
        for time in UInt64(1)...2 {
            let proposal = harness.proposal(of: harness.block(view: 1, time: time))
            let effects = try harness.receive(
                .certificate(harness.certificate(.notarize(proposal))))
            let expected: HaltReason? =
                time == 1 ? nil : .twoNotarizations(Round(epoch: .first, view: .first))
            #expect(effects.haltReason == expected)
        }
    }

    @Test func aFinalizationAndANullificationOfOneViewStopTheReplica() throws {
        for nullifyFirst in [true, false] {
            var harness = Harness.started()
            let proposal = harness.proposal(of: harness.block(view: 1))
            let certificates = [
                harness.certificate(harness.nullify(1)),
                harness.certificate(.finalize(proposal)),
            ]
            let ordered = nullifyFirst ? certificates : certificates.reversed()
            _ = try harness.receive(.certificate(ordered[0]))
            let effects = try harness.receive(.certificate(ordered[1]))
            #expect(
                effects.haltReason
                    == .finalizedAndNullified(Round(epoch: .first, view: .first)))
        }
    }

    @Test func aFinalBlockThatDoesNotDescendFromTheFloorStopsTheReplica() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.notarize(block)
        _ = try harness.finalize(block)
        let other = harness.block(view: 2, time: 5)
        let certificate = harness.certificate(.finalize(harness.proposal(of: other)))
        let effects = try harness.receive(
            .finalized(FinalizedHeader(header: other.header, finalization: certificate)))
        #expect(effects.haltReason == .conflictingFinalization(certificate))
    }

    @Test func aCertifiedBlockThatTheApplicationRefusesStopsTheReplica() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.receive(.proposal(harness.message(proposing: block)))
        _ = harness.replica.located([], of: block.header.hash, at: harness.now)
        _ = harness.replica.validated(block.header.hash, .invalid("no"), at: harness.now)
        let effects = try harness.receive(.certificate(harness.notarization(of: block)))
        #expect(
            effects.haltReason == .certifiedBlockIsInvalid(block.header.hash, "no"))
    }

    @Test func theClockOffsetIsTheMedianOfThePeers() throws {
        var harness = Harness.started()
        for (peer, offset) in [(1, Int64(-100)), (2, 30), (3, 500)] {
            var message = harness.statusMessage(view: 1)
            message = StatusMessage(
                round: message.round, floorHeight: message.floorHeight,
                floorHash: message.floorHash, floorView: message.floorView,
                clock: Timestamp(
                    milliseconds: UInt64(Int64(harness.now.clock.milliseconds) + offset)))
            _ = try harness.receive(.status(message), from: peer)
        }
        #expect(harness.replica.status.clockOffset == 30)
    }
}

extension Harness {
    func statusMessage(view: UInt64, floorHeight: UInt64 = 0) -> StatusMessage {
        StatusMessage(
            round: Round(epoch: .first, view: View(view)), floorHeight: Height(floorHeight),
            floorHash: genesis.chainID, floorView: .root, clock: now.clock)
    }

    /// A final block of epoch 1, at height 9 and view 1.
    static func far() -> FinalizedHeader {
        let harness = Harness()
        let parent = harness.block(view: 8, height: 8)
        let block = harness.block(view: 1, parent: .epochEnd(parent), epoch: 1, time: 200)
        return FinalizedHeader(
            header: block.header,
            finalization: harness.certificate(.finalize(harness.proposal(of: block))))
    }
}
