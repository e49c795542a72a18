import Codec
import Consensus
import Ledger
import Simulation
import Testing

/// A validator whose record is lost (b.13).
struct QuarantineTests {
    private let nonce = SimulatedChain.key(0, purpose: 9)

    private func entry(_ harness: Harness, _ view: UInt64, nonce: Bytes32? = nil) -> EntryAnswer {
        EntryAnswer(
            nonce: nonce ?? self.nonce, round: Round(epoch: .first, view: View(view)),
            certificate: view == 1 ? nil : harness.certificate(harness.nullify(view - 1)))
    }

    private func quarantined(validators: Int = 4, listening: UInt64 = 0) -> Harness {
        var harness = Harness(
            validators: validators, journal: .missing, listening: listening)
        _ = harness.start()
        return harness
    }

    @Test(arguments: [
        JournalState.missing, .corrupt(at: 99), .outdated(Round(epoch: .first, view: .first)),
    ])
    func withoutATrustedRecordNothingIsSigned(journal: JournalState) throws {
        var harness = Harness(journal: journal)
        let effects = harness.start()
        #expect(effects.contains(.send(.entryRequest(nonce), to: .all)))
        #expect(!harness.replica.hasJournal)
        let block = harness.block(view: 1)
        let more = try harness.notarize(block) + harness.advance(milliseconds: 60_000)
        #expect((effects + more).sentVotes == [])
        #expect((effects + more).persisted == [])
        #expect(harness.replica.status.voting == .quarantined(answers: 0, needed: 3))
        // It follows the chain all the same.
        #expect(try harness.finalize(block).contains { $0.finalizedHeights == [Height(1)] })
    }

    /// m is the highest certified view: m + 1 and m + 2 may have been voted in, m + 3 not.
    @Test func votesBeginThreeViewsAfterTheHighestCertifiedOne() throws {
        var harness = quarantined()
        _ = try harness.receive(.entryAnswer(entry(harness, 1)), from: 1)
        _ = try harness.receive(.entryAnswer(entry(harness, 6)), from: 2)
        #expect(harness.replica.status.voting == .quarantined(answers: 2, needed: 3))
        let effects = try harness.receive(.entryAnswer(entry(harness, 4)), from: 3)
        // m = 5: votes from view 8 on.
        let resumption = Round(epoch: .first, view: View(8))
        #expect(harness.replica.status.voting == .waiting(for: resumption))
        #expect(harness.replica.hasJournal)
        let replaced = effects.flatMap { effect -> [JournalRecord] in
            if case .replaceJournal(let records) = effect { return records }
            return []
        }
        #expect(replaced.contains(.resumed(from: resumption)))
        #expect(!replaced.contains(.quarantined))
        for view in UInt64(6)...7 {
            #expect(harness.replica.status.round.view == View(view))
            #expect(harness.advance(milliseconds: 60_000).sentVotes == [])
            _ = try harness.receive(.certificate(harness.certificate(harness.nullify(view))))
        }
        #expect(harness.replica.status.voting == .voting)
        #expect(harness.advance(milliseconds: 60_000).sentVotes == [harness.nullify(8)])

        // The end of the quarantine is durable: a restart waits for the same round.
        var restarted = Harness(journal: .intact(replaced, length: 0))
        _ = restarted.start()
        #expect(restarted.replica.status.voting == .waiting(for: resumption))
    }

    /// 2f + 1 others, not a quorum with oneself: with seven validators five of the six others.
    @Test(arguments: [(n: 4, needed: 3), (n: 5, needed: 3), (n: 7, needed: 5), (n: 10, needed: 7)])
    func soManyOthersHaveToAnswer(n: Int, needed: Int) throws {
        var harness = quarantined(validators: n)
        for peer in 1...needed {
            #expect(
                harness.replica.status.voting
                    == .quarantined(answers: peer - 1, needed: needed))
            // The same answer twice is one answer.
            for _ in 0..<2 where harness.replica.status.voting != .voting {
                guard case .quarantined = harness.replica.status.voting else { break }
                _ = try harness.receive(.entryAnswer(entry(harness, 1)), from: peer)
            }
        }
        #expect(
            harness.replica.status.voting
                == .waiting(for: Round(epoch: .first, view: View(3))))
    }

    @Test func answersThatProveNothingAreRefused() throws {
        var harness = quarantined()
        let other = SimulatedChain.key(0, purpose: 8)
        #expect(throws: MessageRejection.notRequested(other)) {
            try harness.receive(.entryAnswer(entry(harness, 3, nonce: other)))
        }
        let round = Round(epoch: .first, view: View(3))
        let wrong = [
            // No certificate, or one of another view than the one before.
            EntryAnswer(nonce: nonce, round: round, certificate: nil),
            EntryAnswer(
                nonce: nonce, round: round, certificate: harness.certificate(harness.nullify(3))),
            EntryAnswer(
                nonce: nonce, round: round,
                certificate: harness.certificate(harness.nullify(2, epoch: 1))),
        ]
        for answer in wrong {
            #expect(throws: MessageRejection.wrongEntry(round)) {
                try harness.receive(.entryAnswer(answer))
            }
        }
        let tooFew = EntryAnswer(
            nonce: nonce, round: round,
            certificate: harness.certificate(harness.nullify(2), by: [1, 2]))
        #expect(throws: MessageRejection.badCertificate(.tooFewSigners(2, quorum: 3))) {
            try harness.receive(.entryAnswer(tooFew))
        }
        let later = EntryAnswer(
            nonce: nonce, round: Round(epoch: Epoch(1), view: .first), certificate: nil)
        #expect(throws: MessageRejection.futureEpoch(Epoch(1), current: .first)) {
            try harness.receive(.entryAnswer(later))
        }
        #expect(harness.replica.status.voting == .quarantined(answers: 0, needed: 3))
        // Nobody asked: a validator that votes takes no answer.
        var voting = Harness.started()
        #expect(throws: MessageRejection.notRequested(nonce)) {
            try voting.receive(.entryAnswer(entry(voting, 1)))
        }
    }

    @Test func whoVotesAnswersAndWhoIsInQuarantineDoesNot() throws {
        var harness = Harness.started()
        let asked = ConsensusMessage.entryRequest(nonce)
        #expect(
            try harness.receive(asked, from: 3) == [
                .send(.entryAnswer(entry(harness, 1)), to: .one(ValidatorIndex(3)))
            ])
        // Once in a while: a flood of requests is not answered one by one.
        #expect(try harness.receive(asked, from: 3) == [])
        harness.milliseconds += 500
        _ = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        #expect(
            try harness.receive(asked, from: 3) == [
                .send(.entryAnswer(entry(harness, 2)), to: .one(ValidatorIndex(3)))
            ])
        var quarantined = quarantined()
        #expect(try quarantined.receive(asked, from: 3) == [])
    }

    @Test func aRestartedValidatorAnswersWithItsDurableEntry() throws {
        var first = Harness.started()
        _ = try first.receive(.certificate(first.certificate(first.nullify(1))))
        let records = first.advance(milliseconds: 3000).persisted
        var second = Harness(journal: .intact(records, length: 0), listening: 10_000)
        _ = second.start()
        #expect(second.replica.status.voting.isListening)
        #expect(
            try second.receive(.entryRequest(nonce), from: 3) == [
                .send(.entryAnswer(entry(second, 2)), to: .one(ValidatorIndex(3)))
            ])
    }

    @Test func whoCannotProveItsViewDoesNotAnswer() throws {
        let record = SignerRecord(round: Round(epoch: .first, view: View(7)), nullified: true)
        var harness = Harness(journal: .intact([.signer(record)], length: 0))
        _ = harness.start()
        #expect(harness.replica.round.view == View(7))
        #expect(try harness.receive(.entryRequest(nonce), from: 3) == [])
    }

    /// Its own chain is lost or old: it has been further than its view says.
    @Test func whoIsNotBackWhereItWasDoesNotAnswer() throws {
        // Its record is of a later round than the chain that it holds.
        let record = SignerRecord(round: Round(epoch: Epoch(5), view: View(3)), nullified: true)
        var wiped = Harness(journal: .intact([.signer(record)], length: 0))
        _ = wiped.start()
        #expect(wiped.replica.round == Round(epoch: .first, view: .first))
        #expect(try wiped.receive(.entryRequest(nonce), from: 3) == [])
        // It forgot how far it was, and waits for the round from which it votes.
        let resumed = JournalRecord.resumed(from: Round(epoch: .first, view: View(3)))
        var waiting = Harness(journal: .intact([resumed], length: 0))
        _ = waiting.start()
        #expect(try waiting.receive(.entryRequest(nonce), from: 3) == [])
        for view in UInt64(1)...2 {
            _ = try waiting.receive(.certificate(waiting.certificate(waiting.nullify(view))))
        }
        #expect(
            try waiting.receive(.entryRequest(nonce), from: 3) == [
                .send(.entryAnswer(entry(waiting, 3)), to: .one(ValidatorIndex(3)))
            ])
    }

    /// A second loss after a first one was overcome: the end of the first says nothing of it.
    @Test func aQuarantineAfterAnotherSurvivesRestarts() throws {
        let resumption = Round(epoch: .first, view: View(3))
        var journal: [JournalRecord] = [.resumed(from: resumption), .quarantined]
        for _ in 0..<3 {
            var harness = Harness(journal: .intact(journal, length: 0))
            _ = harness.start()
            #expect(harness.replica.status.voting == .quarantined(answers: 0, needed: 3))
            journal = harness.replica.journalSnapshot
            #expect(journal.contains(.resumed(from: resumption)))
        }
    }

    @Test func theRequestIsRepeatedWithoutEnd() {
        var harness = quarantined()
        for _ in 0..<5 {
            let effects = harness.advance(milliseconds: 1000)
            #expect(effects.contains(.send(.entryRequest(nonce), to: .all)))
        }
        #expect(harness.replica.nextDeadline != nil)
    }

    @Test func theOperatorMayNameTheRound() throws {
        var harness = quarantined()
        let round = Round(epoch: .first, view: View(2))
        let effects = harness.replica.vote(from: round, at: harness.now)
        #expect(
            effects.contains {
                if case .replaceJournal(let records) = $0 {
                    records.contains(.resumed(from: round))
                } else {
                    false
                }
            })
        #expect(harness.advance(milliseconds: 60_000).sentVotes == [])
        _ = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        #expect(harness.advance(milliseconds: 60_000).sentVotes == [harness.nullify(2)])
        // Also where a quarantine has set another one that is never reached.
        var waiting = quarantined()
        for peer in 1...3 {
            _ = try waiting.receive(.entryAnswer(entry(waiting, 7)), from: peer)
        }
        #expect(
            waiting.replica.status.voting == .waiting(for: Round(epoch: .first, view: View(9))))
        let now = waiting.replica.status.round
        #expect(waiting.replica.vote(from: now, at: waiting.now).haltReason == nil)
        #expect(waiting.replica.status.voting == .voting)
        // A word of long ago is none.
        var later = quarantined()
        for view in UInt64(1)...4 {
            _ = try later.receive(.certificate(later.certificate(later.nullify(view))))
        }
        #expect(later.replica.vote(from: round, at: later.now) == [])
        #expect(later.replica.status.voting == .quarantined(answers: 0, needed: 3))
        // Who is in no quarantine is not moved by it.
        var voting = Harness.started()
        #expect(voting.replica.vote(from: round, at: voting.now) == [])
        #expect(voting.replica.status.voting == .voting)
    }

    /// The signers of the finalization that ends an epoch may have answered from before it: the lost
    /// record may hold a vote in the first view after it.
    @Test func theFirstViewOfTheNextEpochIsLeftOut() throws {
        let parameters = SimulatedChain.parameters(epochLength: 1)
        var harness = Harness(journal: .missing, parameters: parameters)
        _ = harness.start()
        for peer in 1...3 {
            _ = try harness.receive(.entryAnswer(entry(harness, 1)), from: peer)
        }
        let last = harness.block(view: 1)
        _ = try harness.notarize(last)
        _ = try harness.finalize(last)
        #expect(harness.replica.status.round == Round(epoch: Epoch(1), view: .first))
        #expect(harness.advance(milliseconds: 60_000).sentVotes == [])
        _ = try harness.receive(
            .certificate(harness.certificate(harness.nullify(1, epoch: 1))))
        #expect(
            harness.advance(milliseconds: 60_000).sentVotes == [harness.nullify(2, epoch: 1)])
    }

    /// Nobody had a certificate of a view near the last block's: the lost record holds nothing of the
    /// next epoch. Otherwise a quorum could be missing in its first view for ever.
    @Test(arguments: [(view: UInt64(2), isFree: true), (view: 1, isFree: false)])
    func theFirstViewOfTheNextEpochIsFreeWhereItCannotHaveBeenReached(
        view: UInt64, isFree: Bool
    ) throws {
        let parameters = SimulatedChain.parameters(epochLength: 1)
        var harness = Harness(journal: .missing, parameters: parameters)
        _ = harness.start()
        // m = 0: at most view 1 was entered, and a finalization of view 1 may have been seen.
        for peer in 1...3 {
            _ = try harness.receive(.entryAnswer(entry(harness, 1)), from: peer)
        }
        if view == 2 {
            _ = try harness.receive(.certificate(harness.certificate(harness.nullify(1))))
        }
        let last = harness.block(view: view)
        _ = try harness.notarize(last)
        _ = try harness.finalize(last)
        #expect(harness.replica.status.round == Round(epoch: Epoch(1), view: .first))
        #expect((harness.replica.status.voting == .voting) == isFree)
        let votes = harness.advance(milliseconds: 60_000).sentVotes
        #expect(votes == (isFree ? [harness.nullify(1, epoch: 1)] : []))
    }

    /// A vote among the old set says nothing of the new one.
    @Test func anotherSetIsAskedAgainAlsoAfterAVote() throws {
        let next = SimulatedChain.genesis(validators: 5).validators
        let parameters = SimulatedChain.parameters(epochLength: 1)
        var harness = Harness(journal: .missing, parameters: parameters)
        _ = harness.start()
        // Views 1 to 6 were passed before: m = 6, and the last block is of view 1.
        for peer in 1...3 {
            _ = try harness.receive(.entryAnswer(entry(harness, 7)), from: peer)
        }
        let last = harness.block(view: 1, next: next)
        for view in UInt64(7)...8 {
            _ = try harness.receive(.certificate(harness.certificate(harness.nullify(view))))
        }
        #expect(harness.advance(milliseconds: 60_000).sentVotes == [harness.nullify(9)])
        let tip = FinalizedHeader(
            header: last.header,
            finalization: harness.certificate(.finalize(harness.proposal(of: last))))
        _ = harness.replica.adopt(tip, at: harness.now)
        harness.validators = next
        let effects = harness.replica.enterEpoch(next, at: harness.now)
        #expect(effects.persisted.contains(.quarantined))
        #expect(harness.replica.status.voting == .quarantined(answers: 0, needed: 3))
    }

    /// Answers of one set say nothing of where another one is.
    @Test func anotherSetIsAskedAgain() throws {
        let next = SimulatedChain.genesis(validators: 5).validators
        let parameters = SimulatedChain.parameters(epochLength: 1)
        var harness = Harness(journal: .missing, parameters: parameters)
        _ = harness.start()
        for peer in 1...3 {
            _ = try harness.receive(.entryAnswer(entry(harness, 1)), from: peer)
        }
        let last = harness.block(view: 1, next: next)
        _ = try harness.notarize(last)
        _ = try harness.finalize(last)
        harness.validators = next
        let effects = harness.replica.enterEpoch(next, at: harness.now)
        #expect(effects.persisted == [.quarantined])
        #expect(effects.contains(.send(.entryRequest(nonce), to: .all)))
        #expect(harness.replica.status.voting == .quarantined(answers: 0, needed: 3))
        for peer in 2...4 {
            let answer = EntryAnswer(
                nonce: nonce, round: Round(epoch: Epoch(1), view: View(5)),
                certificate: harness.certificate(
                    harness.nullify(4, epoch: 1), by: [1, 2, 3, 4]))
            _ = try harness.receive(.entryAnswer(answer), from: peer)
        }
        #expect(
            harness.replica.status.voting == .waiting(for: Round(epoch: Epoch(1), view: View(7))))
    }

    @Test func answersOfAnEndedEpochDoNotCountInTheNextOne() throws {
        let parameters = SimulatedChain.parameters(epochLength: 1)
        var harness = Harness(journal: .missing, parameters: parameters)
        _ = harness.start()
        for peer in 1...2 {
            _ = try harness.receive(.entryAnswer(entry(harness, 1)), from: peer)
        }
        let last = harness.block(view: 1)
        _ = try harness.notarize(last)
        _ = try harness.finalize(last)
        #expect(harness.replica.status.voting == .quarantined(answers: 0, needed: 3))
    }

    /// A journal from a backup: a certificate shows a vote that it does not have.
    @Test func anOwnSignatureAboveTheRecordLeadsIntoQuarantine() throws {
        var harness = Harness.started()
        let certificate = harness.certificate(harness.nullify(3), by: [0, 1, 2])
        let effects = try harness.receive(.certificate(certificate))
        #expect(effects.persisted == [.quarantined])
        #expect(harness.replica.status.voting == .quarantined(answers: 0, needed: 3))
        #expect(harness.advance(milliseconds: 60_000).sentVotes == [])
        // A restart remembers it.
        var restarted = Harness(journal: .intact(effects.persisted, length: 0))
        _ = restarted.start()
        #expect(restarted.replica.status.voting == .quarantined(answers: 0, needed: 3))
        // Own votes of the lost time that others send again do no harm.
        let old = restarted.vote(restarted.nullify(1), by: 0)
        #expect(try restarted.receive(.vote(old)) == [])
        // The journal that is written meanwhile says so, too.
        #expect(restarted.replica.journalSnapshot.contains(.quarantined))
    }

    /// A copy of a running validator's home: the answers of the others do not show the original.
    @Test func afterAQuarantineItListensAndAnOwnSignatureStopsIt() throws {
        for signed in UInt64(1)...4 {
            var harness = quarantined(listening: 10_000)
            for peer in 1...3 {
                _ = try harness.receive(.entryAnswer(entry(harness, 1)), from: peer)
            }
            #expect(harness.replica.status.voting.isListening)
            // m = 0: what was signed in views 1 and 2 was signed before; from 3 on it is another's.
            let certificate = harness.certificate(harness.nullify(signed), by: [0, 1, 2])
            let effects = try harness.receive(.certificate(certificate))
            let isElsewhere = signed >= 3
            #expect((effects.haltReason != nil) == isElsewhere)
            if isElsewhere {
                let vote = harness.vote(harness.nullify(signed), by: 0)
                #expect(effects.haltReason == .ownKeyVotedElsewhere(vote))
            }
        }
        // A restart in between listens as well.
        var restarted = Harness(
            journal: .intact([.resumed(from: Round(epoch: .first, view: View(3)))], length: 0),
            listening: 10_000)
        _ = restarted.start()
        #expect(restarted.replica.status.voting.isListening)
    }

    /// The same where the chain went on so far that block synchronization brings it.
    @Test func anOwnSignatureInASynchronizedFinalizationLeadsIntoQuarantine() throws {
        for (signers, isLost) in [([0, 1, 2], true), ([1, 2, 3], false)] {
            var harness = Harness.started()
            let block = harness.block(view: 5, epoch: 3, height: 30)
            let tip = FinalizedHeader(
                header: block.header,
                finalization: harness.certificate(
                    .finalize(harness.proposal(of: block)), by: signers))
            let effects = harness.replica.adopt(tip, at: harness.now)
            #expect(effects.persisted.contains(.quarantined) == isLost)
            #expect((harness.replica.status.voting == .voting) != isLost)
        }
    }

    @Test func anOwnSignatureThatTheRecordHasIsNoReason() throws {
        var harness = Harness.started()
        let own = harness.advance(milliseconds: 3000).sentVotes
        #expect(own == [harness.nullify(1)])
        _ = try harness.receive(
            .certificate(harness.certificate(harness.nullify(1), by: [0, 1, 2])))
        #expect(harness.replica.status.voting == .voting)
    }
}
