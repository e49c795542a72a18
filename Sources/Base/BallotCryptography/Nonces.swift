import Codec
import Ristretto

/// Hedged secret nonces: `w = Hs("nonce", [secret key, 32 bytes from the OS, statement items])`. A
/// broken random source alone, or a repeated statement alone, does not repeat a nonce.
struct Nonces {
    private let secret: [UInt8]
    private let statement: [[UInt8]]
    private var count: UInt32 = 0

    /// Nonces for one proof about `statement`, made with `secret`.
    init(secret: Scalar, statement: [[UInt8]]) {
        self.secret = secret.encoded.bytes
        self.statement = statement
    }

    /// The next nonce; it must be used once and never leave the process.
    mutating func next<R: RandomSource>(_ random: inout R) -> Scalar {
        self.count += 1
        return Transcript.scalar(
            .nonce, [self.secret, random.bytes(32), Transcript.u32(self.count)] + self.statement)
    }
}

/// Secrets derived from one stored 32-byte seed, so that a tool that crashed derives them again.
struct SeedDerivation {
    /// What a derived secret is for; the number is inside the hash.
    enum Purpose: UInt32 {
        case credentialKey = 1
        case certificateSalt
        case blindingFactor
        case inversionMask
        case communicationKey
        case polynomial
        case ephemeralKey
        case commitmentNonce
    }

    let seed: Bytes32

    /// A scalar bound to purpose and context.
    func scalar(_ purpose: Purpose, _ context: [[UInt8]]) -> Scalar {
        Transcript.scalar(.seed, self.items(purpose, 0, context))
    }

    /// `count` bytes bound to purpose, attempt and context.
    func bytes(_ purpose: Purpose, _ context: [[UInt8]], attempt: UInt32, count: Int) -> [UInt8] {
        var stream: [UInt8] = []
        var block: UInt32 = 0
        while stream.count < count {
            let items = self.items(purpose, block, [Transcript.u32(attempt)] + context)
            stream.append(contentsOf: Transcript.wideDigest(.seed, items))
            block += 1
        }
        return [UInt8](stream.prefix(count))
    }

    private func items(_ purpose: Purpose, _ block: UInt32, _ context: [[UInt8]]) -> [[UInt8]] {
        [self.seed.bytes, Transcript.u32(purpose.rawValue), Transcript.u32(block)] + context
    }
}
