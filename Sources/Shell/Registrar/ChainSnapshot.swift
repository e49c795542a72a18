package import APISchema
internal import Codec
package import Ledger

/// What the registrar decides by: the election's state on the chain, and chain time.
package struct ChainSnapshot: Sendable {
    /// The newest final block's time, advanced by what passed here since it was seen: a chain that
    /// makes a block every few seconds does not keep the vote open for them.
    package let time: Timestamp
    package let election: ElectionStatus

    package init(time: Timestamp, election: ElectionStatus) {
        self.time = time
        self.election = election
    }

    /// The election id, once the key ceremony made it.
    func electionID() throws(IssuingRefusal) -> Bytes32 {
        guard let electionID = election.summary.electionID else {
            throw .phase("The election's keys are not made yet; ballots are issued after that.")
        }
        return electionID
    }

    /// Nil while new credentials of a style are issued: start of issuing <= time < close, with the
    /// roll and the keys on the chain.
    func refusal(style: BallotStyle) -> IssuingRefusal? {
        switch election.summary.phase {
        // While another style's roll is still to come, this one's may be complete.
        case "rehearsed", "rollPublished", "open": break
        case "announced", "keyCeremony":
            return .phase("The election is being prepared; ballots are issued after that.")
        case "aborted": return .phase("The election was aborted; no ballots are issued.")
        default: return .phase("The vote is closed; no more ballots are issued.")
        }
        guard election.summary.electionID != nil,
            let state = election.styles.first(where: { $0.number == style.number })
        else { return .phase("The chain does not hold this ballot style.") }
        guard state.listed > 0 else {
            return .phase("The roll of this ballot style is not published yet.")
        }
        guard time >= style.startOfIssuing else { return .beforeIssuing(style.startOfIssuing) }
        guard time < state.closes else { return .afterClose(state.closes) }
        return nil
    }
}
