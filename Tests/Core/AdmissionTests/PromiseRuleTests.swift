import Consensus
import Ledger
import Node
import Testing

/// When a ballot may be promised, and in which order the driver acts.
@Suite struct PromiseRuleTests {
    @Test(arguments: [
        (cast: UInt32(9), promised: 0, isCovered: true), (cast: 9, promised: 1, isCovered: false),
        (cast: 10, promised: 0, isCovered: false), (cast: 0, promised: 9, isCovered: true),
        (cast: .max, promised: Int.max, isCovered: false),
    ])
    func noMoreFirstBallotsArePromisedThanTheRegistrarCounted(
        cast: UInt32, promised: Int, isCovered: Bool
    ) {
        #expect(
            PromiseRule.isCovered(sequence: 1, cast: cast, promised: promised, issued: 10)
                == isCovered)
    }

    @Test func aLaterBallotOfACredentialTakesNothingOfTheCount() {
        #expect(PromiseRule.isCovered(sequence: 2, cast: 10, promised: 5, issued: 10))
    }

    @Test func nothingIsPromisedOnAStateThatIsLongPast() {
        let head = Timestamp(milliseconds: 1_000_000)
        func isFresh(at now: Timestamp) -> Bool {
            PromiseRule.isFresh(
                head: head, now: now, heartbeatMilliseconds: 5000, precisionMilliseconds: 500)
        }
        #expect(isFresh(at: head))
        #expect(isFresh(at: head.adding(milliseconds: 20_000)))
        #expect(!isFresh(at: head.adding(milliseconds: 20_001)))
        // A clock that is behind the chain's cannot tell how old the block is.
        #expect(isFresh(at: head.subtracting(milliseconds: 1000)))
        #expect(!isFresh(at: head.subtracting(milliseconds: 1001)))
    }

    /// The queue is long while an execution is waited for; what is taken off and added in between keeps
    /// its place.
    @Test func actionsAreCarriedOutInTheirOrder() {
        var actions = ActionQueue()
        var added: UInt64 = 0
        var taken: UInt64 = 0
        for step in 0..<500 {
            for _ in 0..<(step % 7) {
                actions.append(.effect(.confirm(added)))
                added += 1
            }
            for _ in 0..<(step % 5) where actions.first != nil {
                guard case .effect(.confirm(taken))? = actions.first else {
                    Issue.record("action \(taken) is not the next one")
                    return
                }
                actions.removeFirst()
                taken += 1
            }
        }
        #expect(taken > 900 && taken < added)
        while actions.first != nil {
            actions.removeFirst()
            taken += 1
        }
        #expect(taken == added)
    }

    @Test func aQueuedFinalizationIsKnownUntilItIsCarriedOut() throws {
        var actions = ActionQueue()
        #expect(!actions.hasFinalization)
        let chain = FinalizedChain(blocks: [], tip: try .test())
        actions.append(.effect(.persist([])))
        actions.append(.effect(.finalize(chain)))
        actions.append(.deliver(chain))
        #expect(actions.hasFinalization)
        actions.removeFirst()
        actions.removeFirst()
        #expect(actions.hasFinalization)
        actions.removeFirst()
        #expect(!actions.hasFinalization)
        #expect(actions.first == nil)
    }
}
