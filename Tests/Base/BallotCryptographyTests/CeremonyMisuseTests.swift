import BallotCryptography
import Codec
import Cryptography
import Hashing
import Ristretto
import Testing

/// A ceremony of three with one dealer that may misbehave.
@Suite struct CeremonyMisuseTests {
    let parameters: CeremonyParameters
    let secrets: [TrusteeSecret]
    let registrations: [TrusteeRegistration]
    let commitments: [DealerCommitment]
    let dealings: [Dealing]
    let arithmetic = SodiumArithmetic()

    init() throws {
        let parameters = try CeremonyParameters(
            setupID: Bytes32(SHA256.hash([1])[...]), trusteeCount: 3, threshold: 2, keyCount: 2)
        var random = SeededRandom(60)
        let secrets = (0..<3).map { TrusteeSecret(seed: Bytes32(SHA256.hash([2, $0])[...])) }
        let trustees = zip(1...UInt32(3), secrets)
        self.registrations = trustees.map { trustee, secret in
            secret.registration(
                trustee: trustee, parameters: parameters, arithmetic: SodiumArithmetic(),
                random: &random)
        }
        let keys = self.registrations.map(\.communicationKey)
        let dealers = trustees.map { $1.dealer(trustee: $0, parameters: parameters) }
        self.commitments = zip(1...UInt32(3), dealers).map { trustee, dealer in
            dealer.commitment(
                dealer: trustee, parameters: parameters, arithmetic: SodiumArithmetic())
        }
        var dealings: [Dealing] = []
        for (trustee, dealer) in zip(1...UInt32(3), dealers) {
            dealings.append(
                try dealer.dealing(
                    dealer: trustee, parameters: parameters, communicationKeys: keys,
                    arithmetic: SodiumArithmetic(), encryption: ChaCha20Poly1305.self,
                    random: &random))
        }
        self.parameters = parameters
        self.secrets = secrets
        self.dealings = dealings
    }

    /// A copy of a dealing with some of its parts replaced.
    private func changed(
        _ dealing: Dealing, commitments: [Bytes32]? = nil, possession: [Bytes32]? = nil,
        responses: [Bytes32]? = nil, sealed: [[UInt8]]? = nil
    ) -> Dealing {
        Dealing(
            commitments: commitments ?? dealing.commitments, ephemeralKey: dealing.ephemeralKey,
            nonce: dealing.nonce,
            possessionCommitments: possession ?? dealing.possessionCommitments,
            possessionResponses: responses ?? dealing.possessionResponses,
            sealedShares: sealed ?? dealing.sealedShares)
    }

    /// Checks a dealing of trustee 1 that was committed to as it is.
    private func check(_ dealing: Dealing, others: [Bytes32] = []) throws(RefusalCode) {
        try dealing.check(
            dealer: 1,
            commitment: DealerCommitment(
                dealer: 1, commitments: dealing.commitments, ephemeralKey: dealing.ephemeralKey,
                nonce: dealing.nonce, parameters: self.parameters),
            otherConstants: others, parameters: self.parameters)
    }

    @Test(
        arguments: [
            (1, 1, 1), (3, 1, 1), (4, 2, 1), (3, 4, 1), (32, 20, 1), (3, 2, 0), (3, 2, 65),
            (31, 30, 32), (0, 0, 1), (UInt32.max, UInt32.max, UInt32.max),
        ] as [(UInt32, UInt32, UInt32)])
    func ceremoniesOutOfBoundsAreRefused(n: UInt32, t: UInt32, keys: UInt32) {
        #expect(throws: RefusalCode.parameter) {
            try CeremonyParameters(
                setupID: .zero, trusteeCount: n, threshold: t, keyCount: keys)
        }
    }

    @Test func registrationIsForItsTrusteeAndCeremonyAndKeyIsNew() throws {
        let registration = self.registrations[0]
        try registration.check(trustee: 1, parameters: self.parameters, others: [])
        #expect(throws: RefusalCode.proof) {
            try registration.check(trustee: 2, parameters: self.parameters, others: [])
        }
        #expect(throws: RefusalCode.contest) {
            try registration.check(trustee: 4, parameters: self.parameters, others: [])
        }
        #expect(throws: RefusalCode.duplicate) {
            try registration.check(
                trustee: 1, parameters: self.parameters,
                others: [self.registrations[0].communicationKey])
        }
        #expect(throws: RefusalCode.identity) {
            try TrusteeRegistration(communicationKey: .zero, proof: registration.proof).check(
                trustee: 1, parameters: self.parameters, others: [])
        }
        let next = try CeremonyParameters(
            setupID: .zero, trusteeCount: 3, threshold: 2, keyCount: 2)
        #expect(throws: RefusalCode.proof) {
            try registration.check(trustee: 1, parameters: next, others: [])
        }
    }

    @Test func dealingMustBeWhatWasCommittedTo() throws {
        try self.dealings[0].check(
            dealer: 1, commitment: self.commitments[0], otherConstants: [],
            parameters: self.parameters)
        #expect(throws: RefusalCode.commitment) {
            try self.dealings[1].check(
                dealer: 2, commitment: self.commitments[0], otherConstants: [],
                parameters: self.parameters)
        }
        #expect(throws: RefusalCode.contest) {
            try self.dealings[0].check(
                dealer: 0, commitment: self.commitments[0], otherConstants: [],
                parameters: self.parameters)
        }
    }

    /// u32 K = 0, u32 t = 2, u32 n = 0, R and the nonce: would be read as a dealing of t = 0.
    @Test func dealingOfNoKeysIsRefused() {
        let bytes = [0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 64)
        #expect(throws: CodecError.self) { try Dealing(canonicalBytes: bytes) }
        #expect(throws: CodecError.self) {
            try Dealing(canonicalBytes: [UInt8](repeating: 0, count: 76))
        }
    }

    @Test func wrongNumbersOfPointsAndSharesAreRefused() throws {
        let dealing = self.dealings[0]
        let more = dealing.commitments + [dealing.commitments[0]]
        let wrong = [
            self.changed(dealing, commitments: more),
            self.changed(dealing, commitments: [Bytes32](dealing.commitments.dropLast(2))),
            self.changed(dealing, possession: [dealing.possessionCommitments[0]]),
            self.changed(dealing, responses: [dealing.possessionResponses[0]]),
            self.changed(dealing, sealed: [[UInt8]](dealing.sealedShares.dropLast())),
            self.changed(dealing, sealed: dealing.sealedShares.map { $0 + [0] }),
        ]
        for dealing in wrong {
            #expect(throws: RefusalCode.length) { try self.check(dealing) }
        }
    }

    @Test func constantsThatAreTheIdentityCopiedOrNegatedAreRefused() throws {
        let dealing = self.dealings[0]
        var identity = dealing.commitments
        identity[2] = .zero
        #expect(throws: RefusalCode.identity) {
            try self.check(self.changed(dealing, commitments: identity))
        }
        var copied = dealing.commitments
        copied[0] = self.dealings[1].commitments[0]
        #expect(throws: RefusalCode.possession) {
            try self.check(self.changed(dealing, commitments: copied))
        }
        var negated = dealing.commitments
        negated[0] = (-(try GroupElement(self.dealings[1].commitments[0]).point)).encoded()
        #expect(throws: RefusalCode.possession) {
            try self.check(self.changed(dealing, commitments: negated))
        }
        #expect(throws: RefusalCode.possession) {
            try self.check(dealing, others: [dealing.commitments[0]])
        }
        var twice = dealing.commitments
        twice[2] = twice[0]
        #expect(throws: RefusalCode.possession) {
            try self.check(self.changed(dealing, commitments: twice))
        }
        var broken = dealing.commitments
        broken[1] = Bytes32([UInt8](repeating: 0xFF, count: 32)[...])
        #expect(throws: RefusalCode.point) {
            try self.check(self.changed(dealing, commitments: broken))
        }
        let responses = [Bytes32](
            repeating: Bytes32([UInt8](repeating: 0xFF, count: 32)[...]), count: 2)
        #expect(throws: RefusalCode.scalar) {
            try self.check(self.changed(dealing, responses: responses))
        }
    }

    @Test func keysNeedEnoughDistinctDealersInOrder() throws {
        let all = zip(1...UInt32(3), self.dealings).map {
            QualifiedDealing(dealer: $0, dealing: $1)
        }
        _ = try KeyCeremony.keys(of: all, parameters: self.parameters)
        #expect(throws: RefusalCode.parameter) {
            try KeyCeremony.keys(of: [all[0]], parameters: self.parameters)
        }
        for wrong in [[all[1], all[0]], [all[0], all[0]]] {
            #expect(throws: RefusalCode.contest) {
                try KeyCeremony.keys(of: wrong, parameters: self.parameters)
            }
        }
    }

    /// A tool that crashed derives the same polynomials; another ceremony gets others.
    @Test func secretsDependOnSeedAndCeremonyAlone() throws {
        let again = self.secrets[0].dealer(trustee: 1, parameters: self.parameters)
        #expect(
            again.commitment(
                dealer: 1, parameters: self.parameters, arithmetic: self.arithmetic)
                == self.commitments[0])
        let next = try CeremonyParameters(
            setupID: .zero, trusteeCount: 3, threshold: 2, keyCount: 2)
        let other = self.secrets[0].dealer(trustee: 1, parameters: next)
        var random = SeededRandom(61)
        let dealing = try other.dealing(
            dealer: 1, parameters: next,
            communicationKeys: self.registrations.map(\.communicationKey),
            arithmetic: self.arithmetic, encryption: ChaCha20Poly1305.self, random: &random)
        #expect(Set(dealing.commitments).isDisjoint(with: self.dealings[0].commitments))
    }

    @Test func keyShareOfOtherKeysIsNotConfirmed() throws {
        let all = zip(1...UInt32(3), self.dealings).map {
            QualifiedDealing(dealer: $0, dealing: $1)
        }
        let keys = try KeyCeremony.keys(of: all, parameters: self.parameters)
        var random = SeededRandom(62)
        let partial = try self.secrets[0].keyShare(
            of: [all[0], all[1]], trustee: 1, parameters: self.parameters,
            arithmetic: self.arithmetic, encryption: ChaCha20Poly1305.self, random: &random)
        #expect(throws: RefusalCode.commitment) {
            try partial.confirmation(
                qualified: [1, 2, 3], keys: keys, arithmetic: self.arithmetic, random: &random)
        }
        var reader = ByteReader(partial.canonicalBytes)
        let stored = try TrusteeKeyShare(from: &reader)
        #expect(!stored.matches(keys, arithmetic: self.arithmetic))
    }
}
