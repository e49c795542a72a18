package import BallotCryptography
package import Elections
import Ledger

extension SignedPromise {
    /// How far ahead a promise may reach, in blocks: one for a height that never comes promises
    /// nothing.
    private static var longestReach: UInt64 { 10_000 }

    /// Whether the promise is about this ballot, and for a height that can be waited for.
    package func covers(_ ballot: BallotOutline) -> Bool {
        self.isAbout(ballot) && self.isWithinReach
    }

    /// Whether the promise is about this ballot.
    func isAbout(_ ballot: BallotOutline) -> Bool {
        self.electionID == ballot.header.electionID && self.tracker == ballot.tracker
            && self.ballotID == ballot.ballotID
            && self.credentialKey == ballot.header.credentialKey
            && self.sequence == ballot.header.sequence
    }

    /// Whether the promised block is a later one than the newest final one when the ballot came, and
    /// not too late.
    var isWithinReach: Bool {
        self.received < self.promised
            && self.promised.rawValue - self.received.rawValue <= Self.longestReach
    }
}
