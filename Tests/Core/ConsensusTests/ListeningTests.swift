import Codec
import Consensus
import Ledger
import Simulation
import Testing

/// Listening for the own key after a restart (b.13).
struct ListeningTests {
    private let nonce = SimulatedChain.key(0, purpose: 9)

    /// A validator that voted in view 1 and starts again, in view 2.
    private func restarted(validators: Int = 4, listening: UInt64 = 10_000) throws -> Harness {
        var first = Harness.started(validators: validators)
        let records = first.advance(milliseconds: 3000).persisted
        #expect(records.count > 0)
        var second = Harness(
            validators: validators, journal: .intact(records, length: 0), listening: listening)
        _ = second.start()
        _ = try second.receive(
            .certificate(second.certificate(second.nullify(1), by: Array(1..<validators))))
        return second
    }

    /// A validator that lost its record in view 1 and may vote from view 3 on: m is 0.
    private func outOfQuarantine() throws -> Harness {
        var harness = Harness(journal: .missing, listening: 10_000)
        _ = harness.start()
        let entry = EntryAnswer(
            nonce: nonce, round: Round(epoch: .first, view: .first), certificate: nil)
        for peer in 1...3 { _ = try harness.receive(.entryAnswer(entry), from: peer) }
        return harness
    }

    private func answer(_ vote: SignedVote? = nil) -> ConsensusMessage {
        .voteAnswer(VoteAnswer(nonce: nonce, vote: vote))
    }

    /// Has others answer. Who was not asked since its last answer is not heard.
    private func answer(_ harness: inout Harness, from peers: ClosedRange<Int>) throws {
        for peer in peers {
            do {
                _ = try harness.receive(answer(), from: peer)
            } catch MessageRejection.notRequested {
                continue
            }
        }
    }

    private func isAsked(_ effects: [Effect]) -> Bool {
        effects.contains(.send(.voteRequest(nonce), to: .all))
    }

    @Test func nothingNewIsSignedWhileItListens() throws {
        var harness = try restarted()
        #expect(harness.replica.status.voting.isListening)
        #expect(
            harness.replica.nextDeadline ?? harness.now.instant < Instant(microseconds: 10_000_001))
        let effects = harness.advance(milliseconds: 9999)
        let new = effects.sentVotes.filter { $0.round.view > .first }
        #expect(new == [])
        // The last millisecond of the time is the first in which others are heard for good.
        #expect(isAsked(harness.advance(milliseconds: 1)))
        for peer in 1...2 {
            #expect(harness.replica.status.voting.isListening)
            _ = try harness.receive(answer(), from: peer)
        }
        #expect(harness.replica.status.voting == .voting)
        #expect(harness.advance(milliseconds: 60_000).sentVotes.contains(harness.nullify(2)))
    }

    @Test(arguments: [0, 5000, 9999, 10_000, 1_000_000])
    func aVoteOfTheOwnKeyStopsItAtAnyTime(milliseconds: UInt64) throws {
        var harness = try restarted()
        _ = harness.advance(milliseconds: milliseconds)
        let block = harness.block(view: 3)
        let vote = harness.vote(.notarize(harness.proposal(of: block)), by: 0)
        let effects = try harness.receive(.vote(vote))
        #expect(effects.haltReason == .ownKeyVotedElsewhere(vote))
        #expect(harness.advance(milliseconds: 60_000) == [])
    }

    @Test func ownVotesOfTheJournalComeBackWithoutHarm() throws {
        var first = Harness.started()
        let effects = first.advance(milliseconds: 3000)
        var second = Harness(journal: .intact(effects.persisted, length: 0), listening: 10_000)
        _ = second.start()
        let own = second.vote(second.nullify(1), by: 0)
        #expect(try second.receive(.vote(own)) == [])
        #expect(try second.receive(answer(own)) == [])
        #expect(second.replica.status.haltReason == nil)
        #expect(second.replica.status.voting.isListening)
    }

    @Test func itHasListenedAfterTwoRotations() throws {
        var harness = try restarted()
        // Views that pass in no time are caught up with: they were not listened to.
        for view in UInt64(2)...40 {
            _ = try harness.receive(.certificate(harness.certificate(harness.nullify(view))))
        }
        for view in UInt64(41)...48 {
            // Who answers now may not have heard all of it.
            try answer(&harness, from: 1...3)
            #expect(harness.replica.status.voting.isListening)
            harness.milliseconds += 100
            let effects = try harness.receive(
                .certificate(harness.certificate(harness.nullify(view))))
            #expect(isAsked(effects) == (view == 48))
        }
        try answer(&harness, from: 1...2)
        #expect(harness.replica.status.voting == .voting)
    }

    /// q - 1 others, each once: without so many there is no quorum, and one of them is honest.
    @Test(arguments: [(n: 4, needed: 2), (n: 5, needed: 3), (n: 7, needed: 4), (n: 10, needed: 6)])
    func soManyOthersHaveToAnswerAfterTheWindow(n: Int, needed: Int) throws {
        var harness = try restarted(validators: n)
        try answer(&harness, from: 1...(n - 1))
        #expect(isAsked(harness.advance(milliseconds: 10_000)))
        for peer in 1...needed {
            #expect(harness.replica.status.voting.isListening)
            for _ in 0..<2 { try answer(&harness, from: peer...peer) }
        }
        #expect(harness.replica.status.voting == .voting)
    }

    /// It once waited for ever where others that it does not reach formed quorums with its votes: those
    /// that it reaches pass the certificates on.
    @Test(arguments: [(n: 5, needed: 2), (n: 7, needed: 3), (n: 10, needed: 4), (n: 13, needed: 5)])
    func aValidatorThatReachesFewOthersVotesAfterAsMuchTimeAgain(n: Int, needed: Int) throws {
        var harness = try restarted(validators: n)
        #expect(isAsked(harness.advance(milliseconds: 10_000)))
        for _ in 0..<40 {
            try answer(&harness, from: 1...needed)
            #expect(
                harness.replica.status.voting == .listening(answers: needed, needed: needed))
            _ = harness.advance(milliseconds: 250)
        }
        // Only what is answered now counts, and one fewer might all be liars.
        try answer(&harness, from: 1...(needed - 1))
        _ = harness.advance(milliseconds: 250)
        try answer(&harness, from: 1...(needed - 1))
        #expect(harness.replica.status.voting.isListening)
        try answer(&harness, from: needed...needed)
        #expect(harness.replica.status.voting == .voting)
    }

    @Test(arguments: [4, 5, 7, 10])
    func oneFewerThanMustBeHonestAreNeverEnough(n: Int) throws {
        var harness = try restarted(validators: n)
        #expect(isAsked(harness.advance(milliseconds: 10_000)))
        for _ in 0..<1000 {
            try answer(&harness, from: 1...((n - 1) / 3))
            #expect(harness.replica.status.voting.isListening)
            _ = harness.advance(milliseconds: 250)
        }
    }

    /// What was not heard within the window may be heard while it is longer.
    @Test func aVoteOfItsKeyIsHeardInTheLongerTimeToo() throws {
        var harness = try restarted(validators: 5)
        #expect(isAsked(harness.advance(milliseconds: 10_000)))
        try answer(&harness, from: 1...2)
        _ = harness.advance(milliseconds: 9750)
        let vote = harness.vote(harness.nullify(2), by: 0)
        _ = try harness.receive(answer(vote), from: 1)
        #expect(harness.replica.status.voting == .quarantined(answers: 0, needed: 3))
    }

    @Test func theRequestIsRepeatedWithoutEnd() throws {
        var harness = try restarted()
        for _ in 0..<9 { #expect(isAsked(harness.advance(milliseconds: 1000))) }
        harness.milliseconds += 1000
        // Nobody answers: it goes on asking, more often.
        for _ in 0..<20 {
            #expect(isAsked(harness.advance(milliseconds: 250)))
            #expect(harness.replica.status.voting.isListening)
            let next = harness.replica.nextDeadline ?? Instant(microseconds: .max)
            #expect(next <= harness.now.instant.adding(milliseconds: 250))
        }
    }

    /// A copy of a validator that runs, or an old copy of its disk: others hold votes that it has not.
    @Test(arguments: ["later", "later epoch", "same round"])
    func aNewestVoteThatTheRecordHasNotLeadsIntoQuarantine(which: String) throws {
        var harness = try restarted()
        let block = harness.block(view: 1)
        let subject =
            switch which {
            case "later": harness.nullify(2)
            case "later epoch": harness.nullify(1, epoch: 3)
            default: VoteSubject.notarize(harness.proposal(of: block))
            }
        let effects = try harness.receive(answer(harness.vote(subject, by: 0)))
        #expect(effects.persisted == [.quarantined])
        #expect(harness.replica.status.voting == .quarantined(answers: 0, needed: 3))
        #expect(harness.advance(milliseconds: 60_000).sentVotes == [])
    }

    /// A quarantine says which rounds are free: who votes in them has the key.
    @Test func aNewestVoteAfterAQuarantineStopsIt() throws {
        for signed in UInt64(1)...4 {
            var harness = try outOfQuarantine()
            #expect(harness.replica.status.voting.isListening)
            #expect(isAsked(harness.advance(milliseconds: 1)))
            let vote = harness.vote(harness.nullify(signed), by: 0)
            let effects = try harness.receive(answer(vote))
            #expect(effects.haltReason == (signed >= 3 ? .ownKeyVotedElsewhere(vote) : nil))
        }
    }

    /// Only votes from m + 3 on say that another has the key: an idle chain comes there late.
    @Test func afterAQuarantineItListensFromItsFirstFreeViewOn() throws {
        var harness = try outOfQuarantine()
        #expect(isAsked(harness.advance(milliseconds: 1)))
        // However long views 1 and 2 take.
        _ = harness.advance(milliseconds: 100_000)
        for view in UInt64(1)...2 {
            try answer(&harness, from: 1...3)
            #expect(harness.replica.status.voting.isListening)
            _ = try harness.receive(.certificate(harness.certificate(harness.nullify(view))))
        }
        _ = harness.advance(milliseconds: 9999)
        try answer(&harness, from: 1...3)
        #expect(harness.replica.status.voting.isListening)
        #expect(isAsked(harness.advance(milliseconds: 1)))
        try answer(&harness, from: 1...2)
        #expect(harness.replica.status.voting == .voting)
    }

    /// The next validators' answers count, not those of the set before; what they heard is kept.
    @Test func anotherSetHasToAnswerAgain() throws {
        let next = SimulatedChain.validators([0, 1, 2, 3, 4, 5, 6])
        let parameters = SimulatedChain.parameters(epochLength: 1)
        let record = SignerRecord(round: Round(epoch: .first, view: .first), nullified: true)
        var harness = Harness(
            journal: .intact([.signer(record)], length: 0), parameters: parameters,
            listening: 10_000)
        _ = harness.start()
        let heard = harness.vote(harness.nullify(1), by: 2)
        _ = try harness.receive(.vote(heard), from: 2)
        #expect(isAsked(harness.advance(milliseconds: 10_000)))
        _ = try harness.receive(answer(), from: 1)
        let last = harness.block(view: 1, next: next)
        let tip = FinalizedHeader(
            header: last.header,
            finalization: harness.certificate(.finalize(harness.proposal(of: last))))
        _ = harness.replica.adopt(tip, at: harness.now)
        harness.validators = next
        _ = harness.replica.enterEpoch(next, at: harness.now)
        #expect(isAsked(harness.advance(milliseconds: 250)))
        // Of seven, q - 1 = 4 others.
        for peer in 1...4 {
            #expect(harness.replica.status.voting.isListening)
            _ = try harness.receive(answer(), from: peer)
        }
        #expect(harness.replica.status.voting == .voting)
        let told = try harness.receive(.voteRequest(nonce), from: 2)
        #expect(told.contains(.send(answer(heard), to: .one(harness.place(of: 2)))))
    }

    /// A key that is in no set now may have signed in one, and may come into one again.
    @Test func whoIsNoMemberListensToo() throws {
        let others = SimulatedChain.validators([1, 2, 3, 4])
        var harness = Harness(floor: Harness.epochEnd(), listening: 10_000, set: nil)
        _ = harness.start()
        #expect(harness.replica.status.voting.isListening)
        var outside = Harness(
            floor: Harness.epochEnd(next: others), listening: 10_000, set: others)
        _ = outside.start()
        #expect(outside.replica.status.voting == .noMember)
        let back = SimulatedChain.validators([0, 1, 2, 3])
        outside.validators = others
        let last = outside.block(view: 1, epoch: 1, height: 16, next: back)
        let tip = FinalizedHeader(
            header: last.header,
            finalization: outside.certificate(
                .finalize(outside.proposal(of: last)), by: [1, 2, 3]))
        _ = outside.replica.adopt(tip, at: outside.now)
        outside.validators = back
        _ = outside.replica.enterEpoch(back, at: outside.now)
        #expect(outside.replica.status.voting.isListening)
        #expect(outside.advance(milliseconds: 5000).sentVotes == [])
    }

    @Test func answersThatProveNothingAreRefused() throws {
        var harness = try restarted()
        let other = SimulatedChain.key(0, purpose: 8)
        #expect(throws: MessageRejection.notRequested(other)) {
            try harness.receive(.voteAnswer(VoteAnswer(nonce: other, vote: nil)))
        }
        // Signed by another key, whatever place it claims. Who lags behind may hold a vote of a key that
        // was replaced: it is no liar.
        let another = harness.vote(harness.nullify(5), by: 2)
        let forged = SignedVote(
            subject: another.subject, signer: ValidatorIndex(0), signature: another.signature)
        for vote in [another, forged] {
            #expect(throws: MessageRejection.notRequested(nonce)) {
                try harness.receive(answer(vote))
            }
        }
        #expect(!MessageRejection.notRequested(nonce).isHostile)
        #expect(isAsked(harness.advance(milliseconds: 10_000)))
        for peer in 1...3 {
            #expect(throws: MessageRejection.notRequested(nonce)) {
                try harness.receive(answer(forged), from: peer)
            }
        }
        #expect(harness.replica.status.voting.isListening)
    }

    /// Each answer costs the check of a signature: there is one to each request.
    @Test func answersBeyondTheFirstToARequestAreNotHeard() throws {
        var harness = try restarted()
        let vote = harness.vote(harness.nullify(2), by: 0)
        _ = try harness.receive(answer(), from: 2)
        #expect(throws: MessageRejection.notRequested(nonce)) {
            try harness.receive(answer(vote), from: 2)
        }
        #expect(harness.replica.status.voting.isListening)
        #expect(isAsked(harness.advance(milliseconds: 1000)))
        _ = try harness.receive(answer(vote), from: 2)
        #expect(harness.replica.status.voting == .quarantined(answers: 0, needed: 3))
    }

    @Test func everybodyTellsTheNewestVoteOfTheAskersKey() throws {
        var harness = Harness.started()
        let asked = ConsensusMessage.voteRequest(nonce)
        let to = Recipient.one(ValidatorIndex(3))
        #expect(try harness.receive(asked, from: 3) == [.send(answer(), to: to)])
        // Once in a while: a flood of requests is not answered one by one.
        #expect(try harness.receive(asked, from: 3) == [])
        let newer = harness.vote(harness.nullify(3), by: 3)
        let older = harness.vote(harness.nullify(2), by: 3)
        _ = try harness.receive(.vote(newer), from: 3)
        _ = try harness.receive(.vote(older), from: 3)
        harness.milliseconds += 125
        #expect(try harness.receive(asked, from: 3) == [.send(answer(newer), to: to)])
        // Another's votes are not its votes.
        harness.milliseconds += 125
        #expect(
            try harness.receive(asked, from: 2) == [
                .send(answer(), to: .one(ValidatorIndex(2)))
            ])
    }

    /// The slowest validator's votes always come after the block is final.
    @Test func votesThatCountNoMoreAreToldAllTheSame() throws {
        var harness = Harness.started()
        let block = harness.block(view: 1)
        _ = try harness.notarize(block)
        _ = try harness.finalize(block)
        let late = harness.vote(.finalize(harness.proposal(of: block)), by: 3)
        #expect(throws: MessageRejection.staleView(View(1), current: View(2))) {
            try harness.receive(.vote(late), from: 3)
        }
        let forged = SignedVote(
            subject: harness.nullify(1), signer: ValidatorIndex(2), signature: late.signature)
        #expect(throws: MessageRejection.badSignature(ValidatorIndex(2))) {
            try harness.receive(.vote(forged), from: 2)
        }
        #expect(
            try harness.receive(.voteRequest(nonce), from: 3) == [
                .send(answer(late), to: .one(ValidatorIndex(3)))
            ])
    }

    @Test func whoIsInQuarantineTellsWhatItHeard() throws {
        var harness = Harness(journal: .missing)
        _ = harness.start()
        let vote = harness.vote(harness.nullify(1), by: 2)
        _ = try harness.receive(.vote(vote), from: 2)
        #expect(
            try harness.receive(.voteRequest(nonce), from: 2) == [
                .send(answer(vote), to: .one(ValidatorIndex(2)))
            ])
    }

    /// Two that were started together listen to each other's silence: they are told apart later.
    @Test func itGoesOnAskingWhileItVotes() throws {
        var harness = Harness(listening: 10_000)
        #expect(isAsked(harness.start()))
        #expect(harness.replica.status.voting == .voting)
        #expect(!isAsked(harness.advance(milliseconds: 4999)))
        #expect(isAsked(harness.advance(milliseconds: 1)))
        let own = harness.replica.status.round
        let vote = harness.vote(
            .nullify(Round(epoch: .first, view: own.view.next)), by: 0)
        _ = try harness.receive(answer(vote))
        #expect(harness.replica.status.voting == .quarantined(answers: 0, needed: 3))
    }

    @Test func aNewChainAndAnOperatorWhoSaysSoNeedNoListening() throws {
        var fresh = Harness(listening: 10_000)
        _ = fresh.start()
        #expect(fresh.replica.status.voting == .voting)
        #expect(try restarted(listening: 0).replica.status.voting == .voting)
        // An empty journal on a chain that goes on listens.
        var late = Harness(floor: Harness.epochEnd(), listening: 10_000)
        _ = late.start()
        #expect(late.replica.status.voting.isListening)
    }
}

extension VotingState {
    /// Whether the validator listens for its own key.
    var isListening: Bool { if case .listening = self { true } else { false } }
}
