import Admission
import Ledger
import Testing

/// What makes a node ready: not that it once caught up, but that its newest block is young.
@Suite struct ReadinessTests {
    /// A node that is ready, whose newest block is as old as it may be.
    private var ready: Readiness<String> {
        Readiness(
            height: 7, head: Timestamp(milliseconds: 1_000_000),
            now: Timestamp(milliseconds: 1_000_000 + 11_000), heartbeatMilliseconds: 500,
            precisionMilliseconds: 500)
    }

    @Test func aNodeWithAYoungBlockIsReady() {
        #expect(ready.problem == nil)
        #expect(ready.age == 11_000)
        #expect(ready.oldest == 11_000)
    }

    @Test func aBlockOlderThanTenSecondsAndTwoHeartbeatsIsOld() {
        var state = ready
        state.now = state.now.adding(milliseconds: 1)
        #expect(state.problem == .old(milliseconds: 11_001, limit: 11_000))
        state.heartbeatMilliseconds = 501
        #expect(state.problem == nil)
    }

    /// A machine whose clock is a day behind takes every block for young.
    @Test func aClockBehindTheNewestBlockIsTold() {
        var state = ready
        state.now = Timestamp(milliseconds: 999_000)
        #expect(state.age == 0)
        #expect(state.problem == nil)
        state.now = Timestamp(milliseconds: 998_999)
        #expect(state.problem == .ahead(milliseconds: 1001, limit: 1000))
        state.now = Timestamp(milliseconds: 1)
        #expect(state.problem == .ahead(milliseconds: 999_999, limit: 1000))
    }

    @Test func whatKeepsANodeFromItsWorkIsTold() {
        var state = ready
        state.obstacle = "it listens"
        #expect(state.problem == .notVoting("it listens"))
        state.missing = 90
        #expect(state.problem == .catchingUp(at: 7, of: 90))
        state.isConnected = false
        #expect(state.problem == .notConnected)
        state.hasStopped = true
        #expect(state.problem == .stopped)
    }
}
