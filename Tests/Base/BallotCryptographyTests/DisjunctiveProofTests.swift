import BallotCryptography
import Codec
import Ristretto
import Testing

/// The textbook 0/1 disjunction that reviewers know (section 1.12). Ballots do not use it: it is
/// what their proof is compared with.
struct DisjunctiveProof {
    /// T0a, T0b, T1a, T1b.
    let commitments: [GroupElement]
    /// c0, z0, z1.
    let scalars: [Scalar]

    init(_ pieces: [Bytes32]) throws(RefusalCode) {
        guard pieces.count == 7 else { throw .length }
        var scalars: [Scalar] = []
        for piece in pieces.suffix(3) {
            guard let scalar = Scalar(canonical: piece) else { throw .scalar }
            scalars.append(scalar)
        }
        var commitments: [GroupElement] = []
        for piece in pieces.prefix(4) { commitments.append(try GroupElement(piece)) }
        self.commitments = commitments
        self.scalars = scalars
    }

    /// `c = Hs("or01/challenge", [ctx, Y, A, C, T0a, T0b, T1a, T1b])`.
    func challenge(context: [UInt8], key: Bytes32, a: Bytes32, c: Bytes32) -> Scalar {
        Transcript.scalar(
            TranscriptLabel("or01/challenge"),
            [context, key.bytes, a.bytes, c.bytes] + self.commitments.map { $0.bytes.bytes })
    }

    /// z0B = T0a + c0A, z0Y = T0b + c0C, z1B = T1a + c1A, z1Y = T1b + c1(C - B), c1 = c - c0.
    func verify(
        context: [UInt8], key: GroupElement, a: GroupElement, c: GroupElement
    ) throws(RefusalCode) {
        let challenge = self.challenge(
            context: context, key: key.bytes, a: a.bytes, c: c.bytes)
        let (c0, z0, z1) = (self.scalars[0], self.scalars[1], self.scalars[2])
        let t = self.commitments.map { $0.point }
        let equations = [
            (z0, Point.base, t[0], c0, a.point), (z0, key.point, t[1], c0, c.point),
            (z1, Point.base, t[2], challenge - c0, a.point),
            (z1, key.point, t[3], challenge - c0, c.point - .base),
        ]
        for (z, base, commitment, weight, point) in equations {
            guard MultiScalar.sum([z, -.one, -weight], [base, commitment, point]).isIdentity else {
                throw .proof
            }
        }
    }
}

@Suite struct DisjunctiveProofTests {
    @Test func proofsOfTheVectorsVerifyOrAreRefused() throws {
        let vectors = try VectorNode.ballotFile()["orProof"]
        let key = try vectors["Y"].element
        for node in try vectors["proofs"].list {
            let proof = try DisjunctiveProof(try node["proof"].pieces)
            let (a, c) = (try node["A"].element, try node["C"].element)
            let context = try vectors["ctx"].bytes
            #expect(
                proof.challenge(context: context, key: key.bytes, a: a.bytes, c: c.bytes)
                    == (try node["challenge"].scalar))
            try proof.verify(context: context, key: key, a: a, c: c)
        }
        for node in try vectors["negative"].list {
            let expected = try RefusalCode.named(try node["error"].text)
            let name = try node["name"].text
            #expect(throws: expected, "\(name)") {
                try DisjunctiveProof(try node["proof"].pieces).verify(
                    context: try node["ctx"].bytes, key: key, a: try node["A"].element,
                    c: try node["C"].element)
            }
        }
    }
}
