package import Codec
package import Ristretto

/// What a credential's certificate signs (section 1.5).
package enum CredentialMessage {
    /// `m = encode("credential", [electionId, u32 style, P])`.
    package static func encode(
        electionID: Bytes32, style: UInt32, credentialKey: Bytes32
    ) -> [UInt8] {
        Transcript.encode(
            .credential, [electionID.bytes, Transcript.u32(style), credentialKey.bytes])
    }
}

/// The client's half of a blind signature (RFC 9474, RSABSSA-SHA384-PSS-Deterministic with a 3072
/// bit modulus and e = 65537).
///
/// Key, salt and blinding factor are derived from one stored seed. After a crash between request
/// and answer the same seed makes the same request, to which the registrar gives the same answer.
package struct CredentialRequest: Sendable {
    /// The pseudonym key that is being certified.
    package let key: CredentialKey
    /// `m`, which the registrar never sees.
    package let message: [UInt8]
    /// What goes to the registrar: 384 bytes.
    package let blindedMessage: [UInt8]
    private let modulusBytes: [UInt8]
    private let blinding: Blinding

    /// The request of `seed` (32 bytes from the system's random source) for one style, whose
    /// issuing key stands in the election document as `modulus`, 384 bytes big-endian.
    /// - Throws: `parameter` for a modulus that is not odd and of exactly 3072 bits.
    package init<A: SecretArithmetic>(
        seed: Bytes32, electionID: Bytes32, style: UInt32, modulus: [UInt8], arithmetic: A
    ) throws(RefusalCode) {
        guard modulus.count == Limits.modulusSize, let parsed = RSAModulus(bytes: modulus) else {
            throw .parameter
        }
        let key = CredentialKey(
            seed: seed, electionID: electionID, style: style, arithmetic: arithmetic)
        let message = CredentialMessage.encode(
            electionID: electionID, style: style, credentialKey: key.publicKey)
        let derivation = SeedDerivation(seed: seed)
        let context = [modulus, message]
        let salt = derivation.bytes(
            .certificateSalt, context, attempt: 0, count: PSSEncoding.saltSize)
        let blinding = Blinding(
            modulus: parsed,
            factor: Self.unit(.blindingFactor, derivation, context, parsed),
            mask: Self.unit(.inversionMask, derivation, context, parsed))
        guard let blinding else { throw .parameter }
        self.key = key
        self.message = message
        self.modulusBytes = modulus
        self.blinding = blinding
        self.blindedMessage = blinding.blind(
            PSSEncoding.encode(message, salt: salt, size: modulus.count))
    }

    /// Unblinds the registrar's answer; the result is the certificate, 384 bytes.
    /// - Throws: `blindSignature` if the answer is not a signature of what was asked. Request and
    ///   answer together then prove it: `answer^65537 mod n` is not the blinded message.
    package func finalize<V: BlindSignatureVerifier>(
        _ blindSignature: [UInt8], verifier: V
    ) throws(RefusalCode) -> [UInt8] {
        guard let certificate = self.blinding.unblind(blindSignature) else {
            throw .blindSignature
        }
        guard verifier.isValid(certificate, of: self.message, modulus: self.modulusBytes) else {
            throw .blindSignature
        }
        return certificate
    }

    /// A number uniform in 1…n - 1: the first of the derived numbers that is in range.
    private static func unit(
        _ purpose: SeedDerivation.Purpose, _ derivation: SeedDerivation, _ context: [[UInt8]],
        _ modulus: RSAModulus
    ) -> [UInt32] {
        var attempt: UInt32 = 0
        while true {
            let bytes = derivation.bytes(purpose, context, attempt: attempt, count: modulus.size)
            let value = RSAModulus.limbs(of: bytes)
            if modulus.contains(value), value.contains(where: { $0 != 0 }) { return value }
            attempt += 1
        }
    }
}

extension CredentialKey {
    /// The key of a stored seed in one election and style.
    package init<A: SecretArithmetic>(
        seed: Bytes32, electionID: Bytes32, style: UInt32, arithmetic: A
    ) {
        self.init(
            secret: SeedDerivation(seed: seed).scalar(
                .credentialKey, [electionID.bytes, Transcript.u32(style)]),
            arithmetic: arithmetic)
    }
}

/// Evidence against a registrar, or in its favour.
package enum BlindSignatureEvidence {
    /// Whether `answer^65537 mod n` is `blinded`: whoever has the request and the registrar's signed
    /// answer can tell whether the answer was right, without any secret of the voter.
    package static func isAnswer(
        _ answer: [UInt8], to blinded: [UInt8], modulus: [UInt8]
    ) -> Bool {
        guard
            modulus.count == Limits.modulusSize, answer.count == modulus.count,
            let parsed = RSAModulus(bytes: modulus)
        else { return false }
        let value = RSAModulus.limbs(of: answer)
        guard parsed.contains(value) else { return false }
        return RSAModulus.bytes(of: parsed.power65537(value)) == blinded
    }
}

/// Blinding by a factor r: `blinded = m r^e`, `signature = answer / r`, mod n.
package struct Blinding: Sendable {
    private let modulus: RSAModulus
    private let factor: [UInt32]
    private let inverse: [UInt32]

    /// `factor` and `mask` are below n. The inverse of r is taken as `mask / (mask r)`, so that the
    /// inversion, whose time varies, sees a number that says nothing about r. Nil if either has
    /// none, that is if it shares a factor with n.
    package init?(modulus: RSAModulus, factor: [UInt32], mask: [UInt32]) {
        guard let inverse = modulus.inverse(modulus.multiply(factor, mask)) else { return nil }
        self.modulus = modulus
        self.factor = factor
        self.inverse = modulus.multiply(inverse, mask)
    }

    /// Blinds an encoded message as long as the modulus and below it.
    package func blind(_ encoded: [UInt8]) -> [UInt8] {
        RSAModulus.bytes(
            of: self.modulus.multiply(
                RSAModulus.limbs(of: encoded), self.modulus.power65537(self.factor)))
    }

    /// Unblinds an answer, nil if it is not a number below n in the size of the modulus.
    package func unblind(_ answer: [UInt8]) -> [UInt8]? {
        guard answer.count == self.modulus.size else { return nil }
        let value = RSAModulus.limbs(of: answer)
        guard self.modulus.contains(value) else { return nil }
        return RSAModulus.bytes(of: self.modulus.multiply(value, self.inverse))
    }
}
