package import BallotCryptography
import Codec
import Cryptography
package import Ledger
import Ristretto

/// The voters of a prepared election, and the registrar that certifies their credentials. Several
/// threads may make ballots at once.
package struct ClusterVoters: Sendable {
    private static let arithmetic = SodiumArithmetic()

    /// What a ballot of theirs is checked against.
    package let rules: BallotRules
    private let issuing: BlindIssuingKey
    private let options: Int

    init(rules: BallotRules, issuing: BlindIssuingKey, options: Int) {
        self.rules = rules
        self.issuing = issuing
        self.options = options
    }

    /// The registrar's public key: 384 bytes.
    package var issuingKey: [UInt8] { issuing.modulus }

    /// The ballot of a new voter, with its certificate: a transaction's canonical bytes.
    ///
    /// - Parameter number: decides the choice alone.
    package func ballot(_ number: Int) throws -> [UInt8] {
        Transaction.ballot(try ballotTransaction(number)).canonicalBytes
    }

    /// The same before it is encoded.
    package func ballotTransaction(_ number: Int) throws -> BallotTransaction {
        var random = SystemRandom()
        let request = try CredentialRequest(
            seed: Bytes32(exactly: SystemRandom.bytes(32)) ?? .zero, electionID: rules.electionID,
            style: rules.style, modulus: issuing.modulus, arithmetic: Self.arithmetic)
        let certificate = try request.finalize(
            try issuing.blindSign(request.blindedMessage), verifier: CredentialVerifier())
        let encrypted = try EncryptedBallot(
            [.options([number % options])], rules: rules, credential: request.key, sequence: 1,
            previous: .zero, arithmetic: Self.arithmetic, random: &random)
        let wire = encrypted.cast(arithmetic: Self.arithmetic, random: &random)
        return BallotTransaction(wire: wire, certificate: certificate)
    }
}
