import Chain
import Ledger
import Testing

/// How large a block may be, and how much may wait.
@Suite struct LoadRulesTests {
    @Test func aBlockHoldsWhatIsExecutedInATenthOfASecond() {
        var budget = BlockBudget()
        #expect(budget.limit == 256)
        budget.note(100, microseconds: 50_000)
        #expect(budget.limit == 200)
        // It goes towards what was measured last.
        for _ in 0..<40 { budget.note(100, microseconds: 400_000) }
        #expect(budget.limit < 30)
        // A block may always hold some, and small ones tell nothing.
        for _ in 0..<40 { budget.note(100, microseconds: 100_000_000) }
        #expect(budget.limit == BlockBudget.smallest)
        for _ in 0..<40 { budget.note(1, microseconds: 1) }
        #expect(budget.limit == BlockBudget.smallest)
    }

    @Test func aFailedViewHalvesTheNextBlockUntilBlocksAreFinalAgain() {
        var budget = BlockBudget()
        budget.note(100, microseconds: 10_000)
        let whole = budget.limit
        budget.note(failedViews: 1)
        #expect(budget.limit == whole / 2)
        // The same count once more is no new failure.
        budget.note(failedViews: 1)
        #expect(budget.limit == whole / 2)
        budget.note(failedViews: 3)
        #expect(budget.limit == whole / 8)
        for _ in 0..<60 { budget.noteFinalBlock() }
        #expect(budget.limit == whole)
    }

    /// f of 3f + 1 leaders never propose: the blocks after theirs are smaller, the last of a rotation whole.
    @Test(arguments: [(UInt64(1), 3), (2, 5), (10, 21)])
    func silentLeadersDoNotKeepAllBlocksSmall(silent: UInt64, others: Int) {
        var budget = BlockBudget()
        budget.note(100, microseconds: 10_000)
        let whole = budget.limit
        for rotation in UInt64(1)...50 {
            var limits: [Int] = []
            for _ in 0..<others {
                // As a leader asks for it, and as a final block is taken.
                budget.note(failedViews: rotation * silent)
                limits.append(budget.limit)
                budget.note(failedViews: rotation * silent)
                budget.noteFinalBlock()
            }
            #expect(limits.first == max(BlockBudget.smallest, whole >> Int(silent)))
            #expect(limits.last == whole)
        }
    }

    @Test func asMuchMayWaitAsBecameFinalInTenSeconds() {
        var pace = FinalityPace()
        let start = Instant(microseconds: 1_000_000)
        #expect(pace.capacity(at: start) == FinalityPace.always)
        for second in UInt64(0)..<20 {
            pace.note(300, at: start.adding(milliseconds: 1000 * second))
        }
        let now = start.adding(milliseconds: 19_000)
        #expect(pace.capacity(at: now) == 11 * 300)
        // A chain that stands still has no pace.
        #expect(pace.capacity(at: now.adding(milliseconds: 20_000)) == FinalityPace.always)
    }
}
