package import Codec
package import Ledger

/// What this validator has signed in the highest round it voted in: the whole voting state that
/// safety needs (b.1). Records follow each other by rising round; within one, nothing is unsaid.
package struct SignerRecord: Hashable, Sendable {
    package let round: Round
    package var notarized: Proposal?
    package var nullified: Bool
    package var finalized: Proposal?

    /// The record of a round in which nothing has been signed.
    package init(
        round: Round, notarized: Proposal? = nil, nullified: Bool = false,
        finalized: Proposal? = nil
    ) {
        self.round = round
        self.notarized = notarized
        self.nullified = nullified
        self.finalized = finalized
    }

    /// One NOTARIZE a view, none after the own NULLIFY (b.3).
    package var mayNotarize: Bool { notarized == nil && !nullified && finalized == nil }
    /// NULLIFY is allowed after NOTARIZE, never after FINALIZE (b.5).
    package var mayNullify: Bool { !nullified && finalized == nil }
    /// FINALIZE once, never after NULLIFY (b.4).
    package var mayFinalize: Bool { !nullified && finalized == nil }

    /// What of a kind was signed in the record's round.
    package func subject(of kind: VoteKind) -> VoteSubject? {
        switch kind {
        case .notarize: notarized.map { .notarize($0) }
        case .nullify: nullified ? .nullify(round) : nil
        case .finalize: finalized.map { .finalize($0) }
        }
    }

    /// Adds what another record of the same key says: the later round's, or both of one round.
    package mutating func add(_ other: SignerRecord) {
        if other.round > round { self = other }
        guard other.round == round else { return }
        notarized = notarized ?? other.notarized
        nullified = nullified || other.nullified
        finalized = finalized ?? other.finalized
    }

    /// Adds a vote of the record's round.
    package mutating func add(_ subject: VoteSubject) {
        precondition(subject.round == round, "a record is of one round")
        switch subject {
        case .notarize(let proposal): notarized = proposal
        case .nullify: nullified = true
        case .finalize(let proposal): finalized = proposal
        }
    }
}

extension SignerRecord: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        round.encode(to: &writer)
        writer.write(optional: notarized)
        writer.write(nullified)
        writer.write(optional: finalized)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            round: try Round(from: &reader),
            notarized: try reader.readOptional(),
            nullified: try reader.readBool(),
            finalized: try reader.readOptional())
    }
}
