package import BallotCryptography
package import Codec
package import Elections
import Ledger

/// What a ballot's bytes say without the election's document: who it is of, and its tracker.
///
/// The layout (`ballot.md` 1.7) counts its own parts, so that a voter can check a receipt offline.
/// The proof is not looked at: validators verified it before they signed.
package struct BallotOutline: Sendable {
    package let header: BallotHeader
    /// `H32("ballot/tracker", St)`.
    package let tracker: Bytes32
    /// `H32("ballot/id", [wire])`.
    package let ballotID: Bytes32

    /// - Throws: `length`, `version`, `contest`.
    package init(_ wire: [UInt8]) throws(RefusalCode) {
        let header = try BallotHeader(peeking: wire)
        guard
            (1...UInt32(BallotCryptography.Limits.contestsPerBallot)).contains(header.contestCount)
        else { throw .contest }
        var statement = [
            header.electionID.bytes, Transcript.u32(header.style), header.credentialKey.bytes,
            Transcript.u32(header.sequence), header.previous.bytes,
            Transcript.u32(header.contestCount),
        ]
        var reader = ByteReader(wire)
        do throws(CodecError) {
            _ = try reader.readRaw(Self.headerSize)
            for _ in 0..<header.contestCount {
                let ciphertext = try BallotCiphertext(from: &reader)
                statement.append(ciphertext.part)
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
        self.tracker = Transcript.digest(.ballotTracker, statement)
        self.ballotID = Transcript.digest(.ballotID, [wire])
    }

    /// Version, election id, style, P, sequence, previous, number of contests.
    private static let headerSize = 1 + 32 + 4 + 32 + 4 + 32 + 4
}

extension SignedPromise {
    /// How far ahead a promise may reach, in blocks: one for a height that never comes promises
    /// nothing.
    private static var longestReach: UInt64 { 10_000 }

    /// Whether the promise is about this ballot, and for a height that can be waited for.
    package func covers(_ ballot: BallotOutline) -> Bool {
        self.electionID == ballot.header.electionID && self.tracker == ballot.tracker
            && self.ballotID == ballot.ballotID
            && self.credentialKey == ballot.header.credentialKey
            && self.sequence == ballot.header.sequence && self.received <= self.promised
            && self.promised.rawValue - self.received.rawValue <= Self.longestReach
    }
}
