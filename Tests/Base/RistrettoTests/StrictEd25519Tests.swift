import Codec
import Cryptography
import Hashing
import Ristretto
import Testing

/// Signature checks in Swift give libsodium's answer, on honest signatures and on every edge where
/// implementations of Ed25519 are known to differ.
@Suite struct StrictEd25519Tests {
    private func agree(
        _ signature: [UInt8], of message: [UInt8], by key: [UInt8],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Bool {
        let signature = try #require(Bytes64(exactly: signature))
        let key = try #require(Bytes32(exactly: key))
        let expected = Ed25519Verifier().isValid(signature, of: message, by: key)
        let found = StrictEd25519().isValid(signature, of: message, by: key)
        #expect(found == expected, sourceLocation: sourceLocation)
        return found
    }

    @Test func signaturesOfLibsodiumVerify() throws {
        for number in 0..<64 as Range<UInt8> {
            let key = Ed25519SigningKey(seed: SHA256.digest([number]))
            let message = [UInt8](repeating: number, count: 7 * Int(number))
            let signature = key.sign(message)
            #expect(try self.agree(signature.bytes, of: message, by: key.publicKey.bytes))
        }
    }

    @Test func aChangedBitAnywhereIsRefused() throws {
        let key = Ed25519SigningKey(seed: SHA256.digest([1]))
        let message: [UInt8] = [1, 2, 3]
        let signature = key.sign(message).bytes
        for bit in 0..<512 {
            var changed = signature
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(try !self.agree(changed, of: message, by: key.publicKey.bytes))
        }
        for bit in 0..<256 {
            var changed = key.publicKey.bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(try !self.agree(signature, of: message, by: changed))
        }
        #expect(try !self.agree(signature, of: [1, 2], by: key.publicKey.bytes))
    }

    @Test func aResponseOfTheGroupOrderOrMoreIsRefused() throws {
        let key = Ed25519SigningKey(seed: SHA256.digest([2]))
        let signature = key.sign([9]).bytes
        var sum = [UInt8](signature[32...])
        // S + L is the same number modulo L.
        var carry = 0
        for (index, byte) in try Self.bytes(Self.order).enumerated() {
            carry += Int(sum[index]) + Int(byte)
            sum[index] = UInt8(carry & 0xFF)
            carry >>= 8
        }
        #expect(try !self.agree(signature[..<32] + sum, of: [9], by: key.publicKey.bytes))
        let order = try Self.bytes(Self.order)
        #expect(try !self.agree(signature[..<32] + order, of: [9], by: key.publicKey.bytes))
    }

    @Test func keysAndNoncesOfSmallOrderOrNotCanonicalAreRefused() throws {
        let key = Ed25519SigningKey(seed: SHA256.digest([3]))
        let zero = [UInt8](repeating: 0, count: 32)
        let signature = key.sign([5]).bytes
        for special in try (Self.smallOrder + Self.notCanonical).map(Self.bytes) {
            // With S = 0 and points of small order the equation holds for some messages.
            for other in try (Self.smallOrder + Self.notCanonical).map(Self.bytes) {
                for message in 0..<8 as Range<UInt8> {
                    #expect(try !self.agree(special + zero, of: [message], by: other))
                }
            }
            #expect(try !self.agree(signature, of: [5], by: special))
            #expect(try !self.agree(special + signature[32...], of: [5], by: key.publicKey.bytes))
        }
    }

    /// The key has a part of small order, which the equation without the cofactor sees or not.
    @Test(arguments: mixedOrder)
    func keysWithAPartOfSmallOrderAreJudgedWithoutTheCofactor(
        key: String, message: String, signature: String, accepted: Bool
    ) throws {
        let valid = try self.agree(
            try Self.bytes(signature), of: try Self.bytes(message), by: try Self.bytes(key))
        #expect(valid == accepted)
    }

    @Test func randomBytesAreRefusedAsLibsodiumDoes() throws {
        var stream = SHA256.hash([7])
        for _ in 0..<300 {
            let first = SHA512.hash(stream)
            let second = SHA512.hash(first)
            stream = SHA256.hash(second)
            #expect(try !self.agree(first, of: stream, by: [UInt8](second[..<32])))
        }
    }

    private static func bytes(_ text: String) throws -> [UInt8] {
        try #require(Hexadecimal.decode(text))
    }

    private static let order =
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"

    private static let smallOrder = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ]

    /// y = 1 and y = -1 with the sign of a zero x, and y of p and more.
    private static let notCanonical = [
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ]

    private static let mixedOrder:
        [(key: String, message: String, signature: String, accepted: Bool)] = [
            (
                "79fb080e0d45bc42f286bd25f90228cf30b35b16b2ef58fad7b7befd184637ce",
                "00",
                "d41bb1ea0f7a20c97036afcfb7df29e1a14ce9d49bf15dec5c4e69fc1a3b2f3e"
                    + "7b7978743ab85b7a0985421c4adcfcf9e2c217a9f2e42f095106f6a9b60dfb05",
                false
            ),
            (
                "79fb080e0d45bc42f286bd25f90228cf30b35b16b2ef58fad7b7befd184637ce",
                "0a",
                "e489b36b7241b25b5eeac614feb67688676b27aef39c7d0007ef29d606096fdd"
                    + "ab810ccf3f246d1d55580a0b2a9c037e03c703eb1dc4c4a3aef35aa097d5c301",
                true
            ),
            (
                "748fea324640fdf1284b049347480d830f87adeec3670ba4e674984484085439",
                "00",
                "d41bb1ea0f7a20c97036afcfb7df29e1a14ce9d49bf15dec5c4e69fc1a3b2f3e"
                    + "f291ec7cb6f3a258cc5b896eacf113d0d6ce5bc358294c0ea2b5dd4001a7670f",
                true
            ),
            (
                "748fea324640fdf1284b049347480d830f87adeec3670ba4e674984484085439",
                "01",
                "9669f5eea31a2dccdbbb5c075d97173fa76a3e01883c08953524b791d2a2101c"
                    + "a31f1fde570ee76dcfae74149c9e39b77603bb6df97ecdd5d766a58083209d05",
                false
            ),
            (
                "a35ff24aea2df91a9c0f5dfab5a5e696599197bf1afd1687032c9479df1d244e",
                "00",
                "d41bb1ea0f7a20c97036afcfb7df29e1a14ce9d49bf15dec5c4e69fc1a3b2f3e"
                    + "e1b9b1597409826e56586ee541664119679234203f25b67d53c7c5535047db0c",
                false
            ),
            (
                "a35ff24aea2df91a9c0f5dfab5a5e696599197bf1afd1687032c9479df1d244e",
                "05",
                "e8b4d751113916befc6cb6703138eba2bf442abce7c249756cae76762c93ee76"
                    + "9aa2e8fbae67b6b956fe2cc6178afd55aeca1dd9aafea49405cb52d5e697390c",
                true
            ),
        ]
}
