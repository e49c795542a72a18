import BallotCryptography
import Codec
import Elections
import Ledger
import Testing

/// Rolls, their changes, issue counts and issued leaves.
struct RegistrarTests {
    static let time = Hour.created + 30

    @Test func rollComesInPartsOfFullSize() throws {
        var world = Stages.rehearsed
        let leaves = World.leaves(of: 1, count: 4500)
        let root = World.root(of: leaves)
        func part(_ number: UInt32, _ range: Range<Int>) -> Transaction {
            world.roll(
                1, part: number, total: 4500, root: root, leaves: [Bytes32](leaves[range]))
        }
        #expect(try world.code(at: Self.time, part(1, 2000..<4000)) == .roll)
        #expect(try world.code(at: Self.time, part(0, 0..<1999)) == .roll)
        try world.block(at: Self.time, [part(0, 0..<2000), part(1, 2000..<4000)])
        #expect(try world.code(at: Self.time + 1, part(1, 2000..<4000)) == .duplicate)
        #expect(try world.code(at: Self.time + 1, part(2, 4000..<4499)) == .roll)
        #expect(try world.status.styles[0].isRollComplete == false)
        try world.block(at: Self.time + 1, [part(2, 4000..<4500)])
        #expect(try world.status.styles[0].isRollComplete)
        #expect(try world.status.styles[0].listed == 4500)
        #expect(
            try world.queries.rollLeaves(world.election, style: 1).map(\.commitment) == leaves)
        let ranges: [(UInt32, UInt32)] = [
            (0, 1), (1999, 2), (1999, 2002), (2000, 2000), (4499, 9), (4500, 1), (0, 0),
            (3, .max), (.max, .max),
        ]
        for (first, limit) in ranges {
            #expect(
                try world.queries.rollLeaves(world.election, style: 1, from: first, limit: limit)
                    .map(\.commitment)
                    == [Bytes32](leaves.dropFirst(Int(first)).prefix(Int(limit))))
        }
        // A stretch of one part needs no other part.
        world.overwrite(world.partKey(style: 1, part: 0), [0xFF])
        #expect(throws: StateFault.self) {
            try world.queries.rollLeaves(world.election, style: 1)
        }
        #expect(
            try world.queries.rollLeaves(world.election, style: 1, from: 2000, limit: 2000).count
                == 2000)
        #expect(try world.queries.rollCount(world.election, style: 1) == 4500)
        #expect(try world.queries.rollCount(world.election, style: 2) == 0)
        #expect(try world.queries.rollCount(world.election, style: 9) == nil)
        let last = try world.queries.rollLeaf(world.election, style: 1, leaf: 4499)
        #expect(last?.commitment == leaves[4499])
        #expect(try world.queries.rollLeaf(world.election, style: 1, leaf: 4500) == nil)
    }

    @Test func rollMustBeSortedWithTheStatedRootAndTotal() throws {
        let world = Stages.rehearsed
        let leaves = World.leaves(of: 1, count: 4)
        func code(_ transaction: Transaction) throws -> RefusalCode? {
            try world.code(at: Self.time, transaction)
        }
        #expect(try code(world.roll(1, leaves: leaves)) == nil)
        #expect(try code(world.roll(1, leaves: leaves.reversed())) == .roll)
        #expect(try code(world.roll(1, leaves: leaves + [leaves[3]])) == .roll)
        #expect(try code(world.roll(1, root: seed("root"), leaves: leaves)) == .roll)
        #expect(try code(world.roll(1, total: 3, leaves: leaves)) == .roll)
        #expect(try code(world.roll(9, leaves: leaves)) == .style)
        #expect(try code(world.roll(1, leaves: leaves, by: "somebody")) == .authorization)
    }

    @Test func completeRollTakesNoMore() throws {
        let world = Stages.rolled
        let more = world.roll(1, part: 1, leaves: World.leaves(of: 1, count: 9))
        #expect(try world.code(at: Self.time, more) == .roll)
    }

    @Test func rollAfterTheCloseIsRefused() throws {
        let world = Stages.rehearsed
        #expect(try world.code(at: Hour.closes, world.roll(1)) == .phase)
    }

    @Test func unitThatStaysTooSmallIsRefused() throws {
        var world = Stages.rehearsed
        let alone = World.leaves(of: 1, count: 1)
        #expect(try world.code(at: Self.time, world.roll(1, leaves: alone)) == .unitSmall)
        // Unit 2 merges into unit 3: one voter each is enough for a minimum of two.
        let three = world.roll(3, leaves: World.leaves(of: 3, count: 1))
        try world.block(at: Self.time, [three])
        let two = world.roll(2, leaves: World.leaves(of: 2, count: 1))
        #expect(try world.code(at: Self.time + 1, two) == nil)
        let nobody = world.roll(2, leaves: [])
        #expect(try world.code(at: Self.time + 1, nobody) == .unitSmall)
    }

    @Test func rollAboveWhatAUnitCanCountIsRefused() throws {
        let world = Stages.rehearsed
        let leaves = World.leaves(of: 1, count: 2000)
        let huge = world.roll(1, total: 20_000_001, leaves: leaves)
        #expect(try world.code(at: Self.time, huge) == .roll)
        #expect(
            try world.code(at: Self.time, world.roll(1, total: 20_000_000, leaves: leaves))
                == nil)
    }

    @Test func rollChangeMovesTheNumberOfVoters() throws {
        var world = Stages.rolled
        try world.block(at: Self.time, [world.rollChange(1, leaf: 2, .paper)])
        #expect(try world.status.styles[0].listed == 3)
        #expect(
            try world.queries.rollLeaf(world.election, style: 1, leaf: 2)?.status == .paper)
        try world.block(at: Self.time + 1, [world.rollChange(1, leaf: 2, .counted)])
        #expect(try world.status.styles[0].listed == 4)
    }

    @Test func sameRollChangeIsMadeAgainUnderAnotherNumber() throws {
        var world = Stages.rolled
        let first = world.rollChange(1, leaf: 2, .withdrawn, number: 1)
        try world.block(at: Self.time, [first])
        try world.block(at: Self.time + 1, [world.rollChange(1, leaf: 2, .counted, number: 2)])
        #expect(try world.code(at: Self.time + 2, first) == .duplicate)
        try world.block(at: Self.time + 2, [world.rollChange(1, leaf: 2, .withdrawn, number: 3)])
        #expect(try world.status.styles[0].listed == 3)
    }

    @Test func rollChangeThatCannotBeIsRefused() throws {
        var world = Stages.issued
        func code(_ style: UInt32, _ leaf: UInt32, _ status: RollStatus) throws -> RefusalCode? {
            try world.code(at: Hour.opens, world.rollChange(style, leaf: leaf, status))
        }
        #expect(try code(1, 4, .paper) == .roll)
        #expect(try code(1, 0, .counted) == .roll)
        #expect(try code(9, 0, .paper) == .style)
        // Style 3 has issued as many as it lists.
        #expect(try code(3, 0, .withdrawn) == .roll)
        #expect(try code(1, 0, .withdrawn) == nil)
        try world.block(at: Hour.issuing + 1, [world.issuedLeaves(1, [0])])
        #expect(try code(1, 0, .withdrawn) == .roll)
        #expect(
            try Stages.rehearsed.code(at: Self.time, world.rollChange(1, leaf: 0, .paper))
                == .roll)
        #expect(
            try Stages.closed.code(at: Hour.after + 1, world.rollChange(1, leaf: 1, .paper))
                == .phase)
    }

    @Test(arguments: [
        (Hour.issuing - 1, RefusalCode.phase), (Hour.issuing, nil), (Hour.after - 1, nil),
        (Hour.after, .phase),
    ])
    func issuesAreCountedFromTheStartOfIssuingUntilCloseAndGrace(
        time: UInt64, expected: RefusalCode?
    ) throws {
        let world = Stages.rolled
        #expect(try world.code(at: time, world.issueCount(1, 1)) == expected)
    }

    @Test func issueCountOnlyGrowsUpToTheRoll() throws {
        let world = Stages.issued
        func code(_ style: UInt32, _ total: UInt32) throws -> RefusalCode? {
            try world.code(at: Hour.opens, world.issueCount(style, total))
        }
        #expect(try code(1, 4) == nil)
        #expect(try code(1, 5) == .quota)
        #expect(try code(1, 2) == .quota)
        #expect(try code(1, 0) == .quota)
        #expect(try code(9, 1) == .style)
        #expect(
            try world.code(at: Hour.opens, world.issueCount(1, 4, by: "trustee 1"))
                == .authorization)
    }

    @Test func nothingIsIssuedBeforeCeremonyAndRoll() throws {
        let dealt = Stages.dealt
        #expect(try dealt.code(at: Hour.issuing, dealt.issueCount(1, 1)) == .phase)
        #expect(try dealt.code(at: Hour.issuing, dealt.issuedLeaves(1, [0])) == .phase)
        let rehearsed = Stages.rehearsed
        #expect(try rehearsed.code(at: Hour.issuing, rehearsed.issueCount(1, 1)) == .phase)
        #expect(try rehearsed.code(at: Hour.issuing, rehearsed.issuedLeaves(1, [0])) == .phase)
    }

    @Test func eachLeafIsIssuedOnceAndNeverMoreThanTheCount() throws {
        var world = Stages.issued
        try world.block(
            at: Hour.issuing + 1,
            [world.issuedLeaves(1, [1, 3]), world.rollChange(1, leaf: 2, .withdrawn)])
        func code(_ leaves: [UInt32]) throws -> RefusalCode? {
            try world.code(at: Hour.opens, world.issuedLeaves(1, leaves))
        }
        #expect(try code([3]) == .issued)
        #expect(try code([2]) == .roll)
        #expect(try code([4]) == .roll)
        #expect(try code([]) == .roll)
        #expect(try code([0, 0]) == .roll)
        #expect(try code([0, 2]) == .quota)
        #expect(try code([0]) == nil)
        #expect(
            try world.queries.rollLeaves(world.election, style: 1).map(\.isIssued)
                == [false, true, false, true])
    }

    /// The registrar learns of the close from its block, as everybody does.
    @Test func leavesThatCannotBeThereAtTheCloseRaiseNoAlarm() throws {
        var world = Stages.issued
        try world.block(at: Hour.after)
        let alarms = world.events.compactMap { event in
            if case .alarm(let alarm) = event { alarm.name } else { nil }
        }
        #expect(alarms.isEmpty)
        try world.block(at: Hour.after + 1, [world.issuedLeaves(2, [0])])
        #expect(try world.status.styles[1].leavesIssued == 1)
    }
}
