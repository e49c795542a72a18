import BallotCryptography
package import Codec
import Cryptography
import Ristretto

/// Why a classic ballot is refused.
package enum ClassicRefusal: Error, Equatable {
    /// Its length or version is wrong.
    case length
    /// It is of another election.
    case election
    /// A scalar is not below L.
    case scalar
    /// A point does not decode, or a product is the identity, which no honest ballot meets.
    case point
    /// The Ed25519 signature does not verify.
    case signature
    /// An option's disjunction does not verify.
    case option(Int)
    /// The proof of the sum does not verify.
    case sum
}

/// The classic verifier: one ballot at a time, every group operation a call of libsodium. For k
/// options these are 2k + 1 multiplications of the base, 6k + 3 of other points, 7k + 1 additions
/// and subtractions, and one Ed25519 verification.
package struct ClassicVerifier {
    let key: Bytes32
    let base: Bytes32
    let electionID: Bytes32
    let options: Int

    /// A verifier for ballots of `options` options under the key Y.
    package init(key: Bytes32, electionID: Bytes32, options: Int) {
        self.key = key
        self.base = Point.base.encoded()
        self.electionID = electionID
        self.options = options
    }

    /// Accepts a ballot as sent, or refuses it.
    package func verify(_ wire: [UInt8]) throws(ClassicRefusal) {
        let ballot: ClassicBallot
        do throws(CodecError) {
            ballot = try ClassicBallot(wire, options: self.options)
        } catch {
            throw .length
        }
        guard ballot.header.electionID == self.electionID else { throw .election }
        let message = [UInt8](wire.dropLast(Bytes64.size))
        guard
            Ed25519Verifier().isValid(
                ballot.signature, of: message, by: ballot.header.credentialKey)
        else { throw .signature }
        let transcript = ClassicTranscript(header: ballot.header)
        var total: (a: Bytes32, c: Bytes32)?
        for (index, option) in ballot.options.enumerated() {
            try self.check(option, index, transcript)
            if let sum = total {
                total = (try add(sum.a, option.a), try add(sum.c, option.c))
            } else {
                total = (option.a, option.c)
            }
        }
        guard let (a, c) = total else { throw .length }
        try self.checkSum(ballot, a, try subtract(c, self.base), transcript)
    }

    /// `c0 + c1 = Hs(…)` over the commitments that the responses imply: `T0a = z0 B - c0 A`,
    /// `T0b = z0 Y - c0 C`, `T1a = z1 B - c1 A`, `T1b = z1 Y - c1 (C - B)`.
    private func check(
        _ option: ClassicBallot.Option, _ index: Int, _ transcript: ClassicTranscript
    ) throws(ClassicRefusal) {
        let (c0, c1) = (try scalar(option.c0), try scalar(option.c1))
        _ = (try scalar(option.z0), try scalar(option.z1))
        try checkPoint(option.a)
        try checkPoint(option.c)
        let commitments = [
            try subtract(try multiplyBase(option.z0), try multiply(option.a, option.c0)),
            try subtract(try multiply(self.key, option.z0), try multiply(option.c, option.c0)),
            try subtract(try multiplyBase(option.z1), try multiply(option.a, option.c1)),
            try subtract(
                try multiply(self.key, option.z1),
                try multiply(try subtract(option.c, self.base), option.c1)),
        ]
        let challenge = SodiumReference.reduce(
            SodiumReference.sha512(
                transcript.option(index, [self.key, option.a, option.c], commitments)))
        guard let challenge, SodiumReference.sum(c0, c1) == challenge else {
            throw .option(index)
        }
    }

    /// `c = Hs(…)` over `z B - c A` and `z Y - c C`.
    private func checkSum(
        _ ballot: ClassicBallot, _ a: Bytes32, _ c: Bytes32, _ transcript: ClassicTranscript
    ) throws(ClassicRefusal) {
        let (challenge, z) = (ballot.sumChallenge, ballot.sumResponse)
        let expected = try scalar(challenge)
        _ = try scalar(z)
        let commitments = [
            try subtract(try multiplyBase(z), try multiply(a, challenge)),
            try subtract(try multiply(self.key, z), try multiply(c, challenge)),
        ]
        let found = SodiumReference.reduce(
            SodiumReference.sha512(transcript.sum([self.key, a, c], commitments)))
        guard found == expected else { throw .sum }
    }
}

/// Canonical scalars only: libsodium would reduce others silently.
private func scalar(_ bytes: Bytes32) throws(ClassicRefusal) -> Scalar {
    guard let scalar = Scalar(canonical: bytes) else { throw .scalar }
    return scalar
}

/// libsodium checks all of an encoding but its bit 255.
private func checkPoint(_ bytes: Bytes32) throws(ClassicRefusal) {
    if bytes.bit(at: 248) { throw .point }
}

private func multiplyBase(_ scalar: Bytes32) throws(ClassicRefusal) -> Bytes32 {
    guard let product = SodiumReference.baseProduct(by: scalar) else { throw .point }
    return product
}

private func multiply(_ point: Bytes32, _ scalar: Bytes32) throws(ClassicRefusal) -> Bytes32 {
    guard let product = SodiumReference.product(point, by: scalar) else { throw .point }
    return product
}

private func add(_ x: Bytes32, _ y: Bytes32) throws(ClassicRefusal) -> Bytes32 {
    guard let sum = SodiumReference.sum(x, y) else { throw .point }
    return sum
}

private func subtract(_ x: Bytes32, _ y: Bytes32) throws(ClassicRefusal) -> Bytes32 {
    guard let difference = SodiumReference.difference(x, y) else { throw .point }
    return difference
}
