package import Codec
import Hashing

/// The digest of a state.
package enum StateDigest {
    /// The root that the state's own tree holds; zeros for an empty state.
    package static func of(_ state: any StateReader) throws(StateFault) -> Bytes32 {
        try StateTreeUpdate.digest(of: state)
    }

    /// The digest after `records` change, and the changes with those of the digest's tree.
    package static func after(
        _ records: StateChanges, to state: any StateReader
    ) throws(StateFault) -> (digest: Bytes32, changes: StateChanges) {
        let (digest, nodes) = try StateTreeUpdate.apply(records, to: state)
        var all = nodes
        for change in records.sorted { all.updateValue(change.value, forKey: change.key) }
        return (digest, StateChanges(all))
    }
}

/// Shows that a state with a given digest holds, or does not hold, one record.
package struct StateProof: Hashable, Sendable {
    /// What stands where the path ends, nil for an empty subtree.
    private let end: StateTreeNode?
    /// The hashes beside the path, the root's child first; at most 256.
    private let siblings: [Bytes32]

    /// Collects the proof of `key` from a state.
    package init(
        of key: StateKey, in state: any StateReader
    ) throws(StateFault) {
        let path = SHA256.digest(key.bytes)
        var siblings: [Bytes32] = []
        var place = StateTreePlace.root
        var node = try state.record(place.key)
        while case .inner(let left, let right) = node {
            let goesRight = path.bit(at: place.depth)
            siblings.append(goesRight ? left : right)
            place = place.child(path)
            let hash = goesRight ? right : left
            if hash == StateTreeNode.emptyHash {
                node = nil
            } else {
                node = try state.required(place.key)
            }
        }
        self.end = node
        self.siblings = siblings
    }

    /// Whether the record of `key` has `value` (nil: there is none) in the state of `digest`.
    package func verify(_ key: StateKey, value: [UInt8]?, digest: Bytes32) -> Bool {
        let path = SHA256.digest(key.bytes)
        switch self.end {
        case .inner:
            return false
        case .leaf(let leafPath, let leafValue):
            if let value {
                guard leafPath == path, leafValue == SHA256.digest(value) else { return false }
            } else {
                // Another record alone in the subtree that this key would be in.
                guard leafPath != path else { return false }
                for bit in 0..<self.siblings.count where leafPath.bit(at: bit) != path.bit(at: bit)
                {
                    return false
                }
            }
        case nil:
            guard value == nil else { return false }
        }
        var hash = self.end?.hash ?? StateTreeNode.emptyHash
        for depth in self.siblings.indices.reversed() {
            let sibling = self.siblings[depth]
            hash =
                path.bit(at: depth)
                ? StateTreeNode.inner(left: sibling, right: hash).hash
                : StateTreeNode.inner(left: hash, right: sibling).hash
        }
        return hash == digest
    }
}

extension StateProof: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(optional: self.end)
        writer.write(list: self.siblings, limit: 256)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.end = try reader.readOptional()
        self.siblings = try reader.readList(limit: 256)
    }
}
