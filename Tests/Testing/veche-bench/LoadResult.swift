/// What a load came to.
struct LoadResult {
    /// What processes and counters say, from the first ballot until the last one was final.
    struct Machine {
        /// Processor time of an idle node, in microseconds a second.
        let idle: Double
        /// Processor time of a node without its idle part, the mean of all, in microseconds.
        let used: Double
        /// Processor time of the client, in microseconds.
        let client: Double
        /// Of the node that had most.
        let peakMegabytes: Double
        /// At the node that saw most; nil where nodes do not count them.
        let lostViews: Double?
        let syncsPerBlock: Double?
    }

    /// Ballots that were to be offered.
    let offers: Int
    let outcomes: [LoadOutcome]
    /// When the event came of the block that holds each ballot that was made; nil for one that did
    /// not become final in time.
    let finalTimes: [ContinuousClock.Instant?]
    /// Final blocks.
    let blocks: Int
    /// When the first ballot was due, and when there were none left.
    let start: ContinuousClock.Instant
    let end: ContinuousClock.Instant
    let machine: Machine

    /// - Parameter floor: the library's own microseconds for a ballot.
    func report(
        to report: Report, floor: (decoding: Double, proof: Double, certificate: Double)
    ) {
        reportBallots(to: report)
        let final = Double(finalTimes.count { $0 != nil })
        if let lost = machine.lostViews { report.add("views.lost", lost, "") }
        report.add("blocks.final", Double(blocks), "")
        if let syncs = machine.syncsPerBlock { report.add("syncs.per_block", syncs, "") }
        let sum = floor.decoding + floor.proof + floor.certificate
        if final > 0 {
            report.add("cpu.us_per_ballot_per_node", machine.used / final, "us")
        }
        report.add("cpu.idle.us_per_second", machine.idle, "us")
        report.add("cpu.floor_us", sum, "us")
        report.add("cpu.floor.decoding.us", floor.decoding, "us")
        report.add("cpu.floor.proof.us", floor.proof, "us")
        report.add("cpu.floor.certificate.us", floor.certificate, "us")
        if final > 0, sum > 0 {
            report.add("cpu.ratio_to_floor", machine.used / final / sum, "x")
            report.add("cpu.client.us_per_ballot", machine.client / final, "us")
        }
        report.add("rss.peak_mb", machine.peakMegabytes, "MB")
    }

    private func reportBallots(to report: Report) {
        var (busy, refused, failed, unsent) = (0, 0, 0, 0)
        var accepted: [LoadOutcome] = []
        for outcome in outcomes {
            switch outcome.end {
            case .accepted: accepted.append(outcome)
            case .busy: busy += 1
            case .refused: refused += 1
            case .failed: failed += 1
            case .unsent: unsent += 1
            }
        }
        let seconds = (end - start) / .seconds(1)
        report.add("offered.unsent", Double(unsent), "")
        report.add("offered.without_ballot", Double(offers - outcomes.count), "")
        report.add("refused.busy", Double(busy), "")
        report.add("refused.other", Double(refused), "")
        report.add("failed", Double(failed), "")
        report.add("accepted.ballots_per_second", Double(accepted.count) / seconds, "/s")
        add("accept", accepted.map { ($0.answered - $0.sent) / .milliseconds(1) }, to: report)
        let inTime = finalTimes.count { $0.map { $0 <= end } ?? false }
        report.add("final.ballots_per_second", Double(inTime) / seconds, "/s")
        // The event of a block may overtake the answer that accepts a ballot in it.
        let waits = accepted.compactMap { outcome in
            finalTimes[outcome.number].map { max(0, ($0 - outcome.answered) / .milliseconds(1)) }
        }
        add("finality", waits, to: report)
        report.add("accepted.lost", Double(accepted.count - waits.count), "")
        if let last = accepted.compactMap({ finalTimes[$0.number] }).max() {
            report.add("drain.s", max(0, (last - end) / .seconds(1)), "s")
        }
    }

    private func add(_ name: String, _ times: [Double], to report: Report) {
        guard !times.isEmpty else { return }
        let sorted = times.sorted()
        let last = sorted.count - 1
        report.add(name + ".p50_ms", sorted[last / 2], "ms")
        report.add(name + ".p99_ms", sorted[last - last / 100], "ms")
        report.add(name + ".max_ms", sorted[last], "ms")
    }
}
