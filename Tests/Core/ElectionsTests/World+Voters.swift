import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Ristretto

/// A voter's credential, and what it cast last.
struct Voter {
    let style: UInt32
    let request: CredentialRequest
    let certificate: [UInt8]
    var sequence: UInt32 = 0
    var last = Bytes32.zero
}

extension World {
    func rules(_ style: UInt32) throws -> BallotRules {
        try self.document.ballotRules(
            style: style, electionID: try self.status.electionID ?? .zero, keys: try self.keys)
    }

    func voter(_ name: String, style: UInt32, key: Int? = nil) throws -> Voter {
        let issuing = IssuingKeys.all[key ?? Int(style) - 1]
        let request = try CredentialRequest(
            seed: seed(name), electionID: try self.status.electionID ?? .zero, style: style,
            modulus: issuing.modulus, arithmetic: Self.arithmetic)
        let certificate = try request.finalize(
            try issuing.blindSign(request.blindedMessage), verifier: CredentialVerifier())
        return Voter(style: style, request: request, certificate: certificate)
    }

    /// A ballot and the voter after it.
    mutating func ballot(
        _ voter: Voter, _ choices: [ContestChoice], sequence: UInt32? = nil,
        previous: Bytes32? = nil
    ) throws -> (Transaction, Voter) {
        let rules = try self.rules(voter.style)
        let sequence = sequence ?? voter.sequence + 1
        let encrypted = try EncryptedBallot(
            choices, rules: rules, credential: voter.request.key, sequence: sequence,
            previous: previous ?? voter.last, arithmetic: Self.arithmetic, random: &self.random)
        let wire = encrypted.cast(arithmetic: Self.arithmetic, random: &self.random)
        var after = voter
        after.sequence = sequence
        after.last = try Ballot(wire, rules: rules).ballotID
        let transaction = Transaction.ballot(
            BallotTransaction(
                wire: wire, certificate: sequence == 1 ? voter.certificate : []))
        return (transaction, after)
    }

    /// A ballot with cell values that need not follow the rules.
    mutating func ballot(_ voter: Voter, cells: [[UInt8]]) throws -> Transaction {
        let encrypted = EncryptedBallot(
            cells: cells, rules: try self.rules(voter.style), credential: voter.request.key,
            sequence: 1, previous: .zero, arithmetic: Self.arithmetic, random: &self.random)
        let wire = encrypted.cast(arithmetic: Self.arithmetic, random: &self.random)
        return .ballot(BallotTransaction(wire: wire, certificate: voter.certificate))
    }
}
