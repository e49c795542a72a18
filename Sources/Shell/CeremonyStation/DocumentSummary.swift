import Codec
import Hashing
import Ledger
import PlainText

// All of an election document in words, for people who sign it. Whatever a document can hold stands
// here: a field that is not shown could say anything.

extension ElectionDocument {
    var summary: [String] {
        var lines = [
            "Create the \(kind.name) election '\(name.plainLine)'",
            "  document \(hash)",
            "  chain    \(chainID)",
        ]
        lines += title.lines("title", indent: 2)
        for contest in contests { lines += contest.summary }
        for style in styles { lines += summary(of: style) }
        lines.append(
            "  ballots that arrive up to \(graceMilliseconds) ms after the close are taken (grace)")
        lines.append(
            ballotsPerVoter == 1
                ? "  ballots per voter: 1; the first one counts"
                : "  ballots per voter: up to \(ballotsPerVoter); the last one counts")
        lines += unitSummary
        lines.append(
            "  trustees: \(threshold) of \(trustees.count) decrypt; \(confirmations) must confirm the"
                + " keys")
        for (index, trustee) in trustees.enumerated() {
            lines.append("    \(index + 1)  \(trustee.line)")
        }
        lines.append("  after a justified complaint the key ceremony \(complaintPolicy.words)")
        lines.append(
            "  the key ceremony's steps end: registration \(deadlines.registration), commitment"
                + " \(deadlines.commitment),")
        lines.append(
            "    dealing \(deadlines.dealing), confirmation \(deadlines.confirmation)")
        lines.append(
            "  commission: \(commission.threshold) of \(commission.members.count) extend or abort it,"
                + " and sign its result")
        for (index, member) in commission.members.enumerated() {
            lines.append("    \(index)  \(member.line)")
        }
        lines.append("  registrar: \(registrar.line)")
        let latest = ([deadlines.registration] + styles.map(\.opens)).min()
        if let latest {
            lines.append("  The ledger takes it until \(latest), with enough signatures.")
        }
        return lines
    }

    private func summary(of style: BallotStyle) -> [String] {
        let contests = style.contests.map { index in
            Int(index) < self.contests.count
                ? "'\(self.contests[Int(index)].id.plainLine)'" : "contest number \(index)"
        }
        let opens = style.local(style.opensLocal, at: style.opens)
        let closes = style.local(style.closesLocal, at: style.closes)
        let start = style.startOfIssuing
        var lines = [
            "  style \(style.number): region '\(style.region.plainLine)', counted in the tally unit"
                + " \(style.tallyUnit), votes on \(contests.joined(separator: ", "))"
        ]
        lines += style.name.lines("name", indent: 4)
        lines.append(
            "    style \(style.number) (\(style.timeZone.plainLine)): \(opens) to \(closes) local,"
                + " \(style.opens) to \(style.closes)")
        lines.append("    ballots are issued from \(style.local(start)), \(start)")
        lines.append("    the issuing key has the SHA-256 \(SHA256.digest(style.issuingKey))")
        return lines
    }

    private var unitSummary: [String] {
        var lines: [String] = []
        for unit in tallyUnits {
            let target =
                unit.mergesInto.map { "joins unit \($0) if it is small" } ?? "joins no other unit"
            lines.append("  tally unit \(unit.number): \(target)")
            lines += unit.name.lines("name", indent: 4)
        }
        lines.append(
            "  a tally unit with fewer than \(minimumTallyUnit) ballots in a contest is small. If it is"
                + " still small with those that joined it, all that may join it do")
        return lines
    }
}

extension Contest {
    fileprivate var summary: [String] {
        var lines = [
            "  contest '\(id.plainLine)': \(minimum) to \(maximum) of "
                + options.map(\.id.plainLine).joined(separator: ", ")
                + (countedBlank ? ", or a counted blank" : "")
        ]
        lines += question.lines("question", indent: 4)
        for option in options {
            lines += option.name.lines("option '\(option.id.plainLine)'", indent: 4)
        }
        return lines
    }
}

extension BallotStyle {
    /// A local time of the document with the offset from UTC that it has here.
    func local(_ text: String, at time: Timestamp) -> String {
        // Where the zone is unknown here, the proposal is refused for that.
        text.plainLine + ((try? WallTime.offset(of: time, in: timeZone)) ?? "")
    }

    /// A time in the style's zone, with the offset from UTC.
    func local(_ time: Timestamp) -> String {
        local((try? WallTime.text(of: time, in: timeZone)) ?? time.description, at: time)
    }
}

extension Member {
    /// Name and key.
    var line: String { "\(name.plainLine)  \(key)" }
}

extension [LocalizedText] {
    /// The text in each language; a line break is shown as one mark.
    func lines(_ label: String, indent: Int) -> [String] {
        map {
            String(repeating: " ", count: indent) + "\(label) (\($0.language.plainLine)):"
                + " \($0.text.plainLine(limit: Limits.text))"
        }
    }
}

extension ComplaintPolicy {
    fileprivate var words: String {
        switch self {
        case .restart: "begins again, without the trustee whose fault it was"
        case .proceed: "goes on without the part of the trustee whose fault it was"
        }
    }
}
