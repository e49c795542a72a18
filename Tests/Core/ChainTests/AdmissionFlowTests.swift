import Admission
import Chain
import Codec
import Ledger
import NetworkAddresses
import Testing

/// The way of a transaction through a node: checked, stored, answered, and in this order.
@Suite struct AdmissionFlowTests {
    private var bench = Bench()

    init() { bench.start() }

    private func ballot(_ voter: Int) -> Judgement<Int> {
        Judgement(
            .admitted, prepared: voter, slot: Bench.slot(voter),
            account: PromiseAccount(
                issued: 2, cast: 0,
                promisesUntil: bench.genesis.time.adding(milliseconds: 60_000)))
    }

    /// Ballots of many voters that are stored, and wait for the registrar's count.
    private mutating func keepBallotsThatWaitForTheCount(_ count: Int) {
        for voter in 0..<count {
            let waiting = Judgement<Int>(
                .waiting, prepared: voter, slot: nil, account: nil)
            let address = "192.0.\(voter / 250).\(voter % 250)"
            let effects = bench.judge(
                [UInt8(voter % 256), UInt8(voter / 256)], waiting, from: address)
            for write in effects.kept { _ = bench.handle(.kept(number: write)) }
        }
    }

    @Test mutating func nothingIsAnsweredPromisedOrPushedBeforeItIsStored() {
        let judged = bench.judge([1], ballot(1))
        #expect(judged.answers.isEmpty && judged.pushed.isEmpty)
        #expect(bench.machine.mempool[Entry([1]).id]?.promise == nil)
        let number = judged.kept.first ?? 0
        let stored = bench.handle(.kept(number: number))
        guard case .accepted(let promise?)? = stored.answers.first else {
            Issue.record("\(stored.answers) is no promise")
            return
        }
        #expect(promise == [1, 0])
        #expect(stored.pushed == [Entry([1])])
    }

    @Test mutating func aSecondCopyIsAnsweredAsTheFirstOnceThatIsStored() {
        let number = bench.judge([1], ballot(1)).kept.first ?? 0
        let (_, second) = bench.submit([1])
        #expect(second.answers.isEmpty && second.judged.isEmpty)
        #expect(bench.handle(.kept(number: number)).answers.count == 2)
        let (_, third) = bench.submit([1])
        #expect(third.answers == [.accepted(promise: [1, 0])])
        #expect(third.judged.isEmpty)
    }

    @Test mutating func noMoreFirstBallotsArePromisedThanTheCountCovers() {
        for voter in 1...3 {
            let number = bench.judge([UInt8(voter)], ballot(voter)).kept.first ?? 0
            _ = bench.handle(.kept(number: number))
        }
        let promised = (1...3).filter {
            bench.machine.mempool[Entry([UInt8($0)]).id]?.promise != nil
        }
        #expect(promised == [1, 2])
    }

    @Test mutating func aBallotThatWaitsForTheCountIsKeptWithoutAPromise() {
        let waiting = Judgement<Int>(
            .waiting, prepared: 1, slot: Bench.slot(1), account: nil)
        let number = bench.judge([1], waiting).kept.first ?? 0
        #expect(bench.handle(.kept(number: number)).answers == [.waiting(promise: nil)])
    }

    @Test mutating func whatTheStateRefusesIsToldAndNotStored() {
        let refusal = TransactionRefusal(
            code: "E_SEQ", reason: "out of turn", blamesSender: false, isLasting: false)
        let effects = bench.judge([1], Judgement(.refused(refusal)))
        #expect(effects.answers == [.refused(code: "E_SEQ", reason: "out of turn")])
        #expect(effects.kept.isEmpty)
        #expect(bench.machine.mempool.count == 0)
    }

    @Test mutating func aSecondBallotOfACredentialWaitsForTheFirst() {
        _ = bench.judge([1], ballot(1))
        let effects = bench.judge([2], ballot(1))
        guard case .refused(let code, let reason)? = effects.answers.first else {
            Issue.record("\(effects.answers) is no refusal")
            return
        }
        #expect(code == "E_SEQ")
        #expect(reason.contains("\(Entry([1]).id)"))
    }

    @Test mutating func aFullMempoolSaysSoAndKeepsWhatItHas() {
        var limits = ChainMachineLimits()
        limits.mempool.count = 2
        bench = Bench(limits: limits)
        bench.start()
        for voter in 1...2 {
            let number = bench.judge([UInt8(voter)], ballot(voter)).kept.first ?? 0
            _ = bench.handle(.kept(number: number))
        }
        let (_, effects) = bench.submit([3], from: "192.0.2.9")
        #expect(effects.answers == [.deferred(.nodeFull, retrySeconds: 5)])
        #expect(bench.machine.mempool.count == 2)
        let excess = bench.machine.exceededBound()
        #expect(excess == nil)
    }

    @Test mutating func acceptanceFollowsFinality() {
        // Nothing becomes final, and so many may always wait.
        var answers: [SubmissionOutcome] = []
        for number in 0..<600 {
            let effects = bench.judge(
                [UInt8(number % 256), UInt8(number / 256)], Judgement(.admitted),
                from: "192.0.\(number / 250).\(number % 250)")
            answers += effects.answers
            for write in effects.kept { _ = bench.handle(.kept(number: write)) }
        }
        #expect(!answers.isEmpty)
        #expect(answers.allSatisfy { $0 == .deferred(.backlog, retrySeconds: 5) })
        // What other validators accepted is taken all the same.
        _ = bench.handle(.connected(Bench.peer(1), isValidator: true, answerBytes: 1 << 20))
        let pushed = PushedTransactions(transactions: [Entry([9, 9, 9])])
        let effects = bench.handle(.message(from: Bench.peer(1), .transactions(pushed)))
        #expect(effects.judged.count == 1)
    }

    /// The count is a transaction as well: the ballots that wait for it do not keep it out.
    @Test mutating func ballotsThatWaitForTheCountKeepNothingElseOut() {
        keepBallotsThatWaitForTheCount(300)
        #expect(bench.machine.mempool.waitingCount == 300)
        let (_, effects) = bench.submit([7, 7, 7], from: "198.51.100.1")
        #expect(effects.judged.count == 1)
    }

    /// One validator that pushes what blocks hold few of takes its part of what may wait, and no more.
    @Test mutating func whatOneValidatorPushesKeepsNoClientOut() {
        _ = bench.handle(.connected(Bench.peer(1), isValidator: true, answerBytes: 1 << 20))
        for number in 0..<1000 {
            let pushed = PushedTransactions(
                transactions: [Entry([UInt8(number % 256), UInt8(number / 256), 1])])
            let effects = bench.handle(.message(from: Bench.peer(1), .transactions(pushed)))
            for task in effects.judged {
                let judged = bench.handle(
                    .judged(
                        JudgedTransactions(
                            number: task.number,
                            judgements: task.items.map { _ in Judgement(.admitted) })))
                for write in judged.kept { _ = bench.handle(.kept(number: write)) }
            }
        }
        #expect(bench.machine.mempool.count == 1000)
        let (_, effects) = bench.submit([7, 7, 7, 7])
        #expect(effects.answers.isEmpty && effects.judged.count == 1)
    }

    /// Nor does what it pushes and nobody has judged yet.
    @Test mutating func whatOneValidatorHasUnderCheckKeepsNoClientOut() {
        _ = bench.handle(.connected(Bench.peer(1), isValidator: true, answerBytes: 1 << 20))
        for frame in 0..<2 {
            let entries = (0..<256).map { Entry([UInt8($0), UInt8(frame), 1]) }
            _ = bench.handle(
                .message(
                    from: Bench.peer(1),
                    .transactions(PushedTransactions(transactions: entries))))
        }
        let (_, waits) = bench.submit([7, 7, 7, 7])
        #expect(waits.answers.isEmpty)
        // The client's turn comes when the first batch is judged.
        let effects = bench.handle(
            .judged(
                JudgedTransactions(
                    number: 1, judgements: (0..<256).map { _ in Judgement(.final) })))
        #expect(effects.answers.isEmpty)
        #expect(effects.judged.flatMap(\.items).contains { $0.entry == Entry([7, 7, 7, 7]) })
    }

    @Test mutating func aPeersPlacesAreItsOwnAlsoWhenItConnectsAnew() {
        let peer = Bench.peer(9)
        var answers = 0
        for number in UInt64(0)..<100 {
            if number % 10 == 0 {
                _ = bench.handle(.disconnected(peer))
                _ = bench.handle(.connected(peer, isValidator: false, answerBytes: 1 << 20))
            }
            let effects = bench.handle(
                .message(
                    from: peer,
                    .submission(
                        RelayedSubmission(
                            number: number | RelayedSubmission.newAnswer,
                            transaction: Entry([UInt8(number), 5])))))
            answers += effects.relayAnswers.count
        }
        #expect(answers == 100 - AdmissionLimits.submissionsPerPeer)
    }

    @Test mutating func onlyWhatIsStoredIsPushedToAValidatorThatConnects() {
        let first = bench.judge([1], ballot(1)).kept.first ?? 0
        _ = bench.handle(.kept(number: first))
        _ = bench.judge([2], ballot(2))
        let effects = bench.handle(
            .connected(Bench.peer(1), isValidator: true, answerBytes: 1 << 20))
        #expect(effects.pushedTo(Bench.peer(1)) == [Entry([1])])
    }

    /// One that is dropped while it is being stored may come again while the first write, and what
    /// forgets it, are on their way.
    @Test mutating func aTransactionIsStoredWhenItsOwnWriteIsDone() {
        let first = bench.judge([1], ballot(1)).kept.first ?? 0
        // Leaders' states refuse it until it is given up.
        for view in 1...8 {
            _ = bench.handle(
                .built(
                    BuiltBranch(
                        round: Round(epoch: .first, view: View(UInt64(view))), block: nil,
                        refused: [Entry([1]).id])))
        }
        #expect(bench.machine.mempool.count == 0)
        let again = bench.judge([1], ballot(1))
        let second = again.kept.first ?? 0
        #expect(second != first)
        let stale = bench.handle(.kept(number: first))
        #expect(stale.answers.isEmpty && stale.forgotten.isEmpty)
        #expect(bench.handle(.kept(number: second)).answers.count == 1)
    }

    @Test mutating func whatWasDroppedBeforeItWasStoredIsForgotten() {
        let number = bench.judge([1], ballot(1)).kept.first ?? 0
        var dropped: [TestEffect] = []
        for view in 1...8 {
            dropped += bench.handle(
                .built(
                    BuiltBranch(
                        round: Round(epoch: .first, view: View(UInt64(view))), block: nil,
                        refused: [Entry([1]).id])))
        }
        // Its client is told at once.
        #expect(dropped.answers.count == 1)
        #expect(bench.handle(.kept(number: number)).forgotten == [Entry([1]).id])
    }

    @Test mutating func whatChecksMadeOfTransactionsIsKeptWithinItsBound() {
        var limits = ChainMachineLimits()
        limits.mempool.preparedBytes = 1999
        bench = Bench(limits: limits)
        bench.start()
        for voter in 1...2 {
            let number = bench.judge([UInt8(voter)], ballot(voter)).kept.first ?? 0
            // It is promised all the same.
            #expect(
                bench.handle(.kept(number: number)).answers == [
                    .accepted(promise: [UInt8(voter), 0])
                ])
        }
        let kept = (1...2).filter {
            bench.machine.mempool[Entry([UInt8($0)]).id]?.prepared != nil
        }
        #expect(kept == [1])
        #expect(bench.machine.mempool.preparedBytes == 1000)
    }

    @Test mutating func restoredTransactionsAreJudgedOnceAndPushedByNobody() {
        bench = Bench()
        let stored = (0..<3).map { Entry([UInt8($0)]) }
        var effects = bench.handle(
            .restored(stored.map { RestoredTransaction($0, slot: nil) }))
        effects += bench.handle(.started(voteFrom: nil))
        let task = effects.judged.first
        #expect(task?.items.map(\.entry) == stored)
        let judged = bench.handle(
            .judged(
                JudgedTransactions(
                    number: task?.number ?? 0,
                    judgements: stored.map { _ in Judgement(.admitted) })))
        #expect(judged.pushed.isEmpty && judged.judged.isEmpty && judged.kept.isEmpty)
        #expect(bench.machine.mempool.candidates(count: 9, excluding: []).count == 3)
    }

    @Test mutating func whileNothingBecomesFinalTheOldestArePushedAgainEverMoreSeldom() {
        let number = bench.judge([1], ballot(1)).kept.first ?? 0
        #expect(bench.handle(.kept(number: number)).pushed == [Entry([1])])
        var pushed: [Int] = []
        for second in 1...100 {
            bench.pass(milliseconds: 1000 - AdmissionLimits.gatherMilliseconds)
            if !bench.handle(.tick).pushed.isEmpty { pushed.append(second) }
        }
        #expect(pushed == [2, 6, 14, 30, 62, 94])
    }

    /// Ballots that wait for the count came first, and the count was lost.
    @Test mutating func whatIsPushedAgainIsWhatLeadersMayInclude() {
        keepBallotsThatWaitForTheCount(300)
        let number = bench.judge([9, 9, 9], Judgement(.admitted)).kept.first ?? 0
        _ = bench.handle(.kept(number: number))
        bench.pass(milliseconds: 2000)
        #expect(bench.handle(.tick).pushed == [Entry([9, 9, 9])])
    }

    @Test mutating func aStoppedNodeAnswersEverybody() {
        _ = bench.judge([1], ballot(1))
        _ = bench.submit([2])
        let stopped = bench.handle(.failed)
        #expect(stopped.answers.count == 2)
        #expect(stopped.answers.allSatisfy { $0 == .deferred(.stopped, retrySeconds: 30) })
        let (_, late) = bench.submit([3])
        #expect(late.answers == [.deferred(.stopped, retrySeconds: 30)])
    }

    /// As many suspects wait as else start a batch at once; theirs are taken one batch at a time.
    @Test mutating func suspectsWaitUntilThoseUnderCheckAreJudged() {
        let refusal = TransactionRefusal(
            code: "E_PROOF", reason: "false", blamesSender: true, isLasting: false)
        let addresses = (0..<12).map { "192.0.\($0).1" }
        for (number, address) in addresses.enumerated() {
            _ = bench.judge([UInt8(number)], Judgement(.refused(refusal)), from: address)
        }
        var batches = 0
        for number in 0..<16 {
            for (place, address) in addresses.enumerated() {
                let (_, effects) = bench.submit([99, UInt8(number), UInt8(place)], from: address)
                batches += effects.judged.count
            }
        }
        #expect(bench.machine.checksWaiting > AdmissionLimits.gathered)
        #expect(batches == 1)
    }

    @Test mutating func failedChecksAreChargedToTheirSender() {
        let refusal = TransactionRefusal(
            code: "E_PROOF", reason: "false", blamesSender: true, isLasting: false)
        _ = bench.judge([1], Judgement(.refused(refusal)))
        #expect(bench.machine.counters.checksFailed == 1)
        #expect(bench.machine.suspectSenders == 1)
    }
}
