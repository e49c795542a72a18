package import Codec
package import Ledger

/// One entry of the vote journal (b.1, b.12).
package enum JournalRecord: Hashable, Sendable {
    case signer(SignerRecord)
    /// What an own vote rests on and others may need from us: the certificate by which its view was
    /// entered, and of FINALIZE the notarization. It must not be lost: who sent FINALIZE cannot send
    /// NULLIFY any more, so if every holder forgot the notarization, the view would never end.
    case certificate(Certificate)
    /// An own vote, so that a resend is byte-identical.
    case vote(SignedVote)
    /// A block that an own vote depends on.
    case block(Block)
    /// What was signed until here may not be all: nothing may be signed.
    case quarantined
    /// The quarantine is over: votes from this round on.
    case resumed(from: Round)
}

extension JournalRecord: CanonicalCodable {
    private enum Tag: UInt8 {
        case signer = 1
        case certificate = 2
        case vote = 3
        case block = 4
        case quarantined = 5
        case resumed = 6
    }

    /// A tag (u8) and the record.
    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .signer(let record):
            writer.write(Tag.signer.rawValue)
            record.encode(to: &writer)
        case .certificate(let certificate):
            writer.write(Tag.certificate.rawValue)
            certificate.encode(to: &writer)
        case .vote(let vote):
            writer.write(Tag.vote.rawValue)
            vote.encode(to: &writer)
        case .block(let block):
            writer.write(Tag.block.rawValue)
            block.encode(to: &writer)
        case .quarantined:
            writer.write(Tag.quarantined.rawValue)
        case .resumed(let round):
            writer.write(Tag.resumed.rawValue)
            round.encode(to: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let byte = try reader.readUInt8()
        guard let tag = Tag(rawValue: byte) else { throw .unknownTag(byte) }
        switch tag {
        case .signer: self = .signer(try SignerRecord(from: &reader))
        case .certificate: self = .certificate(try Certificate(from: &reader))
        case .vote: self = .vote(try SignedVote(from: &reader))
        case .block: self = .block(try Block(from: &reader))
        case .quarantined: self = .quarantined
        case .resumed: self = .resumed(from: try Round(from: &reader))
        }
    }
}
