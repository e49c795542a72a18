package import Codec

/// The bytes of a hash tile: `width` hashes of 32 bytes. A partial tile is a prefix of every wider one.
///
/// - Throws: `outsideOfTree` for a tile that no tree has; the caller knows that the store covers it
///   (`Tile.isCovered`).
package func tile<Hashes: TreeHashes>(
    level: UInt8, index: UInt64, width: Int, from tree: Hashes
) throws(TreeReadError<Hashes.Failure>) -> [UInt8] {
    guard let tile = Tile(.hashes(level: level), index: index, width: width),
        tile.isCovered(bySize: LogLimits.treeSize)
    else { throw .outsideOfTree }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(width * Bytes32.size)
    let first = index * UInt64(LogLimits.tileWidth)
    for offset in 0..<UInt64(width) {
        do throws(Hashes.Failure) {
            try tree.hash(height: 8 * level, index: first + offset).append(to: &bytes)
        } catch {
            throw .store(error)
        }
    }
    return bytes
}

/// Why bytes are not the tile or bundle that they should be.
package enum TileContentError: Error, Equatable, Sendable {
    /// A tile is not a number of whole hashes, or not the number asked for.
    case wrongSize
    /// A bundle ends inside an entry.
    case truncatedEntry
    /// A bundle holds another number of entries than asked for.
    case wrongCount
    /// An entry is longer than 65,535 bytes.
    case entryTooLong
}

extension Tile {
    /// The hashes of a tile's bytes.
    ///
    /// - Throws: `wrongSize` unless the bytes are exactly `width` hashes.
    package func hashes(from bytes: [UInt8]) throws(TileContentError) -> [Bytes32] {
        guard bytes.count == width * Bytes32.size else { throw .wrongSize }
        var hashes: [Bytes32] = []
        hashes.reserveCapacity(width)
        for start in stride(from: 0, to: bytes.count, by: Bytes32.size) {
            hashes.append(Bytes32(bytes[start..<(start + Bytes32.size)]))
        }
        return hashes
    }
}

/// An entry bundle: for each entry two bytes of length, big-endian, and its bytes.
package enum EntryBundle {
    /// The bundle of up to 256 entries of at most 65,535 bytes.
    package static func encode(_ entries: [[UInt8]]) throws(TileContentError) -> [UInt8] {
        guard entries.count <= LogLimits.tileWidth else { throw .wrongCount }
        var writer = ByteWriter()
        for entry in entries {
            guard entry.count <= LogLimits.entrySize else { throw .entryTooLong }
            writer.write(UInt16(truncatingIfNeeded: entry.count))
            writer.write(raw: entry)
        }
        return writer.bytes
    }

    /// The entries of a bundle that holds exactly `count` of them.
    package static func decode(
        _ bytes: [UInt8], count: Int
    ) throws(TileContentError) -> [[UInt8]] {
        var reader = ByteReader(bytes)
        var entries: [[UInt8]] = []
        do throws(CodecError) {
            while reader.remaining > 0, entries.count <= LogLimits.tileWidth {
                entries.append(try reader.readRaw(Int(try reader.readUInt16())))
            }
        } catch {
            throw .truncatedEntry
        }
        guard entries.count == count, count <= LogLimits.tileWidth else { throw .wrongCount }
        return entries
    }
}

/// Where a client gets hash tiles from.
package protocol TileSource {
    associatedtype Failure: Error

    /// The bytes of a hash tile as served.
    func bytes(of tile: Tile) throws(Failure) -> [UInt8]
}

/// Why a hash cannot be read from tiles.
package enum TileReadError<Failure: Error>: Error {
    /// The tree of this size has no such subtree.
    case outsideOfTree
    /// A tile has the wrong size.
    case content(TileContentError)
    /// The tile could not be fetched.
    case source(Failure)
}

extension TileReadError: Equatable where Failure: Equatable {}

/// A tree read through the tiles of one checkpoint. It asks only for tiles that the checkpoint
/// implies. What it gives is unproved: check proofs made from it against the checkpoint's root.
package struct TiledTree<Source: TileSource>: TreeHashes {
    private let source: Source
    private let size: UInt64

    /// The tree of `size` entries, the size of a checkpoint.
    package init(size: UInt64, source: Source) {
        self.size = size
        self.source = source
    }

    /// The hash of a subtree, from the one tile that holds it.
    package func hash(
        height: UInt8, index: UInt64
    ) throws(TileReadError<Source.Failure>) -> Bytes32 {
        guard height < 63, index <= LogLimits.treeSize >> UInt64(height) else {
            throw .outsideOfTree
        }
        let level = height / 8
        let count = 1 << Int(height % 8)
        let first = index << UInt64(height % 8)
        let place = first / UInt64(LogLimits.tileWidth)
        let start = Int(first % UInt64(LogLimits.tileWidth))
        let isFull = place < Tile.fullTiles(level: level, size: size)
        let width =
            isFull ? LogLimits.tileWidth : Tile.partialWidth(level: level, size: size)
        guard let tile = Tile(.hashes(level: level), index: place, width: width),
            tile.isCovered(bySize: size), start + count <= width
        else { throw .outsideOfTree }
        var hashes = [Bytes32](try read(tile)[start..<(start + count)])
        while hashes.count > 1 {
            hashes = stride(from: 0, to: hashes.count, by: 2).map {
                LogHash.node(hashes[$0], hashes[$0 + 1])
            }
        }
        return hashes[0]
    }

    private func read(_ tile: Tile) throws(TileReadError<Source.Failure>) -> [Bytes32] {
        let bytes: [UInt8]
        do throws(Source.Failure) {
            bytes = try source.bytes(of: tile)
        } catch {
            throw .source(error)
        }
        do throws(TileContentError) {
            return try tile.hashes(from: bytes)
        } catch {
            throw .content(error)
        }
    }
}
