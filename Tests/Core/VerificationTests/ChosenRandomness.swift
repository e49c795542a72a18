import BallotCryptography
import Codec
import Cryptography
import Elections
import Hashing
import Ledger
import Ristretto
import Testing

extension TestElection {
    /// A valid ballot whose encryption has the `r` that the voter chose, as a client of the voter's
    /// own could make it: two such ballots share their element A.
    func ballot(voter: Int, option: Int, r: Scalar) throws -> [UInt8] {
        let keys = try #require(try self.queries.keys(self.election))
        let electionID = try #require(try self.queries.status(self.election)?.electionID)
        let seed = SHA256.digest([UInt8(voter)])
        let request = try CredentialRequest(
            seed: seed, electionID: electionID, style: 1, modulus: self.issuingKey.modulus,
            arithmetic: ConstantTimeArithmetic())
        let certificate = try request.finalize(
            self.issuingKey.blindSign(request.blindedMessage), verifier: CredentialVerifier())
        // The credential's secret (PROTOCOL.md 6.13, purpose 1).
        let x = Transcript.scalar(
            .seed,
            [seed.bytes, Transcript.u32(1), Transcript.u32(0), electionID.bytes, Transcript.u32(1)])
        let prover = ChosenRandomness(
            x: x, r: r, keys: keys.jointKeys.map(\.point),
            header: BallotHeader(
                electionID: electionID, style: 1, credentialKey: request.key.publicKey,
                sequence: 1, previous: .zero, contestCount: 1))
        let values = self.document.contests[0].options.indices.map { Scalar($0 == option ? 1 : 0) }
        return Transaction.ballot(
            BallotTransaction(wire: prover.wire(values), certificate: certificate)
        ).canonicalBytes
    }
}

/// The prover of PROTOCOL.md 6.5 for one contest in which one option is chosen.
private struct ChosenRandomness {
    let x: Scalar
    let r: Scalar
    let keys: [Point]
    let header: BallotHeader

    func wire(_ v: [Scalar]) -> [UInt8] {
        // Nothing here is secret, and no two of these ballots need differ in more than x.
        var count: UInt64 = 1
        func nonce() -> Scalar {
            count += 1
            return Scalar(count) * self.x
        }
        let w = nonce()
        var a = v.map { _ in nonce() }
        a[0] = .zero - a.dropFirst().reduce(Scalar.zero, +)
        let ciphertext = BallotCiphertext(
            contest: 0, a: self.point([self.r], [.base]),
            c: v.indices.map { self.point([self.r, v[$0]], [self.keys[$0], .base]) })
        let ta = self.point([w], [.base])
        let d = v.indices.map { self.point([w, a[$0]], [self.keys[$0], .base]) }
        let statement =
            [
                self.header.electionID.bytes, Transcript.u32(self.header.style),
                self.header.credentialKey.bytes, Transcript.u32(self.header.sequence),
                self.header.previous.bytes, Transcript.u32(self.header.contestCount),
            ] + [ciphertext.part]
        let delta = Transcript.scalar(.ballotDelta, statement)
        var (l1, l0, power) = (Scalar.zero, Scalar.zero, delta)
        for (a, v) in zip(a, v) {
            l1 += power * a * (v + v - .one)
            l0 += power * a * a
            power *= delta
        }
        let (s1, s0, ws) = (nonce(), nonce(), nonce())
        let k1 = self.point([l1, s1], [.base, FixedGenerators.pedersen])
        let k0 = self.point([l0, s0], [.base, FixedGenerators.pedersen])
        let ts = self.point([ws], [.base])
        let c = Transcript.scalar(
            .ballotChallenge,
            statement + [Transcript.joined([ta] + d), k1.bytes, k0.bytes, ts.bytes])
        var writer = ByteWriter()
        writer.write(UInt8(1))
        for item in statement { writer.write(raw: item) }
        writer.write(ta)
        for d in d { writer.write(d) }
        writer.write((w + c * self.r).encoded)
        for (a, v) in zip(a, v) { writer.write((a + c * v).encoded) }
        for bytes in [k1, k0, (s0 + c * s1).encoded, ts, (ws + c * self.x).encoded] {
            writer.write(bytes)
        }
        return writer.bytes
    }

    private func point(_ scalars: [Scalar], _ points: [Point]) -> Bytes32 {
        MultiScalar.sum(scalars, points).encoded()
    }
}
