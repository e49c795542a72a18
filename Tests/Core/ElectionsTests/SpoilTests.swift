import BallotCryptography
import Codec
import Elections
import Ledger
import Ristretto
import Testing

extension World {
    /// A challenged encryption of a voter: its tracker, and the ballot that it would have been.
    mutating func encrypted(
        _ voter: Voter, _ choices: [ContestChoice]
    ) throws -> (tracker: Bytes32, ballot: Transaction) {
        let rules = try self.rules(voter.style)
        let encrypted = try EncryptedBallot(
            choices, rules: rules, credential: voter.request.key, sequence: voter.sequence + 1,
            previous: voter.last, arithmetic: Self.arithmetic, random: &self.random)
        let wire = encrypted.cast(arithmetic: Self.arithmetic, random: &self.random)
        return (
            try Ballot(wire, rules: rules).tracker,
            .ballot(
                BallotTransaction(
                    wire: wire, certificate: voter.sequence == 0 ? voter.certificate : []))
        )
    }

    mutating func spoil(
        _ voter: Voter, _ tracker: Bytes32, electionID: Bytes32? = nil, style: UInt32? = nil,
        certificate: [UInt8]? = nil, change: (inout [UInt8]) -> Void = { _ in }
    ) throws -> Transaction {
        let id = try self.status.electionID ?? .zero
        var proof = SpoilProof(
            tracker: tracker, electionID: id, credential: voter.request.key,
            arithmetic: Self.arithmetic, random: &self.random
        ).canonicalBytes
        change(&proof)
        return .spoil(
            SpoilTransaction(
                electionID: electionID ?? id, style: style ?? voter.style, proof: proof,
                certificate: certificate ?? voter.certificate))
    }
}

/// Trackers of challenged encryptions (`ballot.md` 1.11).
struct SpoilTests {
    private static let choices: [ContestChoice] = [.options([0]), .options([1])]
    private static let time = Hour.opens + 1

    @Test func ballotWithASpoiledTrackerIsRefusedAndAnotherIsNot() throws {
        var world = Stages.open
        let voter = try world.voter("voter", style: 1)
        let (tracker, ballot) = try world.encrypted(voter, Self.choices)
        #expect(try world.code(at: Self.time, ballot) == nil)
        try world.block(at: Self.time, [try world.spoil(voter, tracker)])
        #expect(try world.code(at: Self.time + 1, ballot) == .spoiled)
        #expect(RefusalCode.spoiled.name == "E_SPOILED")
        let (_, other) = try world.encrypted(voter, Self.choices)
        #expect(try world.code(at: Self.time + 1, other) == nil)
    }

    @Test func trackerIsFoundByItsCodeAndCountsNowhere() throws {
        var world = Stages.open
        let voter = try world.voter("voter", style: 1)
        let (tracker, _) = try world.encrypted(voter, Self.choices)
        let before = try world.status
        let spoil = try world.spoil(voter, tracker)
        try world.block(at: Self.time, [spoil])
        let key = voter.request.key.publicKey
        let entry = try #require(
            try world.queries.spoiled(world.election, code: TrackingCode(tracker: tracker)).first)
        #expect(entry.tracker == tracker && entry.credentialKey == key)
        #expect(entry.transaction == Transaction.id(of: spoil.canonicalBytes))
        #expect(
            try world.queries.isSpoiled(world.election, credentialKey: key, tracker: tracker))
        #expect(try world.queries.spoilCount(world.election, credentialKey: key) == 1)
        #expect(
            try world.queries.spoiled(world.election, code: TrackingCode(tracker: seed("x")))
                .isEmpty)
        #expect(try world.status.styles == before.styles)
        #expect(
            world.events.contains {
                if case .trackerSpoiled(let event) = $0 { event.tracker == tracker } else { false }
            })
    }

    @Test func eachCredentialSpoilsEightTrackersAndEachOnce() throws {
        var world = Stages.open
        let voter = try world.voter("voter", style: 1)
        let spoils = try (0..<8).map { try world.spoil(voter, seed("tracker \($0)")) }
        try world.block(at: Self.time, spoils)
        // Its proof is another one, so its id is.
        let again = try world.spoil(voter, seed("tracker 0"))
        #expect(try world.code(at: Self.time + 1, again) == .duplicate)
        #expect(try world.code(at: Self.time + 1, spoils[0]) == .duplicate)
        let ninth = try world.spoil(voter, seed("tracker 8"))
        #expect(try world.code(at: Self.time + 1, ninth) == .rate)
        let other = try world.spoil(try world.voter("other", style: 1), seed("tracker 8"))
        #expect(try world.code(at: Self.time + 1, other) == nil)
    }

    @Test func trackerThatIsCastCannotBeSpoiled() throws {
        var world = Stages.open
        let voter = try world.voter("voter", style: 1)
        let (tracker, ballot) = try world.encrypted(voter, Self.choices)
        try world.block(at: Self.time, [ballot])
        #expect(
            try world.code(at: Self.time + 1, try world.spoil(voter, tracker)) == .duplicate)
    }

    @Test func voterChallengesAlsoBeforeARevote() throws {
        var world = Stages.open
        let (ballot, after) = try world.ballot(
            try world.voter("voter", style: 1), Self.choices)
        try world.block(at: Self.time, [ballot])
        let (tracker, revote) = try world.encrypted(after, Self.choices)
        try world.block(at: Self.time + 1, [try world.spoil(after, tracker)])
        #expect(try world.code(at: Self.time + 2, revote) == .spoiled)
    }

    @Test func strangerCannotStopABallotByItsTracker() throws {
        var world = Stages.open
        let voter = try world.voter("voter", style: 1)
        let (tracker, ballot) = try world.encrypted(voter, Self.choices)
        let stranger = try world.voter("stranger", style: 1)
        try world.block(at: Self.time, [try world.spoil(stranger, tracker)])
        #expect(try world.code(at: Self.time + 1, ballot) == nil)
        // Under the voter's own key the proof is not the stranger's to make.
        let forged = try world.spoil(
            stranger, tracker, certificate: voter.certificate
        ) { proof in
            for (index, byte) in voter.request.key.publicKey.bytes.enumerated() {
                proof[index] = byte
            }
        }
        #expect(try world.code(at: Self.time + 1, forged) == .proof)
    }

    @Test func wrongSpoilsAreRefusedByTheirCode() throws {
        var world = Stages.open
        let voter = try world.voter("voter", style: 1)
        let tracker = seed("tracker")
        func code(_ transaction: Transaction) throws -> RefusalCode? {
            try world.code(at: Self.time, transaction)
        }
        #expect(try code(try world.spoil(voter, tracker)) == nil)
        #expect(try code(try world.spoil(voter, tracker, electionID: seed("other"))) == .election)
        #expect(try code(try world.spoil(voter, tracker, style: 9)) == .style)
        // The certificate is of style 1.
        #expect(try code(try world.spoil(voter, tracker, style: 2)) == .certificate)
        #expect(try code(try world.spoil(voter, tracker, certificate: [])) == .certificate)
        let other = try world.voter("other", style: 1)
        #expect(
            try code(try world.spoil(voter, tracker, certificate: other.certificate))
                == .certificate)
        #expect(try code(try world.spoil(voter, tracker) { $0[32] ^= 1 }) == .proof)
        #expect(try code(try world.spoil(voter, tracker) { $0[96] ^= 1 }) == .proof)
        #expect(try code(try world.spoil(voter, tracker) { $0[127] = 0xFF }) == .scalar)
        #expect(try code(try world.spoil(voter, tracker) { $0[95] |= 0x80 }) == .point)
        let (ballot, after) = try world.ballot(voter, Self.choices)
        try world.block(at: Self.time, [ballot])
        let moved = try world.spoil(after, tracker, style: 2)
        #expect(try world.code(at: Self.time + 1, moved) == .style)
    }

    @Test(arguments: [
        (Hour.opens - 1, RefusalCode.phase), (Hour.opens, nil), (Hour.after - 1, nil),
        (Hour.after, .phase),
    ])
    func trackersAreSpoiledWhileBallotsAreTaken(time: UInt64, expected: RefusalCode?) throws {
        var world = Stages.issued
        let voter = try world.voter("voter", style: 1)
        let spoil = try world.spoil(voter, seed("tracker"))
        #expect(try world.code(at: time, spoil) == expected)
    }

    @Test func abortedElectionTakesNoSpoil() throws {
        var world = Stages.open
        let spoil = try world.spoil(try world.voter("voter", style: 1), seed("tracker"))
        try world.block(at: Self.time, [try world.abortion()])
        #expect(try world.code(at: Self.time + 1, spoil) == .phase)
    }
}
