import BallotCryptography
package import Codec
package import Elections
package import Ledger

/// How long ballots came after they were issued, as far as anybody can see. Whoever votes at once
/// may be linked by the hour to the voter who asked for a ballot then.
package struct StyleTiming: Hashable, Sendable {
    /// The document's hash.
    package let election: Bytes32
    package let style: UInt32
    /// First ballots of credentials.
    package let ballots: Int
    /// The median of the times from the count that made room for the k-th ballot to that ballot, in
    /// milliseconds of chain time (A_TIMING).
    package let medianGapMilliseconds: UInt64
}

/// What the rules allow and an auditor points out: secrets that were used twice, ballots that came
/// right after they were issued.
package struct RecordReview: Sendable {
    /// Whose dealing a point F is of.
    private struct Dealer: Hashable, Sendable {
        let election: Bytes32
        let ceremony: UInt32
        let trustee: UInt32
    }

    private struct Style: Hashable {
        let election: Bytes32
        let number: UInt32
    }

    private struct Flow {
        /// Rising totals with the block time of each.
        var counts: [(total: UInt32, time: Timestamp)] = []
        var gaps: [UInt64] = []
        var cast: UInt32 = 0
    }

    private var nonces: [Bytes32: Set<Bytes32>] = [:]
    private var dealt: [Bytes32: Dealer] = [:]
    private var flows: [Style: Flow] = [:]
    /// In order of first appearance.
    private var styles: [Style] = []

    package init() {}

    /// Looks at an executed block; returns what is to be pointed out.
    package mutating func review(_ block: Block, _ events: [ElectionEvent]) -> [ElectionAlarm] {
        for event in events { self.time(event, at: block.header.time) }
        var alarms: [ElectionAlarm] = []
        for entry in block.entries {
            guard let transaction = try? Transaction(canonicalBytes: entry.bytes) else { continue }
            switch transaction {
            case .ballot(let ballot):
                if let alarm = self.nonceReuse(in: ballot.wire) { alarms.append(alarm) }
            case .ceremony(.dealing, let signed):
                if let alarm = self.keyReuse(in: signed.body) { alarms.append(alarm) }
            default: break
            }
        }
        return alarms
    }

    /// Two ballots of one credential with one T_s give its secret to everybody: its owner alone is
    /// harmed, so the ballots stand.
    private mutating func nonceReuse(in wire: [UInt8]) -> ElectionAlarm? {
        // T_s and zs end the wire (`ballot.md` 1.7).
        guard let header = try? BallotHeader(peeking: wire), wire.count >= 2 * Bytes32.size,
            let nonce = Bytes32(exactly: [UInt8](wire.suffix(64).prefix(32)))
        else { return nil }
        let key = header.credentialKey
        guard !self.nonces[key, default: []].insert(nonce).inserted else { return nil }
        return ElectionAlarm(
            name: "A_NONCE_REUSE", election: nil,
            detail: "the credential \(key) used one nonce in two ballots: its secret is known")
    }

    /// A dealing with a point F of one before, of another ceremony.
    private mutating func keyReuse(in message: CeremonyMessage) -> ElectionAlarm? {
        let dealer = Dealer(
            election: message.election, ceremony: message.ceremony, trustee: message.trustee)
        guard let dealing = try? Dealing(canonicalBytes: message.payload) else { return nil }
        var before: Dealer?
        for point in dealing.commitments {
            guard let other = self.dealt[point] else {
                self.dealt[point] = dealer
                continue
            }
            if other != dealer { before = before ?? other }
        }
        guard let before else { return nil }
        return ElectionAlarm(
            name: "A_KEY_REUSE", election: message.election,
            detail: "trustee \(dealer.trustee) deals keys in ceremony \(dealer.ceremony) that "
                + "trustee \(before.trustee) dealt in ceremony \(before.ceremony) of the "
                + "election \(before.election)")
    }

    private mutating func time(_ event: ElectionEvent, at time: Timestamp) {
        switch event {
        case .issueCount(let election, let number, let total):
            let style = Style(election: election, number: number)
            if self.flows[style] == nil { self.styles.append(style) }
            self.flows[style, default: Flow()].counts.append((total, time))
        case .ballotCast(let ballot) where ballot.sequence == 1:
            let style = Style(election: ballot.election, number: ballot.style)
            self.flows[style]?.cast += 1
            guard let flow = self.flows[style],
                let count = flow.counts.first(where: { $0.total >= flow.cast })
            else { return }
            self.flows[style]?.gaps.append(time.milliseconds - count.time.milliseconds)
        default: break
        }
    }

    /// Of each style of which a ballot was cast.
    package var timings: [StyleTiming] {
        self.styles.compactMap { style in
            guard let gaps = self.flows[style]?.gaps.sorted(), !gaps.isEmpty else { return nil }
            return StyleTiming(
                election: style.election, style: style.number, ballots: gaps.count,
                medianGapMilliseconds: gaps[gaps.count / 2])
        }
    }
}
