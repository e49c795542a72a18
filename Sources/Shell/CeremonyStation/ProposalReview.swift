import BallotCryptography
import Codec
package import Elections
package import Ledger
import PlainText

/// What a commission member sees before signing a proposal, the first as well as the last one: all that
/// is signed, what it changes, and why the chain or these tools would not take it.
package struct ProposalReview: Sendable {
    /// Whose members sign.
    package let commission: Commission
    package let lines: [String]
    /// What speaks against signing and is for people to decide.
    package let warnings: [String]
    /// Why nobody must sign. Nothing else is shown of a proposal that has one.
    package let refusals: [String]

    /// Judges a proposal on the newest state that this machine verified.
    ///
    /// - Parameter now: this machine's clock.
    /// - Throws: `StationError` for a file without a decision, or one about an unknown election.
    package init(
        of proposal: CommissionProposal, genesis: Genesis, state: MemoryState, now: Timestamp
    ) throws {
        let queries = ElectionQueries(state)
        let part: Part
        switch try proposal.content() {
        case .create(let create):
            part = Part(creating: create.document, genesis: genesis)
        case .extend(let extend):
            part = try Part(extending: extend, queries: queries)
        case .abort(let abort):
            part = try Part(aborting: abort, queries: queries)
        case .change(let change):
            part = try Part(changing: change, genesis: genesis, queries: queries)
        }
        commission = part.commission
        // A value that breaks rules of form may have no encoding that was or could be signed.
        refusals =
            part.faults.isEmpty
            ? try Self.refusals(
                of: proposal, commission: part.commission, genesis: genesis, state: state, now: now)
            : part.faults.map(\.description)
        lines = refusals.isEmpty ? try part.lines() : []
        warnings = part.warnings + (try LedgerJudgement.clockWarnings(queries, now: now))
    }

    private static func refusals(
        of proposal: CommissionProposal, commission: Commission, genesis: Genesis,
        state: MemoryState, now: Timestamp
    ) throws -> [String] {
        let bad = try proposal.badSigners(commission: commission, domain: genesis.domain)
        guard bad.isEmpty else {
            return [
                "The file holds signatures that do not verify, of \(bad.joined(separator: ", ")):"
                    + " it was changed after they signed, or belongs to another chain."
            ]
        }
        let signed = proposal.signedInForm(by: commission)
        let refusal = try LedgerJudgement.refusal(
            of: try signed.transaction(chainID: genesis.chainID), genesis: genesis, state: state,
            now: now)
        return refusal.map { ["The ledger would refuse it: \($0.reason) (\($0.code.name))."] } ?? []
    }

    /// What one kind of decision brings to its review.
    fileprivate struct Part {
        let commission: Commission
        let faults: [DocumentFault]
        var warnings: [String] = []
        /// Called for a decision without faults alone.
        let lines: () throws -> [String]
    }
}

extension ProposalReview.Part {
    init(creating document: ElectionDocument, genesis: Genesis) {
        self.init(
            commission: genesis.commission,
            faults: document.faults + WallTime.faults(in: document)
                + IndistinctNames.faults(in: document),
            warnings: WallTime.warnings(in: document)
                + IndistinctNames.warnings(in: document.commission),
            lines: { document.summary })
    }

    init(extending extend: ExtendWindow, queries: ElectionQueries) throws {
        let (document, status) = try queries.known(extend.election)
        self.init(
            commission: document.commission,
            faults: DocumentFault.faults(ofReason: extend.reason, at: "reason")
                + (extend.styles.count <= Limits.styles
                    ? [] : [DocumentFault(path: "styles", problem: "are more than there can be")]),
            lines: {
                ["Extend the election '\(document.name)' (\(extend.election))"]
                    + document.title.lines("title", indent: 2)
                    + status.styles.compactMap { state in
                        document.style(numbered: state.number).map {
                            Self.change(of: $0, from: state.closes, by: extend)
                        }
                    }
                    + ["  reason: \(extend.reason.plainLine(limit: Limits.reason))"]
            })
    }

    private static func change(
        of style: BallotStyle, from closes: Timestamp, by extend: ExtendWindow
    ) -> String {
        let now = "\(style.local(closes)) local, \(closes)"
        guard extend.styles.contains(style.number) else {
            return "  style \(style.number) (\(style.timeZone)) still closes at \(now)"
        }
        return "  style \(style.number) (\(style.timeZone)) now closes at \(now);"
            + " then at \(style.local(extend.closes)) local, \(extend.closes)"
    }

    init(aborting abort: AbortElection, queries: ElectionQueries) throws {
        let (document, status) = try queries.known(abort.election)
        let cast = status.styles.reduce(0) { $0 + UInt64($1.cast) }
        self.init(
            commission: document.commission,
            faults: DocumentFault.faults(ofReason: abort.reason, at: "reason"),
            lines: {
                ["Abort the election '\(document.name)' (\(abort.election))"]
                    + document.title.lines("title", indent: 2)
                    + [
                        "  now: \(status.phase.rawValue), \(cast) ballots cast",
                        "  then: aborted, for good and without a result",
                        "  reason: \(abort.reason.plainLine(limit: Limits.reason))",
                    ]
            })
    }

    init(changing change: ChangeValidators, genesis: Genesis, queries: ElectionQueries) throws {
        let present = try queries.succession(genesis).current
        let next = change.validators
        var warnings: [String] = []
        if let waiting = try queries.validatorChange(genesis), waiting.effective == nil {
            warnings.append(
                "change \(waiting.number) still waits for its validators: this one takes its place."
            )
        }
        self.init(
            commission: genesis.commission,
            faults: next.faults(logKey: genesis.logKey)
                + IndistinctNames.faults(in: next, after: present),
            warnings: warnings,
            lines: {
                ["Change the validators of the chain (change \(change.number))"]
                    + Self.lines(of: present, "now: ") + Self.lines(of: next, "then:")
                    + ["  the change waits until \(next.quorum) of them follow the chain"]
                    + ValidatorChange(from: present, to: next).lines
            })
    }

    private static func lines(of set: ValidatorSet, _ when: String) -> [String] {
        [
            "  \(when) \(set.quorum) of \(set.count) finalize blocks; hash of the set \(set.hash)"
        ]
            + set.validators.flatMap {
                [
                    "    \($0.name.plainLine)  consensus \($0.consensusKey)",
                    "      cosigning \($0.cosigningKey)  node \($0.nodeKey)",
                ]
            }
    }
}

extension ElectionQueries {
    /// An election of the chain, or a sentence that there is none.
    fileprivate func known(
        _ election: Bytes32
    ) throws -> (document: ElectionDocument, status: ElectionStatus) {
        guard let document = try document(election), let status = try status(election) else {
            throw StationError(
                description: "The chain holds no election with the document \(election).")
        }
        return (document, status)
    }
}
