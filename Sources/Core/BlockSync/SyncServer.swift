import Codec
package import Ledger

/// The final blocks that a node has stored, as of one instant.
package protocol BlockSource {
    /// The newest final block; nil at genesis.
    func newest() throws -> FinalizedHeader?
    /// The final block at a height; nil above the newest one and for genesis.
    func block(at height: Height) throws -> Block?
    /// The header of that block alone, without reading its transactions.
    func header(at height: Height) throws -> BlockHeader?
    /// The finalization of the block at a height itself; nil where a descendant's made it final.
    func finalization(at height: Height) throws -> Certificate?
    /// The block nearest at or above a height that has a finalization of its own.
    func finalization(from height: Height) throws -> FinalizedHeader?
}

/// The serving side: pure answers from a store, so that any node can give them, on any thread.
///
/// An answer reads at most `SyncLimits.rangeBytes` of blocks, or one larger block, and
/// `SyncLimits.headersPerRange` headers: tens of milliseconds. Where votes are counted is no place
/// for that.
package enum SyncServer {
    /// The answer to a request; nil for a message that is none.
    ///
    /// - Throws: what the store throws.
    package static func answer(
        _ message: SyncMessage, from source: some BlockSource
    ) throws -> SyncMessage? {
        switch message {
        case .newestRequest:
            return .newest(try source.newest())
        case .rangeRequest(let height, let count, let bytes):
            let limit = min(Int(bytes), SyncLimits.frameBytes)
            guard let range = try range(from: height, count: count, within: limit, source) else {
                return .unavailable(height)
            }
            return .range(range)
        case .newest, .range, .unavailable:
            return nil
        }
    }

    /// What surrounds blocks and headers in an answer: tag, counts and a certificate of 31 validators.
    private static let envelopeBytes = 4096
    /// A header's bytes, rounded up.
    private static let headerBytes = 320

    private static func range(
        from height: Height, count: UInt32, within limit: Int, _ source: some BlockSource
    ) throws -> BlockRange? {
        guard height > .genesis, count > 0, limit > envelopeBytes,
            let first = try source.header(at: height),
            // Nothing is read for a height that nothing vouches for yet.
            let certified = try source.finalization(from: height),
            certified.header.epoch == first.epoch
        else { return nil }
        var room = limit - envelopeBytes
        guard first.messageBytes <= room, let block = try source.block(at: height) else {
            return nil
        }
        var blocks = [block]
        room -= block.messageBytes
        // Half of what the asker takes, so that headers find room.
        var budget = min(SyncLimits.rangeBytes, limit / 2) - block.messageBytes
        var next = height.next
        while blocks.count < Int(min(count, SyncLimits.blocksPerRange)),
            let header = try source.header(at: next), header.epoch == first.epoch,
            header.messageBytes <= budget, let block = try source.block(at: next)
        {
            room -= block.messageBytes
            budget -= block.messageBytes
            blocks.append(block)
            next = next.next
        }
        if certified.header.height < next {
            // An answer ends with a certified block where it holds one: then it needs no headers,
            // and the client can hand it on.
            for position in blocks.indices.reversed() {
                let height = blocks[position].header.height
                if let finalization = try source.finalization(at: height) {
                    return BlockRange(
                        blocks: Array(blocks[...position]), headers: [],
                        finalization: finalization)
                }
            }
        }
        // Else the nearest descendant that has a certificate vouches for all of it.
        let headerCount = min(SyncLimits.headersPerRange, room / headerBytes)
        guard certified.header.height >= next,
            certified.header.height.rawValue - next.rawValue < UInt64(headerCount)
        else { return nil }
        var headers: [BlockHeader] = []
        while next <= certified.header.height {
            guard let header = try source.header(at: next) else { return nil }
            headers.append(header)
            next = next.next
        }
        return BlockRange(
            blocks: blocks, headers: headers, finalization: certified.finalization)
    }
}
