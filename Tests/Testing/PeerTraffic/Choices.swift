// PeerTraffic: a hostile peer. It says everything that the protocol between nodes has words for, with
// fields that are extreme, zero, inconsistent or right, and answers what the attacked node asks, so
// that it is heard beyond the first check. It opens no socket: tests hand its frames to the handlers
// in one process, or to real nodes behind TLS.

/// Where a generator's choices come from: a seed, or the bytes of a fuzzing program, which learns what
/// each byte does.
package struct Choices: Sendable {
    private var bytes: ArraySlice<UInt8>
    private var state: UInt64
    private let isEndless: Bool

    /// Choices without end. The same seed makes the same choices.
    package init(seed: UInt64) {
        bytes = []
        state = seed
        isEndless = true
    }

    /// Choices as these bytes have them, until they are used up.
    package init(bytes: [UInt8]) {
        self.bytes = bytes[...]
        state = UInt64(bytes.count)
        isEndless = false
    }

    /// Whether the bytes are used up. What is chosen afterwards follows from their number alone.
    package var isExhausted: Bool { !isEndless && bytes.isEmpty }

    /// 64 bits (SplitMix64, where no bytes are given).
    package mutating func word() -> UInt64 {
        guard isEndless || bytes.isEmpty else {
            return (0..<8).reduce(0) { word, _ in word << 8 | UInt64(bytes.popFirst() ?? 0) }
        }
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A number below `bound`; 0 if that is 0. A small one takes one byte.
    package mutating func below(_ bound: Int) -> Int {
        guard bound > 1 else { return 0 }
        if bound <= 256, let byte = bytes.popFirst() { return Int(byte) % bound }
        return Int(word() % UInt64(bound))
    }

    /// True so many times in a hundred.
    package mutating func chance(_ perHundred: Int) -> Bool { below(100) < perHundred }

    package mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }

    package mutating func noise(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: below(256)) }
    }

    /// A number at which a sum, a product, a conversion or a comparison may turn over, near `value`
    /// or far from it.
    package mutating func number(near value: UInt64) -> UInt64 {
        switch below(16) {
        case 0: 0
        case 1: 1
        case 2: value
        case 3: value &+ 1
        case 4: value &- 1
        case 5: value &* 2
        case 6: value &+ UInt64(below(200))
        case 7: UInt64(UInt16.max) &+ UInt64(below(2))
        case 8: UInt64(Int32.max) &+ UInt64(below(2))
        case 9: UInt64(UInt32.max) &+ UInt64(below(2))
        case 10: UInt64(Int64.max)
        case 11: UInt64(Int64.max) &+ 1
        case 12: .max &- 1
        case 13: .max
        case 14: UInt64.max / 8 &+ UInt64(below(3))
        default: word()
        }
    }
}
