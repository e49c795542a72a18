import Codec
import Hashing
import Testing
import TransparencyLog

private struct Paths: Decodable {
    struct Path: Decodable {
        let level: UInt8
        let index: UInt64
        let width: Int
        let path: String
        let entriesPath: String?
    }
    struct Size: Decodable {
        let size: UInt64
        let partialWidthByLevel: [String: Int]
        let fullTilesByLevel: [String: UInt64]
        let partialTiles: [String]
        let tileCount: UInt64
    }
    let paths: [Path]
    let treeSizes: [Size]
    let rejectPaths, rejectPathsByTheSpecification: [String]
}

private struct Tiles: Decodable {
    struct Tile: Decodable {
        let size: UInt64
        let path, sha256Hex: String
        let dataHex: String?
    }
    let tiles: [Tile]
}

private struct Bundles: Decodable {
    struct Bundle: Decodable {
        let size: UInt64
        let path, sha256Hex: String
        let entries: Int
    }
    struct OddLengths: Decodable {
        let entryLengths: [Int]
        let leafHashHex: [String]
        let bytes: Int
        let sha256Hex: String
    }
    struct Reject: Decodable {
        let why, dataHex: String
    }
    let bundles: [Bundle]
    let oddLengths: OddLengths
    let rejectHex: [Reject]
}

/// A log that keeps its widest tiles and serves partial ones as prefixes, and notes what is asked.
private struct ServedLog: TileSource {
    enum Refusal: Error { case notOwed(String) }

    let tree: MemoryTree
    /// The tiles that a checkpoint of this size owes.
    let size: UInt64

    func bytes(of tile: Tile) throws(Refusal) -> [UInt8] {
        guard case .hashes(let level) = tile.content, tile.isCovered(bySize: size),
            !tile.isPartial || Tile.partialTiles(size: size).contains(tile)
        else { throw .notOwed(tile.path) }
        let available = UInt64(tree.frontier.size) >> UInt64(8 * level)
        let widest = Int(min(256, available - tile.index * 256))
        do {
            let bytes = try TransparencyLog.tile(
                level: level, index: tile.index, width: widest, from: tree)
            return [UInt8](bytes.prefix(tile.width * 32))
        } catch {
            throw .notOwed(tile.path)
        }
    }
}

struct TileTests {
    @Test func pathsAreThoseOfTheVectorsBothWays() throws {
        for vector in try vectors("tile_paths", as: Paths.self).paths {
            let tile = try #require(
                Tile(.hashes(level: vector.level), index: vector.index, width: vector.width))
            #expect(tile.path == vector.path)
            #expect(try Tile(path: vector.path) == tile)
            guard let path = vector.entriesPath else { continue }
            let bundle = try #require(Tile(.entries, index: vector.index, width: vector.width))
            #expect(bundle.path == path)
            #expect(try Tile(path: path) == bundle)
        }
    }

    @Test func otherPathsAreRefused() throws {
        let vectors = try vectors("tile_paths", as: Paths.self)
        for path in vectors.rejectPaths {
            #expect(throws: TilePathError.malformed, "\(path)") { try Tile(path: path) }
        }
        for path in vectors.rejectPathsByTheSpecification {
            #expect(throws: TilePathError.levelTooHigh) { try Tile(path: path) }
        }
        #expect(throws: TilePathError.malformed) { try Tile(path: "") }
        #expect(throws: TilePathError.malformed) { try Tile(path: "tile/entries") }
        #expect(throws: TilePathError.malformed) {
            try Tile(path: "tile/0/x999/x999/x999/x999/x999/x999/x999/999")
        }
    }

    @Test func tilesOfASizeAreThoseOfTheVectors() throws {
        for vector in try vectors("tile_paths", as: Paths.self).treeSizes {
            var count: UInt64 = 0
            for level in UInt8(0)..<8 {
                let full = Tile.fullTiles(level: level, size: vector.size)
                let partial = Tile.partialWidth(level: level, size: vector.size)
                #expect(full == vector.fullTilesByLevel["\(level)"] ?? 0)
                #expect(partial == vector.partialWidthByLevel["\(level)"] ?? 0)
                count += full + (partial > 0 ? 1 : 0)
            }
            #expect(count == vector.tileCount)
            #expect(Tile.partialTiles(size: vector.size).map(\.path) == vector.partialTiles)
        }
    }

    @Test func tileWithoutHashesOrAboveTheLimitsCannotBeNamed() {
        #expect(Tile(.entries, index: 0, width: 0) == nil)
        #expect(Tile(.entries, index: 0, width: 257) == nil)
        #expect(Tile(.entries, index: LogLimits.treeSize + 1) == nil)
        #expect(Tile(.hashes(level: 64), index: 0) == nil)
    }

    @Test func tileIsCoveredOnlyByTreesThatHaveAllOfIt() throws {
        let tile = try #require(Tile(.hashes(level: 1), index: 1, width: 17))
        #expect(tile.isCovered(bySize: 256 * (256 + 17)))
        #expect(!tile.isCovered(bySize: 256 * (256 + 17) - 1))
        let far = try #require(Tile(.entries, index: LogLimits.treeSize))
        #expect(!far.isCovered(bySize: LogLimits.treeSize))
        let high = try #require(Tile(.hashes(level: 8), index: 0, width: 1))
        #expect(!high.isCovered(bySize: LogLimits.treeSize))
        #expect(throws: TreeReadError<Never>.outsideOfTree) {
            try TransparencyLog.tile(level: 8, index: 0, width: 1, from: vectorTree)
        }
    }

    @Test func tileBytesAreThoseOfTheVectors() throws {
        for vector in try vectors("tiles", as: Tiles.self).tiles {
            let tile = try Tile(path: vector.path)
            guard case .hashes(let level) = tile.content else { continue }
            #expect(tile.isCovered(bySize: vector.size))
            let content = try TransparencyLog.tile(
                level: level, index: tile.index, width: tile.width, from: vectorTree)
            #expect(SHA256.digest(content) == (try hash(vector.sha256Hex)), "\(vector.path)")
            if let data = vector.dataHex { #expect(Hexadecimal.encode(content) == data) }
            #expect(try tile.hashes(from: content).flatMap(\.bytes) == content)
            #expect(throws: TileContentError.wrongSize) {
                try tile.hashes(from: content.dropLast())
            }
        }
    }

    @Test func bundlesAreThoseOfTheVectorsBothWays() throws {
        for vector in try vectors("entry_bundles", as: Bundles.self).bundles {
            let tile = try Tile(path: vector.path)
            let first = tile.index * 256
            let entries = (first..<(first + UInt64(tile.width))).map(entry)
            #expect(entries.count == vector.entries)
            let bundle = try EntryBundle.encode(entries)
            #expect(SHA256.digest(bundle) == (try hash(vector.sha256Hex)))
            #expect(try EntryBundle.decode(bundle, count: tile.width) == entries)
        }
    }

    @Test func entriesOfAnyLengthUpToTheLimitFitABundle() throws {
        let vector = try vectors("entry_bundles", as: Bundles.self).oddLengths
        let entries: [[UInt8]] = [
            [], [0], [UInt8](repeating: 0xFF, count: 300), (UInt8(0)...255).map { $0 },
            [UInt8](repeating: 0x7A, count: 65_535),
        ]
        #expect(entries.map(\.count) == vector.entryLengths)
        #expect(try entries.map(LogHash.leaf) == hashes(vector.leafHashHex))
        let bundle = try EntryBundle.encode(entries)
        #expect(bundle.count == vector.bytes)
        #expect(SHA256.digest(bundle) == (try hash(vector.sha256Hex)))
        #expect(try EntryBundle.decode(bundle, count: entries.count) == entries)
        #expect(throws: TileContentError.entryTooLong) {
            try EntryBundle.encode([[UInt8](repeating: 0, count: 65_536)])
        }
        #expect(throws: TileContentError.wrongCount) {
            try EntryBundle.encode([[UInt8]](repeating: [], count: 257))
        }
    }

    @Test func damagedBundlesAreRefused() throws {
        for vector in try vectors("entry_bundles", as: Bundles.self).rejectHex {
            #expect(throws: TileContentError.truncatedEntry, "\(vector.why)") {
                try EntryBundle.decode(bytes(vector.dataHex), count: 1)
            }
        }
        #expect(throws: TileContentError.wrongCount) {
            try EntryBundle.decode([0, 0], count: 2)
        }
        #expect(throws: TileContentError.wrongCount) {
            try EntryBundle.decode([UInt8](repeating: 0, count: 2 * 257), count: 257)
        }
    }

    @Test(arguments: [1, 255, 256, 257, 513, 65_537, 69_999] as [UInt64])
    func clientOfAnOldCheckpointFindsThePartialTilesOfAllLevels(size: UInt64) throws {
        let tiled = TiledTree(size: size, source: ServedLog(tree: vectorTree, size: size))
        let treeRoot = try root(size: size, from: vectorTree)
        #expect(try root(size: size, from: tiled) == treeRoot)
        for index in [0, size / 2, size - 1] {
            let proof = try inclusionProof(index: index, size: size, from: tiled)
            try verifyInclusion(
                leaf: LogHash.leaf(entry(index)), index: index, size: size, proof: proof,
                root: treeRoot)
        }
    }

    @Test func tiledTreeRefusesWhatItsCheckpointDoesNotHave() {
        let tiled = TiledTree(size: 300, source: ServedLog(tree: vectorTree, size: 300))
        #expect(throws: TileReadError<ServedLog.Refusal>.self) {
            try tiled.hash(height: 0, index: 300)
        }
        #expect(throws: TileReadError<ServedLog.Refusal>.self) {
            try tiled.hash(height: 9, index: 0)
        }
        #expect(throws: TileReadError<ServedLog.Refusal>.self) {
            try tiled.hash(height: 255, index: .max)
        }
    }
}
