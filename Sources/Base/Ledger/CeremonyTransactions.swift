package import Codec

/// The steps of the key ceremony that are transactions (`ballot.md` 1.4, D0 to D5).
package enum CeremonyStep: UInt8, Sendable, CaseIterable {
    case registration
    case commitment
    case dealing
    case complaint
    case confirmation
    case rehearsal

    package var tag: EntryTag {
        switch self {
        case .registration: .registration
        case .commitment: .commitment
        case .dealing: .dealing
        case .complaint: .complaint
        case .confirmation: .confirmation
        case .rehearsal: .rehearsal
        }
    }
}

/// A trustee's message in the key ceremony, signed with the trustee's Ed25519 key.
package struct CeremonyMessage: Hashable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    /// Which attempt at the ceremony, from 1.
    package let ceremony: UInt32
    /// The trustee's number, from 1 in document order.
    package let trustee: UInt32
    /// The step's canonical object (`BallotCryptography`), at most `Limits.ceremonyPayload` bytes.
    package let payload: [UInt8]

    package init(election: Bytes32, ceremony: UInt32, trustee: UInt32, payload: [UInt8]) {
        self.election = election
        self.ceremony = ceremony
        self.trustee = trustee
        self.payload = payload
    }
}

/// A trustee's share of one unit's decryption, signed with the trustee's Ed25519 key.
package struct PartialDecryptionMessage: Hashable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    /// The trustee's number, from 1 in document order.
    package let trustee: UInt32
    /// The (tally unit, contest) pair, numbered from 1 in document order (`ballot.md` 1.10).
    package let unit: UInt32
    /// The share with its proof (`BallotCryptography`).
    package let payload: [UInt8]

    package init(election: Bytes32, trustee: UInt32, unit: UInt32, payload: [UInt8]) {
        self.election = election
        self.trustee = trustee
        self.unit = unit
        self.payload = payload
    }
}

/// A commission member's signature over the result protocol, or a dissent from it.
package struct ProtocolSignature: Hashable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    /// The member's place in the election's commission, from 0.
    package let member: UInt16
    /// SHA-256 of the protocol's bytes.
    package let protocolHash: Bytes32
    /// Ed25519 over the protocol's bytes themselves.
    package let protocolSignature: Bytes64
    /// Why the member dissents; nil for plain agreement.
    package let dissent: String?

    package init(
        election: Bytes32, member: UInt16, protocolHash: Bytes32, protocolSignature: Bytes64,
        dissent: String?
    ) {
        self.election = election
        self.member = member
        self.protocolHash = protocolHash
        self.protocolSignature = protocolSignature
        self.dissent = dissent
    }
}

extension CeremonyMessage: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(election)
        writer.write(ceremony)
        writer.write(trustee)
        writer.write(variable: payload, limit: Limits.ceremonyPayload)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            election: try reader.readBytes32(),
            ceremony: try reader.readUInt32(),
            trustee: try reader.readUInt32(),
            payload: try reader.readVariable(limit: Limits.ceremonyPayload))
    }
}

extension PartialDecryptionMessage: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(election)
        writer.write(trustee)
        writer.write(unit)
        writer.write(variable: payload, limit: Limits.ceremonyPayload)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            election: try reader.readBytes32(),
            trustee: try reader.readUInt32(),
            unit: try reader.readUInt32(),
            payload: try reader.readVariable(limit: Limits.ceremonyPayload))
    }
}

extension ProtocolSignature: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(election)
        writer.write(member)
        writer.write(protocolHash)
        writer.write(protocolSignature)
        writer.write(dissent != nil)
        if let dissent { writer.write(dissent, limit: Limits.reason) }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            election: try reader.readBytes32(),
            member: try reader.readUInt16(),
            protocolHash: try reader.readBytes32(),
            protocolSignature: try reader.readBytes64(),
            dissent: try reader.readBool() ? try reader.readString(limit: Limits.reason) : nil)
    }
}
