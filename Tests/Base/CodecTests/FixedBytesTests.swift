import Codec
import Testing

struct FixedBytesTests {
    private let rising = [UInt8](0..<64)

    @Test func bytesComeBackInOrder() throws {
        #expect(Bytes32(self.rising[..<32]).bytes == [UInt8](0..<32))
        #expect(Bytes64(self.rising[...]).bytes == self.rising)
        #expect(Bytes32(exactly: self.rising) == nil)
        #expect(Bytes64(exactly: [UInt8](0..<63)) == nil)
        #expect(Bytes32(exactly: [UInt8](0..<32))?.bytes == [UInt8](0..<32))
    }

    @Test func orderIsThatOfTheBytes() {
        for index in 0..<32 {
            var low = [UInt8](repeating: 7, count: 32)
            var high = low
            high[index] = 8
            #expect(Bytes32(low[...]) < Bytes32(high[...]))
            for later in (index + 1)..<33 where later < 32 { low[later] = 0xFF }
            #expect(Bytes32(low[...]) < Bytes32(high[...]))
            #expect(!(Bytes32(high[...]) < Bytes32(low[...])))
        }
        #expect(!(Bytes32.zero < Bytes32.zero))
    }

    @Test func bitsCountFromTheMostSignificantOfTheFirstByte() {
        for index in 0..<256 {
            var bytes = [UInt8](repeating: 0, count: 32)
            bytes[index / 8] = 0x80 >> UInt8(index % 8)
            let value = Bytes32(bytes[...])
            #expect((0..<256).filter { value.bit(at: $0) } == [index])
        }
    }

    @Test func hexadecimalIsLowerCaseAndOfEvenLength() {
        #expect(Hexadecimal.encode([0x00, 0x9F, 0xAB]) == "009fab")
        #expect(Hexadecimal.decode("009fab") == [0x00, 0x9F, 0xAB])
        #expect(Hexadecimal.decode("") == [])
        for text in ["0", "0g", "AB", " 00", "00 ", "ü0", "0x00"] {
            #expect(Hexadecimal.decode(text) == nil)
        }
    }

    @Test func valuesHaveOneHexadecimalForm() {
        let value = Bytes32(self.rising[..<32])
        #expect(Bytes32(hexadecimal: value.description) == value)
        #expect(Bytes32(hexadecimal: value.description.uppercased()) == nil)
        #expect(Bytes32(hexadecimal: value.description + "00") == nil)
        let long = Bytes64(self.rising[...])
        #expect(Bytes64(hexadecimal: long.description) == long)
        #expect(Bytes64(hexadecimal: value.description) == nil)
    }
}
