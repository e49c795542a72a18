import BallotCryptography
import Codec
import Elections
import Ledger
import Testing

/// Every way in which a ballot is refused (`ballot.md` 1.9).
struct BallotRefusalTests {
    static let time = Hour.opens + 1
    static let choices: [ContestChoice] = [.options([0]), .options([1, 2])]

    /// A first ballot of style 1, and the world it is good in.
    static func first(_ name: String = "voter") throws -> (World, BallotTransaction, Voter) {
        var world = Stages.open
        let (transaction, voter) = try world.ballot(
            try world.voter(name, style: 1), Self.choices)
        guard case .ballot(let ballot) = transaction else { throw World.Missing("ballot") }
        return (world, ballot, voter)
    }

    /// What is said to the ballot with its bytes changed.
    static func code(
        _ change: (inout [UInt8]) -> Void
    ) throws -> RefusalCode? {
        let (world, ballot, _) = try Self.first()
        var wire = ballot.wire
        change(&wire)
        return try world.code(
            at: Self.time,
            .ballot(BallotTransaction(wire: wire, certificate: ballot.certificate)))
    }

    // Offsets in the wire of `ballot.md` 1.7.
    static let styleOffset = 33
    static let keyOffset = 37
    static let sequenceOffset = 69
    static let previousOffset = 73
    static let contestCountOffset = 105
    static let cellCountOffset = 113
    static let aOffset = 117

    @Test func goodBallotIsAccepted() throws {
        #expect(try Self.code { _ in } == nil)
    }

    @Test func shorterOrLongerBallotIsRefusedForItsLength() throws {
        #expect(try Self.code { $0.removeLast() } == .length)
        #expect(try Self.code { $0.append(0) } == .length)
        #expect(try Self.code { $0 = [1, 2, 3] } == .length)
    }

    @Test func otherVersionIsRefused() throws {
        #expect(try Self.code { $0[0] = 2 } == .version)
    }

    @Test func unknownElectionIsRefused() throws {
        #expect(try Self.code { $0[1] ^= 1 } == .election)
    }

    @Test func unknownStyleIsRefused() throws {
        #expect(try Self.code { $0[Self.styleOffset + 3] = 9 } == .style)
    }

    @Test func otherContestsThanTheStylesAreRefused() throws {
        #expect(try Self.code { $0[Self.contestCountOffset + 3] = 1 } == .contest)
        #expect(try Self.code { $0[Self.cellCountOffset] = 0xFF } == .contest)
    }

    @Test func nonCanonicalPointIsRefused() throws {
        #expect(try Self.code { $0[Self.aOffset + 31] |= 0x80 } == .point)
    }

    @Test func identityAsFirstElementIsRefused() throws {
        let code = try Self.code { wire in
            for index in 0..<32 { wire[Self.aOffset + index] = 0 }
        }
        #expect(code == .identity)
    }

    /// The identity has a canonical encoding; so has a scalar that is too large, in its own way.
    @Test(arguments: [
        (0, "the identity"), (1, "not canonically encoded"), (2, "order"),
    ])
    func refusalOfAGroupElementSaysWhatIsWrongWithIt(fault: Int, words: String) throws {
        let (world, ballot, _) = try Self.first()
        var wire = ballot.wire
        switch fault {
        case 0:
            wire.replaceSubrange(
                Self.aOffset..<Self.aOffset + 32, with: [UInt8](repeating: 0, count: 32))
        case 1: wire[Self.aOffset + 31] |= 0x80
        default: wire[wire.count - 1] = 0xFF
        }
        let refusal = try world.refusal(
            at: Self.time,
            .ballot(BallotTransaction(wire: wire, certificate: ballot.certificate)))
        let reason = try #require(refusal).reason
        #expect(reason.contains(words))
        #expect(reason.contains("canonical") == (fault == 1))
    }

    @Test func scalarAboveTheOrderIsRefused() throws {
        #expect(try Self.code { $0[$0.count - 1] = 0xFF } == .scalar)
    }

    @Test func changedProofIsRefused() throws {
        #expect(try Self.code { $0[$0.count - 32] ^= 1 } == .proof)
    }

    @Test func overvoteIsRefusedForItsSum() throws {
        var world = Stages.open
        let voter = try world.voter("voter", style: 1)
        let ballot = try world.ballot(voter, cells: [[1, 1, 0], [0, 0, 0, 1, 1]])
        #expect(try world.code(at: Self.time, ballot) == .sum)
    }

    @Test(arguments: [1, 2])
    func certificateOfAnotherStyleOrNoneIsRefused(key: Int) throws {
        var world = Stages.open
        var voter = try world.voter("voter", style: 1, key: key)
        let (foreign, _) = try world.ballot(voter, Self.choices)
        #expect(try world.code(at: Self.time, foreign) == .certificate)
        voter = try world.voter("other", style: 1)
        guard case .ballot(let ballot) = try world.ballot(voter, Self.choices).0 else { return }
        for certificate in [[], [UInt8](ballot.certificate.dropLast())] {
            let bare = Transaction.ballot(
                BallotTransaction(wire: ballot.wire, certificate: certificate))
            #expect(try world.code(at: Self.time, bare) == .certificate)
        }
    }

    @Test func revoteWithACertificateIsRefused() throws {
        var (world, ballot, voter) = try Self.first()
        try world.block(at: Self.time, [.ballot(ballot)])
        guard case .ballot(let revote) = try world.ballot(voter, Self.choices).0 else { return }
        let transaction = Transaction.ballot(
            BallotTransaction(wire: revote.wire, certificate: ballot.certificate))
        #expect(try world.code(at: Self.time + 1, transaction) == .certificate)
    }

    @Test(arguments: [
        (Hour.opens - 1, RefusalCode.phase), (Hour.opens, nil), (Hour.after - 1, nil),
        (Hour.after, .phase),
    ])
    func ballotIsValidFromOpeningUntilCloseAndGrace(
        time: UInt64, expected: RefusalCode?
    ) throws {
        var world = Stages.issued
        let (ballot, _) = try world.ballot(try world.voter("voter", style: 1), Self.choices)
        #expect(try world.code(at: time, ballot) == expected)
    }

    @Test func ballotBeforeTheRollIsRefused() throws {
        var world = Stages.rehearsed
        let (ballot, _) = try world.ballot(try world.voter("voter", style: 1), Self.choices)
        #expect(try world.code(at: Self.time, ballot) == .phase)
    }

    @Test func ballotInAnAbortedElectionIsRefused() throws {
        var world = Stages.open
        let (ballot, _) = try world.ballot(try world.voter("voter", style: 1), Self.choices)
        try world.block(at: Self.time, [try world.abortion()])
        #expect(try world.code(at: Self.time + 1, ballot) == .phase)
    }

    @Test func ballotAboveTheIssueCountIsRefused() throws {
        var world = Stages.open
        let (first, _) = try world.ballot(try world.voter("a", style: 2), [.options([0])])
        let (second, _) = try world.ballot(try world.voter("b", style: 2), [.options([1])])
        try world.block(at: Self.time, [first])
        #expect(try world.code(at: Self.time + 1, second) == .quota)
        try world.block(at: Self.time + 1, [world.issueCount(2, 2)])
        #expect(try world.code(at: Self.time + 2, second) == nil)
    }

    @Test func sameTransactionTwiceIsADuplicate() throws {
        var (world, ballot, _) = try Self.first()
        try world.block(at: Self.time, [.ballot(ballot)])
        #expect(try world.code(at: Self.time + 1, .ballot(ballot)) == .duplicate)
    }

    @Test func sameWireWithAnotherCertificateIsADuplicate() throws {
        var (world, ballot, _) = try Self.first()
        try world.block(at: Self.time, [.ballot(ballot)])
        let copy = Transaction.ballot(BallotTransaction(wire: ballot.wire, certificate: []))
        #expect(try world.code(at: Self.time + 1, copy) == .duplicate)
    }

    @Test func revoteMustHaveTheNextNumber() throws {
        var (world, ballot, voter) = try Self.first()
        try world.block(at: Self.time, [.ballot(ballot)])
        for sequence in [UInt32(1), 3] {
            let (revote, _) = try world.ballot(voter, Self.choices, sequence: sequence)
            #expect(try world.code(at: Self.time + 1, revote) == .sequence)
        }
    }

    @Test func earlierBallotCannotUndoARevote() throws {
        var (world, first, voter) = try Self.first()
        let (second, after) = try world.ballot(voter, Self.choices)
        let (third, _) = try world.ballot(after, Self.choices)
        try world.block(at: Self.time, [.ballot(first), second, third])
        guard case .ballot(let ballot) = second else { return }
        let copy = Transaction.ballot(BallotTransaction(wire: ballot.wire, certificate: [1]))
        #expect(try world.code(at: Self.time + 1, copy) == .sequence)
        #expect(try world.code(at: Self.time + 1, second) == .duplicate)
    }

    @Test func secondBallotWithoutAFirstIsRefused() throws {
        var world = Stages.open
        let voter = try world.voter("voter", style: 1)
        let (ballot, _) = try world.ballot(voter, Self.choices, sequence: 2)
        #expect(try world.code(at: Self.time, ballot) == .sequence)
    }

    @Test func ballotMustNameTheOneThatItReplaces() throws {
        var (world, ballot, voter) = try Self.first()
        let (early, _) = try world.ballot(
            try world.voter("other", style: 1), Self.choices, previous: seed("nothing"))
        #expect(try world.code(at: Self.time, early) == .previous)
        try world.block(at: Self.time, [.ballot(ballot)])
        let (revote, _) = try world.ballot(voter, Self.choices, previous: seed("nothing"))
        #expect(try world.code(at: Self.time + 1, revote) == .previous)
    }

    @Test func revoteAboveTheLimitIsRefused() throws {
        var (world, ballot, voter) = try Self.first()
        let (second, afterSecond) = try world.ballot(voter, Self.choices)
        let (third, afterThird) = try world.ballot(afterSecond, Self.choices)
        let (fourth, _) = try world.ballot(afterThird, Self.choices)
        try world.block(at: Self.time, [.ballot(ballot), second, third])
        #expect(try world.code(at: Self.time + 1, fourth) == .rate)
    }

    @Test func repeatedEncryptionIsRefused() throws {
        var (world, ballot, _) = try Self.first()
        try world.block(at: Self.time, [.ballot(ballot)])
        guard
            case .ballot(let other) = try world.ballot(
                try world.voter("other", style: 1), Self.choices
            ).0
        else { return }
        var wire = other.wire
        for index in Self.aOffset..<(Self.aOffset + 32) { wire[index] = ballot.wire[index] }
        let copy = Transaction.ballot(
            BallotTransaction(wire: wire, certificate: other.certificate))
        #expect(try world.code(at: Self.time + 1, copy) == .duplicateA)
    }

    @Test func refusedBallotLeavesNoTrace() throws {
        let (world, ballot, _) = try Self.first()
        var wire = ballot.wire
        wire[wire.count - 32] ^= 1
        var executor = try world.executor(at: Self.time)
        let bad = Transaction.ballot(
            BallotTransaction(wire: wire, certificate: ballot.certificate)
        ).canonicalBytes
        #expect(throws: ExecutionFailure.self) {
            try executor.apply(Entry(bad))
        }
        let good = Transaction.ballot(ballot).canonicalBytes
        try executor.apply(Entry(good))
        var clean = try world.executor(at: Self.time)
        try clean.apply(Entry(good))
        #expect(try executor.finish().stateDigest == clean.finish().stateDigest)
    }
}
