import BallotCryptography
import Codec
import Cryptography
import Elections
import Ledger
import Ristretto

// The trustees' side: every trustee holds one seed.

extension World {
    static let arithmetic = SodiumArithmetic()
    static let encryption = ChaCha20Poly1305.self

    static func secret(_ trustee: UInt32) -> TrusteeSecret {
        TrusteeSecret(seed: seed("trustee secret \(trustee)"))
    }

    var ceremonyStatus: CeremonyStatus {
        get throws { try self.queries.ceremony(self.election) ?? { throw Missing("ceremony") }() }
    }

    mutating func registration(_ trustee: UInt32) throws -> Transaction {
        let status = try self.ceremonyStatus
        let index = try status.index(of: trustee) ?? { throw Missing("index") }()
        let payload = Self.secret(trustee).registration(
            trustee: index, parameters: status.parameters, arithmetic: Self.arithmetic,
            random: &self.random)
        return self.ceremony(.registration, trustee, payload, ceremony: status.number)
    }

    func commitment(_ trustee: UInt32) throws -> Transaction {
        let status = try self.ceremonyStatus
        let index = try status.index(of: trustee) ?? { throw Missing("index") }()
        let payload = Self.secret(trustee).dealer(trustee: index, parameters: status.parameters)
            .commitment(
                dealer: index, parameters: status.parameters, arithmetic: Self.arithmetic)
        return self.ceremony(.commitment, trustee, payload, ceremony: status.number)
    }

    /// The dealing of a trustee; `change` makes it a bad one.
    mutating func dealing(
        _ trustee: UInt32, _ change: (Dealing) -> Dealing = { $0 }
    ) throws -> Transaction {
        let status = try self.ceremonyStatus
        let index = try status.index(of: trustee) ?? { throw Missing("index") }()
        let keys = try self.messages(TrusteeRegistration.self, .registration)
            .map(\.1.communicationKey)
        let payload = try Self.secret(trustee)
            .dealer(trustee: index, parameters: status.parameters)
            .dealing(
                dealer: index, parameters: status.parameters, communicationKeys: keys,
                arithmetic: Self.arithmetic, encryption: Self.encryption, random: &self.random)
        return self.ceremony(.dealing, trustee, change(payload), ceremony: status.number)
    }

    /// Accepted messages of a step with the index of their trustee.
    func messages<Payload: CanonicalCodable>(
        _ type: Payload.Type, _ step: CeremonyStep
    ) throws -> [(UInt32, Payload)] {
        let status = try self.ceremonyStatus
        return try self.queries.ceremonyMessages(
            self.election, ceremony: status.number, step: step
        ).map {
            (status.index(of: $0.trustee) ?? 0, try Payload(canonicalBytes: $0.payload))
        }
    }

    func qualifiedDealings() throws -> [QualifiedDealing] {
        let qualified = try self.ceremonyStatus.qualifiedIndices
        return try self.messages(Dealing.self, .dealing)
            .filter { qualified.contains($0.0) }
            .map { QualifiedDealing(dealer: $0.0, dealing: $0.1) }
    }

    mutating func complaint(_ trustee: UInt32, about dealer: UInt32) throws -> Transaction? {
        let status = try self.ceremonyStatus
        let index = try status.index(of: trustee) ?? { throw Missing("index") }()
        let accused = try status.index(of: dealer) ?? { throw Missing("index") }()
        for entry in try self.qualifiedDealings() where entry.dealer == accused {
            let review = try Self.secret(trustee).review(
                entry, trustee: index, parameters: status.parameters,
                arithmetic: Self.arithmetic, encryption: Self.encryption, random: &self.random)
            if case .complaint(let complaint) = review {
                return self.ceremony(.complaint, trustee, complaint, ceremony: status.number)
            }
        }
        return nil
    }

    mutating func keyShare(_ trustee: UInt32) throws -> TrusteeKeyShare {
        let status = try self.ceremonyStatus
        let index = try status.index(of: trustee) ?? { throw Missing("index") }()
        return try Self.secret(trustee).keyShare(
            of: try self.qualifiedDealings(), trustee: index, parameters: status.parameters,
            arithmetic: Self.arithmetic, encryption: Self.encryption, random: &self.random)
    }

    var keys: ElectionKeys {
        get throws { try self.queries.keys(self.election) ?? { throw Missing("keys") }() }
    }

    mutating func confirmation(_ trustee: UInt32) throws -> Transaction {
        let status = try self.ceremonyStatus
        let payload = try self.keyShare(trustee).confirmation(
            qualified: status.qualifiedIndices, keys: try self.keys,
            arithmetic: Self.arithmetic, random: &self.random)
        return self.ceremony(.confirmation, trustee, payload, ceremony: status.number)
    }

    mutating func rehearsal(_ trustee: UInt32) throws -> Transaction {
        let status = try self.ceremonyStatus
        let electionID = try status.electionID ?? { throw Missing("election id") }()
        let keys = try self.keys
        let payload = try self.keyShare(trustee).decrypt(
            .rehearsal(electionID: electionID, keys: keys), keys: keys,
            arithmetic: Self.arithmetic, random: &self.random)
        return self.ceremony(.rehearsal, trustee, payload, ceremony: status.number)
    }

    /// Every participant takes a step in one block.
    mutating func all(
        at offset: UInt64, _ make: (inout World, UInt32) throws -> Transaction
    ) throws {
        let participants = try self.ceremonyStatus.participants
        var transactions: [Transaction] = []
        for trustee in participants { transactions.append(try make(&self, trustee)) }
        try self.block(at: offset, transactions)
    }

    /// Registration, commitment and dealing by all participants from `offset` on.
    mutating func deal(at offset: UInt64) throws {
        try self.all(at: offset) { try $0.registration($1) }
        try self.all(at: offset + 1) { try $0.commitment($1) }
        try self.all(at: offset + 2) { try $0.dealing($1) }
    }

    /// Confirmation and rehearsal by all participants.
    mutating func confirmAll(at offset: UInt64) throws {
        try self.all(at: offset) { try $0.confirmation($1) }
        try self.all(at: offset + 1) { try $0.rehearsal($1) }
    }

    mutating func decryption(_ trustee: UInt32, unit number: UInt32) throws -> Transaction {
        let units = try self.queries.units(self.election)
        guard let unit = units.first(where: { $0.unit == number }) else { throw Missing("unit") }
        let keys = try self.keys
        let payload = try self.keyShare(trustee).decrypt(
            DecryptionUnit(
                electionID: try self.status.electionID ?? .zero, unit: number, total: unit.total),
            keys: keys, arithmetic: Self.arithmetic, random: &self.random)
        return self.share(trustee, unit: number, payload)
    }
}
