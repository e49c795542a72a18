import BallotCryptography
import Codec
import Elections
import Ledger
import Testing

/// Small units are merged before anything is decrypted.
struct TallyGroupTests {
    /// Units 1 and 3 merge into 2; all vote on one contest.
    private static let merging = World { parts in
        parts.styles = (1...3).map { DocumentParts.style($0, unit: $0, contests: [0]) }
        parts.tallyUnits = [(1, 2), (2, nil), (3, 2)].map {
            TallyUnit(number: $0.0, name: DocumentParts.texts("Unit"), mergesInto: $0.1)
        }
        parts.minimumTallyUnit = 10
    }

    @Test(
        arguments: [
            ([20, 20, 20], [[0], [1], [2]]),
            ([10, 10, 10], [[0], [1], [2]]),
            // A small source joins; its target is large enough with it.
            ([9, 20, 20], [[0, 1], [2]]),
            ([9, 1, 20], [[0, 1], [2]]),
            ([9, 20, 3], [[0, 1, 2]]),
            ([0, 20, 20], [[0, 1], [2]]),
            // A small target takes all that merge into it, however large.
            ([480, 3, 500], [[0, 1, 2]]),
            ([5, 4, 500], [[0, 1, 2]]),
            ([500, 0, 9], [[0, 1, 2]]),
            ([1, 1, 1], [[0, 1, 2]]),
            // Nothing to decrypt, so nothing to hide.
            ([20, 0, 20], [[0], [1], [2]]),
            ([0, 0, 20], [[0, 1], [2]]),
            ([0, 0, 0], [[0, 1, 2]]),
        ] as [([UInt32], [[Int]])])
    func groupWithBallotsReachesTheMinimumIfMergingCanDoIt(
        counted: [UInt32], groups: [[Int]]
    ) {
        #expect(Self.merging.document.tallyGroups(counted: counted) == groups)
    }

    @Test func pairsOfDifferentContestsNeverMerge() {
        let document = World { parts in
            parts.styles = (1...2).map { DocumentParts.style($0, unit: $0, contests: [0, 1]) }
            parts.tallyUnits = [(1, nil), (2, 1)].map {
                TallyUnit(number: $0.0, name: DocumentParts.texts("Unit"), mergesInto: $0.1)
            }
        }.document
        #expect(document.tallyGroups(counted: [1, 5, 5, 5]) == [[0, 2], [1], [3]])
        #expect(document.tallyGroups(counted: [5, 5, 5, 0]) == [[0], [1, 3], [2]])
    }

    /// The election of `Stages.rolled` with so many ballots for the first option of styles 2 and 3;
    /// style 2's unit merges into style 3's, and the minimum is two.
    private func closed(south: Int, east: Int) throws -> World {
        var world = Stages.rolled
        try world.block(
            at: Hour.issuing,
            [(2, south), (3, east)].filter { $0.1 > 0 }.map {
                world.issueCount($0.0, UInt32($0.1))
            })
        var ballots: [Transaction] = []
        for (style, count) in [(UInt32(2), south), (3, east)] {
            for voter in 0..<count {
                let voter = try world.voter("\(style) \(voter)", style: style)
                ballots.append(try world.ballot(voter, [.options([0])]).0)
            }
        }
        try world.block(at: Hour.opens + 1, ballots)
        try world.block(at: Hour.after)
        return world
    }

    private func alarms(of world: World) -> [ElectionAlarm] {
        world.head.events.compactMap { event in
            if case .alarm(let alarm) = event { alarm } else { nil }
        }.filter { $0.name == "A_UNIT_SMALL" }
    }

    @Test func smallTargetIsDecryptedWithItsLargeSourceAlone() throws {
        var world = try self.closed(south: 3, east: 1)
        let units = try world.queries.units(world.election)
        #expect(units.map(\.mergedInto) == [nil, nil, nil, 3])
        #expect(units[2].tallyUnits == [2, 3])
        #expect(units[2].total.counted == 4)
        #expect(self.alarms(of: world).isEmpty)
        #expect(
            try world.code(
                at: Hour.after + 1, try world.decryption(1, unit: 4)) == .unitOverlap)
        for trustee in UInt32(1)...3 {
            try world.block(
                at: Hour.after + UInt64(trustee), [try world.decryption(trustee, unit: 3)])
        }
        #expect(try world.queries.units(world.election)[2].counts == [4, 0, 0])
    }

    @Test func unitsThatReachTheMinimumAreDecryptedApart() throws {
        let world = try self.closed(south: 3, east: 2)
        #expect(
            try world.queries.units(world.election).map(\.mergedInto) == [nil, nil, nil, nil])
        #expect(self.alarms(of: world).isEmpty)
    }

    @Test func groupThatStaysBelowTheMinimumRaisesAnAlarmBeforeItIsDecrypted() throws {
        let world = try self.closed(south: 1, east: 0)
        let alarm = try #require(self.alarms(of: world).first)
        #expect(self.alarms(of: world).count == 1)
        #expect(alarm.election == world.election)
        #expect(alarm.detail.contains("unit 3"))
        #expect(try world.status.phase == .closed)
        // The commission may still end the election without a result.
        #expect(try world.code(at: Hour.after + 1, try world.abortion()) == nil)
    }
}
