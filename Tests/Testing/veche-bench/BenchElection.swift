import BallotCryptography
import ClassicBallots
import Codec
import Cryptography
import Ristretto

/// An election to measure on: keys of three of five trustees for 64 cells.
struct BenchElection {
    static let trusteeCount: UInt32 = 5
    static let threshold: UInt32 = 3

    let keys: ElectionKeys
    let trustees: [TrusteeKeyShare]
    let electionID: Bytes32
    let arithmetic = SodiumArithmetic()

    /// Runs the key ceremony.
    init() throws {
        var random = SystemRandom()
        let count = Self.trusteeCount
        let parameters = try CeremonyParameters(
            setupID: Bytes32(random.bytes(32)[...]), trusteeCount: count,
            threshold: Self.threshold, keyCount: 64)
        let secrets = (0..<count).map { _ in TrusteeSecret(seed: Bytes32(random.bytes(32)[...])) }
        let communicationKeys = zip(1...count, secrets).map { trustee, secret in
            secret.registration(
                trustee: trustee, parameters: parameters, arithmetic: SodiumArithmetic(),
                random: &random
            ).communicationKey
        }
        var dealings: [QualifiedDealing] = []
        for (dealer, secret) in zip(1...count, secrets) {
            let dealing = try secret.dealer(trustee: dealer, parameters: parameters).dealing(
                dealer: dealer, parameters: parameters, communicationKeys: communicationKeys,
                arithmetic: self.arithmetic, encryption: ChaCha20Poly1305.self, random: &random)
            dealings.append(QualifiedDealing(dealer: dealer, dealing: dealing))
        }
        self.keys = try KeyCeremony.keys(of: dealings, parameters: parameters)
        self.electionID = ElectionIdentity.electionID(
            manifest: [UInt8]("benchmark".utf8), keys: self.keys)
        var trustees: [TrusteeKeyShare] = []
        for (trustee, secret) in zip(1...count, secrets) {
            trustees.append(
                try secret.keyShare(
                    of: dealings, trustee: trustee, parameters: parameters,
                    arithmetic: self.arithmetic, encryption: ChaCha20Poly1305.self,
                    random: &random))
        }
        self.trustees = trustees
    }

    /// One contest of `options` options of which exactly one is chosen.
    func rules(options: Int) throws -> BallotRules {
        try BallotRules(
            electionID: self.electionID, style: 1,
            contests: [
                BallotContest(
                    index: 0,
                    shape: try ContestShape(options: options, min: 1, max: 1, countsBlank: false))
            ], keys: self.keys)
    }

    /// A ballot of a new voter, as sent.
    func ballot<A: SecretArithmetic>(
        rules: BallotRules, choice: Int, arithmetic: A
    ) throws -> [UInt8] {
        var random = SystemRandom()
        let encrypted = try EncryptedBallot(
            [.options([choice])], rules: rules,
            credential: CredentialKey(secret: random.scalar(), arithmetic: arithmetic),
            sequence: 1, previous: .zero, arithmetic: arithmetic, random: &random)
        return encrypted.cast(arithmetic: arithmetic, random: &random)
    }

    /// `count` ballots of different voters.
    func ballots(_ count: Int, options: Int, rules: BallotRules) throws -> [[UInt8]] {
        try (0..<count).map {
            try self.ballot(rules: rules, choice: $0 % options, arithmetic: self.arithmetic)
        }
    }

    /// `count` classic ballots of different voters.
    func classicBallots(_ count: Int, options: Int) -> [[UInt8]] {
        var random = SystemRandom()
        return (0..<count).map { index in
            ClassicBallot(
                choice: index % options, options: options, key: self.keys.jointKeys[0].bytes,
                electionID: self.electionID, signer: .generate(), random: &random
            ).wire
        }
    }
}

/// Stops the program: a benchmark of something that does not work measures nothing.
func require(_ condition: Bool, _ what: String) {
    guard condition else { fatalError("benchmark: \(what)") }
}
