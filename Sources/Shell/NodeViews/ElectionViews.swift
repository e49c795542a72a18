// NodeViews: what a node shows of the final chain, read from one moment of its store, in the messages of the
// HTTP interface. It knows neither the running node nor HTTP.

package import APISchema
import BallotCryptography
package import Codec
package import Elections
package import Ledger
import NodeAPI

/// Elections as the HTTP interface shows them, read from a state.
package struct ElectionViews: Sendable {
    private let queries: ElectionQueries

    package init(state: any StateReader) { queries = ElectionQueries(state) }

    /// The document's hash of the election that a reference names.
    func find(_ reference: ElectionReference) throws -> Bytes32? {
        switch reference {
        case .name(let name): return try queries.election(named: name)
        case .digest(let digest):
            if try queries.document(digest) != nil { return digest }
            return try queries.election(withID: digest)
        }
    }

    func document(_ election: Bytes32) throws -> ElectionDocument? {
        try queries.document(election)
    }

    func summaries() throws -> [APISchema.ElectionSummary] {
        try queries.elections().map { summary in
            APISchema.ElectionSummary(
                name: summary.name, document: summary.election, electionID: summary.electionID,
                title: summary.title, phase: summary.phase.rawValue)
        }
    }

    package func status(_ election: Bytes32) throws -> APISchema.ElectionStatus? {
        guard let status = try queries.status(election),
            let document = try queries.document(election)
        else { return nil }
        let styles = status.styles.map { style in
            APISchema.StyleStatus(
                number: style.number,
                region: document.style(numbered: style.number)?.region ?? "",
                opens: style.opens, closes: style.closes, listed: style.listed,
                issued: style.issued, cast: style.cast)
        }
        return APISchema.ElectionStatus(
            summary: APISchema.ElectionSummary(
                name: status.name, document: election, electionID: status.electionID,
                title: document.title, phase: status.phase.rawValue),
            ceremony: status.ceremony, styles: styles, abortReason: status.abortReason,
            createdAt: status.createdAt.rawValue)
    }

    func ceremony(_ election: Bytes32) throws -> CeremonyView? {
        guard let ceremony = try queries.ceremony(election) else { return nil }
        func messages(_ step: CeremonyStep) throws -> [TrusteeMessage] {
            try queries.ceremonyMessages(election, ceremony: ceremony.number, step: step)
                .map(Self.message)
        }
        let keys = try queries.keys(election)
        return CeremonyView(
            number: ceremony.number, step: Self.step(of: ceremony),
            setupID: ceremony.parameters.setupID, threshold: ceremony.parameters.threshold,
            keyCount: ceremony.parameters.keyCount, trustees: ceremony.participants,
            registrations: try messages(.registration), commitments: try messages(.commitment),
            dealings: try messages(.dealing), complaints: try messages(.complaint),
            confirmations: try messages(.confirmation), rehearsals: try messages(.rehearsal),
            qualified: ceremony.qualified,
            keys: keys.map { Hexadecimal.encode($0.canonicalBytes) },
            electionID: ceremony.electionID)
    }

    func credential(
        _ key: Bytes32, of election: Bytes32
    ) throws -> APISchema.CredentialStatus? {
        try queries.credential(election, key: key).map {
            APISchema.CredentialStatus(sequence: $0.sequence, ballotID: $0.ballotID)
        }
    }

    /// Nil for a style that the election does not have.
    func roll(
        _ election: Bytes32, style: UInt32, from: UInt32, limit: Int
    ) throws -> RollView? {
        guard let total = try queries.rollCount(election, style: style) else { return nil }
        let leaves = try queries.rollLeaves(
            election, style: style, from: from, limit: UInt32(clamping: limit)
        ).map { leaf in
            RollLeafStatus(
                commitment: leaf.commitment, status: Self.name(of: leaf.status),
                issued: leaf.isIssued)
        }
        return RollView(style: style, total: total, from: from, leaves: leaves)
    }

    /// Nil while there is no election id.
    func tally(_ election: Bytes32) throws -> TallyView? {
        guard let status = try queries.status(election), let electionID = status.electionID else {
            return nil
        }
        let units = try queries.units(election).filter { $0.mergedInto == nil }.map { unit in
            UnitView(
                unit: unit.unit, tallyUnit: unit.tallyUnits.first ?? 0,
                merged: Array(unit.tallyUnits.dropFirst()), contest: unit.contest,
                counted: unit.total.counted,
                total: Hexadecimal.encode(unit.total.canonicalBytes),
                partialDecryptions: try queries.partialDecryptions(election, unit: unit.unit)
                    .map(Self.message),
                counts: unit.counts)
        }
        var signers: [UInt16] = []
        var dissents: [Dissent] = []
        for object in try queries.signatures(election) {
            if let text = object.signature.dissent {
                dissents.append(Dissent(member: object.signature.member, text: text))
            } else {
                signers.append(object.signature.member)
            }
        }
        return TallyView(
            electionID: electionID, phase: status.phase.rawValue, units: units,
            protocolHash: status.resultHash, signers: signers, dissents: dissents)
    }

    func resultProtocol(_ election: Bytes32) throws -> [UInt8]? {
        try queries.resultProtocol(election)
    }

    private static func message(_ object: TrusteeObject) -> TrusteeMessage {
        TrusteeMessage(
            trustee: object.trustee, payload: Hexadecimal.encode(object.payload),
            transaction: object.transaction)
    }

    private static func step(of ceremony: CeremonyStatus) -> String {
        switch ceremony.stage {
        case .registration: "registration"
        case .commitment: "commitment"
        case .dealing: "dealing"
        case .confirmation:
            ceremony.confirmed.count >= ceremony.participants.count
                ? "rehearsal" : "confirmation"
        case .finished: "done"
        case .failed: "failed"
        }
    }

    private static func name(of status: RollStatus) -> String {
        switch status {
        case .counted: "counted"
        case .withdrawn: "withdrawn"
        case .paper: "paper"
        case .deceased: "deceased"
        case .error: "error"
        }
    }
}

extension BlockSummary {
    package init(_ header: BlockHeader, validators: ValidatorSet) {
        self.init(
            height: header.height.rawValue, hash: header.hash, epoch: header.epoch.rawValue,
            view: header.view.rawValue, time: header.time,
            proposer: validators[header.proposer]?.name ?? "\(header.proposer.rawValue)",
            transactionCount: header.transactionCount, logSize: header.logSize,
            logRoot: header.logRoot)
    }
}

extension ElectionEvent {
    /// The document's hash of the election that the event is about; nil for the chain.
    package var election: Bytes32? {
        switch self {
        case .electionCreated(let election, _), .windowExtended(let election, _, _),
            .electionAborted(let election, _), .ceremonyStep(let election, _, _, _),
            .ceremonyAdvanced(let election, _, _), .ceremonyRestarted(let election, _, _, _),
            .electionIDFixed(let election, _), .rollPublished(let election, _),
            .rollChanged(let election, _, _), .issueCount(let election, _, _),
            .leavesIssued(let election, _, _), .electionClosed(let election),
            .shareAccepted(let election, _, _), .unitCounted(let election, _),
            .resultFixed(let election, _), .protocolSigned(let election, _, _):
            election
        case .ballotCast(let ballot): ballot.election
        case .trackerSpoiled(let spoiled): spoiled.election
        case .validatorChangeAsked, .validatorReady, .validatorsChanged, .equivocation: nil
        case .alarm(let alarm): alarm.election
        }
    }
}
