import APISchema
import Codec
import Ledger
import NetworkAddresses
import NodeAPI
import Synchronization
import TransparencyLog

/// A service that answers what a test tells it to, or refuses everything.
struct FakeNodeService: NodeService {
    var refusal: ServiceFailure?
    var answer = SubmissionAnswer(transactionID: .zero, status: "accepted")
    var events: EventBroadcaster
    var genesisBytes: [UInt8] = [1, 2, 3]
    let senders = Senders()

    private func give<Value>(_ value: Value) throws(ServiceFailure) -> Value {
        if let refusal { throw refusal }
        return value
    }

    func submit(
        _ bytes: [UInt8], source: AddressGroup
    ) async throws(ServiceFailure) -> SubmissionAnswer {
        senders.note(source)
        return try give(answer)
    }

    func transactionStatus(_ id: Bytes32) async throws(ServiceFailure) -> TransactionStatus {
        try give(TransactionStatus(transactionID: id, status: "pending"))
    }

    func transactionBytes(_ id: Bytes32) async throws(ServiceFailure) -> [UInt8] {
        try give([4, 5])
    }

    func receipt(_ id: Bytes32) async throws(ServiceFailure) -> [UInt8] {
        try give([UInt8]("receipt\n".utf8))
    }

    func status() async throws(ServiceFailure) -> NodeStatus { try give(Samples.nodeStatus) }
    func checkHealth() async throws(ServiceFailure) { try give(()) }
    func checkReadiness() async throws(ServiceFailure) -> NodeReadiness {
        try give(Samples.readiness)
    }
    func metrics() async throws(ServiceFailure) -> String { try give("veche_height 1\n") }

    func blocks(
        from height: Height?, limit: Int
    ) async throws(ServiceFailure) -> [BlockSummary] {
        try give(Array(repeating: Samples.block, count: limit))
    }

    func block(at height: Height) async throws(ServiceFailure) -> BlockDetail {
        try give(Samples.blockDetail)
    }

    func export(from height: Height, limit: Int) async throws(ServiceFailure) -> ExportChunk {
        try give(ExportChunk(blocks: [], finalization: nil))
    }

    func validators(epoch: UInt64?) async throws(ServiceFailure) -> ValidatorsView {
        try give(Samples.validators)
    }

    func succession() async throws(ServiceFailure) -> SuccessionProof {
        SuccessionProof(steps: [])
    }

    func elections() async throws(ServiceFailure) -> [ElectionSummary] {
        try give([Samples.electionSummary])
    }

    func election(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> ElectionStatus { try give(Samples.election) }

    func electionDocument(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> ElectionDocument {
        throw .notFound("no document")
    }

    func ceremony(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> CeremonyView { try give(Samples.ceremony) }

    func credential(
        _ key: Bytes32, of reference: ElectionReference
    ) async throws(ServiceFailure) -> CredentialStatus {
        try give(CredentialStatus(sequence: 1, ballotID: .zero))
    }

    func roll(
        style: UInt32, of reference: ElectionReference, from: UInt32, limit: Int
    ) async throws(ServiceFailure) -> RollView { try give(Samples.roll) }

    func tally(_ reference: ElectionReference) async throws(ServiceFailure) -> TallyView {
        try give(Samples.tally)
    }

    func resultProtocol(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> [UInt8] { try give([UInt8]("{}".utf8)) }

    func checkpoint(full: Bool) async throws(ServiceFailure) -> [UInt8] {
        try give([UInt8](full ? "full\n".utf8 : "short\n".utf8))
    }

    func tile(_ tile: Tile) async throws(ServiceFailure) -> [UInt8] {
        try give([UInt8](repeating: 7, count: 32 * tile.width))
    }

    func events(
        for group: AddressGroup, cutOff: @escaping @Sendable () -> Void
    ) async throws(ServiceFailure) -> EventSubscription {
        try await events.subscribe(from: group, cutOff: cutOff)
    }
}

/// Who sent transactions, as the service saw it.
final class Senders: Sendable {
    private let groups = Mutex<[AddressGroup]>([])

    func note(_ group: AddressGroup) { groups.withLock { $0.append(group) } }

    var seen: [String] { groups.withLock { $0.map { "\($0)" } } }
}

/// A value of every message, with everything that may be absent.
enum Samples {
    static let time = Timestamp(milliseconds: 1_800_000_000_000)
    static let peer = PeerStatus(key: .zero, name: "v1", role: "validator", height: 1)
    static let nodeStatus = NodeStatus(
        software: "test", kind: .training, chainName: "test", chainID: .zero, validator: "v1",
        height: 1, blockHash: .zero, time: time, epoch: 0, view: 1, logSize: 1, logRoot: .zero,
        certifiedSize: 1, voting: true, votingNote: "note", peers: [peer], pendingCount: 0,
        pendingBytes: 0)
    static let readiness = NodeReadiness(
        height: 1, time: time, blockAgeMilliseconds: 20, oldestMilliseconds: 11_000, voting: true)
    static let validator = Validator(
        name: "v1", consensusKey: .zero, cosigningKey: .zero, nodeKey: .zero)
    static let pending = PendingValidators(
        number: 1, setHash: .zero, validators: [validator], ready: [0], needed: 1)
    static let validators = ValidatorsView(
        epoch: 0, setHash: .zero, quorum: 1, validators: [validator], pending: pending)
    static let block = BlockSummary(
        height: 1, hash: .zero, epoch: 0, view: 1, time: time, proposer: "v1",
        transactionCount: 1, logSize: 2, logRoot: .zero)
    static let blockTransaction = BlockTransaction(
        transactionID: .zero, index: 1, type: "ballot", size: 10)
    static let blockDetail = BlockDetail(
        summary: block, header: "00", transactions: [blockTransaction], finalizedBy: ["v1"])
    static let text = LocalizedText(language: "en", text: "Test")
    static let electionSummary = ElectionSummary(
        name: "test", document: .zero, electionID: .zero, title: [text], phase: "open")
    static let style = StyleStatus(
        number: 1, region: "North", opens: time, closes: time, listed: 3, issued: 2, cast: 1)
    static let election = ElectionStatus(
        summary: electionSummary, ceremony: 1, styles: [style], abortReason: "none")
    static let message = TrusteeMessage(trustee: 1, payload: "00")
    static let ceremony = CeremonyView(
        number: 1, step: "done", setupID: .zero, threshold: 1, keyCount: 1, trustees: [1],
        registrations: [message], commitments: [], dealings: [], complaints: [],
        confirmations: [], rehearsals: [], qualified: [1], keys: "00", electionID: .zero)
    static let leaf = RollLeafStatus(commitment: .zero, status: "counted", issued: true)
    static let roll = RollView(style: 1, total: 1, from: 0, leaves: [leaf])
    static let unit = UnitView(
        unit: 1, tallyUnit: 1, merged: [], contest: 0, counted: 1, total: "00",
        partialDecryptions: [message], counts: [1])
    static let tally = TallyView(
        electionID: .zero, phase: "tallied", units: [unit], protocolHash: .zero, signers: [0],
        dissents: [Dissent(member: 1, text: "no")])
}
