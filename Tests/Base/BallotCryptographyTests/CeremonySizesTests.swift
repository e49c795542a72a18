import BallotCryptography
import Codec
import Cryptography
import Ristretto
import Testing

/// Ceremonies of 2 to 15 trustees, straight and with trustees who lie, copy, stay silent or come
/// late.
@Suite struct CeremonySizesTests {
    static let sizes: [(trustees: UInt32, threshold: UInt32)] = [
        (2, 2), (3, 2), (3, 3), (4, 3), (5, 3), (6, 4), (7, 4), (7, 7), (9, 5), (10, 6), (12, 11),
        (13, 7), (15, 8), (15, 15),
    ]

    /// The messages of a ceremony with what each trustee keeps secret.
    private struct Messages {
        let parameters: CeremonyParameters
        let secrets: [TrusteeSecret]
        let registrations: [TrusteeRegistration]
        var dealings: [QualifiedDealing] = []
        var random: SeededRandom

        var communicationKeys: [Bytes32] { self.registrations.map(\.communicationKey) }

        init(seed: UInt64, trustees: UInt32, threshold: UInt32, keys: UInt32) throws {
            var random = SeededRandom(seed)
            let parameters = try CeremonyParameters(
                setupID: Bytes32(random.bytes(32)[...]), trusteeCount: trustees,
                threshold: threshold, keyCount: keys)
            let secrets = (0..<trustees).map { _ in
                TrusteeSecret(seed: Bytes32(random.bytes(32)[...]))
            }
            self.registrations = zip(1...trustees, secrets).map { trustee, secret in
                secret.registration(
                    trustee: trustee, parameters: parameters, arithmetic: SodiumArithmetic(),
                    random: &random)
            }
            self.parameters = parameters
            self.secrets = secrets
            self.random = random
            for trustee in 1...trustees {
                self.dealings.append(
                    QualifiedDealing(dealer: trustee, dealing: try self.deal(trustee)))
            }
        }

        mutating func deal(_ trustee: UInt32) throws -> Dealing {
            try self.secrets[Int(trustee) - 1].dealer(
                trustee: trustee, parameters: self.parameters
            ).dealing(
                dealer: trustee, parameters: self.parameters,
                communicationKeys: self.communicationKeys, arithmetic: SodiumArithmetic(),
                encryption: ChaCha20Poly1305.self, random: &self.random)
        }

        mutating func review(_ entry: QualifiedDealing, by trustee: UInt32) throws -> DealingReview
        {
            try self.secrets[Int(trustee) - 1].review(
                entry, trustee: trustee, parameters: self.parameters,
                arithmetic: SodiumArithmetic(), encryption: ChaCha20Poly1305.self,
                random: &self.random)
        }

        mutating func share(
            of qualified: [QualifiedDealing], for trustee: UInt32
        ) throws -> TrusteeKeyShare {
            try self.secrets[Int(trustee) - 1].keyShare(
                of: qualified, trustee: trustee, parameters: self.parameters,
                arithmetic: SodiumArithmetic(), encryption: ChaCha20Poly1305.self,
                random: &self.random)
        }

        func judge(
            _ complaint: Complaint, by accuser: UInt32, about dealing: Dealing
        ) throws -> ComplaintVerdict {
            try complaint.judge(
                accuser: accuser,
                accuserKey: self.registrations[Int(accuser) - 1].communicationKey,
                dealing: dealing, parameters: self.parameters,
                encryption: ChaCha20Poly1305.self)
        }
    }

    /// Every trustee computes the same keys, confirms them, and any t of them decrypt; t - 1 do not.
    @Test(arguments: Self.sizes)
    func everyTrusteeGetsTheSameKeysAndAnyEnoughDecrypt(
        trustees: UInt32, threshold: UInt32
    ) throws {
        var election = try WholeElection(
            seed: UInt64(100 * trustees + threshold), trustees: trustees, threshold: threshold,
            keys: 3)
        for share in election.trustees {
            try share.confirmation(
                qualified: election.qualified, keys: election.keys,
                arithmetic: election.arithmetic, random: &election.random
            ).check(trustee: share.trustee, qualified: election.qualified, keys: election.keys)
        }
        let shape = try ContestShape(options: 3, min: 1, max: 2, countsBlank: false)
        let rules = try election.rules([shape])
        var total = EncryptedTotal(cellCount: 3)
        try total.add(try election.cast([.options([0, 2])], rules: rules), position: 0)
        try total.add(try election.cast([.options([2])], rules: rules), position: 0)
        for _ in 0..<4 {
            var chosen = [UInt32](1...trustees)
            while chosen.count > Int(threshold) {
                chosen.remove(at: election.random.below(chosen.count))
            }
            #expect(
                try election.counts(total, unit: 1, shape: shape, trustees: chosen) == [1, 0, 2])
            let few = [UInt32](chosen.dropLast())
            #expect(throws: TallyError.tooFewShares(few.count, needed: Int(threshold))) {
                try election.counts(total, unit: 1, shape: shape, trustees: few)
            }
        }
    }

    /// The keys come from the dealings alone: whoever adds them up gets the same, and the keys are
    /// those of the summed polynomials at every trustee's number.
    @Test(arguments: Self.sizes)
    func keysAreTheSumOfTheDealings(trustees: UInt32, threshold: UInt32) throws {
        var messages = try Messages(
            seed: UInt64(trustees), trustees: trustees, threshold: threshold, keys: 2)
        let keys = try KeyCeremony.keys(of: messages.dealings, parameters: messages.parameters)
        for trustee in 1...trustees {
            let share = try messages.share(of: messages.dealings, for: trustee)
            #expect(share.matches(keys, arithmetic: SodiumArithmetic()))
        }
        // The joint key is the polynomial of the verification keys at zero, from any t of them.
        let lambda = Tally.lagrangeAtZero([UInt32](1...threshold))
        for (k, joint) in keys.jointKeys.enumerated() {
            let points = keys.verificationKeys.prefix(Int(threshold)).map { $0[k].point }
            #expect(MultiScalar.sum(lambda, points) == joint.point)
        }
    }

    /// A dealer gives one trustee a bad share: that trustee alone complains, the complaint is
    /// justified, and the others' dealings make keys that all of them hold, the dealer included.
    @Test(arguments: Self.sizes.filter { $0.trustees > $0.threshold })
    func dealerWhoLiesToOneTrusteeLeavesTheCeremony(trustees: UInt32, threshold: UInt32) throws {
        var messages = try Messages(
            seed: UInt64(7 * trustees), trustees: trustees, threshold: threshold, keys: 2)
        let liar = trustees
        let victim: UInt32 = 1
        let good = messages.dealings[Int(liar) - 1].dealing
        var sealed = good.sealedShares
        sealed[Int(victim) - 1][3] ^= 0x10
        let entry = QualifiedDealing(dealer: liar, dealing: good.with(sealedShares: sealed))
        for trustee in 1...trustees {
            switch try messages.review(entry, by: trustee) {
            case .accepted: #expect(trustee != victim)
            case .complaint(let complaint):
                #expect(trustee == victim)
                #expect(
                    try messages.judge(complaint, by: victim, about: entry.dealing) == .justified)
                #expect(try messages.judge(complaint, by: victim, about: good) == .unfounded)
            }
        }
        #expect(throws: RefusalCode.commitment) {
            try messages.share(of: [entry], for: victim)
        }
        let qualified = messages.dealings.filter { $0.dealer != liar }
        let keys = try KeyCeremony.keys(of: qualified, parameters: messages.parameters)
        for trustee in 1...trustees {
            let share = try messages.share(of: qualified, for: trustee)
            let confirmation = try share.confirmation(
                qualified: qualified.map(\.dealer), keys: keys, arithmetic: SodiumArithmetic(),
                random: &messages.random)
            try confirmation.check(
                trustee: trustee, qualified: qualified.map(\.dealer), keys: keys)
        }
    }

    /// Silent and late dealers: with t dealings there are keys, with fewer there are none.
    @Test(arguments: Self.sizes)
    func keysNeedDealingsOfTheThreshold(trustees: UInt32, threshold: UInt32) throws {
        let messages = try Messages(
            seed: UInt64(11 * trustees), trustees: trustees, threshold: threshold, keys: 1)
        let enough = [QualifiedDealing](messages.dealings.suffix(Int(threshold)))
        let keys = try KeyCeremony.keys(of: enough, parameters: messages.parameters)
        #expect(keys.verificationKeys.count == Int(trustees))
        #expect(throws: RefusalCode.parameter) {
            try KeyCeremony.keys(
                of: [QualifiedDealing](enough.dropLast()), parameters: messages.parameters)
        }
        // A late dealing makes other keys: what was confirmed without it does not hold.
        guard trustees > threshold else { return }
        let more = try KeyCeremony.keys(of: messages.dealings, parameters: messages.parameters)
        #expect(more != keys)
        #expect(
            Confirmation.digest(qualified: enough.map(\.dealer), keys: keys)
                != Confirmation.digest(qualified: messages.dealings.map(\.dealer), keys: more))
    }

    /// A rogue constant makes the joint key one whose secret the attacker knows; the proof of
    /// possession is what it cannot give.
    @Test(arguments: [(3, 2), (15, 8)] as [(UInt32, UInt32)])
    func rogueConstantHasNoProofOfPossession(trustees: UInt32, threshold: UInt32) throws {
        var messages = try Messages(
            seed: UInt64(13 * trustees), trustees: trustees, threshold: threshold, keys: 2)
        let own = messages.random.scalar()
        let own2 = messages.random.scalar()
        let parameters = messages.parameters
        let others = messages.dealings.dropLast().flatMap { $0.dealing.constants(parameters) }
        let good = messages.dealings[Int(trustees) - 1].dealing
        var commitments = good.commitments
        for (k, secret) in [own, own2].enumerated() {
            var rogue = MultiScalar.sum([secret], [.base])
            for entry in messages.dealings.dropLast() {
                let constant = entry.dealing.constants(parameters)[k]
                rogue = rogue - (try GroupElement(constant).point)
            }
            commitments[k * Int(threshold)] = rogue.encoded()
        }
        // Proofs made with the secrets that the attacker does know.
        let possession = [own, own2].map { MultiScalar.sum([$0], [.base]).encoded() }
        let attempts = [
            good.with(commitments: commitments),
            good.with(commitments: commitments, possessionResponses: [own.encoded, own2.encoded]),
            good.with(
                commitments: commitments, possessionCommitments: possession,
                possessionResponses: [own.encoded, own2.encoded]),
        ]
        for attempt in attempts {
            #expect(throws: RefusalCode.possession) {
                try attempt.check(
                    dealer: trustees,
                    commitment: DealerCommitment(
                        dealer: trustees, commitments: attempt.commitments,
                        ephemeralKey: attempt.ephemeralKey, nonce: attempt.nonce,
                        parameters: parameters),
                    otherConstants: others, parameters: parameters)
            }
        }
        // Another dealer's whole dealing, committed to under the own number.
        let copy = messages.dealings[0].dealing
        let commitment = DealerCommitment(
            dealer: trustees, commitments: copy.commitments, ephemeralKey: copy.ephemeralKey,
            nonce: copy.nonce, parameters: parameters)
        for constants in [[], others] {
            #expect(throws: RefusalCode.possession) {
                try copy.check(
                    dealer: trustees, commitment: commitment, otherConstants: constants,
                    parameters: parameters)
            }
        }
    }

    /// Another's registration, another's key with an own proof, and a key of another ceremony.
    @Test func copiedRegistrationsAreRefused() throws {
        let messages = try Messages(seed: 17, trustees: 3, threshold: 2, keys: 1)
        let first = messages.registrations[0]
        let second = messages.registrations[1]
        let keys = messages.communicationKeys
        #expect(throws: RefusalCode.duplicate) {
            try first.check(
                trustee: 2, parameters: messages.parameters, others: [keys[0], keys[2]])
        }
        #expect(throws: RefusalCode.proof) {
            try first.check(trustee: 2, parameters: messages.parameters, others: [keys[2]])
        }
        let mixed = TrusteeRegistration(
            communicationKey: first.communicationKey, proof: second.proof)
        #expect(throws: RefusalCode.proof) {
            try mixed.check(trustee: 2, parameters: messages.parameters, others: [])
        }
        #expect(throws: RefusalCode.proof) {
            try mixed.check(trustee: 1, parameters: messages.parameters, others: [])
        }
        let negated = TrusteeRegistration(
            communicationKey: (-(try GroupElement(keys[0]).point)).encoded(), proof: first.proof)
        #expect(throws: RefusalCode.proof) {
            try negated.check(trustee: 1, parameters: messages.parameters, others: [])
        }
    }

    /// A complaint shows the share of the one who complains, and cannot be repeated by another.
    @Test func complaintIsOfItsAccuserAndDealerAlone() throws {
        var messages = try Messages(seed: 19, trustees: 4, threshold: 3, keys: 1)
        let good = messages.dealings[0].dealing
        let bad = good.with(
            sealedShares: good.sealedShares.map { share in share.map { $0 ^ 0x55 } })
        let review = try messages.review(QualifiedDealing(dealer: 1, dealing: bad), by: 2)
        guard case .complaint(let complaint) = review else {
            Issue.record("a garbled share leads to a complaint")
            return
        }
        #expect(try messages.judge(complaint, by: 2, about: bad) == .justified)
        for accuser in [3, 4] as [UInt32] {
            #expect(throws: RefusalCode.proof) {
                try messages.judge(complaint, by: accuser, about: bad)
            }
        }
        let another = Complaint(
            dealer: 3, sharedPoint: complaint.sharedPoint, proof: complaint.proof)
        #expect(throws: RefusalCode.proof) { try messages.judge(another, by: 2, about: bad) }
        #expect(throws: RefusalCode.proof) {
            try messages.judge(complaint, by: 2, about: messages.dealings[2].dealing)
        }
    }
}

extension Dealing {
    /// A copy with some of its parts replaced.
    func with(
        commitments: [Bytes32]? = nil, possessionCommitments: [Bytes32]? = nil,
        possessionResponses: [Bytes32]? = nil, sealedShares: [[UInt8]]? = nil
    ) -> Dealing {
        Dealing(
            commitments: commitments ?? self.commitments, ephemeralKey: self.ephemeralKey,
            nonce: self.nonce,
            possessionCommitments: possessionCommitments ?? self.possessionCommitments,
            possessionResponses: possessionResponses ?? self.possessionResponses,
            sealedShares: sealedShares ?? self.sealedShares)
    }
}
