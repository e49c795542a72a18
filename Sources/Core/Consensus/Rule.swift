import Ledger

/// The rules of agreement that a build for the simulation alone can switch off, one at a time, to see
/// that its invariants notice. A node has no switch: `RULE_SWITCHES` is defined only where the
/// environment of `swift build` says `VECHE_RULE_SWITCHES=1`.
package enum Rule: String, CaseIterable, Sendable {
    /// b.3: one NOTARIZE a view.
    case oneNotarize = "one-notarize"
    /// b.3: no NOTARIZE after the own NULLIFY.
    case noNotarizeAfterNullify = "no-notarize-after-nullify"
    /// b.4: no FINALIZE after the own NULLIFY.
    case noFinalizeAfterNullify = "no-finalize-after-nullify"
    /// b.5: no NULLIFY after the own FINALIZE.
    case noNullifyAfterFinalize = "no-nullify-after-finalize"
    /// b.3: a parent is the floor or notarized.
    case parentNotarized = "parent-notarized"
    /// b.3: every skipped view is nullified.
    case skippedViewsNullified = "skipped-views-nullified"
    /// b.4: FINALIZE only with the notarization.
    case finalizeNeedsNotarization = "finalize-needs-notarization"
    /// b.4: FINALIZE only with every block down to the floor durable.
    case finalizeNeedsBlocks = "finalize-needs-blocks"
    /// b.12: a vote is persisted with its record.
    case votesDurable = "votes-durable"
    /// b.12: a vote leaves after the sync.
    case syncBeforeSend = "sync-before-send"
    /// b.13: own votes count again after a restart.
    case ownVotesCounted = "own-votes-counted"
    /// Decision 3: the notarization behind a FINALIZE is durable.
    case notarizationDurable = "notarization-durable"
    /// b.13: what the key's holder signed and the journal lost is signed and sent again.
    case signedAgain = "signed-again"
    /// Decision 3: where the key is apart, the notarization is durable before FINALIZE is asked for.
    case confirmedFirst = "confirmed-first"
    /// b.11: an epoch's last block has no children in it.
    case lastBlockRepeated = "last-block-repeated"
    /// b.8: what is not final soon gets a block after it.
    case tail
    /// b.7: a block's time fits the clock.
    case timely
    /// b.0: a certificate has q signatures.
    case quorum
    /// b.14: one sender's vote counts once.
    case countedOnce = "counted-once"
    /// b.5: what may have been lost is sent again.
    case resend
    /// b.2, b.6: missing blocks and certificates are asked for again.
    case fetch
    /// b.5: the timers are capped.
    case delayCap = "delay-cap"
    /// b.13: only a verified finalization says how high the chain is.
    case verifiedTarget = "verified-target"
    /// b.11: votes of another epoch do not count.
    case epochOfVotes = "epoch-of-votes"
    /// b.13: no votes without a trusted record.
    case quarantine
    /// b.13: after a quarantine no votes in the two views after the highest certified one.
    case quarantineMargin = "quarantine-margin"
}

extension Replica {
    /// Whether a rule applies: always, but in the simulation's own build.
    func applies(_ rule: Rule) -> Bool {
        #if RULE_SWITCHES
            !configuration.disabledRules.contains(rule)
        #else
            true
        #endif
    }

    func mayNotarize(_ record: SignerRecord, _ proposal: Proposal? = nil) -> Bool {
        if record.mayNotarize { return true }
        let isFirst = record.notarized == nil
        let isOther = proposal.map { $0 != record.notarized } ?? false
        return record.finalized == nil
            && (isFirst || isOther && !applies(.oneNotarize))
            && (!record.nullified || !applies(.noNotarizeAfterNullify))
    }

    func mayNullify(_ record: SignerRecord) -> Bool {
        record.mayNullify || !record.nullified && !applies(.noNullifyAfterFinalize)
    }

    func mayFinalize(_ record: SignerRecord) -> Bool {
        record.mayFinalize || record.finalized == nil && !applies(.noFinalizeAfterNullify)
    }
}
