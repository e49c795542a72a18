import Chain
import Codec
import Consensus
import Ledger
import Testing

/// In which order what replica and synchronization ask for is carried out.
@Suite struct ActionQueueTests {
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
