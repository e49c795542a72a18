package import Codec
package import Ledger

/// A ballot that was accepted.
package struct BallotEvent: Hashable, Sendable {
    /// The transaction's id.
    package let transaction: Bytes32
    /// The document's hash.
    package let election: Bytes32
    package let electionID: Bytes32
    package let style: UInt32
    /// What the tracking code shows the beginning of.
    package let tracker: Bytes32
    package let ballotID: Bytes32
    package let credentialKey: Bytes32
    package let sequence: UInt32
}

/// A tracker that can never be cast: its encryption was opened.
package struct SpoilEvent: Hashable, Sendable {
    /// The transaction's id.
    package let transaction: Bytes32
    /// The document's hash.
    package let election: Bytes32
    package let style: UInt32
    package let tracker: Bytes32
    package let credentialKey: Bytes32
}

/// Something that people must look at; it changes no rule (`A_` codes).
package struct ElectionAlarm: Hashable, Sendable {
    /// As in `A_QUOTA`.
    package let name: String
    /// The document's hash; nil for what concerns the chain.
    package let election: Bytes32?
    /// A sentence for people.
    package let detail: String

    package init(name: String, election: Bytes32?, detail: String) {
        self.name = name
        self.election = election
        self.detail = detail
    }
}

/// What a block did, in order; for live pages, indices and logs. Elections are named by the
/// document's hash, trustees by their number in the document.
package enum ElectionEvent: Hashable, Sendable {
    case electionCreated(election: Bytes32, name: String)
    case windowExtended(election: Bytes32, styles: [UInt32], closes: Timestamp)
    case electionAborted(election: Bytes32, reason: String)
    case ceremonyStep(election: Bytes32, ceremony: UInt32, trustee: UInt32, CeremonyStep)
    case ceremonyAdvanced(election: Bytes32, ceremony: UInt32, CeremonyStage)
    case ceremonyRestarted(
        election: Bytes32, ceremony: UInt32, excluded: [UInt32], reason: String)
    case electionIDFixed(election: Bytes32, electionID: Bytes32)
    case rollPublished(election: Bytes32, style: UInt32)
    case rollChanged(election: Bytes32, style: UInt32, leaf: UInt32)
    case issueCount(election: Bytes32, style: UInt32, total: UInt32)
    case leavesIssued(election: Bytes32, style: UInt32, leaves: [UInt32])
    case ballotCast(BallotEvent)
    case trackerSpoiled(SpoilEvent)
    case electionClosed(election: Bytes32)
    case shareAccepted(election: Bytes32, unit: UInt32, trustee: UInt32)
    case unitCounted(election: Bytes32, unit: UInt32)
    case resultFixed(election: Bytes32, hash: Bytes32)
    case protocolSigned(election: Bytes32, member: UInt16, dissent: Bool)
    case validatorChangeAsked(number: UInt32, setHash: Bytes32)
    case validatorReady(number: UInt32, index: ValidatorIndex)
    /// The set of an epoch that begins with the next block.
    case validatorsChanged(number: UInt32, epoch: Epoch, setHash: Bytes32)
    case equivocation(validator: String, key: Bytes32, round: Round, kind: EquivocationKind)
    case alarm(ElectionAlarm)
}
