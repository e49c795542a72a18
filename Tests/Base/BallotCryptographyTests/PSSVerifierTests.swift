import BallotCryptography
import Codec
import Cryptography
import Hashing
import Ristretto
import Testing

/// Certificate checks in Swift give swift-crypto's answer.
@Suite struct PSSVerifierTests {
    private struct Certificate {
        let modulus: [UInt8]
        let message: [UInt8]
        let signature: [UInt8]

        init() throws {
            let issuer = try IssuingKeyFixture.first()
            let request = try CredentialRequest(
                seed: SHA256.digest([1]), electionID: SHA256.digest([2]), style: 3,
                modulus: issuer.modulus, arithmetic: SodiumArithmetic())
            self.modulus = issuer.modulus
            self.message = request.message
            self.signature = try request.finalize(
                try issuer.blindSign(request.blindedMessage), verifier: PSSVerifier())
        }
    }

    private func agree(_ signature: [UInt8], of message: [UInt8], modulus: [UInt8]) -> Bool {
        let expected = CredentialVerifier().isValid(signature, of: message, modulus: modulus)
        let found = PSSVerifier().isValid(signature, of: message, modulus: modulus)
        #expect(found == expected)
        return found
    }

    @Test func certificatesOfTheIssuerVerify() throws {
        let certificate = try Certificate()
        #expect(
            self.agree(
                certificate.signature, of: certificate.message, modulus: certificate.modulus))
    }

    @Test func aChangedBitAnywhereIsRefused() throws {
        let certificate = try Certificate()
        for bit in stride(from: 0, to: 3072, by: 19) {
            var signature = certificate.signature
            signature[bit / 8] ^= 1 << (bit % 8)
            #expect(
                !self.agree(signature, of: certificate.message, modulus: certificate.modulus))
        }
        for index in certificate.message.indices {
            var message = certificate.message
            message[index] ^= 1
            #expect(
                !self.agree(certificate.signature, of: message, modulus: certificate.modulus))
        }
    }

    @Test func anotherSizeOrANumberNotBelowTheModulusIsRefused() throws {
        let certificate = try Certificate()
        let signature = certificate.signature
        for wrong in [
            [], signature.dropLast(), signature + [0], [0] + signature, certificate.modulus,
            [UInt8](repeating: 0, count: 384), [UInt8](repeating: 0xFF, count: 384),
        ] as [[UInt8]] {
            #expect(!self.agree(wrong, of: certificate.message, modulus: certificate.modulus))
        }
        let other = try IssuingKeyFixture.second().modulus
        #expect(!self.agree(signature, of: certificate.message, modulus: other))
        for wrong in [[], certificate.modulus.dropLast(), certificate.modulus + [1]] as [[UInt8]] {
            #expect(
                !PSSVerifier().isValid(signature, of: certificate.message, modulus: wrong))
        }
    }

    /// Every part of the encoding, which a signature by the issuer's key would hide.
    @Test func everyPartOfTheEncodingIsChecked() throws {
        let message: [UInt8] = [1, 2, 3]
        let salt = [UInt8](repeating: 9, count: 48)
        let encoded = PSSEncoding.encode(message, salt: salt, size: 384)
        #expect(PSSEncoding.isValid(encoded, for: message))
        #expect(!PSSEncoding.isValid(encoded, for: [1, 2]))
        for bit in 0..<3072 {
            var changed = encoded
            changed[bit / 8] ^= 0x80 >> (bit % 8)
            #expect(!PSSEncoding.isValid(changed, for: message), "bit \(bit)")
        }
        #expect(!PSSEncoding.isValid([], for: message))
        #expect(!PSSEncoding.isValid([UInt8](encoded.suffix(98)), for: message))
        // Another length of salt is another parameter set of RFC 9474.
        #expect(
            !PSSEncoding.isValid(PSSEncoding.encode(message, salt: [], size: 384), for: message))
    }
}
