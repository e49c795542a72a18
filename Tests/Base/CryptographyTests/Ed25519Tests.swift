import Codec
import Cryptography
import Testing

@Suite struct Ed25519Tests {
    private let verifier = Ed25519Verifier()

    /// RFC 8032, 7.1.
    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ])
    func publishedSignaturesAreMadeAndVerified(
        seed: String, publicKey: String, message: String, signature: String
    ) throws {
        let seedBytes = try #require(Hexadecimal.decode(seed))
        let text = try #require(Hexadecimal.decode(message))
        let key = Ed25519SigningKey(seed: try #require(Bytes32(exactly: seedBytes)))
        #expect(Hexadecimal.encode(key.publicKey.bytes) == publicKey)
        #expect(Hexadecimal.encode(key.sign(text).bytes) == signature)
        #expect(verifier.isValid(key.sign(text), of: text, by: key.publicKey))
        #expect(key.exportSeed().bytes == seedBytes)
    }

    @Test func generatedKeysDifferAndSign() {
        let (first, second) = (Ed25519SigningKey.generate(), Ed25519SigningKey.generate())
        #expect(first.publicKey != second.publicKey)
        let signature = first.sign([1, 2, 3])
        #expect(verifier.isValid(signature, of: [1, 2, 3], by: first.publicKey))
        #expect(!verifier.isValid(signature, of: [1, 2, 3], by: second.publicKey))
    }

    @Test func aChangedMessageOrSignatureIsRefused() throws {
        let key = Ed25519SigningKey(seed: .zero)
        let message = [UInt8](repeating: 7, count: 100)
        let signature = key.sign(message)
        #expect(!verifier.isValid(signature, of: message + [0], by: key.publicKey))
        for index in 0..<64 {
            var changed = signature.bytes
            changed[index] ^= 1
            let forged = try #require(Bytes64(exactly: changed))
            #expect(!verifier.isValid(forged, of: message, by: key.publicKey))
        }
    }

    /// S and S + L satisfy the same equation; only the canonical one may be accepted.
    @Test func aSignatureWithTheOrderAddedToSIsRefused() throws {
        let order = try #require(
            Hexadecimal.decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
        let key = Ed25519SigningKey(seed: .zero)
        var bytes = key.sign([1]).bytes
        var carry = 0
        for index in 0..<32 {
            let sum = Int(bytes[32 + index]) + Int(order[index]) + carry
            bytes[32 + index] = UInt8(sum & 255)
            carry = sum >> 8
        }
        #expect(carry == 0)
        let shifted = try #require(Bytes64(exactly: bytes))
        #expect(!verifier.isValid(shifted, of: [1], by: key.publicKey))
    }

    /// Under a key of small order one signature holds for many messages.
    @Test(arguments: [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    ])
    func keysOfSmallOrderAreRefused(key: String) throws {
        let decoded = try #require(Hexadecimal.decode(key))
        let publicKey = try #require(Bytes32(exactly: decoded))
        let identity: [UInt8] = [1] + [UInt8](repeating: 0, count: 31)
        let zero = [UInt8](repeating: 0, count: 32)
        for nonce in [identity, publicKey.bytes] {
            let signature = try #require(Bytes64(exactly: nonce + zero))
            for message in 0..<16 {
                #expect(!verifier.isValid(signature, of: [UInt8(message)], by: publicKey))
            }
        }
    }
}
