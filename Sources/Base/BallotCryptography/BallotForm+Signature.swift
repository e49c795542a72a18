package import Codec
import Ristretto

// What a ballot's bytes tell before its points are decoded.

extension BallotForm {
    /// `ballotId = H32("ballot/id", [wire])`.
    package var ballotID: Bytes32 {
        var items = TranscriptItems(reservingCapacity: self.wire.count + 4)
        items.append(self.wire)
        return Transcript.digest(.ballotID, items)
    }

    /// `tracker = H32("ballot/tracker", St)`.
    package var tracker: Bytes32 { BallotStatement(self).tracker }

    /// The encrypted choices as received, one per contest in the order of the style.
    package var ciphertexts: [BallotCiphertext] { self.contests.map { $0.ciphertext } }

    /// Whether (sig) holds: `zs B = c P + T_s`. The challenge covers the statement and every
    /// commitment, so this is the credential's signature of them. It needs two of the ballot's points
    /// and one small sum: a stranger who knows P and `prev` from the log, or a certificate, cannot make
    /// a node decode and check a whole ballot.
    ///
    /// - Throws: `scalar`, `identity`, `point` for the three values that it reads.
    package func signatureHolds() throws(RefusalCode) -> Bool {
        let zs = try Scalar(checking: self.zs)
        let key = try GroupElement(nonIdentity: self.header.credentialKey).point
        let ts = try GroupElement(self.ts).point
        let challenge = BallotStatement(self).challenge(of: self)
        return vanishes([challenge, .one, -zs], [key, ts, .base])
    }
}
