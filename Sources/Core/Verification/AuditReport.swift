package import Codec
import Elections
package import Ledger
import TransparencyLog

/// What an audit came to.
package struct AuditReport: Sendable {
    /// The document that all trust begins with.
    package let genesis: Genesis
    /// Its SHA-256.
    package let chainID: Bytes32
    /// The newest block that is final in the record.
    package let progress: AuditProgress
    /// In order of creation.
    package let elections: [ElectionAudit]
    /// What the state machine raised on the way. An alarm is for people to look at; where it makes
    /// the record wrong there is a finding, too.
    package let alarms: [AuditAlarm]
    /// Changes of the validators, evidence against them, and spoiled trackers, in order; then what
    /// is still to come.
    package let notes: [AuditNote]
    /// How long ballots came after they were issued, style by style: a statistic for those who
    /// judge how well voters are hidden.
    package let timings: [StyleTiming]
    /// What became of the promises that somebody says were broken, in the order they were given.
    package let claims: [JudgedClaim]
    /// What is wrong, in the order in which it was found.
    package let findings: [AuditFinding]

    /// Whether nothing is wrong with the record as far as it goes.
    package var isSound: Bool { self.findings.isEmpty }
}

extension ChainAudit {
    /// The verdict on all blocks so far: what stopped the audit, whether the record ends too early,
    /// accounting, tally and signatures of every election.
    package func report() -> AuditReport {
        var findings: [AuditFinding] = []
        if let stopped = self.stopped { findings.append(stopped) }
        findings += self.truncations
        var elections: [ElectionAudit] = []
        var notes = self.notes
        do throws(StateFault) {
            let queries = ElectionQueries(self.state)
            for summary in try queries.elections() {
                guard
                    let audit = try ElectionAudit(
                        summary.election, queries, chain: self.chain,
                        progress: self.progress)
                else { continue }
                elections.append(audit)
                notes += audit.pending.map {
                    AuditNote(height: self.progress.height, detail: $0)
                }
                findings += audit.findings
            }
        } catch {
            findings.append(
                AuditFinding(.auditorFault, at: self.progress.height, error.problem))
        }
        return AuditReport(
            genesis: self.chain.genesis, chainID: self.chain.chainID, progress: self.progress,
            elections: elections, alarms: self.alarms + self.censorship,
            notes: notes, timings: self.review.timings, claims: self.judgedClaims,
            findings: findings)
    }

    /// Promises that were broken. They make the record no less sound: somebody is to be asked.
    private var censorship: [AuditAlarm] {
        self.judgedClaims.compactMap { judged in
            guard case .broken(let validator) = judged.verdict, let promise = judged.claim?.promise
            else { return nil }
            return AuditAlarm(
                height: promise.promised,
                alarm: ElectionAlarm(
                    name: "A_CENSOR", election: nil,
                    detail: "\(validator) promised the ballot \(promise.ballotID) by block "
                        + "\(promise.promised.rawValue), and it is not there"))
        }
    }

    /// Where the record ends before what is known to be final.
    private var truncations: [AuditFinding] {
        var findings: [AuditFinding] = []
        if self.stopped == nil, let last = self.waiting.last {
            findings.append(
                AuditFinding(
                    .truncated, at: last.header.height,
                    "the last \(self.waiting.count) blocks have no finalization"))
        }
        for certified in self.expected
        where self.stopped == nil && certified.checkpoint.size > self.progress.logSize {
            findings.append(
                AuditFinding(
                    .truncated, at: self.progress.height,
                    "a quorum vouches for \(certified.checkpoint.size) log entries, "
                        + "the record has \(self.progress.logSize)"))
        }
        return findings
    }
}
