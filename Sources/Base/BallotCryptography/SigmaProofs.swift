package import Codec
package import Ristretto

/// A Schnorr proof of knowledge of `x` with `X = xB`: `T = wB`, `c = Hs(label, items ++ [T])`,
/// `z = w + c x`. 64 bytes.
package struct SchnorrProof: Equatable, Sendable {
    /// `T`.
    package let commitment: Bytes32
    /// `z`.
    package let response: Bytes32

    /// A proof of these parts, still to be verified.
    package init(commitment: Bytes32, response: Bytes32) {
        self.commitment = commitment
        self.response = response
    }

    /// Proves knowledge of `secret`; `items` must contain the statement `X`.
    static func make<A: SecretArithmetic, R: RandomSource>(
        _ label: TranscriptLabel, _ items: [[UInt8]], secret: Scalar, arithmetic: A,
        random: inout R
    ) -> SchnorrProof {
        var nonces = Nonces(secret: secret, statement: items)
        let nonce = nonces.next(&random)
        let commitment = arithmetic.multiplyBase(by: nonce).encoded()
        let challenge = Transcript.scalar(label, items + [commitment.bytes])
        return SchnorrProof(
            commitment: commitment, response: (nonce + challenge * secret).encoded)
    }

    /// Checks `z B = c X + T`.
    /// - Throws: `scalar`, `point`, `proof`.
    func verify(
        _ label: TranscriptLabel, _ items: [[UInt8]], key: Point
    ) throws(RefusalCode) {
        let response = try Scalar(checking: self.response)
        let commitment = try GroupElement(self.commitment)
        let challenge = Transcript.scalar(label, items + [self.commitment.bytes])
        guard
            vanishes([challenge, .one, -response], [key, commitment.point, .base])
        else { throw .proof }
    }
}

/// A proof that `X = xB` and `M = xA` have the same `x` (DLEQ): `T1 = wB`, `T2 = wA`,
/// `c = Hs(label, items ++ [B, X, A, M, T1, T2])`, `z = w + c x`. 96 bytes.
///
/// The challenge covers the whole statement: with only T1 and T2 inside, M could be chosen after it.
package struct EqualityProof: Equatable, Sendable {
    /// `T1`.
    package let baseCommitment: Bytes32
    /// `T2`.
    package let otherCommitment: Bytes32
    /// `z`.
    package let response: Bytes32

    /// A proof of these parts, still to be verified.
    package init(baseCommitment: Bytes32, otherCommitment: Bytes32, response: Bytes32) {
        self.baseCommitment = baseCommitment
        self.otherCommitment = otherCommitment
        self.response = response
    }

    /// What the proof is about: `key` is X, `other` is A, `product` is M.
    package struct Statement: Sendable {
        /// `X`.
        package let key: GroupElement
        /// `A`.
        package let other: GroupElement
        /// `M`.
        package let product: GroupElement

        /// The statement `X = xB`, `M = xA`.
        package init(key: GroupElement, other: GroupElement, product: GroupElement) {
            self.key = key
            self.other = other
            self.product = product
        }
    }

    /// Proves `statement` with its `secret` x.
    package static func make<A: SecretArithmetic, R: RandomSource>(
        _ label: TranscriptLabel, _ items: [[UInt8]], statement: Statement, secret: Scalar,
        arithmetic: A, random: inout R
    ) -> EqualityProof {
        var nonces = Nonces(
            secret: secret, statement: items + [statement.other.bytes.bytes])
        let nonce = nonces.next(&random)
        let first = arithmetic.multiplyBase(by: nonce).encoded()
        let second = arithmetic.multiply(statement.other.point, by: nonce).encoded()
        let challenge = Self.challenge(label, items, statement, first, second)
        return EqualityProof(
            baseCommitment: first, otherCommitment: second,
            response: (nonce + challenge * secret).encoded)
    }

    /// Checks `z B = c X + T1` and `z A = c M + T2`.
    /// - Throws: `scalar`, `point`, `proof`.
    package func verify(
        _ label: TranscriptLabel, _ items: [[UInt8]], statement: Statement
    ) throws(RefusalCode) {
        let response = try Scalar(checking: self.response)
        let first = try GroupElement(self.baseCommitment)
        let second = try GroupElement(self.otherCommitment)
        let challenge = Self.challenge(label, items, statement, first.bytes, second.bytes)
        let scalars = [challenge, .one, -response]
        guard
            vanishes(scalars, [statement.key.point, first.point, .base]),
            vanishes(scalars, [statement.product.point, second.point, statement.other.point])
        else { throw .proof }
    }

    private static func challenge(
        _ label: TranscriptLabel, _ items: [[UInt8]], _ statement: Statement, _ first: Bytes32,
        _ second: Bytes32
    ) -> Scalar {
        Transcript.scalar(
            label,
            items + [
                Point.base.encoded().bytes, statement.key.bytes.bytes,
                statement.other.bytes.bytes, statement.product.bytes.bytes, first.bytes,
                second.bytes,
            ])
    }
}

extension SchnorrProof: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(self.commitment)
        writer.write(self.response)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.commitment = try reader.readBytes32()
        self.response = try reader.readBytes32()
    }
}

extension EqualityProof: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(self.baseCommitment)
        writer.write(self.otherCommitment)
        writer.write(self.response)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.baseCommitment = try reader.readBytes32()
        self.otherCommitment = try reader.readBytes32()
        self.response = try reader.readBytes32()
    }
}
