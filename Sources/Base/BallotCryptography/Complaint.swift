package import Codec
import Ristretto

/// How the ledger decides a complaint, in one step and without an answer from the accused.
package enum ComplaintVerdict: Hashable, Sendable {
    /// The share is bad: the dealer leaves QUAL.
    case justified
    /// The share is good: the complaint is recorded against the accuser.
    case unfounded
}

/// Step D3: trustee j shows `S = e_j R_i` with a proof over (B, E_j; R_i, S) under the label
/// `dkg/complaint`, context [setupId, u32 i, u32 j], so that everyone can open its share of
/// dealer i. Nothing but that share becomes public.
package struct Complaint: Equatable, Sendable {
    /// i, the accused.
    package let dealer: UInt32
    /// `S`.
    package let sharedPoint: Bytes32
    /// That `S = e_j R_i` for the e_j of `E_j`.
    package let proof: EqualityProof

    /// A complaint of these parts, still to be judged.
    package init(dealer: UInt32, sharedPoint: Bytes32, proof: EqualityProof) {
        self.dealer = dealer
        self.sharedPoint = sharedPoint
        self.proof = proof
    }

    /// Judges the complaint of `accuser`, whose registered key is `accuserKey`, about the accepted
    /// `dealing`. Justified: the share does not open, is not canonical, or
    /// `s_ijk B != sum_m j^m F_{i,k,m}` for some k.
    /// - Throws: `contest` for an unknown trustee or a complaint against oneself, `identity`,
    ///   `point`, `scalar`, `proof` if S is not shown to be e_j R_i, `length`.
    package func judge<E: AuthenticatedEncryption>(
        accuser: UInt32, accuserKey: Bytes32, dealing: Dealing, parameters: CeremonyParameters,
        encryption: E.Type
    ) throws(RefusalCode) -> ComplaintVerdict {
        guard
            parameters.contains(trustee: accuser), parameters.contains(trustee: self.dealer),
            accuser != self.dealer
        else { throw .contest }
        let statement = EqualityProof.Statement(
            key: try GroupElement(nonIdentity: accuserKey),
            other: try GroupElement(nonIdentity: dealing.ephemeralKey),
            product: try GroupElement(nonIdentity: self.sharedPoint))
        try self.proof.verify(
            .ceremonyComplaint,
            Self.context(dealer: self.dealer, accuser: accuser, setupID: parameters.setupID),
            statement: statement)
        let expected = try dealing.publicShares(of: accuser, parameters: parameters)
        let channel = ShareChannel(
            dealer: self.dealer, receiver: accuser, parameters: parameters,
            ephemeralKey: dealing.ephemeralKey, receiverKey: accuserKey)
        guard
            let shares = channel.open(
                dealing.sealedShares[Int(accuser) - 1], shared: self.sharedPoint,
                encryption: E.self)
        else { return .justified }
        for (share, point) in zip(shares, expected) {
            guard MultiScalar.sum([share], [.base]) == point else { return .justified }
        }
        return .unfounded
    }

    static func context(dealer: UInt32, accuser: UInt32, setupID: Bytes32) -> [[UInt8]] {
        [setupID.bytes, Transcript.u32(dealer), Transcript.u32(accuser)]
    }
}

extension Complaint: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(self.dealer)
        writer.write(self.sharedPoint)
        self.proof.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.dealer = try reader.readUInt32()
        self.sharedPoint = try reader.readBytes32()
        self.proof = try EqualityProof(from: &reader)
    }
}
