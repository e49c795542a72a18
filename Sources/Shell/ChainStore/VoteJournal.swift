package import Chain
package import Codec
package import Consensus
package import Files
package import Ledger

/// The vote journal of a validator in its data directory.
package struct VoteJournal: Sendable {
    /// The journal's file in the data directory.
    package static let fileName = "votes.journal"

    private let file: JournalFile
    private let header: [UInt8]

    /// Opens a journal and reads what it holds; a torn end is cut off.
    ///
    /// - Parameter isExpected: whether the file was there before; a new one is `missing`.
    /// - Parameter signed: a round in which the key signed, as it was noted with a block.
    package static func open(
        in directory: DataDirectory, chainID: Bytes32, key: Bytes32, isExpected: Bool,
        signed: Round?
    ) throws(DiskFailure) -> (journal: VoteJournal, state: JournalState) {
        let header = Journal.header(chainID: chainID, key: key)
        let file = try JournalFile(in: directory, name: fileName)
        guard isExpected else {
            return (VoteJournal(file: file, header: header), .missing)
        }
        let bytes = try file.readAll()
        let state = Journal.replay(bytes, chainID: chainID, key: key, signed: signed)
        if case .intact(_, let length) = state, length < bytes.count {
            try file.truncate(to: length)
        }
        return (VoteJournal(file: file, header: header), state)
    }

    /// Makes the empty journal of a validator's new home. Only that may do so: a validator without
    /// its journal does not know what it signed.
    package static func create(
        in directory: DataDirectory, chainID: Bytes32, key: Bytes32
    ) throws(DiskFailure) {
        let file = try JournalFile(in: directory, name: fileName)
        guard file.size == 0 else { return }
        try file.append(Journal.header(chainID: chainID, key: key))
        try file.synchronize()
    }

    /// What every journal of this chain and key begins with, and how long the file is.
    package var extent: JournalExtent { JournalExtent(header: header, size: file.size) }

    /// Appends a frame, durably.
    package func append(_ frame: [UInt8]) throws(DiskFailure) {
        try file.append(frame)
        try file.synchronize()
    }

    /// Replaces everything, header included.
    package func rewrite(_ bytes: [UInt8]) throws(DiskFailure) { try file.rewrite(bytes) }
}
