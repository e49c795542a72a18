package import Codec

/// Why a proof does not prove what it should.
package enum ProofError: Error, Equatable, Sendable {
    /// The index is not below the size, or the old size is above the new one.
    case outsideOfTree
    /// The proof has fewer or more hashes than trees of these sizes need.
    case wrongLength
    /// The hashes lead to another root.
    case wrongRoot
}

/// Checks that the entry with the leaf hash `leaf` is at `index` in the tree of `size` entries
/// with this root (RFC 9162 section 2.1.3.2).
///
/// The root does not fix the size: both must come from one signed checkpoint.
package func verifyInclusion(
    leaf: Bytes32, index: UInt64, size: UInt64, proof: [Bytes32], root: Bytes32
) throws(ProofError) {
    guard index < size else { throw .outsideOfTree }
    var (position, last) = (index, size - 1)
    var hash = leaf
    for sibling in proof {
        guard last > 0 else { throw .wrongLength }
        if position & 1 == 1 || position == last {
            hash = LogHash.node(sibling, hash)
            skipLevelsWithoutSibling(&position, &last)
        } else {
            hash = LogHash.node(hash, sibling)
        }
        position >>= 1
        last >>= 1
    }
    guard last == 0 else { throw .wrongLength }
    guard hash == root else { throw .wrongRoot }
}

/// Checks that the tree of `old` entries is the beginning of the tree of `new` entries
/// (RFC 9162 section 2.1.4.2).
package func verifyConsistency(
    old: UInt64, oldRoot: Bytes32, new: UInt64, newRoot: Bytes32, proof: [Bytes32]
) throws(ProofError) {
    guard old <= new else { throw .outsideOfTree }
    guard old > 0, old < new else {
        guard proof.isEmpty else { throw .wrongLength }
        guard oldRoot == (old == 0 ? LogHash.emptyRoot : newRoot) else { throw .wrongRoot }
        guard new > 0 || newRoot == LogHash.emptyRoot else { throw .wrongRoot }
        return
    }
    // An old tree that is one perfect subtree is itself the first hash.
    var rest = proof[...]
    let first = old & (old - 1) == 0 ? oldRoot : rest.popFirst()
    guard let first else { throw .wrongLength }
    var (position, last) = (old - 1, new - 1)
    while position & 1 == 1 {
        position >>= 1
        last >>= 1
    }
    var (oldHash, newHash) = (first, first)
    for sibling in rest {
        guard last > 0 else { throw .wrongLength }
        if position & 1 == 1 || position == last {
            oldHash = LogHash.node(sibling, oldHash)
            newHash = LogHash.node(sibling, newHash)
            skipLevelsWithoutSibling(&position, &last)
        } else {
            newHash = LogHash.node(newHash, sibling)
        }
        position >>= 1
        last >>= 1
    }
    guard last == 0 else { throw .wrongLength }
    guard oldHash == oldRoot, newHash == newRoot else { throw .wrongRoot }
}

/// The last node of a level that is a left child goes up unchanged until it is a right child.
private func skipLevelsWithoutSibling(_ position: inout UInt64, _ last: inout UInt64) {
    while position & 1 == 0, position != 0 {
        position >>= 1
        last >>= 1
    }
}
