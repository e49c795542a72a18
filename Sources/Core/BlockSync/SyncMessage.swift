package import Codec
package import Ledger

/// The bounds of block synchronization, each with its reason.
package enum SyncLimits {
    /// A message in bytes: what a peer's frame may carry, and the most that is asked for.
    package static let frameBytes = 8 * 1024 * 1024
    /// Blocks of one answer.
    package static let blocksPerRange: UInt32 = 128
    /// Bytes of an answer's blocks; one block may be larger alone (4 MiB and its lengths).
    package static let rangeBytes = 3 * 1024 * 1024
    /// Headers from an answer's last block on to the one that has a certificate: so many views
    /// failed to finalize in a row.
    package static let headersPerRange = 4096
    /// Requests in flight to all peers.
    package static let requests = 8
    /// Of these, to one peer: one is answered while the next is on its way. A server may leave more
    /// than so many of one peer unanswered.
    package static let requestsPerPeer = 2
    /// Ranges that may wait for an earlier one: with `rangeBytes` this bounds memory.
    package static let waitingRanges = 16
    /// Bytes of final blocks that wait for one with a certificate of its own: many more than honest
    /// nodes finalize without one, and what a node can spare.
    package static let pendingBytes = 128 * 1024 * 1024
    /// Milliseconds a peer has for an answer, and for each block of it, at first and at most: it
    /// grows by half with each answer that does not come (b.13).
    package static let timeout: UInt64 = 500
    package static let timeoutPerBlock: UInt64 = 12
    package static let timeoutCap: UInt64 = 30_000
    /// Milliseconds between questions for the newest block.
    package static let poll: UInt64 = 2000
    /// Requests that a peer may leave unanswered in a row before it is used last.
    package static let failures = 8
}

/// Consecutive blocks that are final.
///
/// `headers` leads from the last block to the header that `finalization` is of: it is empty where
/// the last block has a certificate of its own, since a finalization makes all ancestors final.
package struct BlockRange: Hashable, Sendable {
    /// Not empty, at most `SyncLimits.blocksPerRange`.
    package let blocks: [Block]
    package let headers: [BlockHeader]
    package let finalization: Certificate

    package init(blocks: [Block], headers: [BlockHeader], finalization: Certificate) {
        self.blocks = blocks
        self.headers = headers
        self.finalization = finalization
    }
}

/// What a node that catches up and one that serves it say to each other.
package enum SyncMessage: Hashable, Sendable {
    /// Asks for the newest final block.
    case newestRequest
    /// The newest final block; nil at genesis. Also sent unasked when it changes.
    case newest(FinalizedHeader?)
    /// Asks for `count` blocks from a height on, in an answer of at most so many bytes: less than a
    /// frame where the asker takes less from this peer.
    case rangeRequest(
        from: Height, count: UInt32, bytes: UInt32 = UInt32(SyncLimits.frameBytes))
    case range(BlockRange)
    /// The server does not have the height asked for, or its answer would be too large.
    case unavailable(Height)

    /// Whether it is for the serving side.
    package var isRequest: Bool {
        switch self {
        case .newestRequest, .rangeRequest: true
        case .newest, .range, .unavailable: false
        }
    }

    /// Whether it carries content: such messages queue behind all others.
    package var isBulk: Bool {
        switch self {
        case .range: true
        case .newestRequest, .newest, .rangeRequest, .unavailable: false
        }
    }
}

extension Block {
    /// At least its size in a message, and at most half a kilobyte more.
    var messageBytes: Int { header.messageBytes }
}

extension BlockHeader {
    /// About how many bytes the block takes in a message, or more.
    var messageBytes: Int { 512 + Int(bodyBytes) + 4 * Int(transactionCount) }
}

extension BlockRange: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(list: blocks, limit: Int(SyncLimits.blocksPerRange))
        writer.write(list: headers, limit: SyncLimits.headersPerRange)
        finalization.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            blocks: try reader.readList(limit: Int(SyncLimits.blocksPerRange)),
            headers: try reader.readList(limit: SyncLimits.headersPerRange),
            finalization: try Certificate(from: &reader))
    }
}

extension SyncMessage: CanonicalCodable {
    private enum Tag: UInt8 {
        case newestRequest = 1
        case newest = 2
        case rangeRequest = 3
        case range = 4
        case unavailable = 5
    }

    /// A tag (u8) and the message.
    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .newestRequest:
            writer.write(Tag.newestRequest.rawValue)
        case .newest(let finalized):
            writer.write(Tag.newest.rawValue)
            writer.write(optional: finalized)
        case .rangeRequest(let height, let count, let bytes):
            writer.write(Tag.rangeRequest.rawValue)
            height.encode(to: &writer)
            writer.write(count)
            writer.write(bytes)
        case .range(let range):
            writer.write(Tag.range.rawValue)
            range.encode(to: &writer)
        case .unavailable(let height):
            writer.write(Tag.unavailable.rawValue)
            height.encode(to: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let byte = try reader.readUInt8()
        guard let tag = Tag(rawValue: byte) else { throw .unknownTag(byte) }
        switch tag {
        case .newestRequest: self = .newestRequest
        case .newest: self = .newest(try reader.readOptional())
        case .rangeRequest:
            self = .rangeRequest(
                from: try Height(from: &reader), count: try reader.readUInt32(),
                bytes: try reader.readUInt32())
        case .range: self = .range(try BlockRange(from: &reader))
        case .unavailable: self = .unavailable(try Height(from: &reader))
        }
    }
}
