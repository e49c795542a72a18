/// Why bytes are not the canonical encoding of a value.
package enum CodecError: Error, Equatable, Sendable {
    /// The input ended where `needed` more bytes were expected and only `left` were there.
    case truncated(needed: Int, left: Int)
    /// `count` bytes follow after the value.
    case trailingBytes(count: Int)
    /// A length or count is above its limit; nothing was allocated for it.
    case overLimit(count: Int, limit: Int)
    /// A type tag, version or enumeration byte that this version does not know.
    case unknownTag(UInt8)
    /// The bytes decode to a value that the type forbids; the text says which rule.
    case invalid(StaticText)

    /// A rule's short name, fixed at compile time so that no input reaches an error text.
    package struct StaticText: Equatable, Sendable, ExpressibleByStringLiteral {
        package let text: String
        package init(stringLiteral value: StaticString) { text = value.description }
        package static func == (lhs: Self, rhs: Self) -> Bool {
            lhs.text.utf8.elementsEqual(rhs.text.utf8)
        }
    }
}

/// Reads the canonical encoding. Every length is compared with what is left and with a limit before
/// anything is allocated.
package struct ByteReader: Sendable {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    /// How many bytes have not been read yet.
    package var remaining: Int { end - position }

    /// The bytes read since `start`, a value of `offset`.
    package func consumed(since start: Int) -> [UInt8] { [UInt8](bytes[start..<position]) }

    /// How many bytes have been read.
    package var offset: Int { position }

    private mutating func take(_ count: Int) throws(CodecError) -> Range<Int> {
        guard count <= remaining else { throw .truncated(needed: count, left: remaining) }
        let range = position..<(position + count)
        position += count
        return range
    }

    package mutating func readUInt8() throws(CodecError) -> UInt8 {
        bytes[try take(1).lowerBound]
    }

    package mutating func readUInt16() throws(CodecError) -> UInt16 {
        UInt16(truncatingIfNeeded: try readBigEndian(2))
    }

    package mutating func readUInt32() throws(CodecError) -> UInt32 {
        UInt32(truncatingIfNeeded: try readBigEndian(4))
    }

    package mutating func readUInt64() throws(CodecError) -> UInt64 {
        try readBigEndian(8)
    }

    private mutating func readBigEndian(_ count: Int) throws(CodecError) -> UInt64 {
        var value: UInt64 = 0
        for index in try take(count) { value = value << 8 | UInt64(bytes[index]) }
        return value
    }

    package mutating func readBool() throws(CodecError) -> Bool {
        switch try readUInt8() {
        case 0: return false
        case 1: return true
        default: throw .invalid("a truth value is 0 or 1")
        }
    }

    /// Reads exactly `count` bytes.
    package mutating func readRaw(_ count: Int) throws(CodecError) -> [UInt8] {
        guard count >= 0 else { throw .invalid("a negative length") }
        return [UInt8](bytes[try take(count)])
    }

    package mutating func readBytes32() throws(CodecError) -> Bytes32 {
        Bytes32(bytes[try take(Bytes32.size)])
    }

    package mutating func readBytes64() throws(CodecError) -> Bytes64 {
        Bytes64(bytes[try take(Bytes64.size)])
    }

    /// Reads a u32 length of at most `limit` and that many bytes.
    package mutating func readVariable(limit: Int) throws(CodecError) -> [UInt8] {
        let count = Int(try readUInt32())
        guard count <= limit else { throw .overLimit(count: count, limit: limit) }
        return [UInt8](bytes[try take(count)])
    }

    /// Reads a u32 length in bytes of at most `limit` and well-formed UTF-8.
    package mutating func readString(limit: Int) throws(CodecError) -> String {
        let utf8 = try readVariable(limit: limit)
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw .invalid("a text is not well-formed UTF-8")
        }
        return text
    }

    /// Reads a u32 count of at most `limit` and that many elements.
    package mutating func readList<Element: CanonicalCodable>(
        of type: Element.Type = Element.self,
        limit: Int
    ) throws(CodecError) -> [Element] {
        let count = Int(try readUInt32())
        guard count <= limit else { throw .overLimit(count: count, limit: limit) }
        // An element takes at least one byte, so a count above what is left cannot be honest.
        guard count <= remaining else { throw .truncated(needed: count, left: remaining) }
        var list: [Element] = []
        for _ in 0..<count { list.append(try Element(from: &self)) }
        return list
    }

    /// Reads a byte that is 0 for nil, else 1 and the value.
    package mutating func readOptional<Value: CanonicalCodable>(
        _ type: Value.Type = Value.self
    ) throws(CodecError) -> Value? {
        try readBool() ? Value(from: &self) : nil
    }

    /// Throws unless all input has been read.
    package func finish() throws(CodecError) {
        guard remaining == 0 else { throw .trailingBytes(count: remaining) }
    }
}

/// A value with one canonical encoding: whatever decodes re-encodes to the same bytes.
package protocol CanonicalCodable {
    func encode(to writer: inout ByteWriter)
    init(from reader: inout ByteReader) throws(CodecError)
}

extension CanonicalCodable {
    /// The canonical encoding.
    package var canonicalBytes: [UInt8] {
        var writer = ByteWriter()
        encode(to: &writer)
        return writer.bytes
    }

    /// Decodes a value that fills `bytes` exactly.
    package init(canonicalBytes bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        try self.init(from: &reader)
        try reader.finish()
    }
}
