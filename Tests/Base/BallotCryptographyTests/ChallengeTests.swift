import BallotCryptography
import Codec
import Cryptography
import Ristretto
import Testing

@Suite struct ChallengeTests {
    private func open(
        _ choices: [ContestChoice], _ election: inout WholeElection, _ rules: BallotRules
    ) throws -> (tracker: Bytes32, opening: BallotOpening) {
        let encrypted = try EncryptedBallot(
            choices, rules: rules, credential: election.credential(), sequence: 1,
            previous: .zero, arithmetic: election.arithmetic, random: &election.random)
        return (encrypted.tracker, encrypted.open())
    }

    @Test func openingShowsTrackerAndChoicesOnAnotherDevice() throws {
        var election = try WholeElection(seed: 40, trustees: 2, threshold: 2, keys: 4)
        let rules = try election.rules([
            try ContestShape(options: 2, min: 1, max: 1, countsBlank: false),
            try ContestShape(options: 3, min: 1, max: 2, countsBlank: true),
        ])
        for choice in [.options([0, 2]), .options([1]), .blank] as [ContestChoice] {
            let (tracker, opening) = try self.open([.options([1]), choice], &election, rules)
            var reader = ByteReader(opening.canonicalBytes)
            let carried = try BallotOpening(from: &reader)
            try reader.finish()
            let shown = try carried.check(rules: rules)
            #expect(shown.tracker == tracker)
            #expect(shown.choices == [.options([1]), choice])
        }
    }

    @Test func openingOfOtherBytesGivesAnotherTrackerOrIsRefused() throws {
        var election = try WholeElection(seed: 41, trustees: 2, threshold: 2, keys: 2)
        let rules = try election.rules([
            try ContestShape(options: 2, min: 1, max: 1, countsBlank: false)
        ])
        let (tracker, opening) = try self.open([.options([1])], &election, rules)
        let bytes = opening.canonicalBytes
        for index in stride(from: 0, to: bytes.count, by: 3) {
            var mutated = bytes
            mutated[index] ^= 1
            var reader = ByteReader(mutated)
            guard let other = try? BallotOpening(from: &reader) else { continue }
            let shown = try? other.check(rules: rules)
            #expect(shown?.tracker != tracker)
        }
        var otherRules = election
        otherRules = try WholeElection(seed: 42, trustees: 2, threshold: 2, keys: 2)
        #expect(throws: RefusalCode.election) {
            try opening.check(
                rules: try otherRules.rules([
                    try ContestShape(options: 2, min: 1, max: 1, countsBlank: false)
                ]))
        }
        #expect(throws: RefusalCode.style) {
            try opening.check(
                rules: try election.rules(
                    [try ContestShape(options: 2, min: 1, max: 1, countsBlank: false)], style: 2))
        }
    }

    @Test func spoilProofIsForItsTrackerElectionAndCredential() throws {
        var random = SeededRandom(43)
        let electionID = Bytes32(random.bytes(32)[...])
        let tracker = Bytes32(random.bytes(32)[...])
        let credential = CredentialKey(secret: random.scalar(), arithmetic: SodiumArithmetic())
        let proof = SpoilProof(
            tracker: tracker, electionID: electionID, credential: credential,
            arithmetic: SodiumArithmetic(), random: &random)
        try proof.verify(electionID: electionID)
        #expect(throws: RefusalCode.proof) { try proof.verify(electionID: tracker) }
        let bytes = proof.canonicalBytes
        for index in bytes.indices {
            var mutated = bytes
            mutated[index] ^= 1 << UInt8(index % 8)
            var reader = ByteReader(mutated)
            let other = try SpoilProof(from: &reader)
            #expect(throws: RefusalCode.self) { try other.verify(electionID: electionID) }
        }
    }
}
