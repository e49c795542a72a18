package import Codec

/// Why a certificate proves nothing.
package enum CertificateRejection: Error, Hashable, Sendable {
    case tooFewSigners(Int, quorum: Int)
    case unknownSigner(ValidatorIndex)
    case badSignature(ValidatorIndex)
}

/// A quorum's signatures over one subject. Plain signatures, so that it shows who signed.
package struct Certificate: Hashable, Sendable {
    package let subject: VoteSubject
    /// Who signed and with what, by strictly rising index.
    package let signatures: [(signer: ValidatorIndex, signature: Bytes64)]

    /// Nil unless the signers rise strictly.
    package init?(
        subject: VoteSubject, signatures: [(signer: ValidatorIndex, signature: Bytes64)]
    ) {
        for (earlier, later) in zip(signatures, signatures.dropFirst())
        where earlier.signer >= later.signer {
            return nil
        }
        self.subject = subject
        self.signatures = signatures
    }

    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.subject == rhs.subject
            && lhs.signatures.elementsEqual(rhs.signatures) {
                $0.signer == $1.signer && $0.signature == $1.signature
            }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(subject)
        for (signer, signature) in signatures {
            hasher.combine(signer)
            hasher.combine(signature)
        }
    }

    /// Checks that at least q distinct members of `validators` signed, every signature included.
    package func verify(
        in domain: SigningDomain, validators: ValidatorSet, verifier: some SignatureVerifier
    ) throws(CertificateRejection) {
        guard signatures.count >= validators.quorum else {
            throw .tooFewSigners(signatures.count, quorum: validators.quorum)
        }
        let message = subject.message(in: domain)
        for (signer, signature) in signatures {
            guard let validator = validators[signer] else { throw .unknownSigner(signer) }
            guard verifier.isValid(signature, of: message, by: validator.consensusKey) else {
                throw .badSignature(signer)
            }
        }
    }
}

extension Certificate: CanonicalCodable {
    /// The subject, a bitmap of signers (u32, bit i for validator i), the signatures in bit order.
    package func encode(to writer: inout ByteWriter) {
        subject.encode(to: &writer)
        var bitmap: UInt32 = 0
        for (signer, _) in signatures {
            precondition(signer.rawValue < 32, "a validator set has at most 31 members")
            bitmap |= 1 << UInt32(signer.rawValue)
        }
        writer.write(bitmap)
        for (_, signature) in signatures { writer.write(signature) }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let subject = try VoteSubject(from: &reader)
        let bitmap = try reader.readUInt32()
        var signatures: [(signer: ValidatorIndex, signature: Bytes64)] = []
        for index in UInt16(0)..<32 where bitmap >> UInt32(index) & 1 == 1 {
            signatures.append((ValidatorIndex(index), try reader.readBytes64()))
        }
        guard let certificate = Certificate(subject: subject, signatures: signatures) else {
            throw .invalid("signers rise strictly")
        }
        self = certificate
    }
}
