import Codec
import Ristretto

/// The sealing of share vectors between dealer i and receiver j, and the check that a vector lies
/// on the committed polynomials.
///
///     key_ij = H32("dkg/share-key", [setupId, u32 i, u32 j, R_i, E_j, rho_i E_j])
///     ChaCha20-Poly1305-IETF(key_ij, nonce 0, ad = setupId || u32 i || u32 j, s_ij1 || … || s_ijK)
///
/// `rho_i E_j = e_j R_i` is known to dealer and receiver; the receiver can show it in a complaint
/// without giving away its long-term key.
struct ShareChannel {
    let dealer: UInt32
    let receiver: UInt32
    let parameters: CeremonyParameters
    /// `R_i`.
    let ephemeralKey: Bytes32
    /// `E_j`.
    let receiverKey: Bytes32

    private func key(shared: Bytes32) -> Bytes32 {
        Transcript.digest(
            .ceremonyShareKey,
            [
                self.parameters.setupID.bytes, Transcript.u32(self.dealer),
                Transcript.u32(self.receiver), self.ephemeralKey.bytes, self.receiverKey.bytes,
                shared.bytes,
            ])
    }

    private var associatedData: [UInt8] {
        self.parameters.setupID.bytes + Transcript.u32(self.dealer)
            + Transcript.u32(self.receiver)
    }

    // A key seals one message only, since R_i is new in each dealing: the nonce may be constant.
    private static let nonce = [UInt8](repeating: 0, count: 12)

    /// Seals `shares` under the shared point.
    func seal<E: AuthenticatedEncryption>(
        _ shares: [Scalar], shared: Bytes32, encryption: E.Type
    ) -> [UInt8] {
        E.seal(
            Transcript.joined(shares.map { $0.encoded }), key: self.key(shared: shared),
            nonce: Self.nonce, associatedData: self.associatedData)
    }

    /// The K canonical shares inside `sealed`, nil if it does not open to that.
    func open<E: AuthenticatedEncryption>(
        _ sealed: [UInt8], shared: Bytes32, encryption: E.Type
    ) -> [Scalar]? {
        let plain = E.open(
            sealed, key: self.key(shared: shared), nonce: Self.nonce,
            associatedData: self.associatedData)
        guard let plain, plain.count == Int(self.parameters.keyCount) * Bytes32.size else {
            return nil
        }
        var shares: [Scalar] = []
        for start in stride(from: 0, to: plain.count, by: Bytes32.size) {
            guard let share = Scalar(canonical: Bytes32(plain[start..<(start + Bytes32.size)]))
            else { return nil }
            shares.append(share)
        }
        return shares
    }
}

extension Dealing {
    /// `sum_m j^m F_{i,k,m}` for k = 1…K: what `s_ijk B` must be.
    /// - Throws: `length`, `point`.
    func publicShares(
        of receiver: UInt32, parameters: CeremonyParameters
    ) throws(RefusalCode) -> [Point] {
        try self.checkCounts(parameters)
        let points = try GroupElement.decode(self.commitments).map { $0.point }
        let step = Int(parameters.threshold)
        let powers = Scalar.powers(of: Scalar(UInt64(receiver)), from: .one, count: step)
        return (0..<Int(parameters.keyCount)).map { k in
            MultiScalar.sum(powers, [Point](points[(k * step)..<((k + 1) * step)]))
        }
    }
}
