import BallotCryptography
import Elections
import Ledger

/// Worlds at certain moments, made once and copied by tests.
enum Stages {
    static let created = make {
        var world = World()
        try world.block(at: Hour.created, [try world.creation()])
        return world
    }

    static let dealt = make {
        var world = created
        try world.deal(at: Hour.created + 1)
        return world
    }

    static let rehearsed = make {
        var world = dealt
        try world.confirmAll(at: Hour.created + 10)
        return world
    }

    static let rolled = make {
        var world = rehearsed
        try world.block(at: Hour.created + 20, [1, 2, 3].map { world.roll($0) })
        return world
    }

    static let issued = make {
        var world = rolled
        try world.block(
            at: Hour.issuing,
            [world.issueCount(1, 3), world.issueCount(2, 1), world.issueCount(3, 2)])
        return world
    }

    static let open = make {
        var world = issued
        try world.block(at: Hour.opens)
        return world
    }

    /// Style 1: anna + x y, then revoted to boris + z; anna + nothing; blank + x. Style 2: one for
    /// anna, below the minimum, merges into unit 3. Style 3: two for boris.
    static let voted = make {
        var world = open
        let (first, after) = try world.ballot(
            try world.voter("1a", style: 1), [.options([0]), .options([0, 1])])
        let (second, _) = try world.ballot(
            try world.voter("1b", style: 1), [.options([0]), .options([])])
        try world.block(at: Hour.opens + 1, [first, second])
        let (revote, _) = try world.ballot(after, [.options([1]), .options([2])])
        let (third, _) = try world.ballot(
            try world.voter("1c", style: 1), [.blank, .options([0])])
        let (south, _) = try world.ballot(try world.voter("2a", style: 2), [.options([0])])
        let (east, _) = try world.ballot(try world.voter("3a", style: 3), [.options([1])])
        let (east2, _) = try world.ballot(try world.voter("3b", style: 3), [.options([1])])
        try world.block(at: Hour.opens + 2, [revote, third, south, east, east2])
        return world
    }

    static let closed = make {
        var world = voted
        try world.block(
            at: Hour.closes,
            [
                world.issuedLeaves(1, [0, 2, 3]), world.issuedLeaves(2, [1]),
                world.issuedLeaves(3, [0, 1]),
            ])
        try world.block(at: Hour.after)
        return world
    }

    /// Trustees 1, 3 and 5 decrypt.
    static let counted = make {
        var world = closed
        for (place, trustee) in [UInt32(5), 1, 3].enumerated() {
            var shares: [Transaction] = []
            for unit in try world.queries.units(world.election) where unit.needsShares {
                shares.append(try world.decryption(trustee, unit: unit.unit))
            }
            try world.block(at: Hour.after + 1 + UInt64(place), shares)
        }
        return world
    }

    static let resulted = make {
        var world = counted
        try world.block(at: Hour.after + 100)
        return world
    }

    private static func make(_ build: () throws -> World) -> World {
        do {
            return try build()
        } catch {
            preconditionFailure("a stage cannot be reached: \(error)")
        }
    }
}
