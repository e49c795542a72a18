package import Codec
package import Ristretto

/// A trustee's share `x_{j,k}` of every voting key. It decrypts totals together with t - 1 others;
/// the voting keys' secrets themselves never exist.
package struct TrusteeKeyShare: Sendable {
    /// j, from 1.
    package let trustee: UInt32
    /// `x_{j,1} … x_{j,K}`.
    let shares: [Scalar]

    /// A share of every key, in the order of the keys.
    package init(trustee: UInt32, shares: [Scalar]) {
        self.trustee = trustee
        self.shares = shares
    }

    /// Whether these shares belong to the trustee's verification keys, `X_{j,k} = x_{j,k} B`.
    package func matches<A: SecretArithmetic>(_ keys: ElectionKeys, arithmetic: A) -> Bool {
        guard
            let row = keys.verificationKeys(of: self.trustee), row.count == self.shares.count
        else { return false }
        return zip(row, self.shares).allSatisfy { key, share in
            arithmetic.multiplyBase(by: share) == key.point
        }
    }

    /// Step D5: confirms the keys that the ledger computed from `qualified`.
    /// - Throws: `commitment` if the shares are not shares of these keys.
    package func confirmation<A: SecretArithmetic, R: RandomSource>(
        qualified: [UInt32], keys: ElectionKeys, arithmetic: A, random: inout R
    ) throws(RefusalCode) -> Confirmation {
        guard
            self.matches(keys, arithmetic: arithmetic),
            let row = keys.verificationKeys(of: self.trustee)
        else { throw .commitment }
        let digest = Confirmation.digest(qualified: qualified, keys: keys)
        let weights = Confirmation.weights(digest: digest, trustee: self.trustee, row: row)
        let secret = zip(weights, self.shares).reduce(Scalar.zero) { $0 + $1.0 * $1.1 }
        let key = MultiScalar.sum(weights, row.map { $0.point }).encoded()
        return Confirmation(
            digest: digest,
            proof: SchnorrProof.make(
                .ceremonyConfirmPossession,
                Confirmation.items(digest: digest, trustee: self.trustee, key: key),
                secret: secret, arithmetic: arithmetic, random: &random))
    }

    /// The partial decryption of a unit (section 1.10): `M_k = x_{j,k} A_S`, with one proof.
    /// - Throws: `parameter` if there are more cells than shares.
    package func decrypt<A: SecretArithmetic, R: RandomSource>(
        _ unit: DecryptionUnit, keys: ElectionKeys, arithmetic: A, random: inout R
    ) throws(RefusalCode) -> PartialDecryption {
        let cells = unit.total.c.count
        guard
            let row = keys.verificationKeys(of: self.trustee), cells <= self.shares.count,
            cells <= row.count
        else { throw .parameter }
        let a = GroupElement(unit.total.a)
        let shares = self.shares.prefix(cells).map {
            GroupElement(arithmetic.multiply(a.point, by: $0))
        }
        let batch = DecryptionBatch(
            unit: unit, a: a, trustee: self.trustee, keys: [GroupElement](row.prefix(cells)),
            shares: shares)
        let secret = zip(batch.weights, self.shares).reduce(Scalar.zero) { $0 + $1.0 * $1.1 }
        return PartialDecryption(
            shares: shares.map { $0.bytes },
            proof: EqualityProof.make(
                .decryptionEquality, batch.items, statement: batch.statement, secret: secret,
                arithmetic: arithmetic, random: &random))
    }
}

extension TrusteeKeyShare: CanonicalCodable {
    /// For the trustee's own encrypted file only.
    package func encode(to writer: inout ByteWriter) {
        writer.write(self.trustee)
        writer.write(list: self.shares.map { $0.encoded }, limit: Int(Limits.keys))
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.trustee = try reader.readUInt32()
        let list = try reader.readList(of: Bytes32.self, limit: Int(Limits.keys))
        do throws(RefusalCode) {
            self.shares = try decodeScalars(list)
        } catch {
            throw .invalid("a key share is not a canonical scalar")
        }
    }
}
