import BallotCryptography
import Codec
import Cryptography
import Hashing
import Ristretto
import Testing

@Suite struct CredentialTests {
    let seed = Bytes32(SHA256.hash([1])[...])
    let electionID = Bytes32(SHA256.hash([2])[...])
    let arithmetic = ConstantTimeArithmetic()

    private func request(
        _ key: BlindIssuingKey, seed: Bytes32? = nil, style: UInt32 = 1
    ) throws -> CredentialRequest {
        try CredentialRequest(
            seed: seed ?? self.seed, electionID: self.electionID, style: style,
            modulus: key.modulus, arithmetic: self.arithmetic)
    }

    @Test func blindingIsThatOfRFC9474() throws {
        let vector = try VectorNode.file("rfc9474.json")
        let modulus = try #require(RSAModulus(bytes: try vector["n"].bytes))
        let encoded = PSSEncoding.encode(
            try vector["msg"].bytes, salt: try vector["salt"].bytes,
            size: try vector["n"].bytes.count)
        #expect(encoded == (try vector["encoded_msg"].bytes))
        let factor = try #require(
            modulus.inverse(RSAModulus.limbs(of: try vector["inv"].bytes)))
        var mask = [UInt32](repeating: 0, count: factor.count)
        mask[0] = 12_345
        let blinding = try #require(Blinding(modulus: modulus, factor: factor, mask: mask))
        #expect(blinding.blind(encoded) == (try vector["blinded_msg"].bytes))
        #expect(blinding.unblind(try vector["blind_sig"].bytes) == (try vector["sig"].bytes))
        #expect(blinding.unblind(try vector["n"].bytes) == nil)
        #expect(blinding.unblind([1, 2, 3]) == nil)
    }

    @Test func blindSignatureBecomesACertificateForTheKey() throws {
        let key = try IssuingKeyFixture.first()
        let request = try self.request(key)
        let answer = try key.blindSign(request.blindedMessage)
        let verifier = CredentialVerifier()
        let certificate = try request.finalize(answer, verifier: verifier)
        #expect(certificate.count == Limits.modulusSize)
        let message = CredentialMessage.encode(
            electionID: self.electionID, style: 1, credentialKey: request.key.publicKey)
        #expect(request.message == message)
        #expect(verifier.isValid(certificate, of: message, modulus: key.modulus))
        #expect(
            BlindSignatureEvidence.isAnswer(
                answer, to: request.blindedMessage, modulus: key.modulus))
        // A crash in between: the stored seed makes the same request and takes the same answer.
        let again = try self.request(key)
        #expect(again.blindedMessage == request.blindedMessage)
        #expect(try again.finalize(answer, verifier: verifier) == certificate)
    }

    @Test func certificateIsOnlyForItsKeyStyleElectionAndIssuer() throws {
        let key = try IssuingKeyFixture.first()
        let request = try self.request(key)
        let verifier = CredentialVerifier()
        let certificate = try request.finalize(
            try key.blindSign(request.blindedMessage), verifier: verifier)
        let own = request.key.publicKey
        let other = CredentialKey(secret: Scalar(7), arithmetic: self.arithmetic).publicKey
        let messages = [
            CredentialMessage.encode(electionID: self.electionID, style: 2, credentialKey: own),
            CredentialMessage.encode(electionID: .zero, style: 1, credentialKey: own),
            CredentialMessage.encode(electionID: self.electionID, style: 1, credentialKey: other),
        ]
        for message in messages {
            #expect(!verifier.isValid(certificate, of: message, modulus: key.modulus))
        }
        #expect(
            !verifier.isValid(
                certificate, of: request.message, modulus: try IssuingKeyFixture.second().modulus))
        for size in [0, 383, 385] {
            #expect(
                !verifier.isValid(
                    [UInt8]((certificate + [0]).prefix(size)), of: request.message,
                    modulus: key.modulus))
        }
    }

    @Test func answerToAnythingElseIsRefused() throws {
        let key = try IssuingKeyFixture.first()
        let request = try self.request(key)
        let verifier = CredentialVerifier()
        var corrupted = try key.blindSign(request.blindedMessage)
        corrupted[100] ^= 1
        let other = try self.request(key, seed: self.electionID)
        let answers = [
            corrupted, try key.blindSign(other.blindedMessage), key.modulus,
            [UInt8](repeating: 0, count: 384), [UInt8](corrupted.dropLast()),
            try IssuingKeyFixture.second().blindSign(self.below(request.blindedMessage)),
        ]
        for answer in answers {
            #expect(
                !BlindSignatureEvidence.isAnswer(
                    answer, to: request.blindedMessage, modulus: key.modulus))
            #expect(throws: RefusalCode.blindSignature) {
                try request.finalize(answer, verifier: verifier)
            }
        }
    }

    /// A value below any modulus of the size.
    private func below(_ blinded: [UInt8]) -> [UInt8] {
        var value = blinded
        value[0] &= 0x7F
        return value
    }

    @Test func requestsOfOtherSeedsStylesAndKeysAreUnrelated() throws {
        let first = try IssuingKeyFixture.first()
        let second = try IssuingKeyFixture.second()
        let requests = [
            try self.request(first), try self.request(first, seed: self.electionID),
            try self.request(first, style: 2), try self.request(second),
        ]
        #expect(Set(requests.map(\.blindedMessage)).count == 4)
        #expect(requests[0].key.publicKey == requests[3].key.publicKey)
        #expect(Set(requests.map(\.key.publicKey)).count == 3)
    }

    @Test func keysThatCanBeSeenToBeBadAreRefused() throws {
        let good = try IssuingKeyFixture.first().modulus
        let second = try IssuingKeyFixture.second().modulus
        try IssuingKeyLint.check(moduli: [good, second])
        var even = good
        even[383] &= 0xFE
        var short = good
        short[0] &= 0x7F
        let smallFactor = try self.multiple(of: 65_521, near: good)
        let bad: [[[UInt8]]] = [
            [good, second, good], [even], [short], [[UInt8](good.dropFirst(128))],
            [good + [1]], [smallFactor], [self.square()], [[]],
        ]
        for moduli in bad {
            #expect(throws: RefusalCode.parameter) { try IssuingKeyLint.check(moduli: moduli) }
        }
        #expect(throws: RefusalCode.parameter) {
            try CredentialRequest(
                seed: self.seed, electionID: self.electionID, style: 1, modulus: even,
                arithmetic: self.arithmetic)
        }
    }

    @Test func keysThatShareAFactorAreRefused() throws {
        let (first, second) = self.sharingFactor()
        try IssuingKeyLint.check(moduli: [first])
        try IssuingKeyLint.check(moduli: [second])
        #expect(throws: RefusalCode.parameter) {
            try IssuingKeyLint.check(
                moduli: [try IssuingKeyFixture.first().modulus, first, second])
        }
    }

    /// The greatest odd multiple of `factor` not above `value`.
    private func multiple(of factor: UInt64, near value: [UInt8]) throws -> [UInt8] {
        var rest: UInt64 = 0
        for byte in value { rest = (rest << 8 | UInt64(byte)) % factor }
        var out = value
        var borrow = rest
        for index in out.indices.reversed() where borrow > 0 {
            let digit = Int(out[index]) - Int(borrow & 0xFF)
            out[index] = UInt8(truncatingIfNeeded: digit)
            borrow = (borrow >> 8) + (digit < 0 ? 1 : 0)
        }
        if out[383] & 1 == 0 {
            var carry = factor
            for index in out.indices.reversed() where carry > 0 {
                let digit = UInt64(out[index]) + (carry & 0xFF)
                out[index] = UInt8(truncatingIfNeeded: digit)
                carry = (carry >> 8) + (digit >> 8)
            }
        }
        return out
    }

    private func product(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var digits = [UInt64](repeating: 0, count: left.count + right.count)
        for (i, a) in left.reversed().enumerated() {
            for (j, b) in right.reversed().enumerated() { digits[i + j] += UInt64(a) * UInt64(b) }
        }
        var carry: UInt64 = 0
        for index in digits.indices {
            carry += digits[index]
            digits[index] = carry & 0xFF
            carry >>= 8
        }
        return digits.reversed().map { UInt8($0) }
    }

    /// An odd number of 1536 bits without small factors whose highest bits make products full size.
    private func half(_ seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed)
        while true {
            var bytes = random.bytes(192)
            bytes[0] |= 0xC0
            bytes[191] |= 1
            let clean = (3..<65_536 as Range<UInt32>).allSatisfy { divisor in
                !divisor.isMultiple(of: 2)
                    ? bytes.reduce(UInt32(0)) { ($0 << 8 | UInt32($1)) % divisor } != 0 : true
            }
            if clean { return bytes }
        }
    }

    private func square() -> [UInt8] { self.product(self.half(1), self.half(1)) }

    private func sharingFactor() -> ([UInt8], [UInt8]) {
        (
            self.product(self.half(1), self.half(2)), self.product(self.half(1), self.half(3)),
        )
    }
}
