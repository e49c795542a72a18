import BallotCryptography
package import Codec
package import Cryptography
import Hashing
package import Ristretto

extension ClassicBallot {
    /// An honest ballot for the option `choice` of `options`, under the one key Y.
    package init<R: RandomSource>(
        choice: Int, options count: Int, key: Bytes32, electionID: Bytes32,
        signer: Ed25519SigningKey, random: inout R
    ) {
        let values = (0..<count).map { UInt8($0 == choice ? 1 : 0) }
        self.init(
            values: values, key: key, electionID: electionID, signer: signer, random: &random)
    }

    /// A ballot of any values of 0 and 1, honest or not: only values that sum to one are accepted.
    package init<R: RandomSource>(
        values: [UInt8], key: Bytes32, electionID: Bytes32, signer: Ed25519SigningKey,
        random: inout R
    ) {
        guard let y = Point(decoding: key) else { preconditionFailure("the key is no point") }
        let header = BallotHeader(
            electionID: electionID, style: 1, credentialKey: signer.publicKey, sequence: 1,
            previous: .zero, contestCount: 1)
        let prover = ClassicProver(
            transcript: ClassicTranscript(header: header), key: key, point: y)
        var options: [Option] = []
        var total = (r: Scalar.zero, a: Point.identity, c: Point.identity)
        for (index, value) in values.enumerated() {
            let r = random.scalar()
            let a = prover.arithmetic.multiplyBase(by: r)
            let c = prover.arithmetic.multiply(y, by: r) + (value == 1 ? .base : .identity)
            options.append(
                prover.option(index, value: value, r: r, a: a, c: c, random: &random))
            total = (total.r + r, total.a + a, total.c + c)
        }
        let (challenge, response) = prover.sum(
            r: total.r, a: total.a, c: total.c - .base, random: &random)
        let unsigned = ClassicBallot(
            header: header, options: options, sumChallenge: challenge, sumResponse: response,
            signature: .zero)
        self.init(
            header: header, options: options, sumChallenge: challenge, sumResponse: response,
            signature: signer.sign(unsigned.signedBytes))
    }
}

/// The proofs of one classic ballot.
private struct ClassicProver {
    let transcript: ClassicTranscript
    let key: Bytes32
    let point: Point
    let arithmetic = SodiumArithmetic()

    /// The disjunction for one option: the branch of `value` is proven, the other one simulated.
    func option<R: RandomSource>(
        _ index: Int, value: UInt8, r: Scalar, a: Point, c: Point, random: inout R
    ) -> ClassicBallot.Option {
        let (w, fakeChallenge, fakeResponse) = (random.scalar(), random.scalar(), random.scalar())
        let real = [
            self.arithmetic.multiplyBase(by: w), self.arithmetic.multiply(self.point, by: w),
        ]
        // The other branch's statement is (A, C) for 0 and (A, C - B) for 1.
        let other = value == 0 ? c - .base : c
        let fake = [
            self.arithmetic.multiplyBase(by: fakeResponse)
                - self.arithmetic.multiply(a, by: fakeChallenge),
            self.arithmetic.multiply(self.point, by: fakeResponse)
                - self.arithmetic.multiply(other, by: fakeChallenge),
        ]
        let commitments = (value == 0 ? real + fake : fake + real).map { $0.encoded() }
        let (a, c) = (a.encoded(), c.encoded())
        let challenge = Scalar(
            reducing: SHA512.hash(
                self.transcript.option(index, [self.key, a, c], commitments)))
        let realChallenge = challenge - fakeChallenge
        let realResponse = w + realChallenge * r
        let pieces = [
            (realChallenge.encoded, realResponse.encoded),
            (fakeChallenge.encoded, fakeResponse.encoded),
        ]
        let (zero, one) = value == 0 ? (pieces[0], pieces[1]) : (pieces[1], pieces[0])
        return ClassicBallot.Option(a: a, c: c, c0: zero.0, c1: one.0, z0: zero.1, z1: one.1)
    }

    /// The proof that `(a, c) = (r B, r Y)`.
    func sum<R: RandomSource>(
        r: Scalar, a: Point, c: Point, random: inout R
    ) -> (challenge: Bytes32, response: Bytes32) {
        let w = random.scalar()
        let commitments = [
            self.arithmetic.multiplyBase(by: w).encoded(),
            self.arithmetic.multiply(self.point, by: w).encoded(),
        ]
        let challenge = Scalar(
            reducing: SHA512.hash(
                self.transcript.sum([self.key, a.encoded(), c.encoded()], commitments)))
        return (challenge.encoded, (w + challenge * r).encoded)
    }
}
