import Codec
import Cryptography
import Hashing
import Ristretto
import Testing

@Suite struct PointTests {
    @Test func smallMultiplesOfTheBaseHaveThePublishedEncodings() throws {
        var sum = Point.identity
        for (index, text) in RFC9496Vectors.multiples.enumerated() {
            let encoding = try bytes32(text)
            #expect(sum.encoded() == encoding)
            let decoded = try #require(Point(decoding: encoding))
            #expect(decoded == sum)
            #expect(decoded.encoded() == encoding)
            #expect(decoded.isIdentity == (index == 0))
            sum += .base
        }
    }

    @Test(arguments: [
        RFC9496Vectors.notCanonical, RFC9496Vectors.negative, RFC9496Vectors.notSquare,
        RFC9496Vectors.negativeProduct, RFC9496Vectors.zeroY,
    ])
    func publishedBadEncodingsAreRefused(encodings: [String]) throws {
        for text in encodings { #expect(Point(decoding: try bytes32(text)) == nil, "\(text)") }
    }

    @Test func oneWayMapHasThePublishedResults() throws {
        for (text, encoding) in RFC9496Vectors.mapped {
            let point = Point(uniform: SHA512.hash([UInt8](text.utf8)))
            #expect(point.encoded() == (try bytes32(encoding)))
        }
    }

    @Test func ballotVectorsOfPointEncodingsHold() throws {
        for vector in try GroupVectors.load().pointEncodings.vectors {
            let bytes = try #require(Hexadecimal.decode(vector.hex))
            let point = Bytes32(exactly: bytes).flatMap { Point(decoding: $0) }
            #expect((point != nil) == vector.decodes, "\(vector.name)")
        }
    }

    @Test func fixedGeneratorsComeFromTheOneWayMap() throws {
        func generator(_ name: String, _ index: UInt32) -> Point {
            var writer = ByteWriter()
            let protocolID = [UInt8]("VECHE-R255-SHA512-v1".utf8)
            writer.write(variable: protocolID, limit: 64)
            writer.write(variable: [UInt8]("nums".utf8), limit: 64)
            writer.write(UInt32(2))
            writer.write(variable: [UInt8](name.utf8), limit: 64)
            writer.write(UInt32(4))
            writer.write(index)
            return Point(uniform: SHA512.hash(writer.bytes))
        }
        let vectors = try GroupVectors.load().nums
        #expect(generator("pedersen-h", 0).encoded() == (try bytes32(vectors.pedersen)))
        for (index, text) in vectors.slack.enumerated() {
            #expect(generator("slack", UInt32(index)).encoded() == (try bytes32(text)))
        }
    }

    @Test func settingBit255OfAnyGoodEncodingIsRefused() throws {
        var random = SeededRandom(1)
        for _ in 0..<20 {
            var bytes = random.point().encoded().bytes
            #expect(Point(decoding: Bytes32(bytes[...])) != nil)
            bytes[31] |= 0x80
            #expect(Point(decoding: Bytes32(bytes[...])) == nil)
        }
    }

    @Test func decodingAgreesWithLibsodiumExceptForBit255() throws {
        var random = SeededRandom(2)
        var accepted = 0
        for _ in 0..<400 {
            var bytes = random.bytes(32)
            bytes[31] &= 0x7f
            let encoding = Bytes32(bytes[...])
            let point = Point(decoding: encoding)
            #expect((point != nil) == SodiumReference.isPoint(encoding))
            if let point {
                accepted += 1
                #expect(point.encoded() == encoding)
            }
        }
        #expect(accepted > 10)
    }

    @Test func sumsAndDifferencesAgreeWithLibsodium() throws {
        var random = SeededRandom(3)
        for _ in 0..<40 {
            let (p, q) = (random.point(), random.point())
            #expect((p + q).encoded() == SodiumReference.sum(p.encoded(), q.encoded()))
            #expect((p - q).encoded() == SodiumReference.difference(p.encoded(), q.encoded()))
            #expect(p.doubled() == p + p)
            #expect(p - q == p + (-q))
            #expect((p - p).isIdentity)
            #expect(p + .identity == p)
        }
    }

    @Test func oneWayMapAgreesWithLibsodium() throws {
        var random = SeededRandom(4)
        for _ in 0..<40 {
            let bytes = random.bytes(64)
            #expect(Point(uniform: bytes).encoded() == SodiumReference.map(uniform: bytes))
        }
        for bytes in [[UInt8](repeating: 0, count: 64), [UInt8](repeating: 255, count: 64)] {
            #expect(Point(uniform: bytes).encoded() == SodiumReference.map(uniform: bytes))
        }
    }

    @Test func equalityHoldsBetweenRepresentationsAndNotBetweenElements() throws {
        var random = SeededRandom(5)
        for _ in 0..<20 {
            let (p, q) = (random.point(), random.point())
            let sameElement = try #require(Point(decoding: p.encoded()))
            #expect(p == sameElement)
            #expect(p != q)
            #expect(p != -p)
            #expect(!p.isIdentity)
        }
    }
}
