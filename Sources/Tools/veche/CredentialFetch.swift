import APISchema
import BallotCryptography
import Codec
import CommandOptions
import Cryptography
import DocumentFiles
import Ledger
import LedgerClient
import VoterStation

/// A voter's credential with the place in the roll that it was issued for.
struct Credential {
    let key: CredentialKey
    let certificate: [UInt8]
    let entry: VoterEntry
}

/// Asks a registrar for a voter's credential, going on where an earlier attempt was cut off.
struct CredentialFetch {
    let home: VoterHome
    let election: TrustedElection
    let registrars: [String]
    let sendsCodesInClear: Bool
    let identity: VoterIdentity

    /// What is kept where the registrar's answer is no signature: anyone can see that it is wrong.
    private struct WrongAnswer: Encodable {
        let election: String
        let style: UInt32
        let blindedMessage: String
        let answer: CredentialAnswer
    }

    func run(seed: Bytes32) async throws -> Credential {
        let registrar = try RegistrarClient(
            registrars: self.registrars, sendsCodesInClear: self.sendsCodesInClear,
            limits: .telling)
        do {
            let credential = try await self.run(seed: seed, registrar: registrar)
            await registrar.shutdown()
            return credential
        } catch let error as ClientError where error.isTemporary {
            await registrar.shutdown()
            throw CommandFailure(
                "The registrar does not answer: \(error). Your request is kept in"
                    + " \(self.home.path); ask again with the same --home. If it stays so, tell the"
                    + " commission: your roll entry stays unissued, which the chain shows.",
                status: ExitStatus.unavailable)
        } catch {
            await registrar.shutdown()
            throw error
        }
    }

    private func run(seed: Bytes32, registrar: RegistrarClient) async throws -> Credential {
        let name = self.election.document.hash.description
        let entry = try await registrar.entry(self.identity, election: name) { entry in
            guard entry.electionID == self.election.electionID else {
                throw AnswerFault(
                    "the registrar and the nodes name different elections (A_KEY_MISMATCH); tell the"
                        + " commission")
            }
            guard self.election.document.style(numbered: entry.style) != nil else {
                throw AnswerFault(
                    "the registrar names ballot style \(entry.style), which the election does not"
                        + " have")
            }
        }
        guard let style = self.election.document.style(numbered: entry.style) else {
            throw CommandFailure(
                "The registrar names ballot style \(entry.style), which the election does not"
                    + " have.")
        }
        let request = try CredentialRequest(
            seed: seed, electionID: self.election.electionID, style: entry.style,
            modulus: style.issuingKey, arithmetic: SodiumArithmetic())
        let certificate = try await self.certificate(
            request, style: style, election: name, registrar: registrar)
        return Credential(key: request.key, certificate: certificate, entry: entry)
    }

    private func certificate(
        _ request: CredentialRequest, style: BallotStyle, election: String,
        registrar: RegistrarClient
    ) async throws -> [UInt8] {
        if let kept = try self.home.read(self.home.certificateFile, limit: Limits.rsaBytes),
            CredentialVerifier().isValid(kept, of: request.message, modulus: style.issuingKey)
        {
            return kept
        }
        let certificate = try await registrar.credential(
            self.identity, blindedMessage: request.blindedMessage, election: election
        ) { answer in
            do throws(RefusalCode) {
                // What is not hexadecimal is no signature either.
                return try request.finalize(
                    Hexadecimal.decode(answer.blindSignature) ?? [],
                    verifier: CredentialVerifier())
            } catch {
                try self.keep(answer, to: request, style: style, election: election)
                throw AnswerFault(
                    "the registrar's signature is not one of the key in the election document, over"
                        + " your request (\(error.name), A_KEY_MISMATCH). Request and answer are kept in"
                        + " \(self.home.wrongAnswerFile): anyone can see that they do not fit. Ask"
                        + " again, and tell the commission if it stays so")
            }
        }
        try LocalFile.write(
            certificate, to: self.home.certificateFile, mode: .secret, replacing: true)
        return certificate
    }

    /// Keeps a request and an answer that is no signature of it.
    private func keep(
        _ answer: CredentialAnswer, to request: CredentialRequest, style: BallotStyle,
        election: String
    ) throws {
        try LocalFile.write(
            try JSONDocument.encode(
                WrongAnswer(
                    election: election, style: style.number,
                    blindedMessage: Hexadecimal.encode(request.blindedMessage), answer: answer)),
            to: self.home.wrongAnswerFile, mode: .secret, replacing: true)
    }
}
