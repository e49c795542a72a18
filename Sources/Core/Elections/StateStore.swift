import Codec

/// The name of a state record. The first byte says what kind: `StateKey.recordSpace` for records
/// that the digest covers, `StateKey.treeSpace` for the digest's own tree.
package struct StateKey: Hashable, Comparable, Sendable {
    /// The first byte of records.
    package static let recordSpace: UInt8 = 0x01
    /// The first byte of the nodes of the digest's tree, which are no records.
    package static let treeSpace: UInt8 = 0x02

    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        lhs.bytes.lexicographicallyPrecedes(rhs.bytes)
    }
}

/// A key whose record has a known type.
struct RecordKey<Record: CanonicalCodable>: Sendable {
    let key: StateKey
}

/// Where state records are read from: a store's snapshot in a node, memory in simulation and audit.
package protocol StateReader: Sendable {
    /// The value of a key, nil if there is none.
    func value(for key: StateKey) throws(StateFault) -> [UInt8]?
}

extension StateReader {
    /// Decodes the record of a key.
    /// - Throws: `StateFault` also for bytes that are not such a record.
    func record<Record>(_ key: RecordKey<Record>) throws(StateFault) -> Record? {
        guard let bytes = try self.value(for: key.key) else { return nil }
        do {
            return try Record(canonicalBytes: bytes)
        } catch {
            let name = Hexadecimal.encode(key.key.bytes)
            throw StateFault("the state record \(name) is damaged: \(error)")
        }
    }

    /// Decodes a record that the rules say must exist.
    func required<Record>(_ key: RecordKey<Record>) throws(StateFault) -> Record {
        guard let record = try self.record(key) else {
            throw StateFault("the state record \(Hexadecimal.encode(key.key.bytes)) is missing")
        }
        return record
    }
}

/// One record's new value; nil deletes it.
package struct StateChange: Hashable, Sendable {
    package let key: StateKey
    package let value: [UInt8]?

    package init(key: StateKey, value: [UInt8]?) {
        self.key = key
        self.value = value
    }
}

/// What a block changes, to be written as one atomic batch.
package struct StateChanges: Hashable, Sendable {
    /// By strictly rising key.
    package let sorted: [StateChange]
    private let byKey: [StateKey: [UInt8]?]

    /// No change.
    package static let none = StateChanges([:])

    /// A nil value deletes the record.
    package init(_ changes: [StateKey: [UInt8]?]) {
        self.byKey = changes
        var sorted: [StateChange] = []
        sorted.reserveCapacity(changes.count)
        for (key, value) in changes { sorted.append(StateChange(key: key, value: value)) }
        sorted.sort { $0.key < $1.key }
        self.sorted = sorted
    }

    /// Nil if the key is not changed, `.some(nil)` if it is deleted.
    package subscript(key: StateKey) -> [UInt8]?? { self.byKey[key] }
}

/// The state after a block that is not yet written, over the state that it was executed on.
package struct LayeredState: StateReader {
    private let changes: StateChanges
    private let base: any StateReader

    /// `base` is the state that the block of `changes` was executed on.
    package init(_ changes: StateChanges, over base: any StateReader) {
        self.changes = changes
        self.base = base
    }

    package func value(for key: StateKey) throws(StateFault) -> [UInt8]? {
        if let change = self.changes[key] { return change }
        return try self.base.value(for: key)
    }
}

/// A state in memory, for simulation, audit and tests.
package struct MemoryState: StateReader {
    private var records: [StateKey: [UInt8]] = [:]

    package init() {}

    package func value(for key: StateKey) -> [UInt8]? { self.records[key] }

    /// Writes a block's changes.
    package mutating func apply(_ changes: StateChanges) {
        for change in changes.sorted { self.records[change.key] = change.value }
    }

    /// Every entry by rising key.
    package var sorted: [(key: StateKey, value: [UInt8])] {
        self.records.map { (key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }
    }
}
