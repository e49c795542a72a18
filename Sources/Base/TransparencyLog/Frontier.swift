package import Codec

/// The hash of one perfect subtree: of the leaves from `index` times 2 to the power `height` on.
package struct SubtreeHash: Equatable, Sendable {
    /// The subtree has 2 to this power leaves.
    package let height: UInt8
    /// The place of the subtree among those of its height, from the left.
    package let index: UInt64
    /// The hash of its root node.
    package let hash: Bytes32

    /// A subtree of a store.
    package init(height: UInt8, index: UInt64, hash: Bytes32) {
        self.height = height
        self.index = index
        self.hash = hash
    }
}

/// The right edge of the tree: enough to append entries and to know the root, at most 63 hashes.
package struct Frontier: Equatable, Sendable {
    /// How many entries the tree has.
    package private(set) var size: UInt64

    // One hash for each set bit of `size`, the widest subtree first.
    private var hashes: [Bytes32]

    /// The frontier of the empty tree.
    package init() {
        size = 0
        hashes = []
    }

    /// The frontier of the first `size` entries of a stored tree.
    ///
    /// - Throws: the failure of the store.
    package init<Hashes: TreeHashes>(
        size: UInt64, from tree: Hashes
    ) throws(Hashes.Failure) {
        precondition(size <= LogLimits.treeSize, "a tree has at most 2^63 - 1 entries")
        self.size = size
        hashes = try perfectSubtrees(from: 0, count: size, of: tree)
    }

    /// Appends the entry that has the leaf hash `leaf`.
    package mutating func append(leaf: Bytes32) {
        var ignored: [SubtreeHash] = []
        append(leaf: leaf, into: &ignored)
    }

    /// Appends an entry and adds to `completed` every perfect subtree that it completes, the leaf
    /// itself (height 0) first: exactly what a store keeps for `TreeHashes`.
    package mutating func append(leaf: Bytes32, into completed: inout [SubtreeHash]) {
        precondition(size < LogLimits.treeSize, "a tree has at most 2^63 - 1 entries")
        var hash = leaf
        var height: UInt8 = 0
        var index = size
        completed.append(SubtreeHash(height: height, index: index, hash: hash))
        while index & 1 == 1, let left = hashes.popLast() {
            hash = LogHash.node(left, hash)
            height += 1
            index >>= 1
            completed.append(SubtreeHash(height: height, index: index, hash: hash))
        }
        hashes.append(hash)
        size += 1
    }

    /// The root of the tree.
    package var root: Bytes32 { foldRight(hashes) ?? LogHash.emptyRoot }
}

extension Frontier: CanonicalCodable {
    /// u64 size, then one hash for each set bit of the size, the widest subtree first.
    package func encode(to writer: inout ByteWriter) {
        writer.write(size)
        for hash in hashes { writer.write(hash) }
    }

    /// Reads the size and as many hashes as it has set bits.
    package init(from reader: inout ByteReader) throws(CodecError) {
        size = try reader.readUInt64()
        guard size <= LogLimits.treeSize else { throw .invalid("a tree is too large") }
        hashes = []
        for _ in 0..<size.nonzeroBitCount { hashes.append(try reader.readBytes32()) }
    }
}

/// The hash over neighbouring subtrees that shrink to the right, nil for none.
func foldRight(_ hashes: [Bytes32]) -> Bytes32? {
    guard var hash = hashes.last else { return nil }
    for left in hashes.dropLast().reversed() { hash = LogHash.node(left, hash) }
    return hash
}
