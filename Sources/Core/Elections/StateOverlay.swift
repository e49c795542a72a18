import Codec

/// The state in the middle of a block: the parent's, what earlier transactions wrote, and what the
/// present one wrote so far, which is dropped if it turns out to be refused.
struct StateOverlay: StateReader {
    private let parent: any StateReader
    private var written: [StateKey: [UInt8]?] = [:]
    private var staged: [StateKey: [UInt8]?] = [:]

    init(over parent: any StateReader) { self.parent = parent }

    func value(for key: StateKey) throws(StateFault) -> [UInt8]? {
        if let change = self.staged[key] { return change }
        if let change = self.written[key] { return change }
        return try self.parent.value(for: key)
    }

    mutating func put<Record>(_ record: Record, _ key: RecordKey<Record>) {
        self.put(bytes: record.canonicalBytes, for: key.key)
    }

    mutating func put(bytes: [UInt8], for key: StateKey) {
        self.staged.updateValue(bytes, forKey: key)
    }

    /// Makes what was put since the last call part of the block.
    mutating func keep() {
        self.written.merge(self.staged) { _, new in new }
        self.staged.removeAll(keepingCapacity: true)
    }

    /// Forgets what was put since the last `keep`.
    mutating func drop() { self.staged.removeAll(keepingCapacity: true) }

    /// What the block changed so far, kept writes alone.
    var changes: StateChanges { StateChanges(self.written) }
}
