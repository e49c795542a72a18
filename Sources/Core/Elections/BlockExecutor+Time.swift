import BallotCryptography
import Codec
import Ledger

// What happens because time passes: at the start of a block, before its transactions.

extension BlockExecutor {
    /// Carries out everything that is due by the block's time, elections in order of creation.
    mutating func passTime(parentHash: Bytes32) throws(ExecutionFailure) {
        let agenda = try self.require(Table.agenda)
        for entry in agenda.entries where entry.due <= self.time {
            try self.passTime(of: entry.election, parentHash: parentHash)
        }
    }

    private mutating func passTime(
        of election: Bytes32, parentHash: Bytes32
    ) throws(ExecutionFailure) {
        var record = try self.require(Table.election(election))
        let document = try self.document(election)
        switch record.stage {
        case .ceremony:
            if self.time >= record.closesFinally {
                try self.abandon(
                    election, &record, reason: "the key ceremony was not finished by the close")
            } else {
                try self.endCeremonyStep(election, &record, document)
            }
        case .prepared:
            if self.time >= record.closesFinally {
                try self.close(election, &record, document)
            } else {
                try self.schedule(election, record.closesFinally)
            }
        case .counted:
            try self.fixResult(election, &record, document, blockHash: parentHash)
        case .closed, .resulted, .aborted:
            try self.schedule(election, nil)
        }
        self.state.put(record, Table.election(election))
    }

    /// Sets when time changes the election next; nil for not again.
    mutating func schedule(
        _ election: Bytes32, _ due: Timestamp?
    ) throws(ExecutionFailure) {
        var agenda = try self.require(Table.agenda)
        let before = agenda
        agenda.set(election, due: due)
        guard agenda.entries.count <= Agenda.limit else {
            throw .refuse(.rate, "\(Agenda.limit) elections are under way already")
        }
        if agenda != before { self.state.put(agenda, Table.agenda) }
    }
}
