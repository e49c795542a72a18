// Ledger: the shared vocabulary of nodes, tools and verifiers. Genesis, blocks, votes, certificates,
// election documents and transactions as checked types with one encoding. It knows neither how nodes
// agree (Consensus) nor what a transaction does (Elections).

package import Codec
import TransparencyLog

// Numbers come from strangers: a sum stops at the largest number, so that none traps or begins anew.
extension UInt64 {
    fileprivate func saturatingAdding(_ count: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(count)
        return overflow ? .max : sum
    }
}

/// The number of a block: 0 is genesis.
package struct Height: Hashable, Comparable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static let genesis = Height(0)
    /// The heights of blocks. Genesis is no block, and each block adds an entry to the log at least.
    package static let blocks = Height(1)...Height(LogLimits.treeSize)
    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }

    /// The height of a child.
    package var next: Height { Height(rawValue.saturatingAdding(1)) }
}

/// The number of an attempt to agree on a block within an epoch; the first is 1.
package struct View: Hashable, Comparable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    /// Stands for "genesis or the last block of the epoch before" where a parent's view is named.
    package static let root = View(0)
    package static let first = View(1)
    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
    package var next: View { adding(1) }

    /// The view so many later.
    package func adding(_ count: UInt64) -> View { View(rawValue.saturatingAdding(count)) }
}

/// The number of a validator set's term: `Parameters.epochLength` heights each, from 0.
package struct Epoch: Hashable, Comparable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static let first = Epoch(0)
    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
    package var next: Epoch { Epoch(rawValue.saturatingAdding(1)) }
}

/// An epoch and a view within it, in lexicographic order.
package struct Round: Hashable, Comparable, Sendable {
    package let epoch: Epoch
    package let view: View
    package init(epoch: Epoch, view: View) {
        self.epoch = epoch
        self.view = view
    }
    package static func < (lhs: Self, rhs: Self) -> Bool {
        lhs.epoch == rhs.epoch ? lhs.view < rhs.view : lhs.epoch < rhs.epoch
    }
}

/// A validator's place in its set, from 0.
package struct ValidatorIndex: Hashable, Comparable, Sendable {
    package let rawValue: UInt16
    package init(_ rawValue: UInt16) { self.rawValue = rawValue }
    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// A point in time in milliseconds since 1970-01-01 UTC, without leap seconds, to the end of the year
/// 9999: later ones have no text (`description`), so no document, block or sum holds one.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// 9999-12-31T23:59:59.999Z.
    package static let latest = Timestamp(milliseconds: 253_402_300_799_999)

    package let milliseconds: UInt64

    /// The time so long after 1970 began, or the latest one if that is earlier.
    package init(milliseconds: UInt64) {
        self.milliseconds = min(milliseconds, 253_402_300_799_999)
    }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.milliseconds < rhs.milliseconds }

    /// The time `milliseconds` later, not after the latest one.
    package func adding(milliseconds: UInt64) -> Timestamp {
        Timestamp(milliseconds: self.milliseconds.saturatingAdding(milliseconds))
    }

    /// The time `milliseconds` earlier, not before 1970.
    package func subtracting(milliseconds: UInt64) -> Timestamp {
        Timestamp(
            milliseconds: self.milliseconds > milliseconds ? self.milliseconds - milliseconds : 0)
    }
}

extension Height: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) { writer.write(rawValue) }
    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(try reader.readUInt64())
    }
}

extension View: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) { writer.write(rawValue) }
    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(try reader.readUInt64())
    }
}

extension Epoch: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) { writer.write(rawValue) }
    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(try reader.readUInt64())
    }
}

extension Round: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        epoch.encode(to: &writer)
        view.encode(to: &writer)
    }
    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(epoch: try Epoch(from: &reader), view: try View(from: &reader))
    }
}

extension ValidatorIndex: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) { writer.write(rawValue) }
    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(try reader.readUInt16())
    }
}

extension Timestamp: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) { writer.write(milliseconds) }
    package init(from reader: inout ByteReader) throws(CodecError) {
        let milliseconds = try reader.readUInt64()
        guard milliseconds <= Self.latest.milliseconds else {
            throw .invalid("a time is after the year 9999")
        }
        self.init(milliseconds: milliseconds)
    }
}
