import BallotCryptography
import Codec
import Cryptography
import Hashing
import Mutations
import Ristretto
import Testing

/// Every single change of every object of ceremony, tally and challenge (bits, bytes, pieces of
/// another's object or of its own, lengths): none is accepted.
@Suite struct ObjectMutationTests {
    let parameters: CeremonyParameters
    let arithmetic = SodiumArithmetic()
    let secrets: [TrusteeSecret]

    init() throws {
        self.parameters = try CeremonyParameters(
            setupID: Bytes32(SHA256.hash([3])[...]), trusteeCount: 2, threshold: 2, keyCount: 2)
        self.secrets = (0..<2).map { TrusteeSecret(seed: Bytes32(SHA256.hash([4, $0])[...])) }
    }

    /// Every single change of `bytes`; a build without optimisation takes few of them.
    private func mutations(of bytes: [UInt8], beside other: [UInt8]) -> [[UInt8]] {
        let all = EveryChange.of(bytes, beside: [other])
        #if DEBUG
            return all.enumerated().filter { $0.offset.isMultiple(of: 61) }.map(\.element)
        #else
            return all
        #endif
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
        for bytes in self.mutations(of: objects[0], beside: objects[1]) {
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
            of: bytes, beside: dealings[1].canonicalBytes)
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
        for mutated in self.mutations(of: bytes, beside: bytes.reversed()) {
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
        for bytes in self.mutations(of: confirmations[0], beside: confirmations[1]) {
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
        for bytes in self.mutations(of: decryptions[0], beside: decryptions[1]) {
            #expect(throws: (any Error).self) {
                try self.decode(PartialDecryption.self, bytes).verify(
                    unit, trustee: 1, keys: election.keys)
            }
        }
    }

    /// An opening of other bytes shows another tracker, or is refused.
    @Test func mutatedOpeningsShowAnotherTrackerOrAreRefused() throws {
        var election = try WholeElection(seed: 85, trustees: 2, threshold: 2, keys: 3)
        let shape = try ContestShape(options: 3, min: 1, max: 2, countsBlank: false)
        let rules = try election.rules([shape, shape])
        var openings: [(tracker: Bytes32, bytes: [UInt8])] = []
        for option in 0..<2 {
            let encrypted = try EncryptedBallot(
                [.options([option]), .options([2])], rules: rules,
                credential: election.credential(), sequence: 1, previous: .zero,
                arithmetic: election.arithmetic, random: &election.random)
            openings.append((encrypted.tracker, encrypted.open().canonicalBytes))
        }
        for bytes in self.mutations(of: openings[0].bytes, beside: openings[1].bytes) {
            do {
                let shown = try self.decode(BallotOpening.self, bytes).check(rules: rules)
                #expect(shown.tracker != openings[0].tracker)
            } catch {
                #expect(error is RefusalCode || error is CodecError)
            }
        }
    }

    @Test func mutatedSpoilProofsAreRefused() throws {
        var random = SeededRandom(86)
        let electionID = Bytes32(random.bytes(32)[...])
        let proofs = (0..<2).map { _ in
            SpoilProof(
                tracker: Bytes32(random.bytes(32)[...]), electionID: electionID,
                credential: CredentialKey(secret: random.scalar(), arithmetic: self.arithmetic),
                arithmetic: self.arithmetic, random: &random
            ).canonicalBytes
        }
        for bytes in self.mutations(of: proofs[0], beside: proofs[1]) {
            #expect(throws: (any Error).self) {
                try self.decode(SpoilProof.self, bytes).verify(electionID: electionID)
            }
        }
    }

    /// Keys of other bytes are other keys, under which no ballot of this election verifies: the
    /// election's identity covers every byte of them.
    @Test func mutatedElectionKeysAreOfAnotherElectionOrRefused() throws {
        let election = try WholeElection(seed: 87, trustees: 2, threshold: 2, keys: 2)
        let other = try WholeElection(seed: 88, trustees: 2, threshold: 2, keys: 2)
        let manifest = [UInt8]("a document".utf8)
        let setupID = election.keys.parameters.setupID.bytes
        let identity = ElectionIdentity.electionID(
            manifest: manifest + setupID, keys: election.keys)
        for bytes in self.mutations(
            of: election.keys.canonicalBytes, beside: other.keys.canonicalBytes)
        {
            do {
                let keys = try self.decode(ElectionKeys.self, bytes)
                // The manifest ends with the setupId of the ceremony that made the keys.
                let shown = ElectionIdentity.electionID(
                    manifest: manifest + keys.parameters.setupID.bytes, keys: keys)
                #expect(shown != identity)
            } catch {
                #expect(error is CodecError)
            }
        }
    }

    /// A total of other bytes decrypts to nothing with the shares of the true one.
    @Test func sharesOfATotalAreNotOnesOfAMutatedTotal() throws {
        var election = try WholeElection(seed: 89, trustees: 2, threshold: 2, keys: 2)
        let shape = try ContestShape(options: 2, min: 1, max: 1, countsBlank: false)
        let rules = try election.rules([shape])
        var total = EncryptedTotal(cellCount: 2)
        var other = total
        for option in [0, 1, 1] {
            try total.add(try election.cast([.options([option])], rules: rules), position: 0)
            try other.add(try election.cast([.options([option])], rules: rules), position: 0)
        }
        let unit = DecryptionUnit(electionID: election.electionID, unit: 1, total: total)
        let decryption = try election.trustees[0].decrypt(
            unit, keys: election.keys, arithmetic: election.arithmetic, random: &election.random)
        try decryption.verify(unit, trustee: 1, keys: election.keys)
        for bytes in self.mutations(of: total.canonicalBytes, beside: other.canonicalBytes) {
            guard let changed = try? self.decode(EncryptedTotal.self, bytes) else { continue }
            // The number of ballots is the ledger's own count: no proof is about it.
            guard changed.a != total.a || changed.c != total.c else { continue }
            #expect(throws: RefusalCode.self) {
                try decryption.verify(
                    DecryptionUnit(electionID: election.electionID, unit: 1, total: changed),
                    trustee: 1, keys: election.keys)
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
