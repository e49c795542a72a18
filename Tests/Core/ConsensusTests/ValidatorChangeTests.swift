import Codec
import Consensus
import Ledger
import Simulation
import Testing

/// Epochs with other validators (b.11, E1 to E5). Epochs have two heights; validator 0 leaves and
/// validator 4 comes with the second epoch, so that the places of 1, 2 and 3 change, too.
struct ValidatorChangeTests {
    private static let parameters = SimulatedChain.parameters(epochLength: 2)
    private static let members = SimulatedChain.genesis(validators: 5).validators.validators
    private static let after = ValidatorSet(Array(members[1...4]))

    /// A replica whose first epoch's last block, the second one, is final.
    private static func switched(index: Int) throws -> (Harness, last: Block, [Effect]) {
        var harness = Harness.started(index: index, parameters: parameters)
        let first = harness.block(view: 1)
        let last = harness.block(view: 2, parent: .block(first), time: 2, next: after)
        for block in [first, last] {
            let signers = (0..<4).filter { $0 != index }
            _ = try harness.receive(
                .certificate(
                    harness.certificate(.notarize(harness.proposal(of: block)), by: signers)),
                from: signers[0])
            _ = harness.validateAll(try harness.receive(.block(block), from: signers[0]))
        }
        let effects = try harness.receive(
            .certificate(
                harness.certificate(
                    .finalize(harness.proposal(of: last)), by: (0..<4).filter { $0 != index })),
            from: (index + 1) % 4)
        return (harness, last, effects)
    }

    @Test func theNextEpochWaitsForItsValidators() throws {
        var (harness, last, effects) = try Self.switched(index: 1)
        #expect(effects.contains { $0.finalizedHeights.last == Height(2) })
        #expect(harness.replica.awaitedValidators == Self.after.hash)
        #expect(harness.replica.status.round == Round(epoch: Epoch(1), view: .root))
        #expect(harness.replica.nextDeadline == nil)
        #expect(harness.advance(milliseconds: 60_000) == [])
        // E5: nothing of the new epoch is judged before.
        harness.validators = Self.after
        let vote = harness.vote(harness.nullify(1, epoch: 1), by: 2)
        #expect(throws: MessageRejection.notTakingPart) {
            try harness.replica.receive(.vote(vote), from: ValidatorIndex(2), at: harness.now)
        }
        _ = harness.replica.enterEpoch(Self.after, at: harness.now)
        #expect(harness.replica.awaitedValidators == nil)
        #expect(harness.replica.status.round == Round(epoch: Epoch(1), view: .first))
        #expect(harness.replica.index == ValidatorIndex(0))
        #expect(harness.replica.status.floorHash == last.header.hash)
    }

    @Test func theNewSetVotesFromItsOwnPlaces() throws {
        var (harness, last, _) = try Self.switched(index: 1)
        harness.validators = Self.after
        _ = harness.replica.enterEpoch(Self.after, at: harness.now)
        harness.milliseconds += 100
        let block = harness.block(view: 1, parent: .epochEnd(last), epoch: 1)
        // (1 + 1) mod 4 is the third place, validator 3's.
        #expect(harness.leader(of: 1, epoch: 1) == 3)
        let effects = try harness.notarize(block)
        let own = harness.vote(.notarize(harness.proposal(of: block)), by: 1)
        #expect(own.signer == ValidatorIndex(0))
        #expect(effects.contains(.send(.vote(own), to: .all)))
        let final = try harness.receive(
            .certificate(
                harness.certificate(.finalize(harness.proposal(of: block)), by: [2, 3, 4])), from: 4
        )
        #expect(final.contains { $0.finalizedHeights == [Height(3)] })
    }

    @Test func anotherSetThanTheLastBlockNamesStopsTheReplica() throws {
        var (harness, _, _) = try Self.switched(index: 1)
        let effects = harness.replica.enterEpoch(harness.genesis.validators, at: harness.now)
        #expect(effects == [.halt(.wrongValidators(Self.after.hash))])
    }

    @Test func aSetThatNobodyWaitsForIsIgnored() {
        var harness = Harness.started()
        #expect(harness.replica.enterEpoch(Self.after, at: harness.now) == [])
        #expect(harness.replica.validators == harness.genesis.validators)
    }

    /// E3: a removed validator signs nothing, and its votes count for nothing.
    @Test func aRemovedValidatorFollowsAndIsNotHeard() throws {
        var (removed, _, _) = try Self.switched(index: 0)
        _ = removed.replica.enterEpoch(Self.after, at: removed.now)
        #expect(removed.replica.index == nil)
        #expect(removed.replica.status.voting == .noMember)
        #expect(removed.advance(milliseconds: 600_000) == [])
        #expect(removed.replica.nextDeadline == nil)

        var (harness, _, _) = try Self.switched(index: 1)
        harness.validators = Self.after
        _ = harness.replica.enterEpoch(Self.after, at: harness.now)
        // Signed with the removed key under each place of the new set.
        for place in UInt16(0)..<5 {
            let subject = harness.nullify(1, epoch: 1)
            let vote = SignedVote(
                subject: subject, signer: ValidatorIndex(place),
                signature: SimulatedSigner(key: SimulatedChain.key(0))
                    .sign(subject.message(in: harness.genesis.domain)))
            let rejection: MessageRejection =
                place < 4
                ? .badSignature(ValidatorIndex(place)) : .unknownValidator(ValidatorIndex(place))
            #expect(throws: rejection) { try harness.receive(.vote(vote), from: 2) }
        }
    }

    /// E1: what the old set signed in the old epoch, or signs in the new one, certifies nothing.
    @Test func theOldSetCertifiesNothingInTheNewEpoch() throws {
        var (harness, _, _) = try Self.switched(index: 1)
        harness.validators = Self.after
        _ = harness.replica.enterEpoch(Self.after, at: harness.now)
        var old = harness
        old.validators = old.genesis.validators
        let forged = old.certificate(old.nullify(1, epoch: 1), by: [0, 2, 3])
        #expect(throws: MessageRejection.self) {
            try harness.receive(.certificate(forged), from: 2)
        }
        #expect(harness.replica.status.round.view == View(1))
        // Of the old epoch: answered with its last block, and not counted.
        let effects = try harness.receive(
            .certificate(old.certificate(old.nullify(1), by: [1, 2, 3])), from: 2)
        #expect(effects.count == 1)
        #expect(harness.replica.status.round.view == View(1))
    }

    @Test func whoIsStillInTheOldEpochIsToldItsEnd() throws {
        var (harness, last, _) = try Self.switched(index: 1)
        let old = harness.vote(harness.nullify(2), by: 2)
        harness.validators = Self.after
        _ = harness.replica.enterEpoch(Self.after, at: harness.now)
        let answer = try harness.receive(.vote(old), from: 2)
        guard case .send(.finalized(let finalized), to: .one(let peer)) = answer.first else {
            Issue.record("no answer")
            return
        }
        #expect(finalized.header == last.header)
        #expect(peer == harness.place(of: 2))
        // A validator that was removed is none of the senders; the driver asks for its answer.
        #expect(harness.replica.answer(toOutsider: .vote(old)) == .finalized(finalized))
        let new = harness.vote(harness.nullify(1, epoch: 1), by: 2)
        #expect(harness.replica.answer(toOutsider: .vote(new)) == nil)

        // Who gets it enters the next epoch. The block itself it has or fetches.
        var late = Harness.started(index: 2, parameters: Self.parameters)
        _ = try late.receive(.finalized(finalized), from: 1)
        let first = late.block(view: 1)
        _ = try late.receive(.block(last), from: 1)
        let effects = try late.receive(.block(first), from: 1)
        #expect(effects.contains { $0.finalizedHeights == [Height(1), Height(2)] })
        #expect(late.replica.awaitedValidators == Self.after.hash)
    }

    @Test func theEndOfAnEpochIsKnownWhileTheNextOneGoesOn() throws {
        var (harness, last, _) = try Self.switched(index: 1)
        let old = harness.vote(harness.nullify(2), by: 2)
        harness.validators = Self.after
        _ = harness.replica.enterEpoch(Self.after, at: harness.now)
        harness.milliseconds += 100
        let block = harness.block(view: 1, parent: .epochEnd(last), epoch: 1)
        _ = try harness.notarize(block)
        _ = try harness.receive(
            .certificate(
                harness.certificate(.finalize(harness.proposal(of: block)), by: [2, 3, 4])), from: 4
        )
        #expect(harness.replica.status.floorHeight == Height(3))
        let answer = try harness.receive(.vote(old), from: 2)
        // The newest block would be of no use: its validators are not known in the old epoch.
        guard case .send(.finalized(let finalized), to: _) = answer.first else {
            Issue.record("no answer")
            return
        }
        #expect(finalized.header == last.header)
    }

    @Test func aFinalBlockOfAnUnknownSetIsLeftToSynchronization() throws {
        var harness = Harness.started(index: 1, parameters: Self.parameters)
        var other = harness
        other.validators = Self.after
        let far = other.block(view: 1, epoch: 1, height: 3)
        let finalized = FinalizedHeader(
            header: far.header,
            finalization: other.certificate(.finalize(other.proposal(of: far)), by: [2, 3, 4]))
        let rejection = MessageRejection.futureEpoch(Epoch(1), current: .first)
        #expect(throws: rejection) { try harness.receive(.finalized(finalized), from: 2) }
        #expect(!rejection.isHostile)
    }

    /// A new validator follows by block synchronization until the epoch begins that has it.
    @Test func aNewValidatorTakesPartFromItsFirstEpochOn() throws {
        let (_, last, effects) = try Self.switched(index: 1)
        var harness = Harness(index: 4, parameters: Self.parameters)
        #expect(harness.replica.index == nil)
        #expect(harness.start() == [])
        var tip: FinalizedHeader?
        for case .finalize(let chain) in effects { tip = chain.tip }
        let adopted = harness.replica.adopt(try #require(tip), at: harness.now)
        #expect(adopted == [])
        #expect(harness.replica.awaitedValidators == Self.after.hash)
        harness.validators = Self.after
        _ = harness.replica.enterEpoch(Self.after, at: harness.now)
        #expect(harness.replica.index == ValidatorIndex(3))
        // From now on it says where it is, and repeats what may be lost.
        let regular = harness.advance(milliseconds: 500)
        #expect(
            regular.contains {
                if case .send(.status(let status), to: .all) = $0 {
                    status.round == Round(epoch: Epoch(1), view: .first)
                } else {
                    false
                }
            })
        harness.milliseconds += 100
        let block = harness.block(view: 1, parent: .epochEnd(last), epoch: 1)
        #expect(
            try harness.notarize(block).sentVotes == [.notarize(harness.proposal(of: block))])
    }

    /// Found by the simulation: one that is no member entered views of the epoch it followed, and its
    /// timers were due for ever.
    @Test func whoIsNoMemberEntersNoView() throws {
        var harness = Harness(index: 4, parameters: SimulatedChain.parameters(epochLength: 8))
        _ = harness.start()
        var parent: Block?
        for view in UInt64(1)...3 {
            let block = harness.block(view: view, parent: parent.map { .block($0) })
            let tip = FinalizedHeader(
                header: block.header,
                finalization: harness.certificate(.finalize(harness.proposal(of: block))))
            #expect(harness.replica.adopt(tip, at: harness.now) == [])
            #expect(harness.replica.status.floorHeight == Height(view))
            #expect(harness.replica.status.round.view == .root)
            #expect(harness.replica.nextDeadline == nil)
            parent = block
        }
    }

    @Test func synchronizationMayEndInTheMiddleOfALaterEpoch() throws {
        var harness = Harness.started(
            index: 1, parameters: SimulatedChain.parameters(epochLength: 4))
        var other = harness
        other.validators = Self.after
        let block = other.block(view: 3, epoch: 2, height: 10)
        let tip = FinalizedHeader(
            header: block.header,
            finalization: other.certificate(.finalize(other.proposal(of: block)), by: [2, 3, 4]))
        _ = harness.replica.adopt(tip, at: harness.now)
        #expect(harness.replica.awaitedValidators == Self.after.hash)
        _ = harness.replica.enterEpoch(Self.after, at: harness.now)
        #expect(harness.replica.status.round == Round(epoch: Epoch(2), view: View(4)))
    }

    @Test func aBlockWithinAnEpochNamesNoOtherValidators() throws {
        var harness = Harness.started(parameters: Self.parameters)
        let block = harness.block(view: 1, next: Self.after)
        #expect(throws: MessageRejection.proposal(.wrongValidators)) {
            try harness.receive(.proposal(harness.message(proposing: block)))
        }
        // The last one may: the application judges whom.
        let first = harness.block(view: 1)
        let last = harness.block(view: 2, parent: .block(first), next: Self.after)
        _ = try harness.receive(.proposal(harness.message(proposing: last)), from: 2)
    }

    /// The same set under another epoch needs no word of the driver.
    @Test func anUnchangedSetGoesOnByItself() throws {
        var harness = Harness.started(parameters: SimulatedChain.parameters(epochLength: 1))
        let last = harness.block(view: 1)
        _ = try harness.notarize(last)
        _ = try harness.finalize(last)
        #expect(harness.replica.awaitedValidators == nil)
        #expect(harness.replica.status.round == Round(epoch: Epoch(1), view: .first))
    }

    /// Every size from four to thirty-one, one validator more or less (bug 81).
    @Test(arguments: 4...30) func aSetGrowsAndShrinksByOne(count: Int) throws {
        for (from, to) in [(count, count + 1), (count + 1, count)] {
            let next = SimulatedChain.genesis(validators: to).validators
            var harness = Harness.started(
                validators: from, parameters: SimulatedChain.parameters(epochLength: 1))
            let signers = Array(1...harness.genesis.validators.quorum)
            let last = harness.block(view: 1, next: next)
            _ = try harness.notarize(last)
            _ = try harness.receive(
                .certificate(
                    harness.certificate(.finalize(harness.proposal(of: last)), by: signers)))
            harness.validators = next
            _ = harness.replica.enterEpoch(next, at: harness.now)
            harness.milliseconds += 100
            let block = harness.block(view: 1, parent: .epochEnd(last), epoch: 1)
            #expect(
                try harness.notarize(block).sentVotes == [.notarize(harness.proposal(of: block))])
            #expect(next.quorum == to - (to - 1) / 3)
        }
    }

    @Test func theDriverNamesTheSetOfTheFloor() {
        let floor = Harness.epochEnd()
        #expect(floor.finalized?.header.nextValidatorsHash == Harness().genesis.validators.hash)
        let harness = Harness(floor: floor)
        #expect(harness.replica.validators.hash == floor.finalized?.header.nextValidatorsHash)
    }
}

/// Leaders by hand: (view + epoch) mod n (bug 82).
struct LeaderVectorTests {
    @Test(arguments: [
        (n: 4, epoch: 0, leaders: [1, 2, 3, 0, 1, 2, 3, 0]),
        (n: 4, epoch: 3, leaders: [0, 1, 2, 3, 0, 1, 2, 3]),
        (n: 5, epoch: 1, leaders: [2, 3, 4, 0, 1, 2, 3, 4]),
        (n: 7, epoch: 0, leaders: [1, 2, 3, 4, 5, 6, 0, 1]),
        (n: 31, epoch: 29, leaders: [30, 0, 1, 2, 3, 4, 5, 6]),
    ])
    func leadersRotateByViewAndEpoch(n: Int, epoch: Int, leaders: [Int]) {
        let validators = SimulatedChain.genesis(validators: n).validators
        let found = (1...8).map { view in
            Int(
                validators.leader(
                    of: Round(epoch: Epoch(UInt64(epoch)), view: View(UInt64(view)))
                ).rawValue)
        }
        #expect(found == leaders)
    }

    @Test func quorumsAreThoseOfTheTable() {
        let table = [
            4: 3, 5: 4, 6: 5, 7: 5, 8: 6, 9: 7, 10: 7, 13: 9, 16: 11, 19: 13, 22: 15, 25: 17,
            28: 19, 31: 21,
        ]
        for (count, quorum) in table.sorted(by: { $0.key < $1.key }) {
            #expect(SimulatedChain.genesis(validators: count).validators.quorum == quorum)
        }
    }
}
