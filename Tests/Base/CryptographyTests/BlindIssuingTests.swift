import Cryptography
import Foundation
import Hashing
import Ristretto
import Testing

@Suite struct BlindIssuingTests {
    private static let issuer: BlindIssuingKey? = {
        // Without a key every test below fails by `#require`.
        try? BlindIssuingKey.generate()
    }()

    private func key() throws -> BlindIssuingKey { try #require(Self.issuer) }

    private func refusal(_ blinded: [UInt8]) throws -> BlindIssuingError? {
        let key = try key()
        do throws(BlindIssuingError) {
            _ = try key.blindSign(blinded)
            return nil
        } catch { return error }
    }

    private func modulus(minus difference: UInt8) throws -> [UInt8] {
        var number = try key().modulus
        let last = number.count - 1
        guard number[last] >= difference else {
            // Odd and below 2 means 1; the next byte lends.
            try #require(number[last - 1] > 0)
            number[last - 1] -= 1
            number[last] = number[last] &- difference
            return number
        }
        number[last] -= difference
        return number
    }

    @Test func aBlindSignatureOfAnEncodedMessageIsACredential() throws {
        let key = try key()
        let message = [UInt8]("a credential".utf8)
        let signature = try key.blindSign(encodedForPSS(message, salt: SystemRandom.bytes(48)))
        let verifiers = [
            CredentialVerifier(), CredentialVerifier(moduli: [key.modulus]),
            CredentialVerifier().keeping(key.modulus),
            CredentialVerifier().keeping([UInt8](repeating: 0xFF, count: key.modulus.count)),
        ]
        for verifier in verifiers {
            #expect(verifier.isValid(signature, of: message, modulus: key.modulus))
            #expect(!verifier.isValid(signature, of: message + [0], modulus: key.modulus))
            var changed = signature
            changed[100] ^= 1
            #expect(!verifier.isValid(changed, of: message, modulus: key.modulus))
            #expect(!verifier.isValid([0] + signature, of: message, modulus: key.modulus))
            #expect(!verifier.isValid([], of: message, modulus: key.modulus))
        }
    }

    @Test func onlyASaltOf48BytesIsACredential() throws {
        let key = try key()
        let signature = try key.blindSign(encodedForPSS([1], salt: SystemRandom.bytes(32)))
        #expect(!CredentialVerifier().isValid(signature, of: [1], modulus: key.modulus))
    }

    @Test func onlyAnOddModulusOf3072BitsHasCredentials() throws {
        let key = try key()
        let signature = try key.blindSign(encodedForPSS([1], salt: SystemRandom.bytes(48)))
        var even = key.modulus
        even[383] &-= 1
        var short = key.modulus
        short[0] &= 0x7f
        let other = try BlindIssuingKey.generate().modulus
        for modulus in [[], [0], even, short, [0] + key.modulus, other] {
            #expect(!CredentialVerifier().isValid(signature, of: [1], modulus: modulus))
            #expect(
                !CredentialVerifier(moduli: [modulus])
                    .isValid(signature, of: [1], modulus: modulus))
        }
    }

    @Test func trivialBlindedMessagesAreRefused() throws {
        let zero = [UInt8](repeating: 0, count: 384)
        #expect(try refusal(zero) == .blindedMessageRefused)
        #expect(try refusal(zero.dropLast() + [1]) == .blindedMessageRefused)
        #expect(try refusal(zero.dropLast() + [2]) == nil)
        #expect(try refusal(modulus(minus: 2)) == nil)
        #expect(try refusal(modulus(minus: 1)) == .blindedMessageRefused)
        #expect(try refusal(modulus(minus: 0)) == .blindedMessageRefused)
        #expect(try refusal([UInt8](repeating: 255, count: 384)) == .blindedMessageRefused)
    }

    @Test func blindedMessagesOfAnotherSizeAreRefused() throws {
        #expect(try refusal([]) == .blindedMessageRefused)
        #expect(try refusal([UInt8](repeating: 1, count: 383)) == .blindedMessageRefused)
        #expect(try refusal([UInt8](repeating: 1, count: 385)) == .blindedMessageRefused)
    }

    @Test func aKeyComesBackFromItsFile() throws {
        let key = try key()
        let copy = try BlindIssuingKey(der: key.der)
        #expect(copy.modulus == key.modulus)
        let blinded = [UInt8](repeating: 5, count: 384)
        #expect(try copy.blindSign(blinded) == key.blindSign(blinded))
    }

    @Test(arguments: [RefusedKeys.tooShort, RefusedKeys.smallExponent, "", "AAAA"])
    func keysOfAnotherKindAreRefused(base64: String) throws {
        let der = [UInt8](try #require(Data(base64Encoded: base64)))
        #expect(throws: BlindIssuingError.keyRefused) { try BlindIssuingKey(der: der) }
    }

    /// EMSA-PSS of RFC 8017, 9.1.1, for 3072 bits and SHA-384.
    private func encodedForPSS(_ message: [UInt8], salt: [UInt8]) -> [UInt8] {
        let hash = SHA384.hash(
            [UInt8](repeating: 0, count: 8) + SHA384.hash(message) + salt)
        let dataSize = 384 - 48 - 1
        var data = [UInt8](repeating: 0, count: dataSize - salt.count - 1) + [1] + salt
        var mask: [UInt8] = []
        for counter in UInt8(0)..<7 { mask += SHA384.hash(hash + [0, 0, 0, counter]) }
        for index in 0..<dataSize { data[index] ^= mask[index] }
        data[0] &= 0x7f
        return data + hash + [0xbc]
    }
}
