package import Codec
import Ristretto

// What a ballot's bytes tell before all its points are decoded.

/// The hashes that name a ballot, taken once, and the statement that the others are taken of.
package struct BallotNames: Sendable {
    /// `ballotId = H32("ballot/id", [wire])`.
    package let ballotID: Bytes32
    /// `tracker = H32("ballot/tracker", St)`.
    package let tracker: Bytes32
    let statement: BallotStatement

    /// Hashes the bytes of `form`.
    package init(_ form: BallotForm) {
        var items = TranscriptItems(reservingCapacity: form.wire.count + 4)
        items.append(form.wire)
        ballotID = Transcript.digest(.ballotID, items)
        statement = BallotStatement(form)
        tracker = statement.tracker
    }
}

/// What the equation (sig) of a ballot needs, decoded: two of its points, a scalar and the challenge.
package struct BallotSignature: Sendable {
    let key: Point
    let ts: Point
    let zs: Scalar
    let challenge: Scalar
    let ballotID: Bytes32

    init(key: Point, ts: Point, zs: Scalar, challenge: Scalar, ballotID: Bytes32) {
        self.key = key
        self.ts = ts
        self.zs = zs
        self.challenge = challenge
        self.ballotID = ballotID
    }

    /// Decodes the signature of a ballot that has these names.
    /// - Throws: `scalar`, `identity`, `point` for the three values that it reads.
    package init(_ form: BallotForm, names: BallotNames) throws(RefusalCode) {
        zs = try Scalar(checking: form.zs)
        key = try GroupElement(nonIdentity: form.header.credentialKey).point
        ts = try GroupElement(form.ts).point
        challenge = names.statement.challenge(of: form)
        ballotID = names.ballotID
    }

    /// (sig) `zs B = c P + T_s`. The challenge covers the statement and every commitment, so this is
    /// the credential's signature of them. It needs two of the ballot's points and one small sum: a
    /// stranger who knows P and `prev` from the log, or a certificate, cannot make a node decode and
    /// check a whole ballot.
    package var holds: Bool { vanishes([challenge, .one, -zs], [key, ts, .base]) }
}

extension BallotForm {
    /// `ballotId = H32("ballot/id", [wire])`.
    package var ballotID: Bytes32 { BallotNames(self).ballotID }

    /// `tracker = H32("ballot/tracker", St)`.
    package var tracker: Bytes32 { BallotStatement(self).tracker }

    /// The encrypted choices as received, one per contest in the order of the style.
    package var ciphertexts: [BallotCiphertext] { self.contests.map { $0.ciphertext } }

    /// Step 3 of the order of checks: decodes scalars and points.
    ///
    /// - Parameters:
    ///   - names: of this form.
    ///   - signature: of this form; what it holds is not decoded again.
    /// - Throws: `scalar`, `identity`, `point`.
    package func decoded(
        names: BallotNames, signature: BallotSignature? = nil
    ) throws(RefusalCode) -> Ballot {
        try Ballot(self, names: names, signature: signature)
    }

    /// Step 3 for readers that look at the ballot once.
    /// - Throws: `scalar`, `identity`, `point`.
    package func decoded() throws(RefusalCode) -> Ballot {
        try decoded(names: BallotNames(self))
    }
}
