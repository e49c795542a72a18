package import Codec
package import Ledger

/// All that the holder of a consensus key has to remember (b.1): what was signed in the highest round,
/// and with which signatures. It is of bounded size and never grows. Who keeps a key apart from its
/// validator stores this, synced, before each signature leaves.
package struct SignerState: Hashable, Sendable {
    package let record: SignerRecord
    /// The signatures of what `record` says, in the order NOTARIZE, NULLIFY, FINALIZE.
    private let signatures: [Bytes64?]

    /// The state of a key that has signed nothing.
    package init() {
        record = SignerRecord(round: Round(epoch: .first, view: .root))
        signatures = [nil, nil, nil]
    }

    private init(record: SignerRecord, signatures: [Bytes64?]) {
        self.record = record
        self.signatures = signatures
    }

    package enum Judgement: Hashable, Sendable {
        /// Asked again for what was signed: the same bytes once more.
        case signed(Bytes64)
        /// Nothing that was signed contradicts it.
        case free
    }

    /// Whether a vote may be signed: what is lower than the record or contradicts it is refused, and
    /// what was signed gets the signature that it got before.
    package func judge(_ subject: VoteSubject) throws(SignerRefusal) -> Judgement {
        let round = subject.round
        guard round.view > .root else { throw .noView }
        if let proposal = subject.proposal, proposal.parentView >= round.view { throw .noView }
        if round < record.round { throw .lowerRound(round, signed: record.round) }
        guard round == record.round else { return .free }
        if record.subject(of: subject.kind) == subject,
            let signature = signatures[subject.kind.position]
        {
            return .signed(signature)
        }
        let isFree =
            switch subject.kind {
            case .notarize: record.mayNotarize
            case .nullify: record.mayNullify
            case .finalize: record.mayFinalize
            }
        guard isFree else { throw .contradicts(subject, signed: record) }
        return .free
    }

    /// The state with one more signature: durable before that leaves.
    ///
    /// - Throws: what `judge` throws.
    package func adding(
        _ subject: VoteSubject, _ signature: Bytes64
    ) throws(SignerRefusal) -> SignerState {
        if case .signed = try judge(subject) { return self }
        let isNew = subject.round != record.round
        var next = isNew ? SignerRecord(round: subject.round) : record
        next.add(subject)
        var kept = isNew ? [nil, nil, nil] : signatures
        kept[subject.kind.position] = signature
        return SignerState(record: next, signatures: kept)
    }
}

/// Why the holder of a key does not sign a vote.
package enum SignerRefusal: Error, Hashable, Sendable {
    /// Views begin at 1, and a parent's is lower.
    case noView
    case lowerRound(Round, signed: Round)
    case contradicts(VoteSubject, signed: SignerRecord)
}

extension VoteKind {
    fileprivate var position: Int { Int(rawValue) - 1 }
}

extension SignerState: CanonicalCodable {
    /// The record, then the signatures of NOTARIZE, NULLIFY and FINALIZE, each optional.
    package func encode(to writer: inout ByteWriter) {
        record.encode(to: &writer)
        for signature in signatures {
            writer.write(signature != nil)
            if let signature { writer.write(signature) }
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let record = try SignerRecord(from: &reader)
        var signatures: [Bytes64?] = []
        for kind in VoteKind.allCases {
            let isSigned = try reader.readBool()
            guard isSigned == (record.subject(of: kind) != nil) else {
                throw .invalid("each signature belongs to what the record says")
            }
            signatures.append(isSigned ? try reader.readBytes64() : nil)
        }
        self.init(record: record, signatures: signatures)
    }
}
