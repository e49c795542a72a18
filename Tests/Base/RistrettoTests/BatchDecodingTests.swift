import Codec
import Cryptography
import Ristretto
import Testing

/// Decoding many encodings at once gives what decoding them one by one gives.
@Suite struct BatchDecodingTests {
    /// One by one: nil if one of them is refused.
    private func oneByOne(_ encodings: [Bytes32]) -> [Point]? {
        var points: [Point] = []
        for bytes in encodings {
            guard let point = Point(decoding: bytes) else { return nil }
            points.append(point)
        }
        return points
    }

    @Test func listsOfAnyLengthDecodeInOrder() throws {
        var random = SeededRandom(41)
        for count in 0...9 {
            let points = (0..<count).map { _ in Point(uniform: random.bytes(64)) }
            let decoded = try #require(Point.decode(points.map { $0.encoded() }))
            #expect(decoded == points)
        }
    }

    @Test func anEncodingThatIsRefusedAloneIsRefusedAtEveryPlace() throws {
        let good = Point.base.doubled().encoded()
        let refused =
            RFC9496Vectors.notCanonical + RFC9496Vectors.negative + RFC9496Vectors.notSquare
            + RFC9496Vectors.negativeProduct + RFC9496Vectors.zeroY
        for bad in try refused.map(bytes32) {
            for count in 1...4 {
                for place in 0..<count {
                    var list = [Bytes32](repeating: good, count: count)
                    list[place] = bad
                    #expect(Point.decode(list) == nil, "place \(place) of \(count)")
                }
            }
        }
    }

    /// About one string in eight is an encoding, so both lanes meet squares and others.
    @Test func randomStringsAreAcceptedOrRefusedAsByLibsodium() {
        var random = SeededRandom(42)
        for _ in 0..<3000 {
            let pair = (0..<2).map { _ in
                var bytes = random.bytes(32)
                bytes[0] &= 0xfe
                bytes[31] &= 0x7f
                return Bytes32(bytes[...])
            }
            let decoded = Point.decode(pair)
            #expect(decoded == self.oneByOne(pair))
            #expect((decoded != nil) == pair.allSatisfy(SodiumReference.isPoint))
        }
    }

    /// Numbers at the ends of the field and of its limbs, in both lanes.
    @Test func extremeNumbersAreAcceptedOrRefusedAsOneByOne() {
        let zero = [UInt8](repeating: 0, count: 32)
        var strings: [Bytes32] = []
        for low in stride(from: UInt8(0), to: 64, by: 2) {
            // The small even numbers, and the even ones just below p = 2^255 - 19.
            strings.append(Bytes32(([low] + zero.dropFirst())[...]))
            var high = [UInt8](repeating: 0xff, count: 32)
            (high[0], high[31]) = (0xec &- low, 0x7f)
            strings.append(Bytes32(high[...]))
        }
        for bit in 1..<255 {
            var single = zero
            single[bit / 8] = 1 << UInt8(bit % 8)
            strings.append(Bytes32(single[...]))
            var most = [UInt8](repeating: 0xff, count: 32)
            (most[0], most[31]) = (0xec, 0x7f)
            most[bit / 8] &= ~(1 << UInt8(bit % 8))
            strings.append(Bytes32(most[...]))
        }
        for (first, second) in zip(strings, strings.reversed()) {
            #expect(Point.decode([first, second]) == self.oneByOne([first, second]))
            #expect(Point.decode([first, first]) == self.oneByOne([first, first]))
        }
    }
}
