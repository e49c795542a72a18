/// SHA384 (FIPS 180-4), over whole messages and incrementally: SHA512 from another initial state,
/// cut to 48 bytes.
///
/// Constant time in the content of the message; its length is public.
package struct SHA384: Sendable {
    /// The size of a digest in bytes.
    package static let digestSize = 48

    private var inner = SHA512(initialState: initialState384)

    package init() {}

    /// Absorbs more of the message.
    package mutating func update(_ bytes: [UInt8]) { inner.update(bytes) }

    /// Absorbs more of the message.
    package mutating func update(_ bytes: ArraySlice<UInt8>) { inner.update(bytes) }

    /// The digest of everything absorbed.
    package consuming func finalize() -> [UInt8] {
        [UInt8](inner.finalize().prefix(Self.digestSize))
    }

    /// The digest of one message.
    package static func hash(_ message: [UInt8]) -> [UInt8] {
        var hasher = Self()
        hasher.update(message)
        return hasher.finalize()
    }
}

private let initialState384: InlineArray<8, UInt64> = [
    0xcbbb_9d5d_c105_9ed8, 0x629a_292a_367c_d507, 0x9159_015a_3070_dd17,
    0x152f_ecd8_f70e_5939, 0x6733_2667_ffc0_0b31, 0x8eb4_4a87_6858_1511,
    0xdb0c_2e0d_64f9_8fa7, 0x47b5_481d_befa_4fa4,
]
