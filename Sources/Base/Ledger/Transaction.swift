package import Codec
import TransparencyLog

/// A change of an election's state that is asked of the ledger.
///
/// The encoding is tag (u8), version (u8), chain id (32 bytes), the body's fields, then what signs
/// it. Ballots, spoiled trackers and evidence are tag, version and body alone: the proofs and
/// signatures inside bind the election or the chain.
/// It is at most `Limits.entryBytes` long.
package enum Transaction: Hashable, Sendable {
    case createElection(Approved<CreateElection>)
    case changeValidators(Approved<ChangeValidators>)
    case validatorReady(Signed<ValidatorReady>)
    case extendWindow(Approved<ExtendWindow>)
    case abortElection(Approved<AbortElection>)
    case ceremony(CeremonyStep, Signed<CeremonyMessage>)
    case roll(Signed<RollPart>)
    case rollChange(Signed<RollChange>)
    case issueCount(Signed<IssueCount>)
    case issuedLeaves(Signed<IssuedLeaves>)
    case ballot(BallotTransaction)
    case spoil(SpoilTransaction)
    case partialDecryption(Signed<PartialDecryptionMessage>)
    case protocolSignature(Signed<ProtocolSignature>)
    case equivocation(EquivocationEvidence)

    /// The RFC 6962 leaf hash of a transaction's bytes: its id.
    package static func id(of bytes: [UInt8]) -> Bytes32 { LogHash.leaf(bytes) }

    package var tag: EntryTag {
        switch self {
        case .createElection: .createElection
        case .changeValidators: .changeValidators
        case .validatorReady: .validatorReady
        case .extendWindow: .extendWindow
        case .abortElection: .abortElection
        case .ceremony(let step, _): step.tag
        case .roll: .roll
        case .rollChange: .rollChange
        case .issueCount: .issueCount
        case .issuedLeaves: .issuedLeaves
        case .ballot: .ballot
        case .spoil: .spoil
        case .partialDecryption: .partialDecryption
        case .protocolSignature: .protocolSignature
        case .equivocation: .equivocation
        }
    }
}

/// A body that one key signs. Who that must be follows from the body and the state.
package struct Signed<Body: CanonicalCodable & Hashable & Sendable>: Hashable, Sendable {
    package let chainID: Bytes32
    package let body: Body
    /// Ed25519 over `Transaction.signedMessage(...)`.
    package let signature: Bytes64

    package init(chainID: Bytes32, body: Body, signature: Bytes64) {
        self.chainID = chainID
        self.body = body
        self.signature = signature
    }
}

/// One commission member's signature.
package struct Approval: Hashable, Codable, Sendable {
    /// The member's place in the commission, from 0.
    package let member: UInt16
    package let signature: Bytes64

    package init(member: UInt16, signature: Bytes64) {
        self.member = member
        self.signature = signature
    }
}

/// A body that k members of a commission sign.
package struct Approved<Body: CanonicalCodable & Hashable & Sendable>: Hashable, Sendable {
    package let chainID: Bytes32
    package let body: Body
    /// By strictly rising member.
    package let approvals: [Approval]

    /// Nil unless the members rise strictly.
    package init?(chainID: Bytes32, body: Body, approvals: [Approval]) {
        for (earlier, later) in zip(approvals, approvals.dropFirst())
        where earlier.member >= later.member {
            return nil
        }
        self.chainID = chainID
        self.body = body
        self.approvals = approvals
    }
}

extension Transaction {
    /// The bytes that signers of a transaction sign: domain, then tag, version, chain id and body.
    package static func signedMessage(
        tag: EntryTag, body: some CanonicalCodable, in domain: SigningDomain
    ) -> [UInt8] {
        var writer = ByteWriter()
        tag.encode(to: &writer)
        writer.write(domain.chainID)
        body.encode(to: &writer)
        return domain.message(.transaction, writer.bytes)
    }
}

extension Signed {
    /// Whether `key` signed this body as a transaction with `tag` on the chain of `domain`.
    package func isSigned(
        by key: Bytes32, tag: EntryTag, in domain: SigningDomain,
        verifier: some SignatureVerifier
    ) -> Bool {
        chainID == domain.chainID
            && verifier.isValid(
                signature, of: Transaction.signedMessage(tag: tag, body: body, in: domain), by: key)
    }
}

extension Approved {
    /// Whether at least the threshold of `commission` signed and every signature verifies.
    package func isApproved(
        by commission: Commission, tag: EntryTag, in domain: SigningDomain,
        verifier: some SignatureVerifier
    ) -> Bool {
        guard chainID == domain.chainID, approvals.count >= Int(commission.threshold) else {
            return false
        }
        let message = Transaction.signedMessage(tag: tag, body: body, in: domain)
        return approvals.allSatisfy { approval in
            Int(approval.member) < commission.members.count
                && verifier.isValid(
                    approval.signature, of: message,
                    by: commission.members[Int(approval.member)].key)
        }
    }
}

extension Signed {
    fileprivate func encode(tag: EntryTag, to writer: inout ByteWriter) {
        tag.encode(to: &writer)
        writer.write(chainID)
        body.encode(to: &writer)
        writer.write(signature)
    }

    fileprivate init(afterTag reader: inout ByteReader) throws(CodecError) {
        self.init(
            chainID: try reader.readBytes32(),
            body: try Body(from: &reader),
            signature: try reader.readBytes64())
    }
}

extension Approval: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(member)
        writer.write(signature)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(member: try reader.readUInt16(), signature: try reader.readBytes64())
    }
}

extension Approved {
    fileprivate func encode(tag: EntryTag, to writer: inout ByteWriter) {
        tag.encode(to: &writer)
        writer.write(chainID)
        body.encode(to: &writer)
        writer.write(list: approvals, limit: Limits.commissionMembers)
    }

    fileprivate init(afterTag reader: inout ByteReader) throws(CodecError) {
        guard
            let approved = Approved(
                chainID: try reader.readBytes32(),
                body: try Body(from: &reader),
                approvals: try reader.readList(limit: Limits.commissionMembers))
        else { throw .invalid("approving members rise strictly") }
        self = approved
    }
}

extension Transaction: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .createElection(let approved): approved.encode(tag: tag, to: &writer)
        case .changeValidators(let approved): approved.encode(tag: tag, to: &writer)
        case .validatorReady(let signed): signed.encode(tag: tag, to: &writer)
        case .extendWindow(let approved): approved.encode(tag: tag, to: &writer)
        case .abortElection(let approved): approved.encode(tag: tag, to: &writer)
        case .ceremony(_, let signed): signed.encode(tag: tag, to: &writer)
        case .roll(let signed): signed.encode(tag: tag, to: &writer)
        case .rollChange(let signed): signed.encode(tag: tag, to: &writer)
        case .issueCount(let signed): signed.encode(tag: tag, to: &writer)
        case .issuedLeaves(let signed): signed.encode(tag: tag, to: &writer)
        case .partialDecryption(let signed): signed.encode(tag: tag, to: &writer)
        case .protocolSignature(let signed): signed.encode(tag: tag, to: &writer)
        case .ballot(let ballot):
            tag.encode(to: &writer)
            ballot.encode(to: &writer)
        case .spoil(let spoil):
            tag.encode(to: &writer)
            spoil.encode(to: &writer)
        case .equivocation(let evidence):
            tag.encode(to: &writer)
            evidence.encode(to: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        guard reader.remaining <= Limits.entryBytes else {
            throw .overLimit(count: reader.remaining, limit: Limits.entryBytes)
        }
        switch try EntryTag(from: &reader) {
        case .genesis, .header: throw .invalid("a genesis or a header is no transaction")
        case .createElection: self = .createElection(try Approved(afterTag: &reader))
        case .changeValidators: self = .changeValidators(try Approved(afterTag: &reader))
        case .validatorReady: self = .validatorReady(try Signed(afterTag: &reader))
        case .extendWindow: self = .extendWindow(try Approved(afterTag: &reader))
        case .abortElection: self = .abortElection(try Approved(afterTag: &reader))
        case .registration: self = .ceremony(.registration, try Signed(afterTag: &reader))
        case .commitment: self = .ceremony(.commitment, try Signed(afterTag: &reader))
        case .dealing: self = .ceremony(.dealing, try Signed(afterTag: &reader))
        case .complaint: self = .ceremony(.complaint, try Signed(afterTag: &reader))
        case .confirmation: self = .ceremony(.confirmation, try Signed(afterTag: &reader))
        case .rehearsal: self = .ceremony(.rehearsal, try Signed(afterTag: &reader))
        case .roll: self = .roll(try Signed(afterTag: &reader))
        case .rollChange: self = .rollChange(try Signed(afterTag: &reader))
        case .issueCount: self = .issueCount(try Signed(afterTag: &reader))
        case .issuedLeaves: self = .issuedLeaves(try Signed(afterTag: &reader))
        case .ballot: self = .ballot(try BallotTransaction(from: &reader))
        case .spoil: self = .spoil(try SpoilTransaction(from: &reader))
        case .partialDecryption: self = .partialDecryption(try Signed(afterTag: &reader))
        case .protocolSignature: self = .protocolSignature(try Signed(afterTag: &reader))
        case .equivocation: self = .equivocation(try EquivocationEvidence(from: &reader))
        }
    }
}
