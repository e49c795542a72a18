import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Testing

/// Changes of the validator set (PROTOCOL 7.12).
struct ValidatorChangeTests {
    private static func names(_ count: Int) -> [String] { (0..<count).map { "v\($0)" } }

    @Test func setsAreThoseOfGenesisUntilAChange() throws {
        var world = ValidatorWorld()
        for _ in 0..<10 {
            let sets = try world.block()
            #expect(sets.current == world.genesis.validators && sets.next == sets.current)
        }
        #expect(try world.queries.validatorChange(world.genesis) == nil)
        #expect(try world.queries.validators(of: Epoch(2), world.genesis) == sets(of: world))
    }

    private func sets(of world: ValidatorWorld) -> ValidatorSet { world.genesis.validators }

    @Test(arguments: 4...10)
    func oneMemberMoreTakesOfficeAfterTheLastBlockOfTheEpoch(n: Int) throws {
        var world = ValidatorWorld(validators: n)
        let next = ValidatorWorld.set(Self.names(n + 1))
        try world.block([try world.change(1, to: next)])
        // n present members are a quorum of n + 1 without the new one's word.
        try world.advance(to: 3)
        let last = try world.block()
        #expect(last.current == world.genesis.validators)
        #expect(last.next == next)
        let first = try world.block()
        #expect(first.current == next && first.next == next)
        #expect(try world.queries.validators(of: Epoch(0), world.genesis) == sets(of: world))
        #expect(try world.queries.validators(of: Epoch(1), world.genesis) == next)
        #expect(try world.queries.validatorChange(world.genesis)?.effective == Epoch(1))
        #expect(
            world.events.contains(
                .validatorsChanged(number: 1, epoch: Epoch(1), setHash: next.hash)))
    }

    @Test(arguments: 5...11)
    func oneMemberLessLeavesAfterTheLastBlockOfTheEpoch(n: Int) throws {
        var world = ValidatorWorld(validators: n)
        let next = ValidatorWorld.set([String](Self.names(n).dropFirst()))
        try world.block([try world.change(1, to: next)])
        try world.advance(to: 3)
        #expect(try world.block() == ValidatorSuccession(current: sets(of: world), next: next))
        #expect(try world.block() == ValidatorSuccession(current: next, next: next))
    }

    @Test func fewerThanFourAreRefused() throws {
        let world = ValidatorWorld()
        let three = ValidatorWorld.set(Self.names(3))
        #expect(try world.code(try world.change(1, to: three)) == .parameter)
    }

    /// Of n members so many are new, and so many of those say that they are ready.
    @Test(arguments: [
        [4, 1, 0, 1], [4, 2, 0, 0], [4, 2, 1, 1], [4, 4, 2, 0], [4, 4, 3, 1], [5, 2, 0, 0],
        [5, 2, 1, 1], [6, 2, 0, 0], [7, 2, 0, 1], [7, 3, 0, 0], [7, 3, 1, 1], [10, 3, 0, 1],
        [10, 5, 1, 0], [10, 5, 2, 1],
    ])
    func changeWaitsForAQuorumOfTheNewSet(numbers: [Int]) throws {
        let (n, fresh, ready, takesEffect) = (
            numbers[0], numbers[1], numbers[2], numbers[3] == 1
        )
        var world = ValidatorWorld(validators: n)
        let kept = Self.names(n - fresh)
        let next = ValidatorWorld.set(kept + (0..<fresh).map { "new\($0)" })
        try world.block([try world.change(1, to: next)])
        try world.block((0..<ready).map { world.ready(1, next, n - fresh + $0) })
        try world.advance(to: 3)
        let last = try world.block()
        #expect((last.next == next) == takesEffect)
        #expect(try world.block().current == (takesEffect ? next : world.genesis.validators))
        // One epoch later, if the missing members are ready by then.
        let missing = (ready..<fresh).map { world.ready(1, next, n - fresh + $0) }
        if !takesEffect {
            try world.block(missing)
            try world.advance(to: 7)
            #expect(try world.block().next == next)
            #expect(try world.block().current == next)
            #expect(try world.queries.validatorChange(world.genesis)?.effective == Epoch(2))
        }
    }

    @Test func whatIsInTheLastBlockCountsForTheNextBoundary() throws {
        var world = ValidatorWorld()
        let next = ValidatorWorld.set(["v0", "v1", "new0", "new1"])
        try world.block([try world.change(1, to: next)])
        try world.advance(to: 3)
        // The third ready member comes in block 4 itself.
        #expect(try world.block([world.ready(1, next, 2)]).next == world.genesis.validators)
        #expect(try world.block().current == world.genesis.validators)
        try world.advance(to: 7)
        #expect(try world.block().next == next)
    }

    @Test func changeAskedForInTheLastBlockWaits() throws {
        var world = ValidatorWorld()
        let next = ValidatorWorld.set(["v0", "v1", "v2", "new"])
        try world.advance(to: 3)
        #expect(try world.block([try world.change(1, to: next)]).next == sets(of: world))
        try world.advance(to: 7)
        #expect(try world.block().next == next)
    }

    @Test func laterChangeReplacesOneThatWaitsAlsoInTheLastBlock() throws {
        var world = ValidatorWorld()
        let (first, second) = (
            ValidatorWorld.set(["v0", "v1", "v2", "new"]),
            ValidatorWorld.set(["v0", "v1", "v3", "other"])
        )
        try world.block([try world.change(1, to: first)])
        try world.block([try world.change(2, to: second)])
        #expect(try world.code(world.ready(1, first, 3)) == .phase)
        try world.advance(to: 3)
        // Decided before: a third change in the last block comes an epoch later.
        let third = ValidatorWorld.set(["v0", "v1", "v3", "third"])
        #expect(try world.block([try world.change(3, to: third)]).next == second)
        #expect(try world.block().current == second)
        try world.advance(to: 7)
        #expect(try world.block().next == third)
        #expect(try world.queries.validatorChange(number: 1, world.genesis)?.effective == nil)
        #expect(try world.queries.validators(of: Epoch(0), world.genesis) == sets(of: world))
        #expect(try world.queries.validators(of: Epoch(1), world.genesis) == second)
        #expect(try world.queries.validators(of: Epoch(2), world.genesis) == third)
    }

    @Test func presentSetTakesBackAChangeThatWaits() throws {
        var world = ValidatorWorld()
        let next = ValidatorWorld.set(["v0", "v1", "v2", "new"])
        try world.block([try world.change(1, to: next)])
        try world.block([try world.change(2, to: world.genesis.validators)])
        try world.advance(to: 8)
        #expect(try world.block().current == world.genesis.validators)
    }

    @Test func newKeysOfAMemberNeedItsWord() throws {
        var world = ValidatorWorld()
        let members = world.genesis.validators.validators
        let renewed = [
            ValidatorWorld.validator("v0", generation: 1),
            ValidatorWorld.validator("v1", generation: 1), members[2], members[3],
        ]
        let next = ValidatorSet(renewed)
        try world.block([try world.change(1, to: next)])
        try world.advance(to: 4)
        #expect(try world.block().current == world.genesis.validators)
        #expect(try world.code(world.ready(1, next, 0)) == .authorization)
        try world.block([world.ready(1, next, 0, by: "consensus v0 1")])
        try world.advance(to: 7)
        #expect(try world.block().next == next)
    }

    @Test func otherNodeKeyOfAMemberNeedsNoWord() throws {
        var world = ValidatorWorld()
        let members = world.genesis.validators.validators
        let moved = ValidatorSet(
            members.map {
                Validator(
                    name: $0.name, consensusKey: $0.consensusKey, cosigningKey: $0.cosigningKey,
                    nodeKey: signer("moved \($0.name)").publicKey)
            })
        try world.block([try world.change(1, to: moved)])
        try world.advance(to: 3)
        #expect(try world.block().next == moved)
    }

    @Test func onlyTheThresholdOfTheChainsCommissionChangesValidators() throws {
        let world = ValidatorWorld()
        let next = ValidatorWorld.set(["v0", "v1", "v2", "new"])
        func code(_ signers: [(UInt16, String)]) throws -> RefusalCode? {
            try world.code(try world.change(1, to: next, by: signers))
        }
        #expect(try code([(0, "chain 0"), (1, "chain 1")]) == nil)
        #expect(try code([(0, "chain 0")]) == .authorization)
        #expect(try code([]) == .authorization)
        #expect(try code([(0, "chain 0"), (1, "chain 2")]) == .authorization)
        #expect(try code([(0, "member 0"), (1, "member 1")]) == .authorization)
        #expect(try code([(0, "chain 0"), (7, "chain 1")]) == .authorization)
        #expect(
            try world.code(try world.change(1, to: next, chainID: seed("elsewhere"))) == .election)
    }

    @Test func numberIsTheNextOneSoThatNoChangeComesTwice() throws {
        var world = ValidatorWorld()
        let next = ValidatorWorld.set(["v0", "v1", "v2", "new"])
        for number in [UInt32(0), 2, .max] {
            #expect(try world.code(try world.change(number, to: next)) == .sequence)
        }
        let change = try world.change(1, to: next)
        try world.block([change])
        #expect(try world.code(change) == .duplicate)
        // The same change with other approvals is another transaction.
        let again = try world.change(1, to: next, by: [(0, "chain 0"), (1, "chain 1")])
        #expect(try world.code(again) == .sequence)
        try world.advance(to: 8)
        #expect(try world.code(again) == .sequence)
        #expect(try world.code(try world.change(2, to: world.genesis.validators)) == nil)
    }

    @Test func setWithAFaultIsRefused() throws {
        let world = ValidatorWorld()
        let members = world.genesis.validators.validators
        func code(_ list: [Validator]) throws -> RefusalCode? {
            try world.code(try world.change(1, to: ValidatorSet(list)))
        }
        func changed(
            name: String = "new", consensus: Bytes32? = nil, cosigning: Bytes32? = nil
        ) -> Validator {
            let fresh = ValidatorWorld.validator("new")
            return Validator(
                name: name, consensusKey: consensus ?? fresh.consensusKey,
                cosigningKey: cosigning ?? fresh.cosigningKey, nodeKey: fresh.nodeKey)
        }
        let kept = [Validator](members.prefix(3))
        #expect(try code(kept + [changed()]) == nil)
        #expect(try code(kept + [changed(name: "v0")]) == .parameter)
        #expect(try code(kept + [changed(name: "")]) == .parameter)
        #expect(try code(kept + [changed(name: "a+b")]) == .parameter)
        #expect(try code(kept + [changed(consensus: members[0].consensusKey)]) == .parameter)
        #expect(try code(kept + [changed(cosigning: signer("log").publicKey)]) == .parameter)
        // Keys of a member that leaves do not come back in another office.
        #expect(try code(kept + [changed(cosigning: members[3].consensusKey)]) == .parameter)
        #expect(try code(kept + [changed(consensus: members[3].nodeKey)]) == .parameter)
    }

    @Test func readinessIsTheNewMembersOwnAndGivenOnce() throws {
        var world = ValidatorWorld()
        let next = ValidatorWorld.set(["v0", "v1", "new0", "new1"])
        #expect(try world.code(world.ready(1, next, 2)) == .phase)
        #expect(try world.code(world.ready(0, next, 2)) == .phase)
        try world.block([try world.change(1, to: next)])
        #expect(try world.code(world.ready(1, next, 2)) == nil)
        #expect(try world.code(world.ready(2, next, 2)) == .phase)
        #expect(try world.code(world.ready(1, next, 2, hash: seed("set"))) == .parameter)
        #expect(try world.code(world.ready(1, next, 4)) == .authorization)
        #expect(try world.code(world.ready(1, next, 2, by: "consensus new1 0")) == .authorization)
        #expect(try world.code(world.ready(1, next, 2, by: "node new0 0")) == .authorization)
        #expect(
            try world.code(world.ready(1, next, 2, chainID: seed("elsewhere"))) == .election)
        // Members in office count without a word.
        #expect(try world.code(world.ready(1, next, 0)) == .duplicate)
        try world.block([world.ready(1, next, 2)])
        #expect(try world.code(world.ready(1, next, 2)) == .duplicate)
        #expect(
            try world.queries.validatorChange(world.genesis)?.synced
                == [0, 1, 2].map { ValidatorIndex($0) })
        try world.advance(to: 4)
        #expect(try world.code(world.ready(1, next, 3)) == .phase)
    }

    @Test func twoRunsComeToOneStateDigest() throws {
        func run() throws -> Bytes32 {
            var world = ValidatorWorld()
            let next = ValidatorWorld.set(["v0", "v1", "new0", "new1"])
            try world.block([try world.change(1, to: next)])
            try world.block([world.ready(1, next, 3)])
            try world.advance(to: 9)
            return world.head.stateDigest
        }
        #expect(try run() == run())
    }
}
