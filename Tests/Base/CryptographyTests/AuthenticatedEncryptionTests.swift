import BallotCryptography
import Codec
import Cryptography
import Testing

@Suite struct AuthenticatedEncryptionTests {
    private func bytes(_ text: String) throws -> [UInt8] {
        try #require(Hexadecimal.decode(text))
    }

    private func roundTrip<Encryption: AuthenticatedEncryption>(
        _: Encryption.Type, _ text: [UInt8]
    ) -> Bool {
        let nonce = [UInt8](repeating: 9, count: 12)
        let sealed = Encryption.seal(text, key: .zero, nonce: nonce, associatedData: [1])
        return Encryption.open(sealed, key: .zero, nonce: nonce, associatedData: [1]) == text
    }

    /// RFC 8439, 2.8.2.
    @Test func thePublishedTextSealsToThePublishedBytes() throws {
        let text =
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
            + "future, sunscreen would be it."
        let key = try bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")
        let sealed = ChaCha20Poly1305.seal(
            [UInt8](text.utf8), key: try #require(Bytes32(exactly: key)),
            nonce: try bytes("070000004041424344454647"),
            associatedData: try bytes("50515253c0c1c2c3c4c5c6c7"))
        #expect(
            Hexadecimal.encode(sealed)
                == "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
                + "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
                + "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                + "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691")
    }

    @Test func whatIsSealedOpens() {
        #expect(roundTrip(ChaCha20Poly1305.self, []))
        #expect(roundTrip(ChaCha20Poly1305.self, [UInt8](repeating: 3, count: 1000)))
    }

    @Test func anythingThatDoesNotBelongTogetherDoesNotOpen() throws {
        let nonce = [UInt8](repeating: 9, count: 12)
        let sealed = ChaCha20Poly1305.seal([1, 2], key: .zero, nonce: nonce, associatedData: [5])
        func open(
            _ sealed: [UInt8], key: Bytes32 = .zero, nonce: [UInt8] = nonce, data: [UInt8] = [5]
        ) -> [UInt8]? {
            ChaCha20Poly1305.open(sealed, key: key, nonce: nonce, associatedData: data)
        }
        #expect(open(sealed) == [1, 2])
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x10
            #expect(open(changed) == nil)
        }
        #expect(open(sealed, data: [6]) == nil)
        #expect(open(sealed, data: []) == nil)
        #expect(open(sealed, nonce: [UInt8](repeating: 8, count: 12)) == nil)
        #expect(open(sealed, nonce: [9]) == nil)
        #expect(open(Array(sealed.dropLast())) == nil)
        #expect(open([]) == nil)
        let other = try #require(Bytes32(exactly: [UInt8](repeating: 1, count: 32)))
        #expect(open(sealed, key: other) == nil)
    }
}
