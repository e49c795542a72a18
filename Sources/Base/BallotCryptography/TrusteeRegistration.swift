package import Codec

/// Step D0: a trustee's communication key `E_j = e_j B` with a Schnorr proof under the label
/// `dkg/register` over [setupId, u32 j, E_j].
package struct TrusteeRegistration: Equatable, Sendable {
    /// `E_j`.
    package let communicationKey: Bytes32
    /// Knowledge of `e_j`.
    package let proof: SchnorrProof

    /// A registration of these parts, still to be checked.
    package init(communicationKey: Bytes32, proof: SchnorrProof) {
        self.communicationKey = communicationKey
        self.proof = proof
    }

    /// Checks the registration of `trustee`; `others` are the keys already registered.
    /// - Throws: `contest` for a trustee that is not one of 1…n, `identity`, `point`, `scalar`,
    ///   `duplicate` for a key already registered, `proof`.
    package func check(
        trustee: UInt32, parameters: CeremonyParameters, others: [Bytes32]
    ) throws(RefusalCode) {
        guard parameters.contains(trustee: trustee) else { throw .contest }
        let key = try GroupElement(nonIdentity: self.communicationKey)
        guard !others.contains(self.communicationKey) else { throw .duplicate }
        try self.proof.verify(
            .ceremonyRegister,
            Self.items(trustee: trustee, key: key.bytes, setupID: parameters.setupID),
            key: key.point)
    }

    static func items(trustee: UInt32, key: Bytes32, setupID: Bytes32) -> [[UInt8]] {
        [setupID.bytes, Transcript.u32(trustee), key.bytes]
    }
}

/// Step D1: a dealer's commitment
/// `h_i = H32("dkg/commit", [setupId, u32 i, u32 t, u32 K, F_i, R_i, nonce])`, posted before any
/// dealing is revealed so that nobody chooses a polynomial after seeing the others.
package struct DealerCommitment: Hashable, Sendable {
    /// `h_i`.
    package let digest: Bytes32

    /// A commitment as posted.
    package init(digest: Bytes32) { self.digest = digest }

    /// Commits to what a dealing reveals.
    package init(
        dealer: UInt32, commitments: [Bytes32], ephemeralKey: Bytes32, nonce: Bytes32,
        parameters: CeremonyParameters
    ) {
        self.digest = Transcript.digest(
            .ceremonyCommit,
            [
                parameters.setupID.bytes, Transcript.u32(dealer),
                Transcript.u32(parameters.threshold), Transcript.u32(parameters.keyCount),
                Transcript.joined(commitments), ephemeralKey.bytes, nonce.bytes,
            ])
    }
}

extension TrusteeRegistration: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(self.communicationKey)
        self.proof.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.communicationKey = try reader.readBytes32()
        self.proof = try SchnorrProof(from: &reader)
    }
}

extension DealerCommitment: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) { writer.write(self.digest) }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.digest = try reader.readBytes32()
    }
}
