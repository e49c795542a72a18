// NodeAPI: a node's HTTP interface. It turns requests into calls of `NodeService` and answers and
// refusals into HTTP, with limits on everything a client controls. It knows neither storage nor peers
// nor the rules of elections: `Node` implements the service.

package import APISchema
package import Codec
package import Ledger
package import NetworkAddresses
package import TransparencyLog

/// What the routes ask of a node. Every answer is about the final chain unless it says otherwise.
package protocol NodeService: Sendable {
    /// The genesis document's canonical bytes.
    var genesisBytes: [UInt8] { get }

    /// Takes in one transaction (canonical bytes, at most `Limits.entryBytes`).
    ///
    /// - Parameter source: the sender's party; each party has a fair share.
    func submit(
        _ bytes: [UInt8], source: AddressGroup
    ) async throws(ServiceFailure) -> SubmissionAnswer
    func transactionStatus(_ id: Bytes32) async throws(ServiceFailure) -> TransactionStatus
    func transactionBytes(_ id: Bytes32) async throws(ServiceFailure) -> [UInt8]
    /// A tlog-proof under the newest certified checkpoint that covers the transaction.
    func receipt(_ id: Bytes32) async throws(ServiceFailure) -> [UInt8]

    func status() async throws(ServiceFailure) -> NodeStatus
    /// Throws once the node has stopped.
    func checkHealth() async throws(ServiceFailure)
    /// Throws, saying why, unless the node does its work now.
    func checkReadiness() async throws(ServiceFailure) -> NodeReadiness
    /// Prometheus text.
    func metrics() async throws(ServiceFailure) -> String

    /// Rising from `height`, or the newest in falling order where it is nil.
    func blocks(from height: Height?, limit: Int) async throws(ServiceFailure) -> [BlockSummary]
    func block(at height: Height) async throws(ServiceFailure) -> BlockDetail
    func export(from height: Height, limit: Int) async throws(ServiceFailure) -> ExportChunk

    /// The validators of an epoch that has begun; of the next block's for nil.
    func validators(epoch: UInt64?) async throws(ServiceFailure) -> ValidatorsView
    /// Every change of the validators, proven from genesis.
    func succession() async throws(ServiceFailure) -> SuccessionProof

    func elections() async throws(ServiceFailure) -> [ElectionSummary]
    func election(_ reference: ElectionReference) async throws(ServiceFailure) -> ElectionStatus
    func electionDocument(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> ElectionDocument
    func ceremony(_ reference: ElectionReference) async throws(ServiceFailure) -> CeremonyView
    func credential(
        _ key: Bytes32, of reference: ElectionReference
    ) async throws(ServiceFailure) -> CredentialStatus
    func roll(
        style: UInt32, of reference: ElectionReference, from: UInt32, limit: Int
    ) async throws(ServiceFailure) -> RollView
    func tally(_ reference: ElectionReference) async throws(ServiceFailure) -> TallyView
    /// The result protocol's bytes exactly as signed.
    func resultProtocol(_ reference: ElectionReference) async throws(ServiceFailure) -> [UInt8]

    /// The newest certified checkpoint as a signed note.
    ///
    /// - Parameter full: every cosignature that is known, else what common software accepts.
    func checkpoint(full: Bool) async throws(ServiceFailure) -> [UInt8]
    /// A tile's content, as wide as asked for.
    func tile(_ tile: Tile) async throws(ServiceFailure) -> [UInt8]

    /// A stream of events from now on, once there is a place.
    ///
    /// - Parameters:
    ///   - group: the listener's party.
    ///   - cutOff: ends the connection of a listener that does not read.
    func events(
        for group: AddressGroup, cutOff: @escaping @Sendable () -> Void
    ) async throws(ServiceFailure) -> EventSubscription
}

/// How an address names an election.
package enum ElectionReference: Hashable, Sendable, CustomStringConvertible {
    case name(String)
    /// The document's SHA-256 or the election id.
    case digest(Bytes32)

    /// Nil unless the text is 64 hexadecimal digits or a name of at most `Limits.identifier` bytes.
    package init?(_ text: String) {
        if let digest = Bytes32(hexadecimal: text) {
            self = .digest(digest)
            return
        }
        guard !text.isEmpty, text.utf8.count <= Limits.identifier else { return nil }
        self = .name(text)
    }

    package var description: String {
        switch self {
        case .name(let name): name
        case .digest(let digest): digest.description
        }
    }
}
