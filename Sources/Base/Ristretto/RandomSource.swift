/// Where random bytes come from: the system's generator, a browser's, or a test's seeded stream.
package protocol RandomSource {
    /// The next `count` bytes.
    mutating func bytes(_ count: Int) -> [UInt8]
}

extension RandomSource {
    /// A uniform scalar: 64 bytes modulo L, with a bias below 2^-259.
    package mutating func scalar() -> Scalar { Scalar(reducing: bytes(64)) }
}
