package import BallotCryptography
package import Codec
package import Ledger

/// Reads of the state, for the node's API, tools and auditors. Elections are named by their
/// document's hash; what does not exist is nil or empty.
package struct ElectionQueries: Sendable {
    let state: any StateReader

    package init(_ state: any StateReader) { self.state = state }

    /// Height and time of the state.
    package func head() throws(StateFault) -> ChainHead { try self.state.required(Table.head) }

    /// The height of the block that holds a transaction.
    package func transactionHeight(_ id: Bytes32) throws(StateFault) -> Height? {
        try self.state.record(Table.transaction(id))
    }

    /// All elections in order of creation.
    package func elections() throws(StateFault) -> [ElectionSummary] {
        var list: [ElectionSummary] = []
        for number in 0..<(try self.head()).elections {
            let election = try self.state.required(Table.electionByNumber(number))
            guard let status = try self.status(election), let document = try self.document(election)
            else { throw StateFault("an election of the list is missing") }
            list.append(
                ElectionSummary(
                    election: election, name: document.name, title: document.title,
                    phase: status.phase, electionID: status.electionID))
        }
        return list
    }

    /// The document hash of an election by its short name.
    package func election(named name: String) throws(StateFault) -> Bytes32? {
        try self.state.record(Table.electionByName(name))
    }

    /// The document hash of an election id that ballots name.
    package func election(withID electionID: Bytes32) throws(StateFault) -> Bytes32? {
        try self.state.record(Table.electionByID(electionID))
    }

    /// The document as it was created.
    package func document(_ election: Bytes32) throws(StateFault) -> ElectionDocument? {
        try self.state.record(Table.document(election))
    }

    /// Where an election stands.
    ///
    /// - Parameter time: for what is open; nil for the time of the state's block.
    package func status(
        _ election: Bytes32, at time: Timestamp? = nil
    ) throws(StateFault) -> ElectionStatus? {
        guard let record = try self.state.record(Table.election(election)) else { return nil }
        let document = try self.state.required(Table.document(election))
        let head = try self.head()
        var styles: [StyleStatus] = []
        for style in document.styles {
            let state = try self.state.required(Table.style(election, style.number))
            styles.append(StyleStatus(style, state, record.stage, document, now: time ?? head.time))
        }
        return ElectionStatus(
            election: election,
            electionID: record.electionID,
            name: document.name, kind: document.kind,
            phase: Self.phase(record, styles, document),
            createdAt: record.createdAt, createdTime: record.createdTime,
            ceremony: record.ceremony, closesFinally: record.closesFinally,
            abortReason: record.stage == .aborted ? record.abortReason : nil, styles: styles,
            unitsOpen: record.unitsOpen, resultHash: record.resultHash,
            agreeing: record.agreeing, dissenting: record.dissenting)
    }

    private static func phase(
        _ record: ElectionRecord, _ styles: [StyleStatus], _ document: ElectionDocument
    ) -> ElectionPhase {
        switch record.stage {
        case .aborted: .aborted
        case .ceremony:
            record.ceremony == 1 && !record.hasCeremonyBegun ? .announced : .keyCeremony
        case .prepared:
            if styles.contains(where: \.isOpen) {
                .open
            } else {
                record.rollsMissing == 0 ? .rollPublished : .rehearsed
            }
        case .closed: record.shares == 0 ? .closed : .decrypting
        case .counted: .tallied
        case .resulted:
            if record.agreeing >= document.commission.threshold {
                .final
            } else {
                record.agreeing + record.dissenting > 0 ? .signed : .tallied
            }
        }
    }

    /// The total of a (tally unit, contest) pair while ballots are cast; nil before the first one.
    package func total(
        _ election: Bytes32, tallyUnit: UInt32, contest: UInt32
    ) throws(StateFault) -> EncryptedTotal? {
        let key = Table.total(election, tallyUnit: tallyUnit, contest: contest)
        return try self.state.record(key)?.total
    }

    /// What a credential has cast last; nil if nothing.
    package func credential(
        _ election: Bytes32, key: Bytes32
    ) throws(StateFault) -> CredentialStatus? {
        try self.state.record(Table.credential(election, key)).map {
            CredentialStatus(
                style: $0.style, sequence: $0.sequence, ballotID: $0.ballotID,
                tracker: $0.tracker, transaction: $0.transaction)
        }
    }

    /// Every unit from 1; empty before the close.
    package func units(_ election: Bytes32) throws(StateFault) -> [UnitStatus] {
        var units: [UnitStatus] = []
        var number: UInt32 = 1
        while let unit = try self.state.record(Table.unit(election, number)) {
            units.append(
                UnitStatus(
                    unit: number, contest: unit.contest, tallyUnits: unit.tallyUnits,
                    mergedInto: unit.mergedInto, total: unit.total, shares: unit.shares,
                    counts: unit.counts))
            number += 1
        }
        return units
    }

    /// The valid shares of a unit in order of arrival. A wrong one is refused and leaves no trace
    /// in the state.
    package func partialDecryptions(
        _ election: Bytes32, unit: UInt32
    ) throws(StateFault) -> [TrusteeObject] {
        var objects: [TrusteeObject] = []
        guard let record = try self.state.record(Table.unit(election, unit)) else { return [] }
        for trustee in record.shares {
            let share = try self.state.required(
                Table.share(election, unit: unit, trustee: trustee))
            objects.append(
                TrusteeObject(
                    trustee: trustee, payload: share.payload, transaction: share.transaction,
                    isJustified: nil))
        }
        return objects
    }

    /// The bytes that the commission signs.
    package func resultProtocol(_ election: Bytes32) throws(StateFault) -> [UInt8]? {
        try self.state.record(Table.result(election))?.bytes
    }

    /// By rising member.
    package func signatures(_ election: Bytes32) throws(StateFault) -> [SignatureObject] {
        guard let document = try self.document(election) else { return [] }
        var objects: [SignatureObject] = []
        for member in document.commission.members.indices {
            let key = Table.signature(election, member: UInt16(member))
            if let record = try self.state.record(key) {
                objects.append(
                    SignatureObject(
                        signature: record.signature, transaction: record.transaction))
            }
        }
        return objects
    }
}

extension StyleStatus {
    fileprivate init(
        _ style: BallotStyle, _ record: StyleRecord, _ stage: ElectionStage,
        _ document: ElectionDocument, now: Timestamp
    ) {
        let acceptsUntil = record.acceptsUntil(document)
        self.init(
            number: style.number, startOfIssuing: style.startOfIssuing, opens: style.opens,
            closes: record.closes, acceptsUntil: acceptsUntil,
            promisesUntil: record.promisesUntil(document),
            isOpen: stage == .prepared && record.isRollComplete && style.opens <= now
                && now < acceptsUntil,
            isRollComplete: record.isRollComplete, rollTotal: record.roll?.total ?? 0,
            rollRoot: record.roll?.root, listed: record.counted, issued: record.issued,
            leavesIssued: record.leavesIssued, cast: record.cast)
    }
}
