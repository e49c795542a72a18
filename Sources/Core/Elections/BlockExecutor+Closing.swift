import BallotCryptography
import Codec
import Ledger
import Ristretto

// After the close: units to decrypt, trustees' shares, counts.

extension BlockExecutor {
    /// Ends the voting: fixes which totals are decrypted, merged where they are too small.
    mutating func close(
        _ election: Bytes32, _ record: inout ElectionRecord, _ document: ElectionDocument
    ) throws(ExecutionFailure) {
        self.emit(.electionClosed(election: election))
        record.stage = .closed
        for (number, unit) in try self.units(of: election, document) {
            if unit.mergedInto == nil, unit.counts == nil {
                record.unitsOpen += 1
                self.warnIfSmall(number, unit, election, document)
            }
            self.state.put(unit, Table.unit(election, number))
        }
        if record.unitsOpen == 0 {
            try self.completeCounts(election, &record)
        } else {
            try self.schedule(election, nil)
        }
    }

    /// Says that the result of a unit will rest on few ballots. Nothing is decrypted yet: that takes
    /// the trustees' shares, and until then the commission may abort the election.
    private mutating func warnIfSmall(
        _ number: UInt32, _ unit: UnitRecord, _ election: Bytes32, _ document: ElectionDocument
    ) {
        guard unit.total.counted < document.minimumTallyUnit else { return }
        self.raise(
            "A_UNIT_SMALL", election,
            "unit \(number) holds \(unit.total.counted) ballots of at least "
                + "\(document.minimumTallyUnit), and there is nothing to merge it with")
    }

    /// A trustee's share of one unit; the t-th valid one makes its counts known.
    mutating func takeShare(
        _ signed: Signed<PartialDecryptionMessage>, _ id: Bytes32
    ) throws(ExecutionFailure) {
        let message = signed.body
        try self.requireChain(signed.chainID)
        var record = try self.election(message.election)
        let document = try self.document(message.election)
        guard let member = document.trustee(numbered: message.trustee) else {
            throw .refuse(.authorization, "the election has no trustee \(message.trustee)")
        }
        try self.requireSignature(signed, tag: .partialDecryption, of: member)
        switch record.stage {
        case .closed, .counted, .resulted: break
        case .ceremony, .prepared: throw .refuse(.phase, "the election is not closed")
        case .aborted: throw .refuse(.phase, "the election is aborted")
        }
        let prepared = try self.prepared(record)
        guard let place = prepared.participants.firstIndex(of: message.trustee) else {
            throw .refuse(.authorization, "\(member.name) holds no share of these keys")
        }
        guard var unit = try self.load(Table.unit(message.election, message.unit)) else {
            throw .refuse(.contest, "there is no unit \(message.unit) to decrypt")
        }
        if let target = unit.mergedInto {
            throw .refuse(.unitOverlap, "unit \(message.unit) is merged into unit \(target)")
        }
        guard !unit.shares.contains(message.trustee) else {
            throw .refuse(.duplicate, "\(member.name) has sent a share of unit \(message.unit)")
        }
        guard unit.total.counted > 0 else {
            throw .refuse(.phase, "unit \(message.unit) has no ballots to decrypt")
        }
        let index = UInt32(place) + 1
        let sum = DecryptionUnit(
            electionID: prepared.electionID, unit: message.unit, total: unit.total)
        let share: PartialDecryption
        do {
            share = try PartialDecryption(canonicalBytes: message.payload)
        } catch {
            throw .refuse(.length, "the partial decryption is malformed: \(error)")
        }
        try refusing("the partial decryption of \(member.name) is wrong") {
            () throws(RefusalCode) in
            try share.verify(sum, trustee: index, keys: prepared.keys)
        }
        self.state.put(
            ShareRecord(transaction: id, payload: message.payload),
            Table.share(message.election, unit: message.unit, trustee: message.trustee))
        unit.shares.append(message.trustee)
        record.shares += 1
        self.emit(
            .shareAccepted(
                election: message.election, unit: message.unit, trustee: message.trustee))
        if unit.counts == nil, !unit.isBeyondRange,
            unit.shares.count >= Int(document.threshold)
        {
            try self.count(&unit, sum, prepared, &record)
        }
        self.state.put(unit, Table.unit(message.election, message.unit))
        self.state.put(record, Table.election(message.election))
    }

    mutating func prepared(_ record: ElectionRecord) throws(ExecutionFailure) -> PreparedElection {
        do {
            if let electionID = record.electionID,
                let prepared = try self.catalog.prepared(
                    electionID, in: self.state, with: self.chain.verifiers)
            {
                return prepared
            }
        } catch {
            throw .fault(error)
        }
        throw .fault(StateFault("a closed election has no keys"))
    }

    /// Combines the shares of a unit.
    private mutating func count(
        _ unit: inout UnitRecord, _ sum: DecryptionUnit, _ prepared: PreparedElection,
        _ record: inout ElectionRecord
    ) throws(ExecutionFailure) {
        var shares: [VerifiedShare] = []
        for trustee in unit.shares {
            guard let place = prepared.participants.firstIndex(of: trustee) else { continue }
            let stored = try self.require(
                Table.share(prepared.election, unit: sum.unit, trustee: trustee))
            do {
                let share = try PartialDecryption(canonicalBytes: stored.payload)
                shares.append(
                    try VerifiedShare(alreadyVerified: share, trustee: UInt32(place) + 1))
            } catch {
                throw .fault(StateFault("a stored partial decryption is damaged: \(error)"))
            }
        }
        do {
            let shape = try prepared.document.contests[Int(unit.contest)].shape()
            unit.counts = try Tally.counts(
                of: sum, shares: shares, keys: prepared.keys, shape: shape,
                logarithms: DiscreteLogarithms(bound: UInt64(unit.total.counted)))
        } catch {
            unit.isBeyondRange = true
            self.raise(
                "A_TALLY_RANGE", prepared.election,
                "the valid shares of unit \(sum.unit) lead to no possible counts: \(error)")
            return
        }
        self.emit(.unitCounted(election: prepared.election, unit: sum.unit))
        record.unitsOpen -= 1
        if record.unitsOpen == 0 { try self.completeCounts(prepared.election, &record) }
    }

    private mutating func completeCounts(
        _ election: Bytes32, _ record: inout ElectionRecord
    ) throws(ExecutionFailure) {
        record.stage = .counted
        record.countedAt = self.height
        record.countedTime = self.time
        try self.schedule(election, self.time)
    }
}

extension BlockExecutor {
    /// The units of an election that closes, by number from 1.
    ///
    /// A group of pairs (`ElectionDocument.tallyGroups`) goes by its lowest number; the others say
    /// so. A group without ballots counts zeros and needs no share.
    private func units(
        of election: Bytes32, _ document: ElectionDocument
    ) throws(ExecutionFailure) -> [(UInt32, UnitRecord)] {
        let pairs = document.tallyPairs
        var totals: [EncryptedTotal] = []
        for pair in pairs {
            let key = Table.total(election, tallyUnit: pair.tallyUnit, contest: pair.contest)
            let cells = try self.cellCount(of: pair.contest, document)
            let total = try self.load(key)?.total
            totals.append(total ?? EncryptedTotal(cellCount: cells))
        }
        let groups = document.tallyGroups(counted: totals.map(\.counted))
        var units: [(UInt32, UnitRecord)] = []
        for (place, pair) in pairs.enumerated() {
            guard let group = groups.first(where: { $0.contains(place) }), let lowest = group.first
            else { throw .fault(StateFault("a total is in no unit")) }
            let number = UInt32(place) + 1
            guard lowest == place else {
                units.append(
                    (
                        number,
                        UnitRecord(
                            contest: pair.contest, tallyUnits: [pair.tallyUnit],
                            mergedInto: UInt32(lowest) + 1, total: totals[place])
                    ))
                continue
            }
            var sum = totals[place]
            for other in group.dropFirst() {
                let addend = totals[other]
                do throws(RefusalCode) {
                    try sum.merge(addend)
                } catch {
                    throw .fault(StateFault("totals of one contest do not merge: \(error.name)"))
                }
            }
            units.append(
                (
                    number,
                    UnitRecord(
                        contest: pair.contest, tallyUnits: group.map { pairs[$0].tallyUnit },
                        mergedInto: nil, total: sum,
                        counts: sum.counted == 0
                            ? [UInt64](repeating: 0, count: sum.c.count) : nil)
                ))
        }
        return units
    }

    private func cellCount(
        of contest: UInt32, _ document: ElectionDocument
    ) throws(ExecutionFailure) -> Int {
        do {
            return try document.contests[Int(contest)].shape().keyCount
        } catch {
            throw .fault(StateFault("an election was created with a contest without a form"))
        }
    }
}
