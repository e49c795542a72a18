package import Codec
import Ristretto

/// Step D2: what a dealer reveals and deals. All of it is public; each share vector is sealed to
/// its receiver.
package struct Dealing: Equatable, Sendable {
    /// `F_{i,k,m} = a_{i,k,m} B`, k outer and m inner: K*t points.
    package let commitments: [Bytes32]
    /// `R_i = rho_i B`.
    package let ephemeralKey: Bytes32
    /// The nonce of the commitment.
    package let nonce: Bytes32
    /// `T_1 … T_K` of the proof of possession.
    package let possessionCommitments: [Bytes32]
    /// `z_1 … z_K` of the proof of possession.
    package let possessionResponses: [Bytes32]
    /// For each receiver j = 1…n, `s_ij1 || … || s_ijK` sealed: 32 K + 16 bytes each.
    package let sealedShares: [[UInt8]]

    /// A dealing of these parts, still to be checked.
    package init(
        commitments: [Bytes32], ephemeralKey: Bytes32, nonce: Bytes32,
        possessionCommitments: [Bytes32], possessionResponses: [Bytes32],
        sealedShares: [[UInt8]]
    ) {
        self.commitments = commitments
        self.ephemeralKey = ephemeralKey
        self.nonce = nonce
        self.possessionCommitments = possessionCommitments
        self.possessionResponses = possessionResponses
        self.sealedShares = sealedShares
    }

    /// The size of a sealed share vector in bytes.
    static func sealedSize(keyCount: Int) -> Int { keyCount * Bytes32.size + 16 }

    /// The public checks by every validator; the sealed shares are checked by their receivers.
    /// `otherConstants` are the constants of all dealings accepted before.
    ///
    ///     h_i  = H32("dkg/commit", [setupId, u32 i, u32 t, u32 K, F_i, R_i, nonce])
    ///     c    = Hs("dkg/pop", [setupId, u32 i, F_i, T_1..T_K]) ,  z_k B = T_k + c F_{i,k,0}
    ///
    /// - Throws: `contest` for a dealer that is not one of 1…n, `length` for wrong counts,
    ///   `commitment` if the dealing is not what was committed to, `identity`, `point`, `scalar`,
    ///   `possession` for a failed proof or a constant that appears twice.
    package func check(
        dealer: UInt32, commitment: DealerCommitment, otherConstants: [Bytes32],
        parameters: CeremonyParameters
    ) throws(RefusalCode) {
        guard parameters.contains(trustee: dealer) else { throw .contest }
        try self.checkCounts(parameters)
        guard
            DealerCommitment(
                dealer: dealer, commitments: self.commitments, ephemeralKey: self.ephemeralKey,
                nonce: self.nonce, parameters: parameters) == commitment
        else { throw .commitment }
        let responses = try decodeScalars(self.possessionResponses)
        _ = try GroupElement(nonIdentity: self.ephemeralKey)
        let constants = self.constants(parameters)
        for constant in constants { _ = try GroupElement(nonIdentity: constant) }
        let points = try GroupElement.decode(self.commitments).map { $0.point }
        let nonces = try GroupElement.decode(self.possessionCommitments)
        var seen = Set(otherConstants)
        for constant in constants {
            guard seen.insert(constant).inserted else { throw .possession }
        }
        let c = Self.possessionChallenge(
            dealer: dealer, commitments: self.commitments,
            possessionCommitments: self.possessionCommitments, parameters: parameters)
        let step = Int(parameters.threshold)
        for (k, response) in responses.enumerated() {
            guard
                vanishes(
                    [c, .one, -response], [points[k * step], nonces[k].point, .base])
            else { throw .possession }
        }
    }

    /// `F_{i,1,0} … F_{i,K,0}`. Empty if the counts are wrong.
    package func constants(_ parameters: CeremonyParameters) -> [Bytes32] {
        let step = Int(parameters.threshold)
        guard self.commitments.count == step * Int(parameters.keyCount) else { return [] }
        return (0..<Int(parameters.keyCount)).map { self.commitments[$0 * step] }
    }

    /// - Throws: `length` unless every count is the one that t, n and K demand.
    func checkCounts(_ parameters: CeremonyParameters) throws(RefusalCode) {
        let keys = Int(parameters.keyCount)
        guard
            self.commitments.count == keys * Int(parameters.threshold),
            self.possessionCommitments.count == keys, self.possessionResponses.count == keys,
            self.sealedShares.count == Int(parameters.trusteeCount),
            self.sealedShares.allSatisfy({ $0.count == Self.sealedSize(keyCount: keys) })
        else { throw .length }
    }

    /// `c = Hs("dkg/pop", [setupId, u32 i, F_i, T_1..T_K])`.
    static func possessionChallenge(
        dealer: UInt32, commitments: [Bytes32], possessionCommitments: [Bytes32],
        parameters: CeremonyParameters
    ) -> Scalar {
        Transcript.scalar(
            .ceremonyPossession,
            [
                parameters.setupID.bytes, Transcript.u32(dealer), Transcript.joined(commitments),
                Transcript.joined(possessionCommitments),
            ])
    }
}

extension Dealing: CanonicalCodable {
    /// u32 K, u32 t, u32 n, then every field without further counts.
    package func encode(to writer: inout ByteWriter) {
        let keys = self.possessionCommitments.count
        writer.write(UInt32(keys))
        writer.write(UInt32(keys == 0 ? 0 : self.commitments.count / keys))
        writer.write(UInt32(self.sealedShares.count))
        for point in self.commitments { writer.write(point) }
        writer.write(self.ephemeralKey)
        writer.write(self.nonce)
        for point in self.possessionCommitments { writer.write(point) }
        for scalar in self.possessionResponses { writer.write(scalar) }
        for sealed in self.sealedShares { writer.write(raw: sealed) }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let keys = try reader.readUInt32()
        let threshold = try reader.readUInt32()
        let receivers = try reader.readUInt32()
        // Without keys there are no commitments to tell t by: it would be written as another t.
        guard (1...Limits.keys).contains(keys), threshold <= Limits.trustees,
            receivers <= Limits.trustees
        else { throw .invalid("a dealing is outside of the limits of a ceremony") }
        self.commitments = try reader.readMany(Int(keys * threshold))
        self.ephemeralKey = try reader.readBytes32()
        self.nonce = try reader.readBytes32()
        self.possessionCommitments = try reader.readMany(Int(keys))
        self.possessionResponses = try reader.readMany(Int(keys))
        var sealedShares: [[UInt8]] = []
        for _ in 0..<receivers {
            sealedShares.append(try reader.readRaw(Self.sealedSize(keyCount: Int(keys))))
        }
        self.sealedShares = sealedShares
    }
}
