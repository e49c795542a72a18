/// Why a path names no tile.
package enum TilePathError: Error, Equatable, Sendable {
    /// The path is not `tile/<level or entries>/<index>[.p/<width>]`.
    case malformed
    /// The level is above 63.
    case levelTooHigh
}

/// One tile or entry bundle of C2SP tlog-tiles: which one, and how much of it.
package struct Tile: Hashable, Sendable {
    /// What a tile holds.
    package enum Content: Hashable, Sendable {
        /// Hashes of subtrees of 256 to the power `level` leaves each, `level` at most 63.
        case hashes(level: UInt8)
        /// The entries themselves.
        case entries
    }

    /// Hashes of a level, or entries.
    package let content: Content
    /// Which tile of its level, counted from the left.
    package let index: UInt64
    /// How many hashes or entries it holds, 1 to 256; below 256 it is partial.
    package let width: Int

    /// A tile, nil for a level above 63, an index above the largest tree or a width not in 1 to 256.
    package init?(_ content: Content, index: UInt64, width: Int = LogLimits.tileWidth) {
        guard (1...LogLimits.tileWidth).contains(width) else { return nil }
        guard index <= LogLimits.treeSize else { return nil }
        if case .hashes(let level) = content {
            guard level <= LogLimits.tileLevel else { return nil }
        }
        self.content = content
        self.index = index
        self.width = width
    }

    /// Whether the tile is only the beginning of a full one.
    package var isPartial: Bool { width < LogLimits.tileWidth }

    /// Whether the tree of `size` entries has all that the tile holds.
    package func isCovered(bySize size: UInt64) -> Bool {
        let count = Self.count(of: content, size: size)
        let (first, overflow) = index.multipliedReportingOverflow(by: UInt64(LogLimits.tileWidth))
        guard !overflow, first < count else { return false }
        return UInt64(width) <= count - first
    }

    /// How many hashes level `level`, or entries, a tree of `size` entries has.
    private static func count(of content: Content, size: UInt64) -> UInt64 {
        switch content {
        case .entries: size
        case .hashes(let level): level < 8 ? size >> UInt64(8 * level) : 0
        }
    }

    /// How many full tiles a tree of `size` entries has at a level.
    package static func fullTiles(level: UInt8, size: UInt64) -> UInt64 {
        count(of: .hashes(level: level), size: size) / UInt64(LogLimits.tileWidth)
    }

    /// How wide the partial tile of a level is in a tree of `size` entries; 0 for none.
    package static func partialWidth(level: UInt8, size: UInt64) -> Int {
        Int(count(of: .hashes(level: level), size: size) % UInt64(LogLimits.tileWidth))
    }

    /// The partial hash tiles that a checkpoint of `size` obliges a log to serve, lowest first.
    package static func partialTiles(size: UInt64) -> [Tile] {
        var tiles: [Tile] = []
        for level in UInt8(0)..<8 {
            let width = partialWidth(level: level, size: size)
            let index = fullTiles(level: level, size: size)
            if let tile = Tile(.hashes(level: level), index: index, width: width) {
                tiles.append(tile)
            }
        }
        return tiles
    }
}

extension Tile {
    /// The path below the log's prefix, such as `tile/0/x001/234.p/5`.
    package var path: String {
        var path: [UInt8] = ascii("tile/")
        switch content {
        case .entries: path += ascii("entries")
        case .hashes(let level): path += decimalDigits(UInt64(level))
        }
        let digits = decimalDigits(index)
        let padded = [UInt8](repeating: 0x30, count: (3 - digits.count % 3) % 3) + digits
        for start in stride(from: 0, to: padded.count, by: 3) {
            path += ascii(start + 3 < padded.count ? "/x" : "/")
            path += padded[start..<(start + 3)]
        }
        if isPartial { path += ascii(".p/") + decimalDigits(UInt64(width)) }
        return text(path)
    }

    /// The tile of a path below the log's prefix; exactly the texts that `path` gives.
    package init(path: String) throws(TilePathError) {
        let bytes = [UInt8](path.utf8)
        // The longest path: level 63, an index of 19 digits in 7 groups, a partial width.
        guard bytes.count <= 64, let rest = line(bytes[...], after: "tile/") else {
            throw .malformed
        }
        guard let slash = rest.firstIndex(of: 0x2F) else { throw .malformed }
        let content = try Self.content(rest[..<slash])
        var location = rest[(slash + 1)...]
        var width = LogLimits.tileWidth
        if let dot = location.firstIndex(of: 0x2E) {
            guard let digits = line(location[dot...], after: ".p/"),
                let partial = decimal(digits), (1...255).contains(partial)
            else { throw .malformed }
            width = Int(partial)
            location = location[..<dot]
        }
        guard let index = Self.index(location),
            let tile = Tile(content, index: index, width: width)
        else { throw .malformed }
        self = tile
    }

    private static func content(_ name: ArraySlice<UInt8>) throws(TilePathError) -> Content {
        if name.elementsEqual(ascii("entries")) { return .entries }
        guard let level = decimal(name) else { throw .malformed }
        guard level <= UInt64(LogLimits.tileLevel) else { throw .levelTooHigh }
        return .hashes(level: UInt8(truncatingIfNeeded: level))
    }

    private static func index(_ location: ArraySlice<UInt8>) -> UInt64? {
        let groups = location.split(separator: 0x2F, omittingEmptySubsequences: false)
        guard let last = groups.last else { return nil }
        var digits: [UInt8] = []
        for group in groups.dropLast() {
            guard group.count == 4, group.first == 0x78 else { return nil }
            digits += group.dropFirst()
        }
        guard last.count == 3 else { return nil }
        digits += last
        // Only the zeros that fill the first group may lead.
        if groups.count > 1, digits.starts(with: [0x30, 0x30, 0x30]) { return nil }
        let significant = digits.drop { $0 == 0x30 }
        return significant.isEmpty ? 0 : decimal(significant)
    }
}
