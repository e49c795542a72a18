import BallotCryptography
import Codec
import Cryptography
import Ristretto
import Testing

/// A whole key ceremony and the ballots of one style, from a seed.
struct WholeElection {
    let parameters: CeremonyParameters
    let electionID: Bytes32
    let keys: ElectionKeys
    let trustees: [TrusteeKeyShare]
    let qualified: [UInt32]
    var random: SeededRandom
    let arithmetic = SodiumArithmetic()

    init(seed: UInt64, trustees count: UInt32, threshold: UInt32, keys keyCount: UInt32) throws {
        var random = SeededRandom(seed)
        let identities = (0..<count).map { _ in Bytes32(random.bytes(32)[...]) }
        let parameters = try CeremonyParameters(
            setupID: ElectionIdentity.setupID(
                chainID: Bytes32(random.bytes(32)[...]), ceremony: 1, trusteeKeys: identities,
                threshold: threshold, keyCount: keyCount),
            trusteeCount: count, threshold: threshold, keyCount: keyCount)
        let secrets = (0..<count).map { _ in TrusteeSecret(seed: Bytes32(random.bytes(32)[...])) }
        var communicationKeys: [Bytes32] = []
        for (trustee, secret) in zip(1...count, secrets) {
            let registration = secret.registration(
                trustee: trustee, parameters: parameters, arithmetic: self.arithmetic,
                random: &random)
            try registration.check(
                trustee: trustee, parameters: parameters, others: communicationKeys)
            communicationKeys.append(registration.communicationKey)
        }
        let commitments = zip(1...count, secrets).map { trustee, secret in
            secret.dealer(trustee: trustee, parameters: parameters).commitment(
                dealer: trustee, parameters: parameters, arithmetic: SodiumArithmetic())
        }
        var dealings: [QualifiedDealing] = []
        var constants: [Bytes32] = []
        for (trustee, secret) in zip(1...count, secrets) {
            let dealing = try secret.dealer(trustee: trustee, parameters: parameters).dealing(
                dealer: trustee, parameters: parameters, communicationKeys: communicationKeys,
                arithmetic: self.arithmetic, encryption: ChaCha20Poly1305.self, random: &random)
            try dealing.check(
                dealer: trustee, commitment: commitments[Int(trustee) - 1],
                otherConstants: constants, parameters: parameters)
            constants += dealing.constants(parameters)
            dealings.append(QualifiedDealing(dealer: trustee, dealing: dealing))
        }
        self.parameters = parameters
        self.keys = try KeyCeremony.keys(of: dealings, parameters: parameters)
        self.qualified = dealings.map(\.dealer)
        var shares: [TrusteeKeyShare] = []
        for (trustee, secret) in zip(1...count, secrets) {
            shares.append(
                try secret.keyShare(
                    of: dealings, trustee: trustee, parameters: parameters,
                    arithmetic: self.arithmetic, encryption: ChaCha20Poly1305.self,
                    random: &random))
        }
        self.trustees = shares
        self.electionID = ElectionIdentity.electionID(
            manifest: [UInt8]("a document".utf8), keys: self.keys)
        self.random = random
    }

    func rules(_ shapes: [ContestShape], style: UInt32 = 1) throws -> BallotRules {
        try BallotRules(
            electionID: self.electionID, style: style,
            contests: shapes.enumerated().map { index, shape in
                BallotContest(index: UInt32(index), shape: shape)
            }, keys: self.keys)
    }

    mutating func credential() -> CredentialKey {
        CredentialKey(secret: self.random.scalar(), arithmetic: self.arithmetic)
    }

    /// A proven ballot of a new voter.
    mutating func cast(_ choices: [ContestChoice], rules: BallotRules) throws -> Ballot {
        let encrypted = try EncryptedBallot(
            choices, rules: rules, credential: self.credential(), sequence: 1, previous: .zero,
            arithmetic: self.arithmetic, random: &self.random)
        let tracker = encrypted.tracker
        let ballot = try Ballot(
            encrypted.cast(arithmetic: self.arithmetic, random: &self.random), rules: rules)
        #expect(ballot.tracker == tracker)
        return ballot
    }

    /// A random choice that the contest offers.
    mutating func choice(_ shape: ContestShape) -> ContestChoice {
        if shape.countsBlank, self.random.below(4) == 0 { return .blank }
        let count = shape.min + self.random.below(shape.max - shape.min + 1)
        var options = [Int](0..<shape.options)
        while options.count > count { options.remove(at: self.random.below(options.count)) }
        return .options(options)
    }

    /// The counts that `trustees` decrypt.
    mutating func counts(
        _ total: EncryptedTotal, unit: UInt32, shape: ContestShape, trustees: [UInt32]
    ) throws -> [UInt64] {
        let unit = DecryptionUnit(electionID: self.electionID, unit: unit, total: total)
        var shares: [VerifiedShare] = []
        for trustee in trustees {
            let decryption = try self.trustees[Int(trustee) - 1].decrypt(
                unit, keys: self.keys, arithmetic: self.arithmetic, random: &self.random)
            shares.append(
                try VerifiedShare(decryption, of: unit, trustee: trustee, keys: self.keys))
        }
        return try Tally.counts(
            of: unit, shares: shares, keys: self.keys, shape: shape,
            logarithms: DiscreteLogarithms(bound: 100))
    }
}
