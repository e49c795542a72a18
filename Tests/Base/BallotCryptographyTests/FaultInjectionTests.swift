import BallotCryptography
import Codec
import Cryptography
import Hashing
import Ristretto
import Synchronization
import Testing

/// Cryptography that fails or lies at one call: what it leads to is refused, never taken.
@Suite struct FaultInjectionTests {
    /// Counts multiplications and gives a wrong product at one of them.
    private final class Faults: Sendable {
        private let state = Mutex(0)
        let wrongAt: Int?

        init(wrongAt: Int? = nil) { self.wrongAt = wrongAt }

        var calls: Int { self.state.withLock { $0 } }

        func product(_ honest: Point, instead wrong: Point) -> Point {
            let call = self.state.withLock { count in
                count += 1
                return count - 1
            }
            return call == self.wrongAt ? wrong : honest
        }
    }

    private struct FaultyArithmetic: SecretArithmetic {
        let faults: Faults
        /// What a failing library leaves behind: the identity, or some point.
        var leavesIdentity = true

        func multiplyBase(by scalar: Scalar) -> Point {
            let honest = SodiumArithmetic().multiplyBase(by: scalar)
            return self.faults.product(
                honest, instead: self.leavesIdentity ? .identity : honest + .base)
        }

        func multiply(_ point: Point, by scalar: Scalar) -> Point {
            let honest = SodiumArithmetic().multiply(point, by: scalar)
            return self.faults.product(
                honest, instead: self.leavesIdentity ? .identity : honest + .base)
        }
    }

    private enum SilentEncryption: AuthenticatedEncryption {
        static func seal(
            _ plaintext: [UInt8], key: Bytes32, nonce: [UInt8], associatedData: [UInt8]
        ) -> [UInt8] { plaintext + [UInt8](repeating: 0, count: 16) }

        static func open(
            _ sealed: [UInt8], key: Bytes32, nonce: [UInt8], associatedData: [UInt8]
        ) -> [UInt8]? { [UInt8](sealed.dropLast(16)) }
    }

    private enum FailingEncryption: AuthenticatedEncryption {
        static func seal(
            _ plaintext: [UInt8], key: Bytes32, nonce: [UInt8], associatedData: [UInt8]
        ) -> [UInt8] { [UInt8](repeating: 0, count: plaintext.count + 16) }

        static func open(
            _ sealed: [UInt8], key: Bytes32, nonce: [UInt8], associatedData: [UInt8]
        ) -> [UInt8]? { nil }
    }

    private struct DeafVerifier: BlindSignatureVerifier {
        func isValid(_ signature: [UInt8], of message: [UInt8], modulus: [UInt8]) -> Bool { false }
    }

    private let parameters: CeremonyParameters

    init() throws {
        self.parameters = try CeremonyParameters(
            setupID: Bytes32(SHA256.hash([9])[...]), trusteeCount: 2, threshold: 2, keyCount: 2)
    }

    private func secret(_ number: UInt8) -> TrusteeSecret {
        TrusteeSecret(seed: Bytes32(SHA256.hash([8, number])[...]))
    }

    @Test(arguments: [true, false])
    func wrongProductAnywhereInABallotIsRefused(leavesIdentity: Bool) throws {
        var election = try WholeElection(seed: 51, trustees: 2, threshold: 2, keys: 3)
        let rules = try election.rules([
            try ContestShape(options: 2, min: 1, max: 1, countsBlank: false),
            try ContestShape(options: 3, min: 0, max: 2, countsBlank: false),
        ])
        let credential = election.credential()
        func make(_ faults: Faults) throws -> RefusalCode? {
            let arithmetic = FaultyArithmetic(faults: faults, leavesIdentity: leavesIdentity)
            let encrypted = try EncryptedBallot(
                [.options([1]), .options([0])], rules: rules, credential: credential, sequence: 1,
                previous: .zero, arithmetic: arithmetic, random: &election.random)
            let wire = encrypted.cast(arithmetic: arithmetic, random: &election.random)
            do throws(RefusalCode) {
                let ballot = try Ballot(wire, rules: rules)
                return BallotVerifier.verify([(ballot, rules)], random: &election.random)[0]
            } catch { return error }
        }
        let honest = Faults()
        #expect(try make(honest) == nil)
        #expect(honest.calls > 20)
        for call in 0..<honest.calls {
            #expect(try make(Faults(wrongAt: call)) != nil, "multiplication \(call)")
        }
    }

    @Test(arguments: [true, false])
    func wrongProductAnywhereInACeremonyIsRefused(leavesIdentity: Bool) throws {
        var random = SeededRandom(52)
        let keys = [1, 2].map { trustee in
            self.secret(UInt8(trustee)).registration(
                trustee: UInt32(trustee), parameters: self.parameters,
                arithmetic: SodiumArithmetic(), random: &random
            ).communicationKey
        }
        func register(_ faults: Faults) throws {
            try self.secret(1).registration(
                trustee: 1, parameters: self.parameters,
                arithmetic: FaultyArithmetic(faults: faults, leavesIdentity: leavesIdentity),
                random: &random
            ).check(trustee: 1, parameters: self.parameters, others: [])
        }
        let registering = Faults()
        try register(registering)
        #expect(registering.calls == 2)
        for call in 0..<registering.calls {
            #expect(throws: RefusalCode.self) { try register(Faults(wrongAt: call)) }
        }
        /// Whether the ledger or a receiver refuses what is dealt.
        func isRefused(_ faults: Faults) throws -> Bool {
            let arithmetic = FaultyArithmetic(faults: faults, leavesIdentity: leavesIdentity)
            let dealer = self.secret(1).dealer(trustee: 1, parameters: self.parameters)
            let dealing = try dealer.dealing(
                dealer: 1, parameters: self.parameters, communicationKeys: keys,
                arithmetic: arithmetic, encryption: ChaCha20Poly1305.self, random: &random)
            let commitment = DealerCommitment(
                dealer: 1, commitments: dealing.commitments, ephemeralKey: dealing.ephemeralKey,
                nonce: dealing.nonce, parameters: self.parameters)
            do throws(RefusalCode) {
                try dealing.check(
                    dealer: 1, commitment: commitment, otherConstants: [],
                    parameters: self.parameters)
            } catch { return true }
            for trustee in [1, 2] as [UInt32] {
                let review = try self.secret(UInt8(trustee)).review(
                    QualifiedDealing(dealer: 1, dealing: dealing), trustee: trustee,
                    parameters: self.parameters, arithmetic: SodiumArithmetic(),
                    encryption: ChaCha20Poly1305.self, random: &random)
                if case .complaint = review { return true }
            }
            return false
        }
        let dealing = Faults()
        #expect(try !isRefused(dealing))
        for call in 0..<dealing.calls {
            #expect(try isRefused(Faults(wrongAt: call)), "multiplication \(call)")
        }
    }

    @Test(arguments: [true, false])
    func wrongProductAnywhereInAPartialDecryptionIsRefused(leavesIdentity: Bool) throws {
        var election = try WholeElection(seed: 53, trustees: 2, threshold: 2, keys: 3)
        let unit = DecryptionUnit.rehearsal(electionID: election.electionID, keys: election.keys)
        func decrypt(_ faults: Faults) throws {
            try election.trustees[0].decrypt(
                unit, keys: election.keys,
                arithmetic: FaultyArithmetic(faults: faults, leavesIdentity: leavesIdentity),
                random: &election.random
            ).verify(unit, trustee: 1, keys: election.keys)
        }
        let honest = Faults()
        try decrypt(honest)
        #expect(honest.calls == 5)
        for call in 0..<honest.calls {
            #expect(throws: RefusalCode.proof) { try decrypt(Faults(wrongAt: call)) }
        }
    }

    /// Encryption that does nothing or fails: receivers with working encryption complain, and
    /// complaints made because the own encryption fails are found to be unfounded.
    @Test func encryptionThatFailsIsNeverASuccess() throws {
        var random = SeededRandom(54)
        let keys = [1, 2].map { trustee in
            self.secret(UInt8(trustee)).registration(
                trustee: UInt32(trustee), parameters: self.parameters,
                arithmetic: SodiumArithmetic(), random: &random
            ).communicationKey
        }
        func deal<E: AuthenticatedEncryption>(_ encryption: E.Type) throws -> QualifiedDealing {
            let dealer = self.secret(1).dealer(trustee: 1, parameters: self.parameters)
            return QualifiedDealing(
                dealer: 1,
                dealing: try dealer.dealing(
                    dealer: 1, parameters: self.parameters, communicationKeys: keys,
                    arithmetic: SodiumArithmetic(), encryption: E.self, random: &random))
        }
        func complaint<E: AuthenticatedEncryption>(
            _ entry: QualifiedDealing, _ encryption: E.Type
        ) throws -> Complaint? {
            let review = try self.secret(2).review(
                entry, trustee: 2, parameters: self.parameters, arithmetic: SodiumArithmetic(),
                encryption: E.self, random: &random)
            guard case .complaint(let complaint) = review else { return nil }
            return complaint
        }
        func judge(_ complaint: Complaint, _ entry: QualifiedDealing) throws -> ComplaintVerdict {
            try complaint.judge(
                accuser: 2, accuserKey: keys[1], dealing: entry.dealing,
                parameters: self.parameters, encryption: ChaCha20Poly1305.self)
        }
        for entry in [try deal(SilentEncryption.self), try deal(FailingEncryption.self)] {
            let complaint = try #require(try complaint(entry, ChaCha20Poly1305.self))
            #expect(try judge(complaint, entry) == .justified)
        }
        let good = try deal(ChaCha20Poly1305.self)
        #expect(try complaint(good, ChaCha20Poly1305.self) == nil)
        let failed = try #require(try complaint(good, FailingEncryption.self))
        #expect(try judge(failed, good) == .unfounded)
        let silent = try #require(try complaint(good, SilentEncryption.self))
        #expect(try judge(silent, good) == .unfounded)
        #expect(throws: RefusalCode.commitment) {
            try self.secret(2).keyShare(
                of: [good], trustee: 2, parameters: self.parameters,
                arithmetic: SodiumArithmetic(), encryption: FailingEncryption.self,
                random: &random)
        }
    }

    @Test func certificateThatDoesNotVerifyIsNotTaken() throws {
        let key = try IssuingKeyFixture.first()
        let request = try CredentialRequest(
            seed: .zero, electionID: .zero, style: 1, modulus: key.modulus,
            arithmetic: SodiumArithmetic())
        let answer = try key.blindSign(request.blindedMessage)
        #expect(throws: RefusalCode.blindSignature) {
            try request.finalize(answer, verifier: DeafVerifier())
        }
        _ = try request.finalize(answer, verifier: CredentialVerifier())
    }
}
