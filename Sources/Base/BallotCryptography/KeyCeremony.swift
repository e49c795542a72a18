package import Codec
import Ristretto

/// A dealing that counts, with the trustee who dealt it.
package struct QualifiedDealing: Sendable {
    /// i, from 1.
    package let dealer: UInt32
    /// What the trustee dealt.
    package let dealing: Dealing

    /// A dealing that passed the public checks.
    package init(dealer: UInt32, dealing: Dealing) {
        self.dealer = dealer
        self.dealing = dealing
    }
}

/// Step D4: what the ledger computes when the ceremony closes.
package enum KeyCeremony {
    /// The keys that the dealings of QUAL, in ascending order of dealers, add up to:
    ///
    ///     Y_k = sum_{i in QUAL} F_{i,k,0} ,  X_{j,k} = sum_i sum_m j^m F_{i,k,m}
    ///
    /// - Throws: `parameter` for fewer than t dealings, `contest` unless dealers are distinct,
    ///   ascending and among 1…n, `length`, `point`, `identity` or `duplicate` for a joint key
    ///   that is the identity or equals another.
    package static func keys(
        of qualified: [QualifiedDealing], parameters: CeremonyParameters
    ) throws(RefusalCode) -> ElectionKeys {
        try Self.checkOrder(qualified.map { $0.dealer }, parameters)
        var sums = [Point](
            repeating: .identity, count: Int(parameters.keyCount * parameters.threshold))
        for entry in qualified {
            try entry.dealing.checkCounts(parameters)
            for (index, point) in try GroupElement.decode(entry.dealing.commitments).enumerated() {
                sums[index] += point.point
            }
        }
        let step = Int(parameters.threshold)
        let rows = (0..<Int(parameters.keyCount)).map {
            [Point](sums[($0 * step)..<(($0 + 1) * step)])
        }
        var verificationKeys: [[GroupElement]] = []
        for trustee in 1...parameters.trusteeCount {
            let powers = Scalar.powers(of: Scalar(UInt64(trustee)), from: .one, count: step)
            verificationKeys.append(
                rows.map { GroupElement(MultiScalar.sum(powers, $0)) })
        }
        return try ElectionKeys(
            parameters: parameters, jointKeys: rows.map { GroupElement($0[0]) },
            verificationKeys: verificationKeys)
    }

    static func checkOrder(
        _ dealers: [UInt32], _ parameters: CeremonyParameters
    ) throws(RefusalCode) {
        guard dealers.count >= Int(parameters.threshold) else { throw .parameter }
        var last: UInt32 = 0
        for dealer in dealers {
            guard dealer > last, parameters.contains(trustee: dealer) else { throw .contest }
            last = dealer
        }
    }
}

/// Step D5: a trustee says that it holds good shares of these keys. The transaction that carries it
/// is signed with the trustee's identity key.
package struct Confirmation: Equatable, Sendable {
    /// `H32("dkg/confirm", [setupId, QUAL, Y, X])`.
    package let digest: Bytes32
    /// A proof of knowledge of `sum eps^k x_{j,k}` for
    /// `eps = Hs("dkg/confirm-batch", [digest, u32 j, X_{j,*}])`, under the label
    /// `dkg/confirm-pop` over [digest, u32 j, sum eps^k X_{j,k}].
    package let proof: SchnorrProof

    /// A confirmation of these parts, still to be checked.
    package init(digest: Bytes32, proof: SchnorrProof) {
        self.digest = digest
        self.proof = proof
    }

    /// - Throws: `contest` for a trustee that is not one of 1…n, `commitment` for a digest of
    ///   other keys, `point`, `scalar`, `proof`.
    package func check(
        trustee: UInt32, qualified: [UInt32], keys: ElectionKeys
    ) throws(RefusalCode) {
        guard let row = keys.verificationKeys(of: trustee) else { throw .contest }
        guard self.digest == Self.digest(qualified: qualified, keys: keys) else {
            throw .commitment
        }
        let weights = Self.weights(digest: self.digest, trustee: trustee, row: row)
        let key = GroupElement(MultiScalar.sum(weights, row.map { $0.point }))
        try self.proof.verify(
            .ceremonyConfirmPossession,
            Self.items(digest: self.digest, trustee: trustee, key: key.bytes), key: key.point)
    }

    /// `H32("dkg/confirm", [setupId, QUAL, Y, X])`.
    package static func digest(qualified: [UInt32], keys: ElectionKeys) -> Bytes32 {
        Transcript.digest(
            .ceremonyConfirm,
            [
                keys.parameters.setupID.bytes, qualified.flatMap { Transcript.u32($0) },
                keys.jointKeyBytes, keys.verificationKeyBytes,
            ])
    }

    /// eps, eps^2, …, eps^K.
    static func weights(digest: Bytes32, trustee: UInt32, row: [GroupElement]) -> [Scalar] {
        let eps = Transcript.scalar(
            .ceremonyConfirmBatch,
            [digest.bytes, Transcript.u32(trustee), Transcript.joined(row.map { $0.bytes })])
        return Scalar.powers(of: eps, from: eps, count: row.count)
    }

    static func items(digest: Bytes32, trustee: UInt32, key: Bytes32) -> [[UInt8]] {
        [digest.bytes, Transcript.u32(trustee), key.bytes]
    }
}

extension Confirmation: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(self.digest)
        self.proof.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.digest = try reader.readBytes32()
        self.proof = try SchnorrProof(from: &reader)
    }
}
