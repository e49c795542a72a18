import BallotCryptography
import Codec
import Ledger

/// Records that all ballots of a block share, decoded: each is read once, and written once where
/// ballots change it.
///
/// Whatever else reads or writes these records sees them in the state: `BlockExecutor` writes them
/// back before it applies a transaction that is no ballot, and forgets them.
struct SharedRecords {
    /// Elections that the state holds.
    private(set) var elections: [Bytes32: ElectionRecord] = [:]
    private(set) var styles: [StyleName: StyleRecord] = [:]
    private(set) var changedStyles: Set<StyleName> = []
    /// Running totals; no other transaction of a block with ballots reads or writes them, so they
    /// stay until its end.
    private(set) var totals: [TotalName: TotalRecord] = [:]

    struct StyleName: Hashable {
        let election: Bytes32
        let style: UInt32
    }

    struct TotalName: Hashable {
        let election: Bytes32
        let tallyUnit: UInt32
        let contest: UInt32
    }

    /// The election's record; nil if the state holds none.
    mutating func election(
        _ election: Bytes32, in state: StateOverlay
    ) throws(StateFault) -> ElectionRecord? {
        if let record = elections[election] { return record }
        let record = try state.record(Table.election(election))
        elections[election] = record
        return record
    }

    /// The record of a style of an election that the state holds.
    mutating func style(
        _ name: StyleName, in state: StateOverlay
    ) throws(StateFault) -> StyleRecord {
        if let record = styles[name] { return record }
        let record = try state.required(Table.style(name.election, name.style))
        styles[name] = record
        return record
    }

    mutating func change(_ record: StyleRecord, _ name: StyleName) {
        styles[name] = record
        changedStyles.insert(name)
    }

    /// Changes a running total, which begins as the sum of no ballots.
    mutating func change(
        _ name: TotalName, cells: Int, in state: StateOverlay,
        _ change: (inout EncryptedTotal) throws(RefusalCode) -> Void
    ) throws(ExecutionFailure) {
        var record: TotalRecord
        if let touched = totals.removeValue(forKey: name) {
            record = touched
        } else {
            do throws(StateFault) {
                let key = Table.total(
                    name.election, tallyUnit: name.tallyUnit, contest: name.contest)
                record =
                    try state.record(key) ?? TotalRecord(total: EncryptedTotal(cellCount: cells))
            } catch {
                throw .fault(error)
            }
        }
        do throws(RefusalCode) {
            try change(&record.total)
        } catch {
            // The ballot's points were decoded before and its shape is the contest's.
            throw .fault(StateFault("a running total does not take a ballot: \(error.name)"))
        }
        totals[name] = record
    }

    /// Writes the styles that ballots changed, and forgets all but the totals.
    mutating func writeBack(to state: inout StateOverlay) {
        for name in changedStyles {
            if let record = styles[name] {
                state.put(record, Table.style(name.election, name.style))
            }
        }
        elections.removeAll(keepingCapacity: true)
        styles.removeAll(keepingCapacity: true)
        changedStyles.removeAll(keepingCapacity: true)
    }

    /// Writes the totals at the end of a block.
    func writeTotals(to state: inout StateOverlay) {
        for (name, record) in totals {
            state.put(
                record,
                Table.total(name.election, tallyUnit: name.tallyUnit, contest: name.contest))
        }
    }
}
