// Simulation: a whole cluster of validators in one thread, on virtual time. One seed decides every
// delay, loss, crash and lie, so that a failure is replayed by its number. It drives the same
// Replica, SyncClient and SyncServer as a node; network, disk, clock and application are its own.

/// SplitMix64: every random decision of a simulation, from one seed.
package struct SeededGenerator: Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A number of a range; the bias of the remainder does not matter here.
    package mutating func number(in range: ClosedRange<UInt64>) -> UInt64 {
        let (width, overflow) = (range.upperBound - range.lowerBound).addingReportingOverflow(1)
        return overflow ? next() : range.lowerBound + next() % width
    }

    package mutating func index(below count: Int) -> Int {
        Int(next() % UInt64(max(count, 1)))
    }

    /// True so many times in a thousand.
    package mutating func chance(perMille: UInt64) -> Bool { next() % 1000 < perMille }

    package mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[index(below: elements.count)]
    }
}
