import BallotCryptography
import Codec
import Cryptography
import Ristretto
import Testing

/// Flips one bit of every byte of every object of ceremony and tally, and swaps its fields with
/// those of another's object: none is accepted.
@Suite struct ObjectMutationTests {
    let parameters: CeremonyParameters
    let arithmetic = SodiumArithmetic()
    let secrets: [TrusteeSecret]

    init() throws {
        self.parameters = try CeremonyParameters(
            setupID: Bytes32(SHA256.hash([3])[...]), trusteeCount: 2, threshold: 2, keyCount: 2)
        self.secrets = (0..<2).map { TrusteeSecret(seed: Bytes32(SHA256.hash([4, $0])[...])) }
    }

    /// `bytes` with one bit flipped, at every byte; and with each 32-byte field that starts at
    /// `fields` taken from `other`.
    private func mutations(of bytes: [UInt8], other: [UInt8], fields: Int) -> [[UInt8]] {
        var mutations: [[UInt8]] = []
        for index in bytes.indices {
            var mutated = bytes
            mutated[index] ^= 1 << UInt8(index % 8)
            mutations.append(mutated)
        }
        for start in stride(from: fields, through: bytes.count - 32, by: 32) {
            var mutated = bytes
            mutated.replaceSubrange(start..<(start + 32), with: other[start..<(start + 32)])
            if mutated != bytes { mutations.append(mutated) }
        }
        return mutations
    }

    private func decode<Object: CanonicalCodable>(
        _ type: Object.Type, _ bytes: [UInt8]
    ) throws -> Object {
        var reader = ByteReader(bytes)
        let object = try Object(from: &reader)
        try reader.finish()
        #expect(object.canonicalBytes == bytes)
        return object
    }

    private func dealing(_ trustee: UInt32, _ random: inout SeededRandom) throws -> Dealing {
        let keys = zip(1...UInt32(2), self.secrets).map { trustee, secret in
            secret.registration(
                trustee: trustee, parameters: self.parameters, arithmetic: self.arithmetic,
                random: &random
            ).communicationKey
        }
        return try self.secrets[Int(trustee) - 1]
            .dealer(trustee: trustee, parameters: self.parameters)
            .dealing(
                dealer: trustee, parameters: self.parameters, communicationKeys: keys,
                arithmetic: self.arithmetic, encryption: ChaCha20Poly1305.self, random: &random)
    }

    @Test func mutatedRegistrationsAreRefused() throws {
        var random = SeededRandom(80)
        let objects = zip(1...UInt32(2), self.secrets).map { trustee, secret in
            secret.registration(
                trustee: trustee, parameters: self.parameters, arithmetic: self.arithmetic,
                random: &random
            ).canonicalBytes
        }
        for bytes in self.mutations(of: objects[0], other: objects[1], fields: 0) {
            #expect(throws: (any Error).self) {
                try self.decode(TrusteeRegistration.self, bytes).check(
                    trustee: 1, parameters: self.parameters, others: [])
            }
        }
    }

    /// A share that was tampered with passes the public checks, and its receiver complains.
    @Test func mutatedDealingsAreRefusedOrComplainedAbout() throws {
        var random = SeededRandom(81)
        let dealings = [try self.dealing(1, &random), try self.dealing(2, &random)]
        let commitment = self.secrets[0].dealer(trustee: 1, parameters: self.parameters).commitment(
            dealer: 1, parameters: self.parameters, arithmetic: self.arithmetic)
        let bytes = dealings[0].canonicalBytes
        for mutated in self.mutations(
            of: bytes, other: dealings[1].canonicalBytes, fields: 12)
        {
            do {
                let dealing = try self.decode(Dealing.self, mutated)
                try dealing.check(
                    dealer: 1, commitment: commitment, otherConstants: [],
                    parameters: self.parameters)
                #expect(dealing.sealedShares != dealings[0].sealedShares)
                let complaints = try [UInt32](1...2).filter { trustee throws in
                    let review = try self.secrets[Int(trustee) - 1].review(
                        QualifiedDealing(dealer: 1, dealing: dealing), trustee: trustee,
                        parameters: self.parameters, arithmetic: self.arithmetic,
                        encryption: ChaCha20Poly1305.self, random: &random)
                    if case .complaint = review { return true }
                    return false
                }
                #expect(!complaints.isEmpty)
            } catch {
                #expect(error is RefusalCode || error is CodecError)
            }
        }
    }

    @Test func mutatedComplaintsAreRefused() throws {
        var random = SeededRandom(82)
        let good = try self.dealing(1, &random)
        let bad = Dealing(
            commitments: good.commitments, ephemeralKey: good.ephemeralKey, nonce: good.nonce,
            possessionCommitments: good.possessionCommitments,
            possessionResponses: good.possessionResponses,
            sealedShares: good.sealedShares.map { $0.map { ~$0 } })
        let key = self.secrets[1].registration(
            trustee: 2, parameters: self.parameters, arithmetic: self.arithmetic, random: &random
        ).communicationKey
        let review = try self.secrets[1].review(
            QualifiedDealing(dealer: 1, dealing: bad), trustee: 2, parameters: self.parameters,
            arithmetic: self.arithmetic, encryption: ChaCha20Poly1305.self, random: &random)
        guard case .complaint(let complaint) = review else {
            Issue.record("a garbled share leads to a complaint")
            return
        }
        let judge = { (bytes: [UInt8]) throws in
            try self.decode(Complaint.self, bytes).judge(
                accuser: 2, accuserKey: key, dealing: bad, parameters: self.parameters,
                encryption: ChaCha20Poly1305.self)
        }
        let bytes = complaint.canonicalBytes
        #expect(try judge(bytes) == .justified)
        for mutated in self.mutations(of: bytes, other: bytes.reversed(), fields: 4) {
            #expect(throws: (any Error).self) { try judge(mutated) }
        }
    }

    @Test func mutatedConfirmationsAndPartialDecryptionsAreRefused() throws {
        var election = try WholeElection(seed: 83, trustees: 2, threshold: 2, keys: 2)
        let confirmations = try election.trustees.map { share throws in
            try share.confirmation(
                qualified: election.qualified, keys: election.keys,
                arithmetic: election.arithmetic, random: &election.random
            ).canonicalBytes
        }
        for bytes in self.mutations(of: confirmations[0], other: confirmations[1], fields: 0) {
            #expect(throws: (any Error).self) {
                try self.decode(Confirmation.self, bytes).check(
                    trustee: 1, qualified: election.qualified, keys: election.keys)
            }
        }
        let unit = DecryptionUnit.rehearsal(
            electionID: election.electionID, keys: election.keys)
        let decryptions = try election.trustees.map { share throws in
            try share.decrypt(
                unit, keys: election.keys, arithmetic: election.arithmetic,
                random: &election.random
            ).canonicalBytes
        }
        for bytes in self.mutations(of: decryptions[0], other: decryptions[1], fields: 4) {
            #expect(throws: (any Error).self) {
                try self.decode(PartialDecryption.self, bytes).verify(
                    unit, trustee: 1, keys: election.keys)
            }
        }
    }

    @Test func decodingAnyPrefixOrNoiseNeverTraps() throws {
        var random = SeededRandom(84)
        let dealing = try self.dealing(1, &random).canonicalBytes
        for count in dealing.indices {
            #expect(throws: (any Error).self) {
                try self.decode(Dealing.self, [UInt8](dealing.prefix(count)))
            }
        }
        for _ in 0..<500 {
            var noise = ByteReader(random.bytes(1 + random.below(400)))
            // Whether it decodes does not matter here, only that it returns.
            _ = try? Dealing(from: &noise)
            _ = try? ElectionKeys(from: &noise)
            _ = try? EncryptedTotal(from: &noise)
            _ = try? BallotOpening(from: &noise)
            _ = try? TrusteeKeyShare(from: &noise)
            _ = try? PartialDecryption(from: &noise)
            _ = try? BallotCiphertext(from: &noise)
        }
    }
}
