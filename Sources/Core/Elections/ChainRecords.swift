package import Codec
package import Ledger

/// Where the state stands.
package struct ChainHead: Hashable, Sendable {
    package let height: Height
    package let time: Timestamp
    /// How many elections were created.
    package var elections: UInt32
    /// How many transactions were applied.
    package var transactions: UInt64
}

/// Elections that the passing of time will change, with the first time at which it may.
struct Agenda: Hashable {
    struct Entry: Hashable {
        let election: Bytes32
        let due: Timestamp
    }

    /// How many elections may be under way at once: each block reads the whole list.
    static let limit = 1024

    /// In order of creation.
    private(set) var entries: [Entry] = []

    /// Sets when an election is due next; nil takes it off the agenda.
    mutating func set(_ election: Bytes32, due: Timestamp?) {
        let place = self.entries.firstIndex { $0.election == election }
        switch (place, due) {
        case (let place?, let due?): self.entries[place] = Entry(election: election, due: due)
        case (let place?, nil): self.entries.remove(at: place)
        case (nil, let due?): self.entries.append(Entry(election: election, due: due))
        case (nil, nil): break
        }
    }
}

/// A record that says no more than that it is there.
struct Present: Hashable {}

extension ChainHead: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        self.height.encode(to: &writer)
        self.time.encode(to: &writer)
        writer.write(self.elections)
        writer.write(self.transactions)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            height: try Height(from: &reader),
            time: try Timestamp(from: &reader),
            elections: try reader.readUInt32(),
            transactions: try reader.readUInt64())
    }
}

extension Agenda.Entry: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(self.election)
        self.due.encode(to: &writer)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.init(election: try reader.readBytes32(), due: try Timestamp(from: &reader))
    }
}

extension Agenda: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(list: self.entries, limit: Self.limit)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.entries = try reader.readList(limit: Self.limit)
    }
}

extension Present: CanonicalCodable {
    func encode(to writer: inout ByteWriter) { writer.write(UInt8(1)) }

    init(from reader: inout ByteReader) throws(CodecError) {
        guard try reader.readUInt8() == 1 else { throw .invalid("a mark is 1") }
    }
}
