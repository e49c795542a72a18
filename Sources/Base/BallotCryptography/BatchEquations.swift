package import Codec
import Hashing
package import Ristretto

/// Independent 128-bit weights, none zero, one per equation.
///
/// They are expanded from 32 bytes of the system's random source together with the identities of
/// the batch: never from data that a submitter controls alone, and never used twice.
package struct BatchWeights {
    private let seed: [UInt8]
    private var block: UInt32 = 0
    private var left: ArraySlice<UInt8> = []

    /// Weights of 32 fresh bytes and the ballotIds of the batch; another count of bytes is our mistake.
    package init(fresh: [UInt8], batch: [Bytes32]) {
        precondition(fresh.count == 32, "batch weights need 32 fresh random bytes")
        self.seed = SHA512.hash(fresh + Transcript.joined(batch))
    }

    /// The next weight, in 1…2^128 - 1.
    package mutating func next() -> Scalar {
        while true {
            if self.left.isEmpty {
                var hasher = SHA512()
                hasher.update(self.seed)
                hasher.update(Transcript.u32(self.block))
                self.left = hasher.finalize()[...]
                self.block += 1
            }
            let weight = Scalar(littleEndian: self.left.prefix(16))
            self.left = self.left.dropFirst(16)
            if !weight.isZero { return weight }
        }
    }
}

/// `sum rho_{b,j} * (right side - left side)` over the equations j of the ballots b of a batch,
/// with each fixed point appearing once.
struct BatchEquations {
    private var scalars: [Scalar] = []
    private var points: [Point] = []
    private var base = Scalar.zero
    private var pedersen = Scalar.zero
    private var keys: [KeyTerms] = []

    /// No equations yet, with room for `count` of their points.
    init(reservingCapacity count: Int) {
        self.scalars.reserveCapacity(count)
        self.points.reserveCapacity(count)
    }

    /// The collected coefficients of one set of keys.
    private struct KeyTerms {
        let digest: Bytes32
        let points: [Point]
        var scalars: [Scalar]
    }

    /// Adds every equation of `ballot` but (sum), and (sig) unless it was checked before, each under
    /// a weight of its own.
    mutating func add(
        _ ballot: Ballot, rules: BallotRules, withSignature: Bool, weights: inout BatchWeights
    ) {
        let c = ballot.challenge
        let set = self.keySet(of: rules)
        for (position, contest) in ballot.contests.enumerated() {
            // (A) c A + T_A - z B
            let rhoA = weights.next()
            self.append(rhoA * c, contest.a)
            self.append(rhoA, contest.ta)
            self.base = self.base - rhoA * contest.z
            for cell in contest.c.indices {
                // (C_i) c C_i + D_i - z Y_i - f_i B
                let rho = weights.next()
                self.append(rho * c, contest.c[cell])
                self.append(rho, contest.d[cell])
                self.base = self.base - rho * contest.f[cell]
                let key = rules.keyIndices[position][cell]
                self.keys[set].scalars[key] = self.keys[set].scalars[key] - rho * contest.z
            }
        }
        // (bit) c K1 + K0 - (sum_e delta^e f_e (f_e - c)) B - zq H
        let rhoBit = weights.next()
        self.append(rhoBit * c, ballot.k1)
        self.append(rhoBit, ballot.k0)
        self.base = self.base - rhoBit * ballot.bitCoefficient
        self.pedersen = self.pedersen - rhoBit * ballot.zq
        if withSignature {
            self.add(
                BallotSignature(
                    key: ballot.key, ts: ballot.ts, zs: ballot.zs, challenge: c,
                    ballotID: ballot.ballotID), weights: &weights)
        }
    }

    /// Adds (sig) of a ballot: c P + T_s - zs B.
    mutating func add(_ signature: BallotSignature, weights: inout BatchWeights) {
        let rho = weights.next()
        self.append(rho * signature.challenge, signature.key)
        self.append(rho, signature.ts)
        self.base = self.base - rho * signature.zs
    }

    /// Whether the sum is the identity, in the ristretto sense.
    consuming func hold() -> Bool {
        self.append(self.base, .base)
        self.append(self.pedersen, FixedGenerators.pedersen)
        for terms in self.keys {
            for (scalar, point) in zip(terms.scalars, terms.points) where !scalar.isZero {
                self.append(scalar, point)
            }
        }
        return vanishes(self.scalars, self.points)
    }

    private mutating func append(_ scalar: Scalar, _ point: Point) {
        self.scalars.append(scalar)
        self.points.append(point)
    }

    private mutating func keySet(of rules: BallotRules) -> Int {
        if let index = self.keys.firstIndex(where: { $0.digest == rules.keysDigest }) {
            return index
        }
        self.keys.append(
            KeyTerms(
                digest: rules.keysDigest, points: rules.keys,
                scalars: [Scalar](repeating: .zero, count: rules.keys.count)))
        return self.keys.count - 1
    }
}
