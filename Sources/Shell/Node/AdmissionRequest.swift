import BallotCryptography
import Codec
import Elections
import Ledger
import NetworkAddresses
import NodeAPI

/// Where a transaction comes from, and who waits for its answer.
enum AdmissionSource: Sendable {
    case client(AddressGroup, CheckedContinuation<SubmissionResult, Never>)
    /// Passed on by a peer for its client.
    case relay(Bytes32, number: UInt64)
    /// Pushed by the validator that admitted it.
    case validator(Bytes32)
    /// Stored before a restart.
    case restored
    /// Of this node itself.
    case own

    var sender: AdmissionSender {
        switch self {
        case .client(let group, _): .client(group)
        case .relay(let peer, _): .relay(peer)
        case .validator(let peer): .validator(peer)
        case .restored: .restored
        case .own: .own
        }
    }
}

/// A transaction that is to be judged.
struct AdmissionRequest: Sendable {
    let id: Bytes32
    let bytes: [UInt8]
    let source: AdmissionSource

    /// Whether this node answers for the transaction: it pushes it to the others.
    var isOurs: Bool {
        switch source {
        case .client, .relay, .restored, .own: true
        case .validator: false
        }
    }

    var wantsPromise: Bool {
        switch source {
        case .client, .relay: true
        case .validator, .restored, .own: false
        }
    }
}

/// A transaction on its way through the checks.
typealias PendingCheck = CheckQueue<AdmissionRequest>.Entry

/// A transaction and what the checks made of it.
struct JudgedTransaction: Sendable {
    let check: PendingCheck
    let admission: Admission
    let verified: VerifiedBallot?

    var request: AdmissionRequest { check.item }

    /// Whether a certificate, proof or signature of it was false, which no honest sender's is: the
    /// checks are charged to whoever sent it.
    var hasFailed: Bool {
        guard case .refused(let refusal) = admission else { return false }
        return refusal.code.tellsOfItsSender
    }

    /// Whether it would be refused on every state, so that an observer passes it on to nobody.
    var isNeverAdmitted: Bool {
        guard case .refused(let refusal) = admission else { return false }
        return refusal.code.tellsOfItsSender || refusal.code.isOfForm
    }
}

extension RefusalCode {
    /// Refusals that cost this node a check and that no state of the chain is the reason for.
    fileprivate var tellsOfItsSender: Bool {
        switch self {
        case .certificate, .sum, .proof, .signature, .linkA, .linkC, .bit, .point, .identity,
            .scalar, .possession, .authorization:
            true
        case .version, .length, .election, .style, .contest, .parameter, .commitment, .phase,
            .sequence, .previous, .quota, .rate, .spoiled, .duplicate, .duplicateA, .issued,
            .requestSignature, .blind, .blindSignature, .roll, .result, .unitSmall, .unitOverlap:
            false
        }
    }

    /// Refusals of bytes that are no transaction.
    fileprivate var isOfForm: Bool {
        switch self {
        case .version, .length: true
        case .parameter, .election, .style, .contest, .point, .identity, .scalar, .sum, .proof,
            .signature,
            .linkA, .linkC, .bit, .possession, .commitment, .phase, .sequence, .previous,
            .certificate, .quota, .rate, .spoiled, .duplicate, .duplicateA, .issued,
            .requestSignature, .blind, .blindSignature, .roll, .authorization, .result,
            .unitSmall, .unitOverlap:
            false
        }
    }
}
