package import BallotCryptography
package import Codec
package import Ledger

/// What a promise of a style's ballots rests on: its quota, and until when ballots are promised.
package struct StyleAccount: Hashable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    /// The issue count.
    package let issued: UInt32
    /// Credentials seen in ballots.
    package let cast: UInt32
    package let promisesUntil: Timestamp
}

// Small reads about ballots and challenged encryptions.

extension ElectionQueries {
    /// The accounting of one style, by the election id that ballots name: two records are read, and
    /// not the whole status, where the catalog has the document. Nil for an unknown election or style.
    package func styleAccount(
        electionID: Bytes32, style: UInt32, catalog: inout ElectionCatalog
    ) throws(StateFault) -> StyleAccount? {
        guard let election = try self.state.record(Table.electionByID(electionID)),
            let record = try self.state.record(Table.style(election, style))
        else { return nil }
        let document = try catalog.document(election, in: self.state)
        return StyleAccount(
            election: election, issued: record.issued, cast: record.cast,
            promisesUntil: record.promisesUntil(document))
    }

    /// Whether a credential spoiled a tracker, so that it cannot cast a ballot with it.
    package func isSpoiled(
        _ election: Bytes32, credentialKey: Bytes32, tracker: Bytes32
    ) throws(StateFault) -> Bool {
        try self.state.record(Table.spoiled(election, credentialKey, tracker: tracker)) != nil
    }

    /// Whether a ballot in the chain has this element A.
    package func isUsed(_ election: Bytes32, element: Bytes32) throws(StateFault) -> Bool {
        try self.state.record(Table.usedElement(election, element)) != nil
    }

    /// Spoiled trackers that show a tracking code, the first eight in order of their blocks.
    package func spoiled(
        _ election: Bytes32, code: TrackingCode
    ) throws(StateFault) -> [SpoiledTracker] {
        try self.state.record(Table.spoiledCode(election, code))?.trackers ?? []
    }

    /// How many trackers a credential spoiled.
    package func spoilCount(
        _ election: Bytes32, credentialKey: Bytes32
    ) throws(StateFault) -> UInt32 {
        try self.state.record(Table.spoils(election, credentialKey))?.count ?? 0
    }
}
