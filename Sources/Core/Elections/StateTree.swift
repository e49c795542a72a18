import Codec
import Hashing

// The state digest: the root of a sparse Merkle tree over the records.
//
//   key path  = SHA-256(key bytes), its first bit at the root
//   leaf      = SHA-256(0x00 || key path || SHA-256(value))
//   inner     = SHA-256(0x01 || left || right)
//   empty     = 32 zero bytes
//
// A subtree that holds one record is that record's leaf, at whatever depth; so the digest is a
// function of the set of records alone. Each node is stored under its place (depth and path bits)
// outside of the space that the tree covers, and a block rewrites only the nodes above its changes.

/// A node of the tree as it is stored: an empty subtree is not stored.
enum StateTreeNode: Hashable {
    case leaf(path: Bytes32, value: Bytes32)
    case inner(left: Bytes32, right: Bytes32)

    static let emptyHash = Bytes32.zero

    var hash: Bytes32 {
        switch self {
        case .leaf(let path, let value): SHA256.digest([0x00], path.bytes, value.bytes)
        case .inner(let left, let right): SHA256.digest([0x01], left.bytes, right.bytes)
        }
    }
}

extension StateTreeNode: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        switch self {
        case .leaf(let path, let value):
            writer.write(UInt8(0x00))
            writer.write(path)
            writer.write(value)
        case .inner(let left, let right):
            writer.write(UInt8(0x01))
            writer.write(left)
            writer.write(right)
        }
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        let tag = try reader.readUInt8()
        let first = try reader.readBytes32()
        let second = try reader.readBytes32()
        switch tag {
        case 0x00: self = .leaf(path: first, value: second)
        case 0x01: self = .inner(left: first, right: second)
        default: throw .unknownTag(tag)
        }
    }
}

/// A place in the tree: the first `depth` bits of `path`.
struct StateTreePlace: Hashable {
    static let root = StateTreePlace(depth: 0, path: .zero)

    let depth: Int
    /// Some path through this place.
    let path: Bytes32

    /// The place of a child, reached by a path of the changes below it.
    func child(_ path: Bytes32) -> Self { Self(depth: self.depth + 1, path: path) }

    /// The key under which the node is stored: space, depth (u16), the path's bits, the rest zero.
    var key: RecordKey<StateTreeNode> {
        var writer = ByteWriter(reservingCapacity: 3 + (self.depth + 7) / 8)
        writer.write(StateKey.treeSpace)
        writer.write(UInt16(self.depth))
        var bits = [UInt8](self.path.bytes.prefix((self.depth + 7) / 8))
        if self.depth & 7 != 0, let last = bits.popLast() {
            bits.append(last & ~(0xFF >> UInt8(self.depth & 7)))
        }
        writer.write(raw: bits)
        return RecordKey(key: StateKey(writer.bytes))
    }

    /// The same place with the last bit of the path inverted.
    var sibling: Self {
        var bytes = self.path.bytes
        let bit = self.depth - 1
        bytes[bit >> 3] ^= 0x80 >> UInt8(bit & 7)
        return Self(depth: self.depth, path: Bytes32(bytes[...]))
    }
}

/// Brings the tree up to date with a set of changed records.
struct StateTreeUpdate {
    /// A record's path and its value's hash, nil if it is deleted.
    private struct Leaf {
        let path: Bytes32
        let value: Bytes32?
    }

    private let state: any StateReader
    /// New nodes; nil deletes one.
    private(set) var nodes: [StateKey: [UInt8]?] = [:]

    private init(state: any StateReader) { self.state = state }

    /// The root after `changes` to records, and the nodes to write with them.
    static func apply(
        _ changes: StateChanges, to state: any StateReader
    ) throws(StateFault) -> (digest: Bytes32, nodes: [StateKey: [UInt8]?]) {
        var leaves: [Leaf] = []
        leaves.reserveCapacity(changes.sorted.count)
        for change in changes.sorted {
            precondition(
                change.key.bytes.first == StateKey.recordSpace, "only records are in the digest")
            leaves.append(
                Leaf(
                    path: SHA256.digest(change.key.bytes),
                    value: change.value.map { SHA256.digest($0) }))
        }
        leaves.sort { $0.path < $1.path }
        var update = StateTreeUpdate(state: state)
        let old = try state.record(StateTreePlace.root.key)
        let root = try update.rebuild(.root, old, leaves[...])
        return (root?.hash ?? StateTreeNode.emptyHash, update.nodes)
    }

    /// The digest of a state.
    static func digest(of state: any StateReader) throws(StateFault) -> Bytes32 {
        try state.record(StateTreePlace.root.key)?.hash ?? StateTreeNode.emptyHash
    }

    /// Applies changes below `place`, where `old` stands, and stores what stands there afterwards.
    private mutating func rebuild(
        _ place: StateTreePlace, _ old: StateTreeNode?, _ leaves: ArraySlice<Leaf>
    ) throws(StateFault) -> StateTreeNode? {
        guard !leaves.isEmpty else { return old }
        let new: StateTreeNode?
        switch old {
        case .inner(let left, let right):
            new = try self.rebuildInner(place, left, right, leaves)
        case .leaf(let path, let value):
            new = try self.build(place, Self.merge(Leaf(path: path, value: value), into: leaves))
        case nil:
            new = try self.build(place, leaves.filter { $0.value != nil }[...])
        }
        if new != old { self.store(new, at: place) }
        return new
    }

    private mutating func rebuildInner(
        _ place: StateTreePlace, _ left: Bytes32, _ right: Bytes32, _ leaves: ArraySlice<Leaf>
    ) throws(StateFault) -> StateTreeNode? {
        let middle = Self.split(leaves, at: place.depth)
        let path = leaves[leaves.startIndex].path
        // Any path through this place does: the children differ in the next bit alone.
        let first = place.child(path)
        let (leftPlace, rightPlace) =
            path.bit(at: place.depth) ? (first.sibling, first) : (first, first.sibling)
        let lower = leaves[leaves.startIndex..<middle]
        let upper = leaves[middle...]
        var leftHash = left
        var rightHash = right
        var leftNode: StateTreeNode?
        var rightNode: StateTreeNode?
        if !lower.isEmpty {
            leftNode = try self.rebuild(leftPlace, try self.node(leftPlace, left), lower)
            leftHash = leftNode?.hash ?? StateTreeNode.emptyHash
        }
        if !upper.isEmpty {
            rightNode = try self.rebuild(rightPlace, try self.node(rightPlace, right), upper)
            rightHash = rightNode?.hash ?? StateTreeNode.emptyHash
        }
        if leftHash == StateTreeNode.emptyHash, rightHash == StateTreeNode.emptyHash { return nil }
        // A leaf whose sibling subtree became empty moves up.
        if rightHash == StateTreeNode.emptyHash {
            if leftNode == nil { leftNode = try self.node(leftPlace, leftHash) }
            if case .leaf = leftNode {
                self.store(nil, at: leftPlace)
                return leftNode
            }
        }
        if leftHash == StateTreeNode.emptyHash {
            if rightNode == nil { rightNode = try self.node(rightPlace, rightHash) }
            if case .leaf = rightNode {
                self.store(nil, at: rightPlace)
                return rightNode
            }
        }
        return .inner(left: leftHash, right: rightHash)
    }

    /// Makes the subtree of `leaves`, all with values, where nothing else stands.
    private mutating func build(
        _ place: StateTreePlace, _ leaves: ArraySlice<Leaf>
    ) throws(StateFault) -> StateTreeNode? {
        guard let first = leaves.first, let value = first.value else { return nil }
        if leaves.count == 1 { return .leaf(path: first.path, value: value) }
        guard place.depth < 256 else { throw StateFault("two state keys have one hash") }
        let middle = Self.split(leaves, at: place.depth)
        let child = place.child(first.path)
        let (leftPlace, rightPlace) =
            first.path.bit(at: place.depth) ? (child.sibling, child) : (child, child.sibling)
        let left = try self.build(leftPlace, leaves[leaves.startIndex..<middle])
        if let left { self.store(left, at: leftPlace) }
        let right = try self.build(rightPlace, leaves[middle...])
        if let right { self.store(right, at: rightPlace) }
        return .inner(
            left: left?.hash ?? StateTreeNode.emptyHash,
            right: right?.hash ?? StateTreeNode.emptyHash)
    }

    private func node(
        _ place: StateTreePlace, _ hash: Bytes32
    ) throws(StateFault) -> StateTreeNode? {
        guard hash != StateTreeNode.emptyHash else { return nil }
        return try self.state.required(place.key)
    }

    private mutating func store(_ node: StateTreeNode?, at place: StateTreePlace) {
        self.nodes.updateValue(node?.canonicalBytes, forKey: place.key.key)
    }

    /// Where the leaves whose bit at `depth` is 1 begin.
    private static func split(_ leaves: ArraySlice<Leaf>, at depth: Int) -> Int {
        leaves.firstIndex { $0.path.bit(at: depth) } ?? leaves.endIndex
    }

    /// `leaves` without deletions, and `old` unless they replace it.
    private static func merge(_ old: Leaf, into leaves: ArraySlice<Leaf>) -> ArraySlice<Leaf> {
        var merged = leaves.filter { $0.value != nil }
        if !leaves.contains(where: { $0.path == old.path }) {
            let place = merged.firstIndex { old.path < $0.path } ?? merged.endIndex
            merged.insert(old, at: place)
        }
        return merged[...]
    }
}
