// Decoders: every way by which bytes from outside or from a disk become values, in one list, for the
// tests of FuzzTests and for the programs that `Deploy/fuzz.sh` builds.

import Codec

/// One way from bytes to a value and back.
package struct Decoder: Sendable {
    /// The name by which a fuzzing program is asked for it.
    package let name: String
    /// nil if the bytes are refused. Else what was read, written again: for a canonical encoding
    /// the same bytes.
    package let rewritten: @Sendable ([UInt8]) -> [UInt8]?

    package init(_ name: String, _ rewritten: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
        self.name = name
        self.rewritten = rewritten
    }

    init(_ kind: EncodingKind) {
        self.init(kind.name) { bytes in
            do throws(CodecError) {
                return try kind.reencoded(bytes)
            } catch { return nil }
        }
    }

    init<Value: CanonicalCodable & SendableMetatype>(_ name: String, _ type: Value.Type) {
        self.init(EncodingKind(name, type))
    }

    /// For a text of which several forms are read: `normal` gives the one that is written, which must
    /// be read as itself. The result is the input if that holds.
    init(normalising name: String, _ normal: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
        self.init(name) { bytes in
            guard let first = normal(bytes) else { return nil }
            return normal(first) == first ? bytes : first + [0]
        }
    }

    /// Every decoder.
    package static let all: [Decoder] = Self.frames + Self.ledger + Self.records + Self.texts

    /// The decoder of a name.
    package static func named(_ name: String) -> Decoder? { Self.all.first { $0.name == name } }
}
