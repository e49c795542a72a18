package import Codec

/// What a ballot's bytes say without the election's document: who it is of, and its tracker.
///
/// The layout (`ballot.md` 1.7) counts its own parts, so that a voter can check a receipt offline.
/// The proof is not looked at: validators verified it before they signed.
package struct BallotOutline: Sendable {
    /// The fields before the contests.
    package let header: BallotHeader
    /// `H32("ballot/tracker", St)`.
    package let tracker: Bytes32
    /// `H32("ballot/id", [wire])`.
    package let ballotID: Bytes32
    /// `A` of each contest, in order.
    package let elements: [Bytes32]

    /// - Throws: `length`, `version`, `contest`.
    package init(_ wire: [UInt8]) throws(RefusalCode) {
        let header = try BallotHeader(peeking: wire)
        guard
            (1...UInt32(Limits.contestsPerBallot)).contains(header.contestCount)
        else { throw .contest }
        var ciphertexts: [BallotCiphertext] = []
        var reader = ByteReader(wire)
        do throws(CodecError) {
            _ = try reader.readRaw(BallotLayout.headerSize)
            for _ in 0..<header.contestCount {
                let ciphertext = try BallotCiphertext(from: &reader)
                ciphertexts.append(ciphertext)
                // T_A, D per cell, z, f per cell.
                _ = try reader.readRaw((2 + 2 * ciphertext.c.count) * Bytes32.size)
            }
            // K1, K0, zq, T_s, zs.
            _ = try reader.readRaw(5 * Bytes32.size)
            try reader.finish()
        } catch {
            throw .length
        }
        self.header = header
        self.elements = ciphertexts.map { $0.a }
        self.tracker = BallotStatement(header: header, ciphertexts: ciphertexts).tracker
        self.ballotID = Transcript.digest(.ballotID, [wire])
    }
}
