import BallotCryptography
import Codec
import Cryptography
import Ristretto
import Testing

/// A random source that is broken gives nobody a key or a vote: secret nonces also depend on the
/// secret key and on what is proven.
@Suite struct NonceTests {
    private struct BrokenRandom: RandomSource {
        func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    }

    private let election: WholeElection
    private let rules: BallotRules

    init() throws {
        self.election = try WholeElection(seed: 61, trustees: 2, threshold: 2, keys: 2)
        self.rules = try self.election.rules([
            try ContestShape(options: 2, min: 1, max: 1, countsBlank: false)
        ])
    }

    private func encrypt(
        _ option: Int, x: UInt64, sequence: UInt32 = 1
    ) throws -> (tracker: Bytes32, wire: [UInt8]) {
        var random = BrokenRandom()
        let encrypted = try EncryptedBallot(
            [.options([option])], rules: self.rules,
            credential: CredentialKey(secret: Scalar(x), arithmetic: SodiumArithmetic()),
            sequence: sequence, previous: .zero, arithmetic: SodiumArithmetic(), random: &random)
        let tracker = encrypted.tracker
        return (tracker, encrypted.cast(arithmetic: SodiumArithmetic(), random: &random))
    }

    private func bytes(_ wire: [UInt8], _ name: String, contest: Int? = nil) -> [UInt8] {
        [UInt8](wire[WireLayout(self.rules).field(name, contest: contest).range])
    }

    /// A challenged encryption shows its r. With the same r in the ballot that is cast, its choice
    /// would be shown, too.
    @Test func encryptionsOfDifferentChoicesShareNoRandomness() throws {
        let first = try self.encrypt(0, x: 5).wire
        let second = try self.encrypt(1, x: 5).wire
        #expect(self.bytes(first, "A", contest: 0) != self.bytes(second, "A", contest: 0))
        #expect(self.bytes(first, "T_s") != self.bytes(second, "T_s"))
    }

    @Test func nonceRepeatsForNoOtherKeyOrStatement() throws {
        let wires = [
            try self.encrypt(0, x: 5).wire, try self.encrypt(1, x: 5).wire,
            try self.encrypt(0, x: 6).wire, try self.encrypt(0, x: 5, sequence: 2).wire,
        ]
        for (name, contest) in [("A", 0), ("T_A", 0), ("K1", nil), ("K0", nil), ("T_s", nil)]
            as [(String, Int?)]
        {
            #expect(Set(wires.map { self.bytes($0, name, contest: contest) }).count == 4)
        }
        // The same once more is the same encryption, not another under the same nonces.
        #expect(try self.encrypt(0, x: 5).tracker == self.encrypt(0, x: 5).tracker)
    }

    @Test func partialDecryptionsOfDifferentUnitsShareNoNonce() throws {
        var random = BrokenRandom()
        var commitments: Set<Bytes32> = []
        for unit in 1...3 as ClosedRange<UInt32> {
            let rehearsal = DecryptionUnit.rehearsal(
                electionID: self.election.electionID, keys: self.election.keys)
            let decryption = try self.election.trustees[0].decrypt(
                DecryptionUnit(
                    electionID: self.election.electionID, unit: unit, total: rehearsal.total),
                keys: self.election.keys, arithmetic: SodiumArithmetic(), random: &random)
            #expect(commitments.insert(decryption.proof.baseCommitment).inserted)
        }
    }
}
