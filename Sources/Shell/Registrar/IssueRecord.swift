internal import Codec
internal import Cryptography
internal import Ledger

/// What the registrar knows of one roll leaf's credential.
///
/// Every leaf has its record from the beginning, sealed, and all are of one size: a later state takes
/// the place of the earlier one in the file, so that no place in it tells what came first (decision
/// 0021).
struct IssueRecord: Equatable, Sendable {
    enum State: Equatable, Sendable {
        /// No credential was asked for.
        case free
        /// The one request of the leaf that may be signed.
        case issued([UInt8])
        /// Likewise, and the leaf is in a batch.
        case published([UInt8])
    }

    let leaf: UInt32
    var state: State

    /// The request of the leaf, if there was one.
    var blinded: [UInt8]? {
        switch state {
        case .free: nil
        case .issued(let blinded), .published(let blinded): blinded
        }
    }
}

extension IssueRecord: CanonicalCodable {
    /// Of every record, in bytes: state, leaf, request.
    static let size = 1 + 4 + BlindedMessage.size
    private static let nothing = [UInt8](repeating: 0, count: BlindedMessage.size)

    func encode(to writer: inout ByteWriter) {
        let (tag, blinded): (UInt8, [UInt8]) =
            switch state {
            case .free: (0, Self.nothing)
            case .issued(let blinded): (1, blinded)
            case .published(let blinded): (2, blinded)
            }
        precondition(blinded.count == BlindedMessage.size, "requests have one size")
        writer.write(tag)
        writer.write(leaf)
        writer.write(raw: blinded)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        let tag = try reader.readUInt8()
        leaf = try reader.readUInt32()
        let blinded = try reader.readRaw(BlindedMessage.size)
        switch tag {
        case 0: state = .free
        case 1: state = .issued(blinded)
        case 2: state = .published(blinded)
        default: throw .unknownTag(tag)
        }
    }
}
