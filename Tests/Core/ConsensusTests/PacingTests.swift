import Consensus
import Ledger
import Simulation
import Testing

/// What timers remember of late views (b.5): heartbeats of these chains come every 1,000 ms, and the base
/// delay is 200 ms.
struct PacingTests {
    private var harness = Harness.started(
        parameters: SimulatedChain.parameters(epochLength: 100))
    private var parent: Parent?

    /// Ends the present view, whose leader is another validator, with a final block.
    private mutating func finalize(view: UInt64, late: UInt64) throws {
        _ = harness.advance(milliseconds: 1000 + late)
        let block = harness.block(view: view, parent: parent)
        let proposal = harness.proposal(of: block)
        _ = try harness.receive(.certificate(harness.certificate(.notarize(proposal))))
        _ = harness.validateAll(try harness.receive(.block(block)))
        _ = try harness.receive(.certificate(harness.certificate(.finalize(proposal))))
        try #require(harness.replica.status.floorHeight == block.header.height)
        try #require(harness.replica.round.view == View(view + 1))
        parent = .block(block)
    }

    /// The delay of the present view, after whose heartbeat a proposal has two of them.
    private var delay: UInt64 {
        guard let deadline = harness.replica.viewDeadline else { return 0 }
        return (deadline.milliseconds(since: harness.now.instant) - 1000) / 2
    }

    @Test mutating func whatFPlusOneLeadersNeededIsRemembered() throws {
        #expect(delay == 200)
        // One late leader of four may be faulty.
        try finalize(view: 1, late: 600)
        #expect(delay == 200)
        try finalize(view: 2, late: 500)
        #expect(delay == 500)
        try finalize(view: 3, late: 0)
        #expect(delay == 500)
    }

    @Test mutating func whatIsNotNeededAnyMoreIsForgottenSlowly() throws {
        for view in UInt64(1)...2 { try finalize(view: view, late: 600) }
        try finalize(view: 3, late: 0)
        var delays: [UInt64] = []
        for view in stride(from: UInt64(4), to: 40, by: 4) {
            // The fourth view is the replica's own.
            _ = try harness.receive(.certificate(harness.certificate(harness.nullify(view))))
            for next in (view + 1)...(view + 3) { try finalize(view: next, late: 0) }
            delays.append(delay)
        }
        #expect(delays.first == 525)
        #expect(delays == delays.sorted(by: >))
        #expect(delays.last == 200)
    }

    /// A partition says nothing of what views need.
    @Test mutating func aViewThatWasHeldUpCountsForThreeDelays() throws {
        for view in UInt64(1)...2 { try finalize(view: view, late: 100_000) }
        #expect(delay == 600)
    }
}
