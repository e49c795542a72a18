package import Codec

/// A store of the hashes of perfect subtrees.
package protocol TreeHashes {
    associatedtype Failure: Error

    /// The hash of the leaves from `index * 2^height` up to, not including,
    /// `(index + 1) * 2^height`. Asked only for subtrees that lie inside the stored tree.
    func hash(height: UInt8, index: UInt64) throws(Failure) -> Bytes32
}

/// Why a proof or a tile cannot be made.
package enum TreeReadError<Failure: Error>: Error {
    /// The request does not fit the tree: an index or size that the tree does not have.
    case outsideOfTree
    /// The store failed.
    case store(Failure)
}

extension TreeReadError: Equatable where Failure: Equatable {}

/// A tree held in memory, for small logs, tools and tests.
package struct MemoryTree: TreeHashes, Sendable {
    /// The right edge of the tree.
    package private(set) var frontier = Frontier()
    private var levels: [[Bytes32]] = []

    /// The empty tree.
    package init() {}

    /// Appends the entry that has the leaf hash `leaf`.
    package mutating func append(leaf: Bytes32) {
        var completed: [SubtreeHash] = []
        frontier.append(leaf: leaf, into: &completed)
        for subtree in completed {
            if levels.count <= Int(subtree.height) { levels.append([]) }
            levels[Int(subtree.height)].append(subtree.hash)
        }
    }

    /// The hash of a subtree that is complete.
    package func hash(height: UInt8, index: UInt64) throws(Never) -> Bytes32 {
        levels[Int(height)][Int(index)]
    }
}

/// The root of the first `size` entries of a stored tree.
///
/// - Throws: `outsideOfTree` for a size above the largest tree, else the failure of the store.
package func root<Hashes: TreeHashes>(
    size: UInt64, from tree: Hashes
) throws(TreeReadError<Hashes.Failure>) -> Bytes32 {
    guard size <= LogLimits.treeSize else { throw .outsideOfTree }
    guard size > 0 else { return LogHash.emptyRoot }
    return try rangeHash(from: 0, to: size, of: tree)
}

/// The inclusion proof PATH(index, size) of RFC 6962 section 2.1.1, the leaf's sibling first.
///
/// - Throws: `outsideOfTree` unless `index < size`; the caller knows that the store has `size`.
package func inclusionProof<Hashes: TreeHashes>(
    index: UInt64, size: UInt64, from tree: Hashes
) throws(TreeReadError<Hashes.Failure>) -> [Bytes32] {
    guard size <= LogLimits.treeSize, index < size else { throw .outsideOfTree }
    var proof: [Bytes32] = []
    var (begin, end) = (UInt64(0), size)
    while end - begin > 1 {
        let middle = begin + largestPowerOfTwo(below: end - begin)
        if index < middle {
            proof.append(try rangeHash(from: middle, to: end, of: tree))
            end = middle
        } else {
            proof.append(try rangeHash(from: begin, to: middle, of: tree))
            begin = middle
        }
    }
    proof.reverse()
    return proof
}

/// The consistency proof PROOF(old, new) of RFC 6962 section 2.1.2; empty where `old` is 0 or `new`.
///
/// - Throws: `outsideOfTree` unless `old <= new`; the caller knows that the store has `new`.
package func consistencyProof<Hashes: TreeHashes>(
    old: UInt64, new: UInt64, from tree: Hashes
) throws(TreeReadError<Hashes.Failure>) -> [Bytes32] {
    guard new <= LogLimits.treeSize, old <= new else { throw .outsideOfTree }
    guard old > 0, old < new else { return [] }
    var proof: [Bytes32] = []
    var (begin, end) = (UInt64(0), new)
    while end != old {
        let middle = begin + largestPowerOfTwo(below: end - begin)
        if old <= middle {
            proof.append(try rangeHash(from: middle, to: end, of: tree))
            end = middle
        } else {
            proof.append(try rangeHash(from: begin, to: middle, of: tree))
            begin = middle
        }
    }
    // The old tree itself is known to the verifier; a part of it is not.
    if begin > 0 { proof.append(try rangeHash(from: begin, to: end, of: tree)) }
    proof.reverse()
    return proof
}

/// k of RFC 6962: the largest power of two strictly below `count`, which is at least 2.
private func largestPowerOfTwo(below count: UInt64) -> UInt64 {
    UInt64(1) << UInt64(63 - (count - 1).leadingZeroBitCount)
}

/// The hash of a node that covers the leaves from `begin` up to `end`.
private func rangeHash<Hashes: TreeHashes>(
    from begin: UInt64, to end: UInt64, of tree: Hashes
) throws(TreeReadError<Hashes.Failure>) -> Bytes32 {
    let hashes: [Bytes32]
    do throws(Hashes.Failure) {
        hashes = try perfectSubtrees(from: begin, count: end - begin, of: tree)
    } catch {
        throw .store(error)
    }
    return foldRight(hashes) ?? LogHash.emptyRoot
}

/// The perfect subtrees over `count` leaves from `begin`, a multiple of the widest of them.
func perfectSubtrees<Hashes: TreeHashes>(
    from begin: UInt64, count: UInt64, of tree: Hashes
) throws(Hashes.Failure) -> [Bytes32] {
    var hashes: [Bytes32] = []
    var position = begin
    for height in (UInt8(0)..<63).reversed() where count >> UInt64(height) & 1 == 1 {
        hashes.append(try tree.hash(height: height, index: position >> UInt64(height)))
        position += 1 << UInt64(height)
    }
    return hashes
}
