import BallotCryptography
import Codec
import Ledger
import Ristretto
import TransparencyLog

// What the registrar publishes: rolls, their changes, how many ballots were issued, and to which
// leaves.

extension BlockExecutor {
    mutating func publishRoll(_ signed: Signed<RollPart>) throws(ExecutionFailure) {
        let part = signed.body
        let (record, document) = try self.registrarTurn(signed, .roll, part.election)
        var style = try self.style(part.style, of: part.election)
        guard self.time < style.closes else {
            throw .refuse(.phase, "style \(part.style) closed at \(style.closes.words)")
        }
        var roll =
            style.roll
            ?? StyleRecord.Roll(
                total: part.total, root: part.root, parts: 0, received: 0, last: nil,
                isComplete: false)
        guard !roll.isComplete else {
            throw .refuse(.roll, "the roll of style \(part.style) is complete")
        }
        guard part.part == roll.parts else {
            throw .refuse(.roll, "part \(roll.parts) of the roll is the next one")
        }
        guard part.total == roll.total, part.root == roll.root,
            part.total <= BallotCryptography.Limits.ballotsPerUnit
        else { throw .refuse(.roll, "total and root must be those of the first part") }
        let isLast = try self.append(part, to: &roll)
        if isLast {
            try self.complete(&roll, part)
            roll.isComplete = true
            style.counted = roll.total
        }
        style.roll = roll
        self.state.put(
            RollPartRecord(leaves: part.leaves),
            Table.rollPart(part.election, part.style, part.part))
        self.state.put(style, Table.style(part.election, part.style))
        if isLast {
            try self.requireCountableUnit(part.style, part.election, document)
            var record = record
            record.rollsMissing -= 1
            self.state.put(record, Table.election(part.election))
            self.emit(.rollPublished(election: part.election, style: part.style))
        }
    }

    mutating func changeRoll(_ signed: Signed<RollChange>) throws(ExecutionFailure) {
        let change = signed.body
        let (record, _) = try self.registrarTurn(signed, .rollChange, change.election)
        guard record.stage == .ceremony || record.stage == .prepared else {
            throw .refuse(.phase, "the election is closed")
        }
        var style = try self.completeStyle(change.style, of: change.election)
        let place = try self.place(change.leaf, in: style)
        var marks = try self.marks(change.election, change.style, style, place)
        guard !marks.isIssued(place.offset) else {
            throw .refuse(.roll, "a ballot was issued for leaf \(change.leaf)")
        }
        let before = marks.status(of: place.offset)
        guard before != change.status else {
            throw .refuse(.roll, "leaf \(change.leaf) has that status already")
        }
        if before == .counted { style.counted -= 1 }
        if change.status == .counted { style.counted += 1 }
        guard style.counted >= style.issued else {
            throw .refuse(.roll, "fewer leaves would be counted than ballots were issued")
        }
        marks.setStatus(change.status, of: place.offset)
        self.state.put(marks, Table.rollMarks(change.election, change.style, place.part))
        self.state.put(style, Table.style(change.election, change.style))
        self.emit(
            .rollChanged(election: change.election, style: change.style, leaf: change.leaf))
    }

    mutating func countIssues(_ signed: Signed<IssueCount>) throws(ExecutionFailure) {
        let count = signed.body
        let (record, document) = try self.registrarTurn(signed, .issueCount, count.election)
        var style = try self.style(count.style, of: count.election)
        guard record.stage == .prepared else {
            throw .refuse(.phase, "ballots are issued between key ceremony and close")
        }
        guard style.isRollComplete else {
            throw .refuse(.phase, "the roll of style \(count.style) is not complete")
        }
        guard let start = document.style(numbered: count.style)?.startOfIssuing,
            start <= self.time, self.time < style.acceptsUntil(document)
        else {
            throw .refuse(.phase, "style \(count.style) is not being issued at \(self.time.words)")
        }
        guard count.total > style.issued else {
            throw .refuse(.quota, "\(style.issued) ballots are counted as issued already")
        }
        guard count.total <= style.counted else {
            throw .refuse(.quota, "only \(style.counted) voters are on the roll")
        }
        style.issued = count.total
        self.state.put(style, Table.style(count.election, count.style))
        self.emit(
            .issueCount(election: count.election, style: count.style, total: count.total))
    }

    mutating func publishIssuedLeaves(
        _ signed: Signed<IssuedLeaves>
    ) throws(ExecutionFailure) {
        let batch = signed.body
        let (record, _) = try self.registrarTurn(signed, .issuedLeaves, batch.election)
        var style = try self.style(batch.style, of: batch.election)
        switch record.stage {
        case .prepared, .closed, .counted, .resulted: break
        case .ceremony, .aborted: throw .refuse(.phase, "no ballots are issued")
        }
        guard style.isRollComplete else {
            throw .refuse(.phase, "the roll of style \(batch.style) is not complete")
        }
        guard !batch.leaves.isEmpty, zip(batch.leaves, batch.leaves.dropFirst()).allSatisfy(<)
        else { throw .refuse(.roll, "leaf numbers must be given and rise strictly") }
        guard batch.leaves.count <= Int(style.issued - style.leavesIssued) else {
            throw .refuse(
                .quota,
                "\(style.issued) ballots were issued, \(style.leavesIssued) leaves of them "
                    + "are published")
        }
        var marks: RollMarks?
        var part: UInt32?
        for leaf in batch.leaves {
            let place = try self.place(leaf, in: style)
            if part != place.part {
                if let marks, let part {
                    self.state.put(marks, Table.rollMarks(batch.election, batch.style, part))
                }
                marks = try self.marks(batch.election, batch.style, style, place)
                part = place.part
            }
            guard marks?.isIssued(place.offset) == false else {
                throw .refuse(.issued, "leaf \(leaf) was published as issued already")
            }
            guard marks?.status(of: place.offset) == .counted else {
                throw .refuse(.roll, "leaf \(leaf) may not vote")
            }
            marks?.setIssued(place.offset)
        }
        if let marks, let part {
            self.state.put(marks, Table.rollMarks(batch.election, batch.style, part))
        }
        style.leavesIssued += UInt32(batch.leaves.count)
        self.state.put(style, Table.style(batch.election, batch.style))
        self.emit(
            .leavesIssued(election: batch.election, style: batch.style, leaves: batch.leaves))
    }

    func style(_ number: UInt32, of election: Bytes32) throws(ExecutionFailure) -> StyleRecord {
        guard let style = try self.load(Table.style(election, number)) else {
            throw .refuse(.style, "the election has no style \(number)")
        }
        return style
    }
}

extension BlockExecutor {
    /// Where a leaf is: its part and its place there.
    private struct LeafPlace {
        let part: UInt32
        let offset: Int
    }

    private mutating func registrarTurn<Body>(
        _ signed: Signed<Body>, _ tag: EntryTag, _ election: Bytes32
    ) throws(ExecutionFailure) -> (ElectionRecord, ElectionDocument) {
        try self.requireChain(signed.chainID)
        let record = try self.election(election)
        let document = try self.document(election)
        try self.requireSignature(signed, tag: tag, of: document.registrar)
        guard record.stage != .aborted else {
            throw .refuse(.phase, "the election is aborted")
        }
        return (record, document)
    }

    private func completeStyle(
        _ number: UInt32, of election: Bytes32
    ) throws(ExecutionFailure) -> StyleRecord {
        let style = try self.style(number, of: election)
        guard style.isRollComplete else {
            throw .refuse(.roll, "the roll of style \(number) is not complete")
        }
        return style
    }

    /// Checks that the leaves go on in order. Returns whether they end the roll.
    private func append(
        _ part: RollPart, to roll: inout StyleRecord.Roll
    ) throws(ExecutionFailure) -> Bool {
        let missing = Int(roll.total - roll.received)
        let expected = min(missing, Ledger.Limits.rollLeaves)
        guard part.leaves.count == expected else {
            throw .refuse(.roll, "part \(part.part) of the roll holds \(expected) leaves")
        }
        for leaf in part.leaves {
            if let last = roll.last, last >= leaf {
                throw .refuse(.roll, "the leaves of the roll must rise strictly")
            }
            roll.last = leaf
        }
        roll.parts += 1
        roll.received += UInt32(part.leaves.count)
        return roll.received == roll.total
    }

    /// Checks the root over all parts.
    private func complete(
        _ roll: inout StyleRecord.Roll, _ last: RollPart
    ) throws(ExecutionFailure) {
        var frontier = Frontier()
        for number in 0..<last.part {
            let part = try self.require(Table.rollPart(last.election, last.style, number))
            for leaf in part.leaves { frontier.append(leaf: LogHash.leaf(leaf.bytes)) }
        }
        for leaf in last.leaves { frontier.append(leaf: LogHash.leaf(leaf.bytes)) }
        guard frontier.root == roll.root else {
            throw .refuse(.roll, "the leaves do not have the stated root")
        }
    }

    /// Refuses the roll that makes it certain that what is decrypted together stays below the
    /// document's minimum, or that could hold more ballots than can be counted.
    private func requireCountableUnit(
        _ number: UInt32, _ election: Bytes32, _ document: ElectionDocument
    ) throws(ExecutionFailure) {
        guard let style = document.style(numbered: number),
            let own = document.tallyUnits.first(where: { $0.number == style.tallyUnit })
        else { return }
        let unit = own.mergesInto ?? own.number
        let group = document.tallyUnits
            .filter { ($0.mergesInto ?? $0.number) == unit }.map(\.number)
        var total: UInt64 = 0
        var listed: UInt64 = 0
        var isComplete = true
        for style in document.styles where group.contains(style.tallyUnit) {
            let record = try self.style(style.number, of: election)
            total += UInt64(record.roll?.total ?? 0)
            listed += UInt64(record.counted)
            isComplete = isComplete && record.isRollComplete
        }
        guard total <= UInt64(BallotCryptography.Limits.ballotsPerUnit) else {
            throw .refuse(.roll, "tally unit \(unit) could have more ballots than can be counted")
        }
        guard !isComplete || listed >= UInt64(document.minimumTallyUnit) else {
            throw .refuse(
                .unitSmall,
                "tally unit \(unit) and what merges into it have \(listed) voters of "
                    + "at least \(document.minimumTallyUnit)")
        }
    }

    private func place(
        _ leaf: UInt32, in style: StyleRecord
    ) throws(ExecutionFailure) -> LeafPlace {
        guard let roll = style.roll, leaf < roll.total else {
            throw .refuse(.roll, "the roll has no leaf \(leaf)")
        }
        let size = UInt32(Ledger.Limits.rollLeaves)
        return LeafPlace(part: leaf / size, offset: Int(leaf % size))
    }

    private func marks(
        _ election: Bytes32, _ style: UInt32, _ record: StyleRecord, _ place: LeafPlace
    ) throws(ExecutionFailure) -> RollMarks {
        if let marks = try self.load(Table.rollMarks(election, style, place.part)) {
            return marks
        }
        let before = Int(place.part) * Ledger.Limits.rollLeaves
        let total = Int(record.roll?.total ?? 0)
        return RollMarks(count: min(total - before, Ledger.Limits.rollLeaves))
    }
}
