/// SHA-256 (FIPS 180-4) in Swift alone: what a browser hashes with. Elsewhere only tests use it, which
/// compare it with `SHA256`.
///
/// Constant time in the content of the message; its length is public.
package struct PortableSHA256: Sendable {
    /// The size of a digest in bytes.
    package static let digestSize = 32
    private static let blockSize = 64

    private var state: InlineArray<8, UInt32>
    private var buffer: [UInt8] = []
    private var count: UInt64 = 0

    package init() {
        state = initialState32
        buffer.reserveCapacity(Self.blockSize)
    }

    /// Absorbs more of the message.
    package mutating func update(_ bytes: [UInt8]) {
        update(bytes[...])
    }

    /// Absorbs more of the message.
    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        count &+= UInt64(bytes.count)
        var rest = bytes
        if !buffer.isEmpty {
            let taken = min(Self.blockSize - buffer.count, rest.count)
            buffer.append(contentsOf: rest.prefix(taken))
            rest = rest.dropFirst(taken)
            guard buffer.count == Self.blockSize else { return }
            compress(buffer[...])
            buffer.removeAll(keepingCapacity: true)
        }
        while rest.count >= Self.blockSize {
            compress(rest.prefix(Self.blockSize))
            rest = rest.dropFirst(Self.blockSize)
        }
        buffer.append(contentsOf: rest)
    }

    /// The digest of everything absorbed.
    package consuming func finalize() -> [UInt8] {
        let bitCount = count &* 8
        var padding: [UInt8] = [0x80]
        let filled = (buffer.count + 1 + 8) % Self.blockSize
        let zeros = filled == 0 ? 0 : Self.blockSize - filled
        padding.append(contentsOf: repeatElement(0, count: zeros + 8 - 8))
        for shift in stride(from: 56, through: 0, by: -8) {
            padding.append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift)))
        }
        update(padding)
        var digest: [UInt8] = []
        digest.reserveCapacity(Self.digestSize)
        for index in 0..<8 {
            let word = state[index]
            for shift in stride(from: 24, through: 0, by: -8) {
                digest.append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
            }
        }
        return digest
    }

    /// The digest of one message.
    package static func hash(_ message: [UInt8]) -> [UInt8] {
        var hasher = Self()
        hasher.update(message)
        return hasher.finalize()
    }

    private mutating func compress(_ block: ArraySlice<UInt8>) {
        var schedule = InlineArray<64, UInt32>(repeating: 0)
        var position = block.startIndex
        for t in 0..<16 {
            var word: UInt32 = 0
            for _ in 0..<4 {
                word = word << 8 | UInt32(block[position])
                position += 1
            }
            schedule[t] = word
        }
        for t in 16..<64 {
            let w15 = schedule[t - 15]
            let w2 = schedule[t - 2]
            let s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >> 3)
            let s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >> 10)
            schedule[t] = schedule[t - 16] &+ s0 &+ schedule[t - 7] &+ s1
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        // Eight rounds bring each word back to its place, so that none has to move.
        for t in stride(from: 0, to: 64, by: 8) {
            round(a, b, c, &d, e, f, g, &h, roundConstants32[t] &+ schedule[t])
            round(h, a, b, &c, d, e, f, &g, roundConstants32[t + 1] &+ schedule[t + 1])
            round(g, h, a, &b, c, d, e, &f, roundConstants32[t + 2] &+ schedule[t + 2])
            round(f, g, h, &a, b, c, d, &e, roundConstants32[t + 3] &+ schedule[t + 3])
            round(e, f, g, &h, a, b, c, &d, roundConstants32[t + 4] &+ schedule[t + 4])
            round(d, e, f, &g, h, a, b, &c, roundConstants32[t + 5] &+ schedule[t + 5])
            round(c, d, e, &f, g, h, a, &b, roundConstants32[t + 6] &+ schedule[t + 6])
            round(b, c, d, &e, f, g, h, &a, roundConstants32[t + 7] &+ schedule[t + 7])
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        state[5] &+= f
        state[6] &+= g
        state[7] &+= h
    }
}

@inline(__always)
private func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
    _ h: inout UInt32, _ input: UInt32
) {
    let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ input
    let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    d = d &+ t1
    h = t1 &+ s0 &+ ((a & b) ^ (a & c) ^ (b & c))
}

@inline(__always)
private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &>> count | word &<< (32 - count)
}

private let initialState32: InlineArray<8, UInt32> = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c,
    0x1f83_d9ab, 0x5be0_cd19,
]

private let roundConstants32: InlineArray<64, UInt32> = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1,
    0x923f_82a4, 0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3,
    0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786,
    0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147,
    0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13,
    0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a,
    0x5b9c_ca4f, 0x682e_6ff3, 0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208,
    0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
]
