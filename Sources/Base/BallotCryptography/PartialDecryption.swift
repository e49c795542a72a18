package import Codec
import Ristretto

/// One (tally unit, contest) pair to decrypt; `unit` numbers the pairs in document order from 1.
package struct DecryptionUnit: Sendable {
    /// The election that the unit is of.
    package let electionID: Bytes32
    /// The pair's number.
    package let unit: UInt32
    /// The sum that the ledger computed for it.
    package let total: EncryptedTotal

    /// A unit of a closed election.
    package init(electionID: Bytes32, unit: UInt32, total: EncryptedTotal) {
        self.electionID = electionID
        self.unit = unit
        self.total = total
    }

    /// The public ciphertext that trustees decrypt before the election opens (step D5): unit
    /// 2^32 - 1, `r = Hs("dkg/rehearsal", [electionId])`, `A = rB`, `C_k = r Y_k + k B`.
    package static func rehearsal(electionID: Bytes32, keys: ElectionKeys) -> DecryptionUnit {
        let r = Transcript.scalar(.ceremonyRehearsal, [electionID.bytes])
        var c: [Point] = []
        for (index, key) in keys.jointKeys.enumerated() {
            c.append(MultiScalar.sum([r, Scalar(UInt64(index + 1))], [key.point, .base]))
        }
        return DecryptionUnit(
            electionID: electionID, unit: Limits.rehearsalUnit,
            total: EncryptedTotal(
                a: MultiScalar.sum([r], [.base]), c: c, counted: UInt32(c.count)))
    }
}

/// Trustee j's part in decrypting one unit: `M_k = x_{j,k} A_S` for each cell, with one proof for
/// all cells.
package struct PartialDecryption: Equatable, Sendable {
    /// `M_1 … M_m`.
    package let shares: [Bytes32]
    /// That every `M_k` is `x_{j,k} A_S`.
    package let proof: EqualityProof

    /// A partial decryption of these parts, still to be verified.
    package init(shares: [Bytes32], proof: EqualityProof) {
        self.shares = shares
        self.proof = proof
    }

    /// Checks the share of `trustee` in `unit`:
    ///
    ///     I   = [electionId, u32 unit, u32 j, A_S, C_S*, X_{j,*}, M_*]
    ///     eps = Hs("dec/batch", I) ,  X' = sum eps^k X_{j,k} ,  M' = sum eps^k M_k
    ///     one DLEQ over (B, X'; A_S, M'), label dec/dleq, items I ++ [B, X', A_S, M', T1, T2]
    ///
    /// Powers of eps, and not a plain sum, so that errors cannot cancel.
    /// - Throws: `contest` for an unknown trustee, `length` for another number of cells, `scalar`,
    ///   `point`, `proof`.
    package func verify(
        _ unit: DecryptionUnit, trustee: UInt32, keys: ElectionKeys
    ) throws(RefusalCode) {
        guard let row = keys.verificationKeys(of: trustee) else { throw .contest }
        let cells = unit.total.c.count
        guard self.shares.count == cells, cells <= row.count else { throw .length }
        let batch = DecryptionBatch(
            unit: unit, a: GroupElement(unit.total.a), trustee: trustee,
            keys: [GroupElement](row.prefix(cells)),
            shares: try GroupElement.decode(self.shares))
        try self.proof.verify(
            .decryptionEquality, batch.items, statement: batch.statement)
    }
}

/// The random combination of a unit's cells that one proof covers.
struct DecryptionBatch {
    /// `I`.
    let items: [[UInt8]]
    /// `eps, eps^2, …`.
    let weights: [Scalar]
    /// `(X', A_S, M')`.
    let statement: EqualityProof.Statement

    /// `a` is A_S with its encoding, `keys` and `shares` one per cell.
    init(
        unit: DecryptionUnit, a: GroupElement, trustee: UInt32, keys: [GroupElement],
        shares: [GroupElement]
    ) {
        self.items = [
            unit.electionID.bytes, Transcript.u32(unit.unit), Transcript.u32(trustee),
            a.bytes.bytes, Transcript.joined(unit.total.c.map { $0.encoded() }),
            Transcript.joined(keys.map { $0.bytes }), Transcript.joined(shares.map { $0.bytes }),
        ]
        let eps = Transcript.scalar(.decryptionBatch, self.items)
        self.weights = Scalar.powers(of: eps, from: eps, count: keys.count)
        self.statement = EqualityProof.Statement(
            key: GroupElement(MultiScalar.sum(self.weights, keys.map { $0.point })), other: a,
            product: GroupElement(MultiScalar.sum(self.weights, shares.map { $0.point })))
    }
}

extension PartialDecryption: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(list: self.shares, limit: Limits.cellsPerContest)
        self.proof.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.shares = try reader.readList(of: Bytes32.self, limit: Limits.cellsPerContest)
        self.proof = try EqualityProof(from: &reader)
    }
}
