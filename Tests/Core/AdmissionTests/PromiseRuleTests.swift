import Admission
import Ledger
import Testing

/// When a ballot may be promised.
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
}
