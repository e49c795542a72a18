import ArgumentParser
import Codec
import CommandOptions
import Console
import DocumentFiles
import Elections
import Ledger
import Verification

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify a whole chain: every hash, signature, rule, proof and number.",
        discussion: """
            Fetches the log from the nodes given and re-derives all of it from the genesis document. It must reach \
            the newest checkpoint that a quorum of validators vouches for, as each of the nodes given knows it: \
            name several. Ends with one verdict and a reason for each failure.

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

    @Flag(help: "Print the report as JSON.")
    var json = false

    @OptionGroup var chain: ChainOptions

    func run() async throws {
        try await reportingFailures {
            var shown = UInt64(0)
            let replayed = try await chain.fetch(
                genesis: try chain.loadGenesis(), claims: try self.readClaims()
            ) { progress in
                guard !json, progress.height.rawValue >= shown + 1000 else { return }
                shown = progress.height.rawValue
                note("  verified to block \(shown), \(progress.time): \(progress.ballots) ballots")
            }
            let result = replayed.audit.report()
            let summary = AuditSummary(result)
            if let report { try JSONDocument.write(summary, to: report, replacing: true) }
            if json {
                let bytes = try JSONDocument.encode(summary)
                say(String(decoding: bytes, as: UTF8.self), terminator: "")
            } else {
                for line in summary.lines { say(line) }
            }
            guard result.isSound else { throw ExitStatus.refused }
            guard let election else { return }
            let (hash, document) = try replayed.election(named: election)
            guard try replayed.queries.resultProtocol(hash) != nil else {
                throw CommandFailure("The election '\(document.name)' has no result yet.")
            }
        }
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
        let styles: [Style]
        let countedUnits: Int
        let units: Int
    }

    let accepted: Bool
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
    /// Changes of the validators, evidence, spoiled trackers.
    let notes: [String]
    /// What the record says of each claim, in the order given.
    let claims: [String]

    init(_ report: AuditReport) {
        accepted = report.isSound
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
        lines.append(accepted ? "VERDICT: the record holds." : "VERDICT: THE RECORD DOES NOT HOLD.")
        return lines
    }
}
