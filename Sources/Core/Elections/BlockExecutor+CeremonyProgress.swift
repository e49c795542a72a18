import BallotCryptography
import Codec
import Ledger

// How the key ceremony goes from step to step: by its messages or by its deadlines.

extension BlockExecutor {
    /// Begins the next attempt at the key ceremony among `participants`.
    mutating func startCeremony(
        _ election: Bytes32, _ record: inout ElectionRecord, _ document: ElectionDocument,
        participants: [UInt32]
    ) throws(ExecutionFailure) {
        let number = record.ceremony + 1
        let keyCount = UInt32(document.keyCount)
        let setupID = ElectionIdentity.setupID(
            chainID: self.chain.chainID, ceremony: number,
            trusteeKeys: participants.compactMap { document.trustee(numbered: $0)?.key },
            threshold: document.threshold, keyCount: keyCount)
        let parameters = try refusing("the ceremony's numbers are out of bounds") {
            () throws(RefusalCode) in
            try CeremonyParameters(
                setupID: setupID, trusteeCount: UInt32(participants.count),
                threshold: document.threshold, keyCount: keyCount)
        }
        let ceremony = CeremonyRecord(
            number: number, startedAt: self.time,
            delay: self.time.milliseconds - record.createdTime.milliseconds,
            participants: participants, parameters: parameters)
        record.ceremony = number
        record.hasCeremonyBegun = false
        self.state.put(ceremony, Table.ceremony(election, number))
        try self.scheduleCeremony(election, record, document, ceremony)
    }

    /// Ends the present step because its deadline has come.
    mutating func endCeremonyStep(
        _ election: Bytes32, _ record: inout ElectionRecord, _ document: ElectionDocument
    ) throws(ExecutionFailure) {
        var ceremony = try self.require(Table.ceremony(election, record.ceremony))
        guard let deadline = ceremony.deadline(in: document), deadline <= self.time else {
            try self.scheduleCeremony(election, record, document, ceremony)
            return
        }
        let least = Int(document.threshold) + 1
        switch ceremony.stage {
        case .registration:
            let missing = ceremony.participants.filter { !ceremony.registered.contains($0) }
            try self.restart(
                election, &record, document, &ceremony, without: missing, "did not register")
        case .commitment:
            let missing = ceremony.participants.filter { !ceremony.dealers.contains($0) }
            if ceremony.dealers.count >= least {
                ceremony.dealers.sort()
                try self.advance(&ceremony, to: .dealing, election, &record, document)
                self.state.put(ceremony, Table.ceremony(election, ceremony.number))
            } else {
                try self.restart(
                    election, &record, document, &ceremony, without: missing, "did not commit")
            }
        case .dealing:
            let missing = ceremony.dealers.filter { !ceremony.qualified.contains($0) }
            for trustee in missing {
                self.raise("A_ABORT", election, "trustee \(trustee) committed and did not deal")
            }
            switch document.complaintPolicy {
            case .proceed where ceremony.qualified.count >= least:
                try self.formKeys(election, &record, document, &ceremony)
            case .proceed, .restart:
                try self.restart(
                    election, &record, document, &ceremony, without: missing, "did not deal")
            }
        case .confirmation:
            try self.scheduleCeremony(election, record, document, ceremony)
            try self.finishCeremonyIfReady(election, &record, document, &ceremony)
        case .finished, .failed:
            break
        }
    }

    /// Moves to the next step.
    mutating func advance(
        _ ceremony: inout CeremonyRecord, to stage: CeremonyStage, _ election: Bytes32,
        _ record: inout ElectionRecord, _ document: ElectionDocument
    ) throws(ExecutionFailure) {
        ceremony.stage = stage
        self.emit(.ceremonyAdvanced(election: election, ceremony: ceremony.number, stage))
        try self.scheduleCeremony(election, record, document, ceremony)
    }

    /// D4: computes the keys from the qualified dealings, and asks for confirmations.
    mutating func formKeys(
        _ election: Bytes32, _ record: inout ElectionRecord, _ document: ElectionDocument,
        _ ceremony: inout CeremonyRecord
    ) throws(ExecutionFailure) {
        ceremony.qualified.sort()
        ceremony.confirmed = []
        ceremony.rehearsed = []
        var dealings: [QualifiedDealing] = []
        for trustee in ceremony.qualified {
            guard let index = ceremony.index(of: trustee) else { continue }
            let dealing = try self.ceremonyPayload(
                Dealing.self, election, ceremony.number, .dealing, trustee)
            dealings.append(QualifiedDealing(dealer: index, dealing: dealing))
        }
        let keys: ElectionKeys
        do {
            keys = try KeyCeremony.keys(of: dealings, parameters: ceremony.parameters)
        } catch {
            // A joint key that is the identity or equals another: nobody in particular is to blame.
            try self.restart(
                election, &record, document, &ceremony, without: [],
                "the joint keys are degenerate (\(error.name))")
            return
        }
        ceremony.electionID = document.electionID(keys: keys)
        self.state.put(KeysRecord(keys: keys), Table.keys(election, ceremony.number))
        try self.advance(&ceremony, to: .confirmation, election, &record, document)
        self.state.put(ceremony, Table.ceremony(election, ceremony.number))
    }

    /// A complaint was justified: the document says whether the ceremony begins again.
    mutating func disqualify(
        _ dealer: UInt32, _ election: Bytes32, _ record: inout ElectionRecord,
        _ document: ElectionDocument, _ ceremony: inout CeremonyRecord
    ) throws(ExecutionFailure) {
        ceremony.qualified.removeAll { $0 == dealer }
        switch document.complaintPolicy {
        case .proceed where ceremony.qualified.count > Int(document.threshold):
            try self.formKeys(election, &record, document, &ceremony)
        case .proceed, .restart:
            try self.restart(
                election, &record, document, &ceremony, without: [dealer], "dealt a bad share")
        }
    }

    /// D5: ends the ceremony when all have confirmed and rehearsed, or enough by the deadline.
    mutating func finishCeremonyIfReady(
        _ election: Bytes32, _ record: inout ElectionRecord, _ document: ElectionDocument,
        _ ceremony: inout CeremonyRecord
    ) throws(ExecutionFailure) {
        let ready = ceremony.confirmed.filter { ceremony.rehearsed.contains($0) }.count
        let isOver = ceremony.deadline(in: document).map { $0 <= self.time } ?? false
        guard
            ready == ceremony.participants.count
                || isOver && ready >= ceremony.required(by: document),
            let electionID = ceremony.electionID
        else { return }
        let keys = try self.require(Table.keys(election, ceremony.number)).keys
        let unit = DecryptionUnit.rehearsal(electionID: electionID, keys: keys)
        var shares: [VerifiedShare] = []
        for trustee in ceremony.rehearsed {
            guard let index = ceremony.index(of: trustee) else { continue }
            let share = try self.ceremonyPayload(
                PartialDecryption.self, election, ceremony.number, .rehearsal, trustee)
            shares.append(
                try refusing("a rehearsal share is damaged") { () throws(RefusalCode) in
                    try VerifiedShare(alreadyVerified: share, trustee: index)
                })
        }
        guard
            (try? Tally.rehearsalSucceeds(unit, shares: shares, keys: keys)) == true
        else {
            // Verified shares always combine; this is a fault in a program, not of a trustee.
            self.raise("A_TALLY_RANGE", election, "the rehearsal does not decrypt to 1, 2, ...")
            return
        }
        ceremony.stage = .finished
        record.stage = .prepared
        record.electionID = electionID
        self.state.put(ceremony, Table.ceremony(election, ceremony.number))
        self.state.put(election, Table.electionByID(electionID))
        self.emit(
            .ceremonyAdvanced(election: election, ceremony: ceremony.number, .finished))
        self.emit(.electionIDFixed(election: election, electionID: electionID))
        try self.schedule(election, record.closesFinally)
    }

    func ceremonyPayload<Payload: CanonicalCodable>(
        _ type: Payload.Type, _ election: Bytes32, _ ceremony: UInt32, _ step: CeremonyStep,
        _ trustee: UInt32
    ) throws(ExecutionFailure) -> Payload {
        let key = Table.ceremonyMessage(election, ceremony, step, trustee: trustee)
        let message = try self.require(key)
        do {
            return try Payload(canonicalBytes: message.payload)
        } catch {
            throw .fault(StateFault("a message of the key ceremony is damaged: \(error)"))
        }
    }

    /// Begins the ceremony again without some, or gives the election up if too few are left.
    private mutating func restart(
        _ election: Bytes32, _ record: inout ElectionRecord, _ document: ElectionDocument,
        _ ceremony: inout CeremonyRecord, without excluded: [UInt32], _ reason: String
    ) throws(ExecutionFailure) {
        ceremony.stage = .failed
        self.state.put(ceremony, Table.ceremony(election, ceremony.number))
        self.emit(.ceremonyAdvanced(election: election, ceremony: ceremony.number, .failed))
        let names = excluded.map { "trustee \($0)" }.joined(separator: ", ")
        let cause = excluded.isEmpty ? reason : names + " " + reason
        let remaining = ceremony.participants.filter { !excluded.contains($0) }
        guard excluded.isEmpty || remaining.count > Int(document.threshold) else {
            try self.abandon(
                election, &record,
                reason: "the key ceremony failed (\(cause)) and too few trustees remain")
            return
        }
        self.emit(
            .ceremonyRestarted(
                election: election, ceremony: record.ceremony + 1, excluded: excluded,
                reason: cause))
        try self.startCeremony(election, &record, document, participants: remaining)
    }

    private mutating func scheduleCeremony(
        _ election: Bytes32, _ record: ElectionRecord, _ document: ElectionDocument,
        _ ceremony: CeremonyRecord
    ) throws(ExecutionFailure) {
        var due = record.closesFinally
        if let deadline = ceremony.deadline(in: document) {
            // Confirmations may come late: the deadline has done its part once it has passed. Other
            // steps whose deadline has passed already end with the next block.
            if ceremony.stage != .confirmation || deadline > self.time {
                due = min(due, deadline)
            }
        }
        try self.schedule(election, due)
    }
}
