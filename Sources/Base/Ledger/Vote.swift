package import Codec

/// What validators vote on: a block in a round, on a parent (PROTOCOL 3).
package struct Proposal: Hashable, Sendable {
    package let round: Round
    /// The view in which the parent was notarized; 0 for genesis or the last block of the epoch
    /// before.
    package let parentView: View
    package let blockHash: Bytes32

    package init(round: Round, parentView: View, blockHash: Bytes32) {
        self.round = round
        self.parentView = parentView
        self.blockHash = blockHash
    }
}

package enum VoteKind: UInt8, Sendable, CaseIterable {
    case notarize = 1
    case nullify = 2
    case finalize = 3
}

/// What a vote or a certificate says.
package enum VoteSubject: Hashable, Sendable {
    case notarize(Proposal)
    case nullify(Round)
    case finalize(Proposal)

    package var kind: VoteKind {
        switch self {
        case .notarize: .notarize
        case .nullify: .nullify
        case .finalize: .finalize
        }
    }

    package var round: Round {
        switch self {
        case .notarize(let proposal), .finalize(let proposal): proposal.round
        case .nullify(let round): round
        }
    }

    package var proposal: Proposal? {
        switch self {
        case .notarize(let proposal), .finalize(let proposal): proposal
        case .nullify: nil
        }
    }

    /// The bytes that a validator's consensus key signs: fixed length for a domain.
    package func message(in domain: SigningDomain) -> [UInt8] {
        domain.message(.vote, canonicalBytes)
    }
}

/// One validator's signed vote.
package struct SignedVote: Hashable, Sendable {
    package let subject: VoteSubject
    package let signer: ValidatorIndex
    /// Ed25519 over `subject.message(in:)`.
    package let signature: Bytes64

    package init(subject: VoteSubject, signer: ValidatorIndex, signature: Bytes64) {
        self.subject = subject
        self.signer = signer
        self.signature = signature
    }

    /// Whether the signer belongs to `validators` and its signature verifies.
    package func isValid(
        in domain: SigningDomain, validators: ValidatorSet, verifier: some SignatureVerifier
    ) -> Bool {
        guard let validator = validators[signer] else { return false }
        return verifier.isValid(
            signature, of: subject.message(in: domain), by: validator.consensusKey)
    }
}

extension Proposal: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        round.encode(to: &writer)
        parentView.encode(to: &writer)
        writer.write(blockHash)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            round: try Round(from: &reader),
            parentView: try View(from: &reader),
            blockHash: try reader.readBytes32())
    }
}

extension VoteSubject: CanonicalCodable {
    /// kind (u8), epoch, view, parent view (u64 each), block hash (32 bytes); the last two are zero
    /// in NULLIFY.
    package func encode(to writer: inout ByteWriter) {
        writer.write(kind.rawValue)
        switch self {
        case .notarize(let proposal), .finalize(let proposal):
            proposal.encode(to: &writer)
        case .nullify(let round):
            Proposal(round: round, parentView: .root, blockHash: .zero).encode(to: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let byte = try reader.readUInt8()
        guard let kind = VoteKind(rawValue: byte) else { throw .unknownTag(byte) }
        let proposal = try Proposal(from: &reader)
        switch kind {
        case .notarize:
            self = .notarize(proposal)
        case .finalize:
            self = .finalize(proposal)
        case .nullify:
            guard proposal.parentView == .root, proposal.blockHash == .zero else {
                throw .invalid("a NULLIFY names no block")
            }
            self = .nullify(proposal.round)
        }
    }
}

extension SignedVote: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        subject.encode(to: &writer)
        signer.encode(to: &writer)
        writer.write(signature)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            subject: try VoteSubject(from: &reader),
            signer: try ValidatorIndex(from: &reader),
            signature: try reader.readBytes64())
    }
}
