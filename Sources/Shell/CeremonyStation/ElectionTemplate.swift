package import Ledger

/// What a commission decides about an election before its keys and times are known: `election.json`
/// of a directory in `Genesis/`.
package struct ElectionTemplate: Codable, Sendable {
    package struct Style: Codable, Sendable {
        package let number: UInt32
        let name: [LocalizedText]
        let region: String
        let tallyUnit: UInt32
        let contests: [UInt32]
        let timeZone: String
        /// The style's own window in UTC; where absent, the window given to `create` is taken.
        let startOfIssuing: Timestamp?
        let opens: Timestamp?
        let closes: Timestamp?
    }

    let name: String
    let title: [LocalizedText]
    let contests: [Contest]
    package let styles: [Style]
    let graceMilliseconds: UInt32
    let ballotsPerVoter: UInt32
    let tallyUnits: [TallyUnit]
    let minimumTallyUnit: UInt32
    /// How many trustees' files `create` must be given.
    let trusteeCount: Int
    let threshold: UInt32
    let confirmations: UInt32
    let complaintPolicy: ComplaintPolicy
    /// k of the chain's commission for extending, aborting and the like.
    let commissionThreshold: UInt32
}

/// The times of an election that a template leaves open.
package struct ElectionSchedule: Sendable {
    let startOfIssuing: Timestamp
    let opens: Timestamp
    let closes: Timestamp
    let deadlines: CeremonyDeadlines

    /// Gives each of the key ceremony's four steps an equal part of the time from `now` to
    /// `ceremonyEnds`.
    package init(
        now: Timestamp, startOfIssuing: Timestamp, opens: Timestamp, closes: Timestamp,
        ceremonyEnds: Timestamp
    ) {
        self.startOfIssuing = startOfIssuing
        self.opens = opens
        self.closes = closes
        let whole =
            ceremonyEnds > now ? ceremonyEnds.milliseconds - now.milliseconds : 4
        let step = max(1, whole / 4)
        deadlines = CeremonyDeadlines(
            registration: now.adding(milliseconds: step),
            commitment: now.adding(milliseconds: step * 2),
            dealing: now.adding(milliseconds: step * 3),
            confirmation: now.adding(milliseconds: step * 4))
    }
}

extension ElectionTemplate {
    /// The document, with the chain, keys and times filled in.
    ///
    /// - Throws: `DocumentFault` where a part is missing or a time zone is unknown here.
    package func document(
        genesis: Genesis, schedule: ElectionSchedule, trustees: [Member], registrar: Member,
        issuingKeys: [UInt32: [UInt8]]
    ) throws -> ElectionDocument {
        guard trustees.count == trusteeCount else {
            throw DocumentFault(
                path: "trusteeCount",
                problem: "the template wants \(trusteeCount) trustees, \(trustees.count) are given")
        }
        return ElectionDocument(
            chainID: genesis.chainID, kind: genesis.kind, name: name, title: title,
            contests: contests,
            styles: try styles.enumerated().map { index, style in
                guard let key = issuingKeys[style.number] else {
                    throw DocumentFault(
                        path: "styles",
                        problem: "the registrar has no key for style \(style.number)")
                }
                return try style.filled(
                    schedule: schedule, issuingKey: key, path: "styles[\(index)]")
            },
            graceMilliseconds: graceMilliseconds, ballotsPerVoter: ballotsPerVoter,
            tallyUnits: tallyUnits, minimumTallyUnit: minimumTallyUnit, trustees: trustees,
            threshold: threshold, confirmations: confirmations, complaintPolicy: complaintPolicy,
            deadlines: schedule.deadlines,
            commission: Commission(
                members: genesis.commission.members, threshold: commissionThreshold),
            registrar: registrar)
    }
}

extension ElectionTemplate.Style {
    fileprivate func filled(
        schedule: ElectionSchedule, issuingKey: [UInt8], path: String
    ) throws -> BallotStyle {
        let opens = self.opens ?? schedule.opens
        let closes = self.closes ?? schedule.closes
        func local(_ time: Timestamp) throws -> String {
            do {
                return try WallTime.text(of: time, in: timeZone)
            } catch let fault as DocumentFault {
                throw DocumentFault(path: "\(path).\(fault.path)", problem: fault.problem)
            }
        }
        return BallotStyle(
            number: number, name: name, region: region, tallyUnit: tallyUnit, contests: contests,
            timeZone: timeZone, startOfIssuing: startOfIssuing ?? schedule.startOfIssuing,
            opens: opens, closes: closes, opensLocal: try local(opens),
            closesLocal: try local(closes), issuingKey: issuingKey)
    }
}
