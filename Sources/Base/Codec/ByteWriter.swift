// Codec: the one canonical binary encoding, with limits. Every byte string that is signed, hashed,
// stored or sent between nodes is written and read here. It knows no message of the protocol, and
// it compiles as Embedded Swift: no Foundation, no existential, typed errors.

/// Writes the canonical encoding: big-endian integers, length-prefixed byte strings, counted lists.
///
/// Writing cannot fail. A value that exceeds a limit is our own mistake and stops the process; the
/// types that reach a writer were checked when they were built.
package struct ByteWriter: Sendable {
    /// What has been written so far.
    package private(set) var bytes: [UInt8]

    package init(reservingCapacity capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package mutating func write(_ value: UInt8) {
        bytes.append(value)
    }

    package mutating func write(_ value: UInt16) {
        write(UInt8(truncatingIfNeeded: value >> 8))
        write(UInt8(truncatingIfNeeded: value))
    }

    package mutating func write(_ value: UInt32) {
        write(UInt16(truncatingIfNeeded: value >> 16))
        write(UInt16(truncatingIfNeeded: value))
    }

    package mutating func write(_ value: UInt64) {
        write(UInt32(truncatingIfNeeded: value >> 32))
        write(UInt32(truncatingIfNeeded: value))
    }

    /// Writes one byte, 1 for true and 0 for false.
    package mutating func write(_ value: Bool) {
        write(value ? UInt8(1) : UInt8(0))
    }

    /// Writes the bytes alone; the reader knows their count.
    package mutating func write(raw value: [UInt8]) {
        bytes.append(contentsOf: value)
    }

    /// Writes the bytes alone; the reader knows their count.
    package mutating func write(raw value: ArraySlice<UInt8>) {
        bytes.append(contentsOf: value)
    }

    package mutating func write(_ value: Bytes32) {
        value.append(to: &bytes)
    }

    package mutating func write(_ value: Bytes64) {
        value.append(to: &bytes)
    }

    /// Writes a u32 length and the bytes.
    package mutating func write(variable value: [UInt8], limit: Int) {
        precondition(value.count <= limit, "a byte string is longer than its limit")
        write(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    /// Writes a u32 length in bytes and the UTF-8 of the text.
    package mutating func write(_ value: String, limit: Int) {
        write(variable: [UInt8](value.utf8), limit: limit)
    }

    /// Writes a u32 count and each element in order.
    package mutating func write<Element: CanonicalCodable>(list: [Element], limit: Int) {
        precondition(list.count <= limit, "a list is longer than its limit")
        write(UInt32(list.count))
        for element in list { element.encode(to: &self) }
    }

    /// Writes a byte that is 0 for nil, else 1 and the value.
    package mutating func write<Value: CanonicalCodable>(optional value: Value?) {
        guard let value else {
            write(UInt8(0))
            return
        }
        write(UInt8(1))
        value.encode(to: &self)
    }
}
