import APISchema
import BallotCryptography
import Codec
import Cryptography
import DocumentFiles
import Foundation
import Hashing
import Ledger
import ProcessHarness
import Ristretto
import Verification

/// A voting device of the tests: it can do what no honest one does.
struct Device: Sendable {
    let voter: Voter
    let document: ElectionDocument
    let keys: ElectionKeys
    let electionID: Bytes32
    let seed: Bytes32
    let request: CredentialRequest
    let certificate: [UInt8]

    private static let arithmetic = SodiumArithmetic()

    /// Fetches a voter's credential.
    init(_ voter: Voter, _ walk: Walk, seed number: UInt8 = 1) async throws {
        self.voter = voter
        let base = try await walk.electionURL
        document = try ElectionDocument(
            canonicalBytes: try await HTTP.get(base + "/document").body)
        let ceremony = try await HTTP.get(base + "/ceremony").json(CeremonyView.self)
        guard let bytes = ceremony.keys.flatMap(Hexadecimal.decode), let id = ceremony.electionID
        else { throw HarnessFailure("The election has no keys yet.") }
        keys = try ElectionKeys(canonicalBytes: bytes)
        electionID = id
        seed = SHA256.digest([UInt8](voter.name.utf8) + [number])
        guard let style = document.style(numbered: voter.style) else {
            throw HarnessFailure("The election has no style \(voter.style).")
        }
        request = try CredentialRequest(
            seed: seed, electionID: id, style: voter.style, modulus: style.issuingKey,
            arithmetic: Self.arithmetic)
        let answer = try await Self.ask(
            voter, blinded: Hexadecimal.encode(request.blindedMessage), walk)
        guard answer.status == 200 else {
            throw HarnessFailure("No credential for \(voter.name): \(answer.text)")
        }
        guard
            let signature = Hexadecimal.decode(
                try answer.json(CredentialAnswer.self).blindSignature)
        else { throw HarnessFailure("The blind signature is not hexadecimal.") }
        certificate = try request.finalize(signature, verifier: CredentialVerifier())
    }

    /// The registrar's answer to a request for a credential.
    static func ask(
        _ voter: Voter, code: String? = nil, blinded: String, _ walk: Walk
    ) async throws -> HTTP.Answer {
        let message = CredentialRequestMessage(
            identity: VoterIdentity(voter: voter.name, code: code ?? voter.code),
            blindedMessage: blinded)
        return try await HTTP.post(
            try await walk.registrarURL + "/v1/elections/walk/credential",
            [UInt8](try JSONEncoder().encode(message)), type: "application/json")
    }

    /// The bytes of a ballot transaction; an honest one unless something is given.
    func ballot(
        electionID other: Bytes32? = nil, style: UInt32? = nil, sequence: UInt32 = 1,
        previous: Bytes32 = .zero, random number: UInt8 = 1
    ) throws -> [UInt8] {
        let rules = try BallotRules(
            document: document, style: style ?? voter.style, electionID: other ?? electionID,
            keys: keys)
        let projects = Voter.projects
        let project: ContestChoice =
            voter.project == "blank"
            ? .blank : .options([projects.firstIndex(of: voter.project) ?? 0])
        let parks = ContestChoice.options(
            voter.parks.compactMap { Voter.parks.firstIndex(of: $0) }.sorted())
        var random = SeededRandom(voter.name, number)
        let key = CredentialKey(
            seed: seed, electionID: electionID, style: voter.style, arithmetic: Self.arithmetic)
        let encrypted = try EncryptedBallot(
            [project, parks], rules: rules, credential: key, sequence: sequence,
            previous: previous, arithmetic: Self.arithmetic, random: &random)
        return Transaction.ballot(
            BallotTransaction(
                wire: encrypted.cast(arithmetic: Self.arithmetic, random: &random),
                certificate: sequence == 1 ? certificate : [])
        ).canonicalBytes
    }
}

extension Device {
    /// The bytes of a transaction that spoils a tracker.
    func spoil(_ tracker: Bytes32) -> [UInt8] {
        var random = SeededRandom(self.voter.name + tracker.description, 1)
        let key = CredentialKey(
            seed: self.seed, electionID: self.electionID, style: self.voter.style,
            arithmetic: SodiumArithmetic())
        let proof = SpoilProof(
            tracker: tracker, electionID: self.electionID, credential: key,
            arithmetic: SodiumArithmetic(), random: &random)
        return Transaction.spoil(
            SpoilTransaction(
                electionID: self.electionID, style: self.voter.style,
                proof: proof.canonicalBytes, certificate: self.certificate)
        ).canonicalBytes
    }
}

/// Random bytes of a seed.
struct SeededRandom: RandomSource {
    private var counter: UInt64 = 0
    private let seed: [UInt8]

    init(_ name: String, _ number: UInt8) { seed = [UInt8](name.utf8) + [number] }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            counter += 1
            var writer = ByteWriter()
            writer.write(raw: seed)
            writer.write(counter)
            bytes += SHA256.digest(writer.bytes).bytes
        }
        return [UInt8](bytes.prefix(count))
    }
}
