package import Codec
import Ledger

/// A tracker that its voter opened and that can never be cast.
package struct SpoiledTracker: Hashable, Sendable {
    /// Whose encryption it was: nobody else's can have this tracker.
    package let credentialKey: Bytes32
    package let tracker: Bytes32
    package let transaction: Bytes32
}

/// How many trackers a credential spoiled.
struct SpoilCount: Hashable {
    /// A voter who challenges more often holds others up.
    static let limit: UInt32 = 8
    var count: UInt32 = 0
}

/// The first spoiled trackers that show one tracking code. More than one needs either a collision
/// of 120 bits or somebody who spoils what is not theirs, which has no effect on its owner.
struct SpoiledCode: Hashable {
    static let limit = 8
    private(set) var trackers: [SpoiledTracker] = []

    mutating func add(_ tracker: SpoiledTracker) {
        if self.trackers.count < Self.limit { self.trackers.append(tracker) }
    }
}

extension SpoiledTracker: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(self.credentialKey)
        writer.write(self.tracker)
        writer.write(self.transaction)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            credentialKey: try reader.readBytes32(), tracker: try reader.readBytes32(),
            transaction: try reader.readBytes32())
    }
}

extension SpoilCount: CanonicalCodable {
    func encode(to writer: inout ByteWriter) { writer.write(self.count) }
    init(from reader: inout ByteReader) throws(CodecError) {
        self.count = try reader.readUInt32()
    }
}

extension SpoiledCode: CanonicalCodable {
    func encode(to writer: inout ByteWriter) {
        writer.write(list: self.trackers, limit: Self.limit)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        self.trackers = try reader.readList(limit: Self.limit)
    }
}
