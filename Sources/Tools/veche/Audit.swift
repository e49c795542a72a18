import ArgumentParser
import Codec
import CommandOptions
import Console
import DocumentFiles
import Elections
import Ledger
import LedgerClient
import PlainText
import ReplayingClient
import Verification

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify a whole chain: every hash, signature, rule, proof and number.",
        discussion: """
            Fetches the log from the nodes given and re-derives all of it from the genesis document. It must reach \
            the newest checkpoint that a quorum of validators vouches for, as each of the nodes given knows it: \
            name several. Ends with one verdict and a reason for each failure.

            No node is believed. An answer that no quorum certified says nothing about the record: it is kept in \
            the directory --evidence, its node is named, and the next one is asked. The record holds; or it does \
            not, as the validators themselves certified it; or it could not be verified, since no node gave the \
            rest of it.

            """ + ExitStatus.help)

    @Option(help: "Also require that this election's result is complete.")
    var election: String?

    @Option(help: "Write the report, JSON, to this file.")
    var report: String?

    @Option(
        help: """
            A claim that `veche complain` wrote: whether the record shows a validator's promise broken. Several \
            may be given.
            """)
    var claim: [String] = []

    @Option(
        help:
            "Keep answers that do not hold in this directory, which is made if there is one to keep."
    )
    var evidence = "veche-evidence"

    @Flag(help: "Print the report as JSON.")
    var json = false

    @OptionGroup var chain: ChainOptions

    func run() async throws {
        try await reportingFailures {
            var shown = UInt64(0)
            let (genesis, claims) = (try chain.loadGenesis(), try self.readClaims())
            let replayed = try await chain.withClient { client in
                try await ReplayedChain.fetch(
                    genesis, asking: client, claims: claims
                ) { progress in
                    guard !json, progress.height.rawValue >= shown + 1000 else { return }
                    shown = progress.height.rawValue
                    note(
                        "  verified to block \(shown), \(progress.time): \(progress.ballots) ballots"
                    )
                }
            }
            let result = replayed.audit.report()
            // What was asked for must be there before anything is said to hold.
            let subject = try election.map { try replayed.election(named: $0) }
            let summary = AuditSummary(result, of: replayed)
            try keepEvidence(replayed.complaints)
            if let report { try JSONDocument.write(summary, to: report, replacing: true) }
            if json {
                let bytes = try JSONDocument.encode(summary)
                say(String(decoding: bytes, as: UTF8.self), terminator: "")
            } else {
                for line in summary.lines { say(line) }
            }
            guard summary.verdict == .holds else { throw ExitStatus.refused }
            guard let (hash, document) = subject else { return }
            guard try replayed.queries.resultProtocol(hash) != nil else {
                if let reason = try replayed.queries.status(hash)?.abortReason {
                    throw CommandFailure(
                        "The election '\(document.name)' was aborted and has no result. The reason"
                            + " given: \(reason.plainLine)")
                }
                throw CommandFailure("The election '\(document.name)' has no result yet.")
            }
        }
    }

    /// Writes answers that do not hold to files, one each, named in the report by their numbers.
    private func keepEvidence(_ complaints: [ServerComplaint]) throws {
        guard !complaints.isEmpty else { return }
        try LocalFile.makePrivateDirectory(evidence)
        for (number, complaint) in complaints.enumerated() {
            try LocalFile.write(
                complaint.evidence, to: "\(evidence)/answer-\(number + 1)", mode: .document,
                replacing: true)
        }
        let lines = complaints.enumerated().map { "answer-\($0 + 1)  \($1)\n" }
        try LocalFile.write(
            Array(lines.joined().utf8), to: evidence + "/answers.txt", mode: .document,
            replacing: true)
    }

    /// The files' bytes: the audit says what is no claim, and goes on.
    private func readClaims() throws -> [[UInt8]] {
        try self.claim.map { path in
            do throws(FileFailure) {
                return try LocalFile.read(path, limit: 2 * Limits.entryBytes)
            } catch {
                // What is larger than any claim is none.
                guard case .tooLarge = error else { throw error }
                return []
            }
        }
    }
}

/// An audit's verdict as it is printed and written.
struct AuditSummary: Encodable {
    enum Verdict: String, Encodable {
        /// Nothing is wrong with the record.
        case holds
        /// What a quorum of the validators certified is wrong.
        case wrong
        /// No node gave the whole record in a form that a quorum certified.
        case unverified
    }

    /// An answer that does not hold, of a node that errs or lies.
    struct BadAnswer: Encodable {
        let server: String
        let path: String
        let problem: String
    }

    struct Election: Encodable {
        struct Style: Encodable {
            let number: UInt32
            let listed: UInt32
            let issued: UInt32
            let cast: UInt32
            /// The median time from a ballot's issue to the ballot; nil before the first one.
            let medianGapMilliseconds: UInt64?
        }

        let name: String
        let phase: String
        /// Why the election was aborted; nil where it was not.
        let abortReason: String?
        let styles: [Style]
        let countedUnits: Int
        let units: Int
    }

    /// Whether the verdict is `holds`.
    let accepted: Bool
    let verdict: Verdict
    let kind: String
    let chainID: Bytes32
    let height: UInt64
    let time: Timestamp
    let blockHash: Bytes32
    let stateDigest: Bytes32
    let logSize: UInt64
    let logRoot: Bytes32
    let transactions: UInt64
    let ballots: UInt64
    let elections: [Election]
    let alarms: [String]
    let findings: [String]
    /// How many log entries a quorum vouches for; absent where no node showed a certified checkpoint
    /// that the record reaches: what came after it may be hidden then.
    let certifiedSize: UInt64?
    /// Nodes that gave no checkpoint which a quorum signed, with the reason.
    let withoutCheckpoint: [String]
    /// What single nodes said and what is not so. The record is not judged by it.
    let badAnswers: [BadAnswer]
    /// Why no node's answers lead to the record's end; absent where they do.
    let missing: String?
    /// Changes of the validators, evidence, spoiled trackers.
    let notes: [String]
    /// What the record says of each claim, in the order given.
    let claims: [String]

    init(_ report: AuditReport, of chain: ReplayedChain) {
        let isIncomplete = { (finding: AuditFinding) in finding.failure == .truncated }
        verdict =
            if !report.findings.allSatisfy(isIncomplete) {
                .wrong
            } else if !report.findings.isEmpty || chain.missing != nil {
                .unverified
            } else {
                .holds
            }
        accepted = verdict == .holds
        certifiedSize = chain.audit.certifiedSize
        withoutCheckpoint = chain.witnesses.compactMap { witness in
            witness.certifiedSize == nil
                ? "\(witness.server): \(witness.reason ?? "it has no checkpoint")" : nil
        }
        badAnswers = chain.complaints.map {
            BadAnswer(server: $0.server, path: $0.path, problem: $0.problem)
        }
        missing = chain.missing
        kind = report.genesis.kind.name
        chainID = report.chainID
        height = report.progress.height.rawValue
        time = report.progress.time
        blockHash = report.progress.hash
        stateDigest = report.progress.stateDigest
        logSize = report.progress.logSize
        logRoot = report.progress.logRoot
        transactions = report.progress.transactions
        ballots = report.progress.ballots
        elections = report.elections.map { election in
            Election(
                name: election.status.name, phase: election.status.phase.rawValue,
                abortReason: election.status.abortReason,
                styles: election.status.styles.map { style in
                    Election.Style(
                        number: style.number, listed: style.listed, issued: style.issued,
                        cast: style.cast,
                        medianGapMilliseconds: report.timings.first {
                            $0.election == election.status.election && $0.style == style.number
                        }?.medianGapMilliseconds)
                },
                countedUnits: election.units.count { $0.counts != nil },
                units: election.units.count { $0.mergedInto == nil })
        }
        alarms = report.alarms.map {
            "block \($0.height.rawValue): \($0.alarm.name) \($0.alarm.detail)"
        }
        findings = report.findings.map(\.description)
        notes = report.notes.map(\.description)
        claims = report.claims.map { "\($0.verdict)" }
    }

    var lines: [String] {
        var lines = [
            "Chain \(chainID) (\(kind))",
            "  verified blocks   \(height), the last of \(time)",
            "  transactions      \(transactions), of which \(ballots) ballots: every proof checked",
            "  state digest      \(stateDigest)",
            "  log               \(logSize) entries, root \(logRoot)",
        ]
        for election in elections {
            lines.append("  election '\(election.name)': \(election.phase)")
            if let reason = election.abortReason {
                lines.append("    the reason given: \(reason.plainLine)")
            }
            for style in election.styles {
                lines.append(
                    "    style \(style.number): cast \(style.cast) <= issued \(style.issued) <= listed"
                        + " \(style.listed)")
                if let gap = style.medianGapMilliseconds {
                    lines.append("      median time from a ballot's issue to it: \(gap / 1000) s")
                }
            }
            lines.append(
                "    totals decrypted and recomputed: \(election.countedUnits) of \(election.units)"
            )
        }
        lines += notes.map { "  NOTE   " + $0 }
        lines += alarms.map { "  ALARM  " + $0 }
        lines += claims.map { "  CLAIM  " + $0 }
        lines += findings.map { "  WRONG  " + $0 }
        lines += end
        return lines
    }

    /// What is known of the record's end and of the nodes, and the verdict.
    private var end: [String] {
        var lines = badAnswers.map { "  BAD ANSWER  of \($0.server) (\($0.path)): \($0.problem)" }
        lines += withoutCheckpoint.map { "  NO CHECKPOINT  of \($0)" }
        if let missing { lines.append("  MISSING  \(missing)") }
        if let certifiedSize {
            lines.append("  end     a quorum vouches for \(certifiedSize) log entries")
        }
        lines.append("  as of   block \(height) of \(time), \(Age(of: time).text)")
        switch verdict {
        case .holds where certifiedSize == nil && height > 0:
            lines.append(
                "VERDICT: the record holds as far as it goes. ITS END IS NOT CERTIFIED: no node showed a"
                    + " checkpoint of it that a quorum signed, and later blocks may be hidden.")
        case .holds: lines.append("VERDICT: the record holds.")
        case .wrong: lines.append("VERDICT: THE RECORD DOES NOT HOLD.")
        case .unverified:
            lines.append(
                "VERDICT: THE RECORD COULD NOT BE VERIFIED. The nodes asked did not give the whole of it;"
                    + " ask others with --node. Nothing is shown to be wrong with the record itself."
            )
        }
        return lines
    }
}
