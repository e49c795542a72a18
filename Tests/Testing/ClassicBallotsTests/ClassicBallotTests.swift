import ClassicBallots
import Codec
import Cryptography
import Ristretto
import Testing

/// The baseline of the benchmark is a real verifier: it accepts honest ballots and nothing else.
@Suite struct ClassicBallotTests {
    private let election = Bytes32([UInt8](repeating: 7, count: 32)[...])
    private let key: Bytes32
    private let signer: Ed25519SigningKey

    init() {
        var random = Seeded(state: 11)
        self.key = SodiumArithmetic().multiplyBase(by: random.scalar()).encoded()
        self.signer = Ed25519SigningKey(seed: Bytes32(random.bytes(32)[...]))
    }

    private var verifier: ClassicVerifier {
        ClassicVerifier(key: self.key, electionID: self.election, options: 4)
    }

    private func ballot(_ values: [UInt8], seed: UInt64 = 1) -> [UInt8] {
        var random = Seeded(state: seed)
        return ClassicBallot(
            values: values, key: self.key, electionID: self.election, signer: self.signer,
            random: &random
        ).wire
    }

    /// The ballot with one byte changed and signed again, so that the proofs have to notice.
    private func resigned(_ wire: [UInt8], changing index: Int) -> [UInt8] {
        var message = [UInt8](wire.dropLast(64))
        message[index] ^= 1
        return message + self.signer.sign(message).bytes
    }

    @Test(arguments: 0..<4) func aBallotForOneOptionIsAccepted(choice: Int) throws {
        var values: [UInt8] = [0, 0, 0, 0]
        values[choice] = 1
        let wire = self.ballot(values)
        #expect(wire.count == 109 + 192 * 4 + 128)
        try self.verifier.verify(wire)
    }

    @Test(arguments: [[0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]])
    func aBallotForAnotherNumberOfOptionsIsRefused(values: [UInt8]) {
        #expect(throws: ClassicRefusal.sum) { try self.verifier.verify(self.ballot(values)) }
    }

    @Test func aChangedByteIsRefusedByTheSignature() {
        let wire = self.ballot([0, 1, 0, 0])
        for index in stride(from: 33, to: wire.count, by: 7) {
            var changed = wire
            changed[index] ^= 1
            #expect(throws: ClassicRefusal.signature) { try self.verifier.verify(changed) }
        }
    }

    @Test func aChangedPieceIsRefusedByTheProofsEvenIfSignedAgain() {
        let wire = self.ballot([0, 1, 0, 0])
        // The first byte of each of the six pieces of each option, and of the two of the sum.
        for piece in 0..<26 {
            let changed = self.resigned(wire, changing: 109 + 32 * piece)
            #expect(throws: ClassicRefusal.self, "piece \(piece)") {
                try self.verifier.verify(changed)
            }
        }
    }

    @Test func twoOptionsSwappedAreRefused() {
        let wire = self.ballot([0, 1, 0, 0])
        var message = [UInt8](wire.dropLast(64))
        let first = [UInt8](message[109..<301])
        message.replaceSubrange(109..<301, with: message[301..<493])
        message.replaceSubrange(301..<493, with: first)
        let swapped = message + self.signer.sign(message).bytes
        #expect(throws: ClassicRefusal.option(0)) { try self.verifier.verify(swapped) }
    }

    @Test func aBallotOfAnotherElectionKeyOrVoterIsRefused() {
        let wire = self.ballot([1, 0, 0, 0])
        let otherElection = ClassicVerifier(key: self.key, electionID: .zero, options: 4)
        #expect(throws: ClassicRefusal.election) { try otherElection.verify(wire) }
        let otherKey = ClassicVerifier(
            key: Point.base.encoded(), electionID: self.election, options: 4)
        #expect(throws: ClassicRefusal.option(0)) { try otherKey.verify(wire) }
        let other = Ed25519SigningKey(seed: .zero)
        var message = [UInt8](wire.dropLast(64))
        message.replaceSubrange(37..<69, with: other.publicKey.bytes)
        let copied = message + other.sign(message).bytes
        #expect(throws: ClassicRefusal.option(0)) { try self.verifier.verify(copied) }
    }

    @Test func encodingsThatAreNotCanonicalAreRefused() {
        let wire = self.ballot([1, 0, 0, 0])
        for (piece, refusal) in [(0, ClassicRefusal.point), (2, .scalar), (4, .scalar)] {
            var message = [UInt8](wire.dropLast(64))
            message[109 + 32 * piece + 31] |= 0x80
            let changed = message + self.signer.sign(message).bytes
            #expect(throws: refusal) { try self.verifier.verify(changed) }
        }
        #expect(throws: ClassicRefusal.length) {
            try self.verifier.verify([UInt8](wire.dropLast()))
        }
        #expect(throws: ClassicRefusal.length) { try self.verifier.verify(wire + [0]) }
    }
}

/// A stream of bytes that one number decides (SplitMix64).
private struct Seeded: RandomSource {
    var state: UInt64

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in
            self.state &+= 0x9e37_79b9_7f4a_7c15
            var word = self.state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return UInt8(truncatingIfNeeded: (word ^ (word >> 31)) >> 56)
        }
    }
}
