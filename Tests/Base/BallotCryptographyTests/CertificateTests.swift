import BallotCryptography
import Codec
import Cryptography
import Hashing
import Mutations
import Ristretto
import Testing

/// Certificates that are none: E_CERT on the ledger, which asks `CredentialVerifier` alone.
@Suite struct CertificateTests {
    private let electionID = Bytes32(SHA256.hash([2])[...])
    private let verifier = CredentialVerifier()

    private func certified(
        seed: UInt8, _ key: BlindIssuingKey
    ) throws -> (message: [UInt8], certificate: [UInt8]) {
        let request = try CredentialRequest(
            seed: Bytes32(SHA256.hash([seed])[...]), electionID: self.electionID, style: 1,
            modulus: key.modulus, arithmetic: SodiumArithmetic())
        let certificate = try request.finalize(
            try key.blindSign(request.blindedMessage), verifier: self.verifier)
        return (request.message, certificate)
    }

    /// The sum of two numbers of one size, nil if it needs a byte more.
    private func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8]? {
        var out = left
        var carry = 0
        for index in out.indices.reversed() {
            let digit = Int(out[index]) + Int(right[index]) + carry
            out[index] = UInt8(digit & 0xFF)
            carry = digit >> 8
        }
        return carry == 0 ? out : nil
    }

    /// s + n is the same number modulo n, and another sequence of bytes: the same ballot would have
    /// two transaction ids.
    @Test func signatureHasOneEncoding() throws {
        let key = try IssuingKeyFixture.first()
        var shifted = 0
        for seed in 0..<24 as Range<UInt8> {
            let (message, certificate) = try self.certified(seed: seed, key)
            #expect(self.verifier.isValid(certificate, of: message, modulus: key.modulus))
            #expect(
                !self.verifier.isValid([0] + certificate, of: message, modulus: key.modulus))
            guard let same = self.sum(certificate, key.modulus) else { continue }
            shifted += 1
            #expect(!self.verifier.isValid(same, of: message, modulus: key.modulus))
        }
        #expect(shifted > 0)
    }

    @Test func numbersThatAreNoSignatureAreRefused() throws {
        let key = try IssuingKeyFixture.first()
        let (message, certificate) = try self.certified(seed: 1, key)
        let zero = [UInt8](repeating: 0, count: 384)
        var negated = key.modulus
        var borrow = 0
        for index in negated.indices.reversed() {
            let digit = Int(negated[index]) - Int(certificate[index]) - borrow
            negated[index] = UInt8(truncatingIfNeeded: digit)
            borrow = digit < 0 ? 1 : 0
        }
        let wrong: [[UInt8]] = [
            zero, zero.dropLast() + [1], key.modulus, [UInt8](repeating: 255, count: 384),
            negated, certificate.reversed(), [], [UInt8](certificate.dropLast()),
            certificate + [0], [UInt8](certificate.dropFirst()),
        ]
        for signature in wrong {
            #expect(!self.verifier.isValid(signature, of: message, modulus: key.modulus))
        }
    }

    /// A signature under the registrar's key that was made for something else than a certificate.
    @Test func otherSignaturesOfTheSameKeyAreNoCertificates() throws {
        let key = try IssuingKeyFixture.first()
        let (message, _) = try self.certified(seed: 1, key)
        for salt in [0, 20, 32, 47, 49] {
            let encoded = PSSEncoding.encode(
                message, salt: [UInt8](repeating: 7, count: salt), size: 384)
            let signature = try key.blindSign(encoded)
            #expect(!self.verifier.isValid(signature, of: message, modulus: key.modulus))
        }
        // The message itself, without padding.
        let raw = [UInt8](repeating: 0, count: 384 - message.count) + message
        let signature = try key.blindSign(raw)
        #expect(!self.verifier.isValid(signature, of: message, modulus: key.modulus))
    }

    @Test func anyChangedByteOfACertificateIsRefused() throws {
        let key = try IssuingKeyFixture.first()
        let (message, certificate) = try self.certified(seed: 1, key)
        let (_, other) = try self.certified(seed: 2, key)
        let all = EveryChange.of(certificate, beside: [other])
        for (index, changed) in all.enumerated() where index.isMultiple(of: 7) {
            #expect(!self.verifier.isValid(changed, of: message, modulus: key.modulus))
        }
    }

    /// The registrar's answer, changed or for another: no certificate comes of it, and request and
    /// answer together show it.
    @Test func anyChangedByteOfAnAnswerIsRefusedAndProvable() throws {
        let key = try IssuingKeyFixture.first()
        let request = try CredentialRequest(
            seed: .zero, electionID: self.electionID, style: 1, modulus: key.modulus,
            arithmetic: SodiumArithmetic())
        let answer = try key.blindSign(request.blindedMessage)
        let all = EveryChange.ofAByte(answer) + EveryChange.ofLength(answer)
        for (index, changed) in all.enumerated()
        where index.isMultiple(of: 37) && changed != answer {
            #expect(throws: RefusalCode.blindSignature) {
                try request.finalize(changed, verifier: self.verifier)
            }
            #expect(
                !BlindSignatureEvidence.isAnswer(
                    changed, to: request.blindedMessage, modulus: key.modulus))
        }
        // And a changed request is another request: its answer is not the one to ours.
        for (index, changed) in EveryChange.ofABit(request.blindedMessage).enumerated()
        where index.isMultiple(of: 211) {
            // A changed request may be above the modulus, which the registrar refuses.
            guard let other = try? key.blindSign(changed) else { continue }
            #expect(throws: RefusalCode.blindSignature) {
                try request.finalize(other, verifier: self.verifier)
            }
        }
    }
}
