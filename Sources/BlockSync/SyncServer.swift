import Codec
package import Ledger

/// The final blocks that a node has stored.
package protocol BlockSource {
    /// The newest final block; nil at genesis.
    func newest() throws -> FinalizedHeader?
    /// The final block at a height; nil above the newest one and for genesis.
    func block(at height: Height) throws -> Block?
    /// The finalization of the block at a height itself; nil where a descendant's made it final.
    func finalization(at height: Height) throws -> Certificate?
}

/// The serving side: pure answers from a store, so that any node can give them.
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
        case .rangeRequest(let height, let count):
            guard let range = try range(from: height, count: count, source) else {
                return .unavailable(height)
            }
            return .range(range)
        case .newest, .range, .unavailable:
            return nil
        }
    }

    private static func range(
        from height: Height, count: UInt32, _ source: some BlockSource
    ) throws -> BlockRange? {
        guard height > .genesis else { return nil }
        var blocks: [Block] = []
        var bytes = 0
        var next = height
        while blocks.count < Int(min(count, SyncLimits.blocksPerRange)),
            let block = try source.block(at: next)
        {
            let size = encodedSize(of: block)
            if !blocks.isEmpty, bytes + size > SyncLimits.rangeBytes { break }
            bytes += size
            blocks.append(block)
            next = next.next
        }
        // An answer ends with a certified block where it holds one: then it needs no headers, and the
        // client can hand it on.
        for position in blocks.indices.reversed() {
            let certified = blocks[position].header.height
            if let finalization = try source.finalization(at: certified) {
                return BlockRange(
                    blocks: Array(blocks[...position]), headers: [], finalization: finalization)
            }
        }
        // Else the nearest descendant that has a certificate vouches for all of it.
        var headers: [BlockHeader] = []
        while !blocks.isEmpty, headers.count < SyncLimits.headersPerRange,
            let block = try source.block(at: next)
        {
            headers.append(block.header)
            if let finalization = try source.finalization(at: next) {
                return BlockRange(blocks: blocks, headers: headers, finalization: finalization)
            }
            next = next.next
        }
        return nil
    }

    /// A block's size on the wire, within a few bytes.
    private static func encodedSize(of block: Block) -> Int {
        512 + Int(block.header.bodyBytes) + 4 * block.transactions.count
    }
}
