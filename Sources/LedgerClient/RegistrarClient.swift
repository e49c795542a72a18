package import APISchema
internal import Codec
internal import FoundationEssentials
internal import NIOHTTP1

/// Asks a registrar, whose front ends may have several addresses.
package struct RegistrarClient: Sendable {
    private let transport: Transport

    /// - Throws: `.badAddress`.
    package init(
        registrars: [String], limits: ClientLimits = ClientLimits()
    ) throws(ClientError) {
        transport = try Transport(servers: registrars, limits: limits)
    }

    /// Ends all connections. Every client is shut down once, after its last use.
    package func shutdown() async { await transport.shutdown() }

    /// The voter's style and the opening of the own roll leaf.
    ///
    /// - Throws: `.refused` with `E_AUTH`, `E_RATE` or `E_PHASE`.
    package func entry(
        _ identity: VoterIdentity, election reference: String
    ) async throws(ClientError) -> VoterEntry {
        try await post(identity, to: reference, "entry")
    }

    /// The blind signature over a blinded message of 384 bytes: the same for the same message, ever
    /// again.
    ///
    /// - Throws: `.refused` with `E_ISSUED`, `E_BLIND`, `E_PHASE`, `E_AUTH`, `E_ROLL` or `E_RATE`.
    package func credential(
        _ identity: VoterIdentity, blindedMessage: [UInt8], election reference: String
    ) async throws(ClientError) -> CredentialAnswer {
        try await post(
            CredentialRequestMessage(
                identity: identity, blindedMessage: Hexadecimal.encode(blindedMessage)),
            to: reference, "credential")
    }

    /// What the registrar says about itself.
    package func status() async throws(ClientError) -> RegistrarStatus {
        try await transport.json(RegistrarStatus.self, "/v1/status").value
    }

    private func post<Answer: Decodable>(
        _ message: some Encodable, to reference: String, _ route: String
    ) async throws(ClientError) -> Answer {
        guard isElectionReference(reference) else { throw .badReference(reference) }
        let body: [UInt8]
        do {
            body = [UInt8](try JSONEncoder().encode(message))
        } catch {
            throw .badReference(reference)
        }
        let answer = try await transport.send(
            Transport.Call(
                method: .POST, path: "/v1/elections/\(reference)/\(route)", body: body,
                contentType: "application/json", limit: 64 << 10))
        return try transport.decode(Answer.self, from: answer)
    }
}
