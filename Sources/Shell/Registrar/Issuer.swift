package import APISchema
internal import Codec
internal import Cryptography
package import Ledger
internal import Logging
package import NetworkAddresses

/// Why an issuer cannot be made.
package enum IssuerFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The election document names another registrar key than ours.
    case otherRegistrar
    /// The election document names another issuing key of a style than ours.
    case otherIssuingKey(style: UInt32)
    /// The document is of another chain than the genesis.
    case otherChain

    package var description: String {
        switch self {
        case .otherRegistrar:
            "the election document names another registrar: its registrar key is not the one of this "
                + "home's registrar.key"
        case .otherIssuingKey(let style):
            "the election document has another issuing key for style \(style) than this home's "
                + "registrar.key"
        case .otherChain:
            "the election document belongs to another chain than genesis.json"
        }
    }
}

/// Issues credentials of one election: once per voter, journaled before it is signed.
package struct Issuer: Sendable {
    package let document: ElectionDocument
    private let documentHash: Bytes32
    private let database: RegistrarDatabase
    private let issuingKeys: [UInt32: BlindIssuingKey]
    private let throttle: CodeThrottle
    private let wallTime: @Sendable () -> Timestamp

    /// - Parameter wallTime: for slowing down who guesses access codes; everything else goes by
    ///   chain time.
    package init(
        document: ElectionDocument, secrets: RegistrarSecrets, database: RegistrarDatabase,
        configuration: RegistrarConfiguration, wallTime: @escaping @Sendable () -> Timestamp
    ) throws(IssuerFailure) {
        try Self.check(document, against: secrets)
        self.document = document
        documentHash = document.hash
        self.database = database
        issuingKeys = secrets.issuingKeys
        throttle = CodeThrottle(
            limits: CodeAttempts(
                perVoter: configuration.failuresPerVoter,
                perVoterFromAll: configuration.voterFailures,
                perNetwork: configuration.failuresPerNetwork,
                blockSeconds: configuration.blockSeconds))
        self.wallTime = wallTime
    }

    /// Checks that a document names these secrets' public keys.
    package static func check(
        _ document: ElectionDocument, against secrets: RegistrarSecrets
    ) throws(IssuerFailure) {
        guard document.registrar.key == secrets.signingKey.publicKey else { throw .otherRegistrar }
        for style in document.styles
        where secrets.issuingKeys[style.number]?.modulus != style.issuingKey {
            throw .otherIssuingKey(style: style.number)
        }
    }

    /// The voter's style and the opening of the own roll leaf.
    ///
    /// - Parameter network: where the request comes from, here and below.
    /// - Throws: `IssuingRefusal`, or an error of the database.
    package func entry(
        _ identity: VoterIdentity, from network: AddressGroup, election reference: String,
        chain: ChainSnapshot
    ) async throws -> VoterEntry {
        try check(reference, chain)
        let electionID = try chain.electionID()
        let voter = try await self.throttled(identity, network) {
            try await self.database.verify(voter: identity.voter, code: identity.code)
        }
        return VoterEntry(
            electionID: electionID, document: documentHash, style: voter.style, leaf: voter.leaf,
            salt: voter.salt)
    }

    /// The blind signature for a voter's request; the same for the same request, ever again.
    ///
    /// - Throws: `IssuingRefusal`, or an error of the database or of signing; then the request is
    ///   journaled or not, and may be sent again.
    package func credential(
        _ request: CredentialRequestMessage, from network: AddressGroup, election reference: String,
        chain: ChainSnapshot
    ) async throws -> CredentialAnswer {
        try check(reference, chain)
        guard let bytes = Hexadecimal.decode(request.blindedMessage),
            bytes.count == BlindedMessage.size
        else { throw IssuingRefusal.blindedMessage }
        let document = document
        let issuingKeys = issuingKeys
        let identity = request.identity
        let journaled = try await self.throttled(identity, network) {
            try await self.database.journal(
                voter: identity.voter, code: identity.code,
                blinded: { voter in
                    issuingKeys[voter.style].flatMap {
                        BlindedMessage(bytes, modulus: $0.modulus)
                    }
                },
                mayIssue: { voter in
                    guard let style = document.style(numbered: voter.style) else {
                        return .phase("The election has no such ballot style.")
                    }
                    return chain.refusal(style: style)
                })
        }
        guard let key = issuingKeys[journaled.style] else { throw IssuingRefusal.blindedMessage }
        return CredentialAnswer(
            style: journaled.style,
            blindSignature: Hexadecimal.encode(try await sign(journaled.blinded, with: key)))
    }

    /// Runs what looks at a voter's code, within the bounds on wrong ones.
    private func throttled<Value: Sendable>(
        _ identity: VoterIdentity, _ network: AddressGroup,
        _ body: () async throws -> Result<Value, IssuingRefusal>
    ) async throws -> Value {
        let voter = self.database.fields.lookup(VoterReference(identity.voter))
        try self.throttle.admit(network: network, voter: voter, now: self.wallTime())
        let result = try await body()
        if case .failure(.wrongIdentity) = result {
            // The attempt was counted before.
        } else {
            self.throttle.succeeded(network: network, voter: voter, now: self.wallTime())
        }
        return try result.get()
    }

    /// Milliseconds of arithmetic, away from the event loops.
    @concurrent
    private func sign(
        _ blinded: BlindedMessage, with key: BlindIssuingKey
    ) async throws -> [UInt8] {
        try key.blindSign(blinded.bytes)
    }

    private func check(_ reference: String, _ chain: ChainSnapshot) throws(IssuingRefusal) {
        let names = [
            document.name, documentHash.description,
            chain.election.summary.electionID?.description ?? document.name,
        ]
        guard names.contains(reference) else { throw .unknownElection }
    }
}
