/// A kind of encoding by its name. A module lists those that it reads and does not show, so that
/// tests and the fuzzing of decoders reach every one.
package struct EncodingKind: Sendable {
    /// The type's name.
    package let name: String
    /// Decodes a value that fills the bytes and encodes it again. What comes out is what went in, or
    /// the encoding is not canonical.
    package let reencoded: @Sendable ([UInt8]) throws(CodecError) -> [UInt8]

    /// The kind of a type.
    package init<Value: CanonicalCodable & SendableMetatype>(_ name: String, _ type: Value.Type) {
        self.name = name
        self.reencoded = { (bytes: [UInt8]) throws(CodecError) -> [UInt8] in
            try Value(canonicalBytes: bytes).canonicalBytes
        }
    }
}
