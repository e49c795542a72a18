package import APISchema
internal import Codec
internal import FoundationEssentials
internal import NIOHTTP1
internal import NetworkAddresses

/// Asks a registrar, whose front ends may have several addresses.
package struct RegistrarClient: Sendable {
    private let transport: Transport

    /// - Parameter sendsCodesInClear: whether access codes may go to another machine over plain
    ///   `http://`, where everybody on the way reads them.
    /// - Throws: `.badAddress`, `.insecure`.
    package init(
        registrars: [String], sendsCodesInClear: Bool = false,
        limits: ClientLimits = ClientLimits()
    ) throws(ClientError) {
        if !sendsCodesInClear { try Self.checkSecrecy(of: registrars) }
        transport = try Transport(servers: registrars, limits: limits)
    }

    /// Checks that access codes go to these addresses encrypted, or stay on this machine.
    ///
    /// - Throws: `.insecure`.
    package static func checkSecrecy(of registrars: [String]) throws(ClientError) {
        for registrar in registrars {
            guard let url = URL(string: registrar), let host = url.host() else {
                // It is no address, which the transport says.
                continue
            }
            guard url.scheme?.lowercased() == "https" || isThisMachine(host) else {
                throw .insecure(registrar)
            }
        }
    }

    /// Whether a host is a name or an address of the loopback interface, and nothing longer.
    private static func isThisMachine(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        // A zone is no part of an address in the loopback network.
        guard !host.contains("%") else { return false }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        return switch IPAddress(isBracketed ? String(host.dropFirst().dropLast()) : host) {
        case .v4(let bits): bits >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        case nil: false
        }
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
