package import APISchema
import ChainStore
package import Codec
package import Ledger
package import NodeAPI
package import Storage

/// The elections of the final chain, as the HTTP interface answers for them. What is not there is a
/// `ServiceFailure` that says why.
package struct ElectionAnswers {
    private let views: ElectionViews

    /// - Parameter snapshot: one moment of the store, which all answers are about.
    package init(_ snapshot: StoreSnapshot) {
        views = ElectionViews(state: StoredState(store: snapshot))
    }

    /// Reads one election.
    private func view<Value>(
        _ reference: ElectionReference, _ body: (Bytes32) throws -> Value?
    ) throws -> Value {
        guard let election = try views.find(reference), let value = try body(election) else {
            throw ServiceFailure.notFound(
                "This chain has no election \(reference); see /v1/elections.")
        }
        return value
    }

    package func elections() throws -> [APISchema.ElectionSummary] { try views.summaries() }

    package func election(
        _ reference: ElectionReference
    ) throws -> APISchema.ElectionStatus {
        try view(reference) { try views.status($0) }
    }

    package func document(_ reference: ElectionReference) throws -> ElectionDocument {
        try view(reference) { try views.document($0) }
    }

    package func ceremony(_ reference: ElectionReference) throws -> CeremonyView {
        try view(reference) { try views.ceremony($0) }
    }

    package func credential(
        _ key: Bytes32, of reference: ElectionReference
    ) throws -> APISchema.CredentialStatus {
        try view(reference) { election in
            guard let status = try views.credential(key, of: election) else {
                throw ServiceFailure.notFound("This credential has cast no ballot.")
            }
            return status
        }
    }

    package func roll(
        style: UInt32, of reference: ElectionReference, from: UInt32, limit: Int
    ) throws -> RollView {
        try view(reference) { election in
            guard let roll = try views.roll(election, style: style, from: from, limit: limit)
            else { throw ServiceFailure.notFound("The election has no ballot style \(style).") }
            return roll
        }
    }

    package func tally(_ reference: ElectionReference) throws -> TallyView {
        try view(reference) { election in
            guard let tally = try views.tally(election) else {
                try requireNotAborted(election)
                throw ServiceFailure.notFinal(
                    "The election has no keys yet: its key ceremony goes on.",
                    retryAfterSeconds: 30)
            }
            return tally
        }
    }

    /// The result protocol's bytes exactly as signed.
    package func resultProtocol(_ reference: ElectionReference) throws -> [UInt8] {
        try view(reference) { election in
            guard let bytes = try views.resultProtocol(election) else {
                try requireNotAborted(election)
                throw ServiceFailure.notFinal(
                    "There is no result protocol yet: ballots are being cast or counted.",
                    retryAfterSeconds: 30)
            }
            return bytes
        }
    }

    /// Throws where an election was aborted: what its closing would bring never comes.
    private func requireNotAborted(_ election: Bytes32) throws {
        guard let status = try views.status(election), status.summary.phase == "aborted" else {
            return
        }
        let reason = status.abortReason.map { " The reason given: \($0)" } ?? ""
        throw ServiceFailure.aborted("The election was aborted: it has no result.\(reason)")
    }
}
