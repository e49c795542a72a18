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
    package func shutdown() async { await transport.pool.shutdown() }

    /// The voter's style and the opening of the own roll leaf.
    ///
    /// - Parameter check: what the answer must pass; another front end is asked where it does not.
    /// - Throws: `.refused` with `E_AUTH`, `E_RATE` or `E_PHASE`.
    package func entry(
        _ identity: VoterIdentity, election reference: String,
        check: (VoterEntry) throws -> Void = { _ in }
    ) async throws(ClientError) -> VoterEntry {
        try await post(identity, to: reference, "entry") { entry in
            try check(entry)
            return entry
        }
    }

    /// The blind signature over a blinded message of 384 bytes: the same for the same message, ever
    /// again.
    ///
    /// - Parameter check: takes the certificate from the answer, or throws why it is none; another
    ///   front end is asked then.
    /// - Throws: `.refused` with `E_ISSUED`, `E_BLIND`, `E_PHASE`, `E_AUTH`, `E_ROLL` or `E_RATE`.
    package func credential<Result>(
        _ identity: VoterIdentity, blindedMessage: [UInt8], election reference: String,
        check: (CredentialAnswer) throws -> Result
    ) async throws(ClientError) -> Result {
        try await post(
            CredentialRequestMessage(
                identity: identity, blindedMessage: Hexadecimal.encode(blindedMessage)),
            to: reference, "credential", check: check)
    }

    /// The same, not checked.
    package func credential(
        _ identity: VoterIdentity, blindedMessage: [UInt8], election reference: String
    ) async throws(ClientError) -> CredentialAnswer {
        try await credential(
            identity, blindedMessage: blindedMessage, election: reference, check: { $0 })
    }

    /// What the registrar says about itself.
    package func status() async throws(ClientError) -> RegistrarStatus {
        try await transport.json(RegistrarStatus.self, "/v1/status")
    }

    private func post<Answer: Decodable, Result>(
        _ message: some Encodable, to reference: String, _ route: String,
        check: (Answer) throws -> Result
    ) async throws(ClientError) -> Result {
        guard isElectionReference(reference) else { throw .badReference(reference) }
        let body: [UInt8]
        do {
            body = [UInt8](try JSONEncoder().encode(message))
        } catch {
            throw .badReference(reference)
        }
        let call = Transport.Call(
            method: .POST, path: "/v1/elections/\(reference)/\(route)", body: body,
            contentType: "application/json", limit: 64 << 10)
        return try await transport.ask(call) { answer in
            try check(try ForeignJSON.decode(Answer.self, from: answer.body))
        }
    }
}
