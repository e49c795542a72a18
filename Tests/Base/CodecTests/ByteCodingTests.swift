import Codec
import Testing

/// A value with everything that the encoding has a form for.
private struct Sample: CanonicalCodable, Hashable {
    static let limit = 40

    var small: UInt8 = 0
    var medium: UInt16 = 0
    var number: UInt32 = 0
    var large: UInt64 = 0
    var flag = false
    var digest = Bytes32.zero
    var signature = Bytes64.zero
    var bytes: [UInt8] = []
    var text = ""
    var list: [Bytes32] = []
    var optional: Bytes64?

    func encode(to writer: inout ByteWriter) {
        writer.write(self.small)
        writer.write(self.medium)
        writer.write(self.number)
        writer.write(self.large)
        writer.write(self.flag)
        writer.write(self.digest)
        writer.write(self.signature)
        writer.write(variable: self.bytes, limit: Self.limit)
        writer.write(self.text, limit: Self.limit)
        writer.write(list: self.list, limit: Self.limit)
        writer.write(optional: self.optional)
    }

    init() {}

    init(from reader: inout ByteReader) throws(CodecError) {
        self.small = try reader.readUInt8()
        self.medium = try reader.readUInt16()
        self.number = try reader.readUInt32()
        self.large = try reader.readUInt64()
        self.flag = try reader.readBool()
        self.digest = try reader.readBytes32()
        self.signature = try reader.readBytes64()
        self.bytes = try reader.readVariable(limit: Self.limit)
        self.text = try reader.readString(limit: Self.limit)
        self.list = try reader.readList(limit: Self.limit)
        self.optional = try reader.readOptional()
    }
}

/// A generator of test bytes that gives the same ones each time (SplitMix64).
private struct Noise: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    mutating func sample() -> Sample {
        var sample = Sample()
        sample.small = UInt8.random(in: 0...255, using: &self)
        sample.medium = UInt16(truncatingIfNeeded: self.next())
        sample.number = UInt32(truncatingIfNeeded: self.next())
        sample.large = self.next()
        sample.flag = Bool.random(using: &self)
        sample.digest = Bytes32(self.bytes(32)[...])
        sample.signature = Bytes64(self.bytes(64)[...])
        sample.bytes = self.bytes(Int.random(in: 0...40, using: &self))
        sample.text = ["", "выбор", "a\u{0301}", "🗳"].randomElement(using: &self) ?? ""
        sample.list = (0..<Int.random(in: 0...3, using: &self)).map { _ in
            Bytes32(self.bytes(32)[...])
        }
        sample.optional = Bool.random(using: &self) ? Bytes64(self.bytes(64)[...]) : nil
        return sample
    }
}

struct ByteCodingTests {
    @Test func integersAreBigEndian() {
        var writer = ByteWriter()
        writer.write(UInt8(1))
        writer.write(UInt16(0x0203))
        writer.write(UInt32(0x0405_0607))
        writer.write(UInt64(0x0809_0A0B_0C0D_0E0F))
        #expect(writer.bytes == [UInt8](1...15))
    }

    @Test(arguments: 0..<200)
    func whatIsWrittenIsReadAgain(run: UInt64) throws {
        var noise = Noise(state: run)
        let sample = noise.sample()
        #expect(try Sample(canonicalBytes: sample.canonicalBytes) == sample)
    }

    @Test(arguments: 0..<200)
    func changedBytesAreRefusedOrEncodeToThemselves(run: UInt64) throws {
        var noise = Noise(state: run)
        let good = noise.sample().canonicalBytes
        for _ in 0..<200 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &noise) {
                let place = Int.random(in: 0..<bytes.count, using: &noise)
                switch Int.random(in: 0..<3, using: &noise) {
                case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &noise)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...255, using: &noise), at: place)
                }
            }
            // Only what decodes must encode to itself; a refusal is the other right answer.
            if let decoded = try? Sample(canonicalBytes: bytes) {
                #expect(decoded.canonicalBytes == bytes)
            }
        }
    }

    @Test func everyTruncationIsRefused() {
        var noise = Noise(state: 7)
        let good = noise.sample().canonicalBytes
        for count in good.indices {
            #expect(throws: CodecError.self) {
                try Sample(canonicalBytes: [UInt8](good.prefix(count)))
            }
        }
    }

    @Test func trailingBytesAreRefused() {
        #expect(throws: CodecError.trailingBytes(count: 2)) {
            try Sample(canonicalBytes: Sample().canonicalBytes + [0, 0])
        }
    }

    @Test func truthValueIsZeroOrOne() throws {
        var reader = ByteReader([0, 1, 2])
        #expect(try reader.readBool() == false)
        #expect(try reader.readBool())
        #expect(throws: CodecError.invalid("a truth value is 0 or 1")) { try reader.readBool() }
    }

    @Test func countsAboveTheLimitAreRefusedBeforeAnythingIsRead() {
        let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
        var variable = ByteReader(huge)
        #expect(throws: CodecError.overLimit(count: 4_294_967_295, limit: 10)) {
            try variable.readVariable(limit: 10)
        }
        var list = ByteReader(huge)
        #expect(throws: CodecError.overLimit(count: 4_294_967_295, limit: 10)) {
            try list.readList(of: Bytes32.self, limit: 10)
        }
        var dishonest = ByteReader([0, 0, 0, 9, 1])
        #expect(throws: CodecError.truncated(needed: 9, left: 1)) {
            try dishonest.readList(of: Bytes32.self, limit: 10)
        }
        var negative = ByteReader([1])
        #expect(throws: CodecError.invalid("a negative length")) { try negative.readRaw(-1) }
    }

    @Test(arguments: [[0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xFF]] as [[UInt8]])
    func malformedTextIsRefused(utf8: [UInt8]) {
        var writer = ByteWriter()
        writer.write(variable: utf8, limit: 10)
        var reader = ByteReader(writer.bytes)
        #expect(throws: CodecError.invalid("a text is not well-formed UTF-8")) {
            try reader.readString(limit: 10)
        }
    }

    @Test func textsThatLookAlikeStayDifferent() throws {
        var composed = Sample()
        composed.text = "\u{00E9}"
        var decomposed = Sample()
        decomposed.text = "e\u{0301}"
        #expect(composed.canonicalBytes != decomposed.canonicalBytes)
        let read = try Sample(canonicalBytes: decomposed.canonicalBytes)
        #expect(read.canonicalBytes == decomposed.canonicalBytes)
    }

    @Test func readerSaysHowFarItIs() throws {
        var reader = ByteReader([1, 2, 3, 4])
        let start = reader.offset
        _ = try reader.readUInt16()
        #expect(reader.consumed(since: start) == [1, 2])
        #expect(reader.remaining == 2)
        #expect(throws: CodecError.trailingBytes(count: 2)) { try reader.finish() }
    }
}
