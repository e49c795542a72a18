import Codec
package import Ledger

/// What must be durable before the next signature is asked for, where another process signs (b.1, b.12).
/// That one's record is durable first, and it remembers one round. A crash before the journal's sync may
/// lose votes of that round, which it gives once more at the next start. So no vote of a later round is
/// asked for while an earlier one's is not in the journal; and no FINALIZE, after which there is no
/// NULLIFY, while its notarization is not: else a view could never end.
extension Replica {
    /// Whether own votes of an earlier round are on their way to the journal.
    var isUnconfirmed: Bool {
        guard signsElsewhere else { return false }
        return pace.unconfirmed.map { $0.round < round } ?? false
    }

    /// Has the driver say when all that was persisted until now is durable.
    private mutating func confirmation(of round: Round) -> Confirmation {
        pace.confirmations += 1
        emit(.confirm(pace.confirmations))
        return Confirmation(round: round, number: pace.confirmations)
    }

    /// Waits for the vote of a round to be durable.
    mutating func awaitConfirmation(of round: Round) {
        guard signsElsewhere else { return }
        pace.unconfirmed = confirmation(of: round)
    }

    /// Whether the notarization that FINALIZE rests on is durable; has it made so.
    mutating func isConfirmed(_ notarization: Certificate, _ proposal: Proposal) -> Bool {
        guard signsElsewhere, pace.confirmed != round else { return true }
        if pace.confirming?.round != round {
            emit(.persist(makeDurable(proposal.blockHash) + [.certificate(notarization)]))
            pace.confirming = confirmation(of: round)
        }
        return false
    }

    /// Takes the driver's word that all effects before `Effect.confirm` with this number are carried out,
    /// and does what waited for it.
    package mutating func confirmed(_ number: UInt64, at now: LocalTime) -> [Effect] {
        guard begin(at: now) else { return [] }
        if let waiting = pace.unconfirmed, waiting.number <= number { pace.unconfirmed = nil }
        if let waiting = pace.confirming, waiting.number <= number {
            pace.confirming = nil
            pace.confirmed = waiting.round
        }
        guard view > .root, !isUnconfirmed else { return finish() }
        leave(view)
        giveUpWithLeader()
        goOn()
        return finish()
    }
}

/// A question to the driver, and the round that waits for its answer.
struct Confirmation: Sendable {
    let round: Round
    let number: UInt64
}
