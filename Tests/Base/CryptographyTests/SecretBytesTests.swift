import Cryptography
import Testing

@Suite struct SecretBytesTests {
    @Test func secretsComeBackAsTheyWereAndWipingLeavesZeros() {
        for size in [0, 1, 32, 5000] {
            let bytes = SystemRandom.bytes(size)
            let secret = SecretBytes(bytes)
            #expect(secret.count == size)
            var copy = secret.copy()
            #expect(copy == bytes)
            copy.wipe()
            #expect(copy == [UInt8](repeating: 0, count: size))
            #expect(secret.copy() == bytes)
        }
    }

    @Test func randomBytesAreNotRepeated() {
        #expect(SystemRandom.bytes(32) != SystemRandom.bytes(32))
        #expect(SystemRandom.bytes(0).isEmpty)
    }
}
