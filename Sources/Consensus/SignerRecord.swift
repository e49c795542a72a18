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
