// CeremonyStation: what a commission member's and a trustee's machine does in an election, without the
// command line around it. It knows neither networks nor terminals.

package import BallotCryptography
package import Codec
package import Cryptography
package import Elections
package import Ledger
import Ristretto

/// Why a trustee's step cannot be taken now, for the person at the machine.
package struct StationError: Error, CustomStringConvertible {
    package let description: String
}

/// One trustee's side of the key ceremony and of the closing, over a chain that this machine has
/// replayed and verified itself. Every secret derives from the trustee's key file and the ceremony's
/// id, so a step can be repeated at any time and gives the same result.
package struct TrusteeStation {
    package let genesis: Genesis
    package let document: ElectionDocument
    package let election: Bytes32
    let identity: Ed25519SigningKey
    let secret: TrusteeSecret
    /// The trustee's number in the document, from 1.
    package let trustee: UInt32
    package let ceremony: CeremonyStatus
    private let queries: ElectionQueries
    private let arithmetic = SodiumArithmetic()

    package init(
        genesis: Genesis, queries: ElectionQueries, election: Bytes32, keys: TrusteeKeys
    ) throws {
        guard let document = try queries.document(election),
            let ceremony = try queries.ceremony(election)
        else { throw StationError(description: "The chain does not hold this election.") }
        guard
            let place = document.trustees.firstIndex(where: { $0.key == keys.identity.publicKey })
        else {
            throw StationError(
                description:
                    "This key is no trustee's of the election '\(document.name)'. Its trustees"
                    + " are " + document.trustees.map(\.name).joined(separator: ", ") + ".")
        }
        self.genesis = genesis
        self.document = document
        self.election = election
        identity = keys.identity
        secret = TrusteeSecret(seed: keys.seed)
        trustee = UInt32(place + 1)
        self.ceremony = ceremony
        self.queries = queries
    }

    package var name: String { document.trustees[Int(trustee) - 1].name }

    /// The trustee's number within the present ceremony, from 1.
    func index() throws -> UInt32 {
        guard let index = ceremony.index(of: trustee) else {
            throw StationError(
                description: "You take no part in key ceremony \(ceremony.number): an earlier one"
                    + " began again without you.")
        }
        return index
    }

    private func requireStage(_ stage: CeremonyStage, _ hint: String) throws {
        guard ceremony.stage == stage else {
            throw StationError(
                description: "Key ceremony \(ceremony.number) is at the step '\(ceremony.stage)',"
                    + " not at '\(stage)'. " + hint)
        }
    }

    // MARK: - D0 to D2

    package func registration() throws -> Transaction {
        try requireStage(.registration, "Registration is over, or the ceremony has ended.")
        var random = SystemRandom()
        return try message(
            .registration,
            secret.registration(
                trustee: try index(), parameters: ceremony.parameters, arithmetic: arithmetic,
                random: &random
            ).canonicalBytes)
    }

    package func commitment() throws -> Transaction {
        try requireStage(.commitment, "Wait until all trustees have registered.")
        return try message(
            .commitment,
            secret.dealer(trustee: try index(), parameters: ceremony.parameters).commitment(
                dealer: try index(), parameters: ceremony.parameters, arithmetic: arithmetic
            ).canonicalBytes)
    }

    package func dealing() throws -> Transaction {
        try requireStage(.dealing, "Wait until all trustees have committed.")
        var random = SystemRandom()
        return try message(
            .dealing,
            try secret.dealer(trustee: try index(), parameters: ceremony.parameters).dealing(
                dealer: try index(), parameters: ceremony.parameters,
                communicationKeys: try communicationKeys(), arithmetic: arithmetic,
                encryption: ChaCha20Poly1305.self, random: &random
            ).canonicalBytes)
    }

    /// The communication keys of all that take part, in their order.
    private func communicationKeys() throws -> [Bytes32] {
        try objects(.registration).map { entry in
            try TrusteeRegistration(canonicalBytes: entry.payload).communicationKey
        }
    }

    private func objects(_ step: CeremonyStep) throws -> [TrusteeObject] {
        try queries.ceremonyMessages(election, ceremony: ceremony.number, step: step)
    }

    // MARK: - D3 to D5

    /// What opening the share from one dealer showed.
    package struct Review {
        /// The dealer's number in the document.
        package let dealer: UInt32
        /// Nil for a good share.
        package let complaint: Transaction?
    }

    /// Opens and checks the share that every dealer sent to this trustee.
    package func reviewDealings() throws -> [Review] {
        try requireStage(.confirmation, "Wait until all trustees have dealt.")
        var random = SystemRandom()
        // Dealers that a complaint put out already need no other.
        return try objects(.dealing).filter { ceremony.qualified.contains($0.trustee) }.map {
            entry in
            guard let dealer = ceremony.index(of: entry.trustee) else {
                throw StationError(description: "A dealing of somebody who takes no part.")
            }
            let review = try secret.review(
                QualifiedDealing(
                    dealer: dealer, dealing: try Dealing(canonicalBytes: entry.payload)),
                trustee: try index(), parameters: ceremony.parameters, arithmetic: arithmetic,
                encryption: ChaCha20Poly1305.self, random: &random)
            switch review {
            case .accepted: return Review(dealer: entry.trustee, complaint: nil)
            case .complaint(let complaint):
                return Review(
                    dealer: entry.trustee,
                    complaint: try message(.complaint, complaint.canonicalBytes))
            }
        }
    }

    package func keyShare() throws -> TrusteeKeyShare {
        let dealings = try objects(.dealing).compactMap { entry -> QualifiedDealing? in
            guard let dealer = ceremony.index(of: entry.trustee),
                ceremony.qualified.contains(entry.trustee)
            else { return nil }
            return QualifiedDealing(
                dealer: dealer, dealing: try Dealing(canonicalBytes: entry.payload))
        }
        var random = SystemRandom()
        return try secret.keyShare(
            of: dealings, trustee: try index(), parameters: ceremony.parameters,
            arithmetic: arithmetic, encryption: ChaCha20Poly1305.self, random: &random)
    }

    package func keys() throws -> ElectionKeys {
        guard let keys = try queries.keys(election) else {
            throw StationError(description: "The election has no keys yet.")
        }
        return keys
    }

    package func confirmation() throws -> Transaction {
        try requireStage(.confirmation, "Wait until all trustees have dealt.")
        var random = SystemRandom()
        return try message(
            .confirmation,
            try keyShare().confirmation(
                qualified: ceremony.qualifiedIndices, keys: try keys(), arithmetic: arithmetic,
                random: &random
            ).canonicalBytes)
    }

    package func rehearsal() throws -> Transaction {
        try requireStage(.confirmation, "The rehearsal belongs to the end of the key ceremony.")
        guard let electionID = ceremony.electionID else {
            throw StationError(description: "The election id does not exist yet.")
        }
        let keys = try keys()
        let share = try decrypt(
            DecryptionUnit.rehearsal(electionID: electionID, keys: keys), keys: keys)
        return try message(.rehearsal, share.canonicalBytes)
    }

    // MARK: - Closing

    /// One transaction for each unit that has no share of this trustee yet.
    package func partialDecryptions() throws -> [Transaction] {
        let phase = try queries.status(election)?.phase
        guard phase == .closed || phase == .decrypting else {
            throw StationError(
                description:
                    "The election is '\(phase?.rawValue ?? "unknown")': totals are decrypted"
                    + " only between its close and its tally.")
        }
        guard let electionID = ceremony.electionID else {
            throw StationError(description: "The election has no id.")
        }
        let keys = try keys()
        var transactions: [Transaction] = []
        for unit in try queries.units(election)
        where unit.needsShares && !unit.shares.contains(trustee) {
            let share = try decrypt(
                DecryptionUnit(electionID: electionID, unit: unit.unit, total: unit.total),
                keys: keys)
            let body = PartialDecryptionMessage(
                election: election, trustee: trustee, unit: unit.unit,
                payload: share.canonicalBytes)
            transactions.append(.partialDecryption(sign(body, tag: .partialDecryption)))
        }
        return transactions
    }

    /// A warning for each total of so few ballots that it would say much about each of them.
    package func smallTotals() throws -> [String] {
        try queries.units(election).filter {
            $0.needsShares && $0.total.counted > 0
                && $0.total.counted < document.minimumTallyUnit
        }.map {
            "A_UNIT_SMALL: total \($0.unit) holds only \($0.total.counted) ballots, below the"
                + " document's minimum of \(document.minimumTallyUnit)."
        }
    }

    /// The last moment at which a ballot may enter a block, by the chain's document and extensions.
    package func closesFinally() throws -> Timestamp? {
        try queries.status(election)?.closesFinally
    }

    private func decrypt(
        _ unit: DecryptionUnit, keys: ElectionKeys
    ) throws -> PartialDecryption {
        var random = SystemRandom()
        return try keyShare().decrypt(
            unit, keys: keys, arithmetic: arithmetic, random: &random)
    }

    // MARK: - Signing

    private func message(_ step: CeremonyStep, _ payload: [UInt8]) throws -> Transaction {
        let body = CeremonyMessage(
            election: election, ceremony: ceremony.number, trustee: trustee, payload: payload)
        return .ceremony(step, sign(body, tag: step.tag))
    }

    package func sign<Body: CanonicalCodable & Hashable & Sendable>(
        _ body: Body, tag: EntryTag
    ) -> Signed<Body> {
        Signed(
            chainID: genesis.chainID, body: body,
            signature: identity.sign(
                Transaction.signedMessage(tag: tag, body: body, in: genesis.domain)))
    }
}

/// A trustee's two secrets: the Ed25519 identity, and the seed of every secret of the key ceremony.
package struct TrusteeKeys {
    package let identity: Ed25519SigningKey
    package let seed: Bytes32

    package init(identity: Ed25519SigningKey, seed: Bytes32) {
        self.identity = identity
        self.seed = seed
    }
}
