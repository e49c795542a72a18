package import Codec

/// How two votes of one validator in one round contradict each other (PROTOCOL 7.12).
package enum EquivocationKind: UInt8, Sendable, CaseIterable {
    case twoNotarizations = 1
    case twoFinalizations = 2
    case nullificationAndFinalization = 3

    /// The contradiction between two subjects; nil if an honest validator may sign both.
    package init?(_ first: VoteSubject, _ second: VoteSubject) {
        guard first.round == second.round else { return nil }
        switch (first, second) {
        case (.notarize(let a), .notarize(let b)) where a != b: self = .twoNotarizations
        case (.finalize(let a), .finalize(let b)) where a != b: self = .twoFinalizations
        case (.nullify, .finalize), (.finalize, .nullify): self = .nullificationAndFinalization
        case (.notarize, _), (.finalize, _), (.nullify, _): return nil
        }
    }
}

/// Two contradicting votes of one validator: anyone may bring them to the ledger, once. Their
/// signatures bind the chain and name the signer; `verify` checks them.
package struct EquivocationEvidence: Hashable, Sendable {
    /// In the order of their subjects' bytes, so that a pair has one form.
    package let first: SignedVote
    package let second: SignedVote
    package let kind: EquivocationKind

    /// Nil unless both votes name one signer and contradict each other; in either order.
    package init?(_ one: SignedVote, _ other: SignedVote) {
        guard one.signer == other.signer,
            let kind = EquivocationKind(one.subject, other.subject)
        else { return nil }
        let isInOrder = one.subject.canonicalBytes.lexicographicallyPrecedes(
            other.subject.canonicalBytes)
        self.first = isInOrder ? one : other
        self.second = isInOrder ? other : one
        self.kind = kind
    }

    package var round: Round { first.subject.round }
    /// The place of who signed both in the set of the round's epoch.
    package var signer: ValidatorIndex { first.signer }

    /// Whether both signatures are those of the same member of `validators`, the set of the round's
    /// epoch.
    package func isValid(
        in domain: SigningDomain, validators: ValidatorSet, verifier: some SignatureVerifier
    ) -> Bool {
        first.isValid(in: domain, validators: validators, verifier: verifier)
            && second.isValid(in: domain, validators: validators, verifier: verifier)
    }
}

extension EquivocationEvidence: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        first.encode(to: &writer)
        second.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let first = try SignedVote(from: &reader)
        let second = try SignedVote(from: &reader)
        guard let evidence = EquivocationEvidence(first, second) else {
            throw .invalid("two votes of one validator contradict each other")
        }
        guard evidence.first == first else { throw .invalid("contradicting votes are in order") }
        self = evidence
    }
}
