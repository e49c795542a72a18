package import BlockSync
package import Codec
package import Consensus

/// What a peer did that no honest node does: its connection ends.
package enum PeerFault: Sendable {
    case unknownFrame(UInt8)
    case undecodable(CodecError)
    case consensus(MessageRejection)
    case sync(SyncRejection)
    /// A line of a checkpoint that is malformed, or that claims a key and does not verify.
    case checkpoint(String)
    /// It is no validator, and sends what only validators send. It may have become one that we do not
    /// know yet: then it connects again, and we learn it from its blocks.
    case stranger(String)
}

extension PeerFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownFrame(let type): "a frame of the unknown type \(type)"
        case .undecodable(let error): "a message that does not decode: \(error)"
        case .consensus(let rejection):
            "a consensus message that no honest validator sends: \(rejection)"
        case .sync(let rejection):
            "a synchronization message that no honest node sends: \(rejection)"
        case .checkpoint(let problem), .stranger(let problem): problem
        }
    }
}
