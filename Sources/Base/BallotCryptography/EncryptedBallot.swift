package import Codec
package import Ristretto

/// A voter's pseudonym key in one election: `P = xB`. Whoever has `x` can vote in the voter's name
/// until the last accepted ballot of the election.
package struct CredentialKey: Sendable {
    /// `P`.
    package let publicKey: Bytes32
    let secret: Scalar

    /// The key of a secret `x`.
    package init<A: SecretArithmetic>(secret: Scalar, arithmetic: A) {
        self.secret = secret
        self.publicKey = arithmetic.multiplyBase(by: secret).encoded()
    }
}

/// Choices encrypted for one style, with the tracker known and nothing proven yet.
///
/// It ends either as a ballot or as an opening, never as both: an encryption that was shown cannot
/// be cast by this code, and a cast one is never opened.
package struct EncryptedBallot: ~Copyable, Sendable {
    /// What the voter is shown before deciding to cast or to challenge.
    package let tracker: Bytes32
    private let rules: BallotRules
    private let credential: CredentialKey
    private let header: BallotHeader
    private let statement: BallotStatement
    private let contests: [Encryption]

    /// One contest's ciphertext with its secrets: `A = rB`, `C_i = r Y_i + v_i B`.
    fileprivate struct Encryption {
        let ciphertext: BallotCiphertext
        let r: Scalar
        let cells: [UInt8]
    }

    /// The prover's first message for one contest, with its secrets.
    private struct Commitment {
        let w: Scalar
        let a: [Scalar]
        let ta: Bytes32
        let d: [Bytes32]
    }

    /// Encrypts one choice per contest of `rules`, in its order. `sequence` and `previous` are 1 and
    /// zeros for a first ballot, else the next number and the ballotId being replaced.
    package init<A: SecretArithmetic, R: RandomSource>(
        _ choices: [ContestChoice], rules: BallotRules, credential: CredentialKey,
        sequence: UInt32, previous: Bytes32, arithmetic: A, random: inout R
    ) throws(ChoiceError) {
        guard choices.count == rules.contests.count else {
            throw .contestCount(choices.count, expected: rules.contests.count)
        }
        var cells: [[UInt8]] = []
        for (choice, contest) in zip(choices, rules.contests) {
            cells.append(try contest.shape.cells(for: choice))
        }
        self.init(
            cells: cells, rules: rules, credential: credential, sequence: sequence,
            previous: previous, arithmetic: arithmetic, random: &random)
    }

    /// Encrypts cell values as they are; a proof over values that break the rules is refused by
    /// every verifier.
    package init<A: SecretArithmetic, R: RandomSource>(
        cells: [[UInt8]], rules: BallotRules, credential: CredentialKey, sequence: UInt32,
        previous: Bytes32, arithmetic: A, random: inout R
    ) {
        let header = BallotHeader(
            electionID: rules.electionID, style: rules.style, credentialKey: credential.publicKey,
            sequence: sequence, previous: previous, contestCount: UInt32(rules.contests.count))
        // The cells are in the statement so that even a broken random source gives a challenged
        // encryption, whose r is shown, and the one that is cast instead no r in common.
        var nonces = Nonces(secret: credential.secret, statement: header.statementItems + cells)
        // v B is computed as (v + t) B - t B, so that the arithmetic meets no telling scalar.
        let t = nonces.next(&random)
        let tB = arithmetic.multiplyBase(by: t)
        var encryptions: [Encryption] = []
        for (position, contest) in rules.contests.enumerated() {
            let r = nonces.next(&random)
            var c: [Bytes32] = []
            for (cell, value) in cells[position].enumerated() {
                let mask = arithmetic.multiply(
                    rules.key(contest: position, cell: cell), by: r)
                let shifted = arithmetic.multiplyBase(by: Scalar(UInt64(value)) + t)
                c.append((mask + (shifted - tB)).encoded())
            }
            encryptions.append(
                Encryption(
                    ciphertext: BallotCiphertext(
                        contest: contest.index, a: arithmetic.multiplyBase(by: r).encoded(), c: c),
                    r: r, cells: cells[position]))
        }
        self.rules = rules
        self.credential = credential
        self.header = header
        self.contests = encryptions
        self.statement = BallotStatement(
            header: header, ciphertexts: encryptions.map { $0.ciphertext })
        self.tracker = self.statement.tracker
    }

    /// Proves and signs; the result is the ballot's wire.
    ///
    ///     L1 = sum delta^e a_e (2 v_e - 1) ,  L0 = sum delta^e a_e^2
    ///     K1 = L1 B + s1 H ,  K0 = L0 B + s0 H ,  T_s = w_s B
    ///     z = w + c r ,  f_i = a_i + c v_i ,  zq = s0 + c s1 ,  zs = w_s + c x
    package consuming func cast<A: SecretArithmetic, R: RandomSource>(
        arithmetic: A, random: inout R
    ) -> [UInt8] {
        var nonces = Nonces(
            secret: self.credential.secret,
            statement: self.header.statementItems + self.contests.map { $0.ciphertext.part })
        var commitments: [Commitment] = []
        for position in self.contests.indices {
            commitments.append(self.commit(position, arithmetic, &nonces, &random))
        }
        let delta = self.statement.delta
        var l1 = Scalar.zero
        var l0 = Scalar.zero
        var power = delta
        for (contest, commitment) in zip(self.contests, commitments) {
            for (value, a) in zip(contest.cells, commitment.a) {
                let v = Scalar(UInt64(value))
                l1 += power * a * (v + v - .one)
                l0 += power * a * a
                power *= delta
            }
        }
        let s1 = nonces.next(&random)
        let s0 = nonces.next(&random)
        let ws = nonces.next(&random)
        let pedersen = FixedGenerators.pedersen
        let k1 = (arithmetic.multiplyBase(by: l1) + arithmetic.multiply(pedersen, by: s1)).encoded()
        let k0 = (arithmetic.multiplyBase(by: l0) + arithmetic.multiply(pedersen, by: s0)).encoded()
        let ts = arithmetic.multiplyBase(by: ws).encoded()
        let c = self.statement.challenge(
            commitments: commitments.map { Transcript.joined([$0.ta] + $0.d) }, k1: k1, k0: k0,
            ts: ts)
        var writer = ByteWriter(reservingCapacity: self.rules.wireSize)
        self.header.write(to: &writer)
        for (contest, commitment) in zip(self.contests, commitments) {
            contest.ciphertext.encode(to: &writer)
            writer.write(commitment.ta)
            for d in commitment.d { writer.write(d) }
            writer.write((commitment.w + c * contest.r).encoded)
            for (value, a) in zip(contest.cells, commitment.a) {
                writer.write((a + c * Scalar(UInt64(value))).encoded)
            }
        }
        writer.write(k1)
        writer.write(k0)
        writer.write((s0 + c * s1).encoded)
        writer.write(ts)
        writer.write((ws + c * self.credential.secret).encoded)
        return writer.bytes
    }

    /// Opens the encryption for a second device: the Benaloh challenge.
    package consuming func open() -> BallotOpening {
        BallotOpening(
            header: self.header,
            contests: self.contests.map { BallotOpening.Contest(r: $0.r.encoded, cells: $0.cells) })
    }

    /// `T_A = wB`, `D_i = w Y_i + a_i B` with `sum w_i a_i = 0`, solved for a_1 since w_1 = 1.
    private borrowing func commit<A: SecretArithmetic, R: RandomSource>(
        _ position: Int, _ arithmetic: A, _ nonces: inout Nonces, _ random: inout R
    ) -> Commitment {
        let shape = self.rules.contests[position].shape
        let w = nonces.next(&random)
        var a: [Scalar] = []
        for _ in 0..<shape.cellCount { a.append(nonces.next(&random)) }
        if shape.hasRule {
            var rest = Scalar.zero
            for cell in 1..<max(1, shape.cellCount) {
                rest += Scalar(UInt64(shape.weights[cell])) * a[cell]
            }
            a[0] = -rest
        }
        var d: [Bytes32] = []
        for cell in 0..<shape.cellCount {
            let key = self.rules.key(contest: position, cell: cell)
            d.append(
                (arithmetic.multiply(key, by: w) + arithmetic.multiplyBase(by: a[cell])).encoded())
        }
        return Commitment(w: w, a: a, ta: arithmetic.multiplyBase(by: w).encoded(), d: d)
    }
}
