import Chain
import Codec
import Consensus
import Ledger

/// The file of a vote journal, and what a bad disk does to it.
struct SimulatedDisk {
    /// Nil where there is no file.
    private(set) var bytes: [UInt8]?
    /// How many more bytes fit; nil for enough.
    var room: Int?
    /// Records that were synced and must be found again.
    private(set) var synced = 0
    /// How many bytes were synced; what follows them may be lost.
    private var syncedSize: Int
    private var damage = Damage.none

    private enum Damage {
        case none
        /// In bytes that nobody relies on: noticing it is right, cutting them off as well.
        case unsynced
        /// In bytes that were synced: it has to be noticed.
        case synced
    }

    private static let sector = 512
    private static let smallestShare = 64

    init(_ bytes: [UInt8]?) {
        self.bytes = bytes
        syncedSize = bytes?.count ?? 0
    }

    var size: Int { bytes?.count ?? 0 }

    /// Appends and syncs records; false where that fails for want of room.
    mutating func append(_ append: JournalAppend) -> Bool {
        let (records, frame) = (append.records, append.frame)
        if let room, frame.count > room {
            bytes?.append(contentsOf: frame.prefix(room))
            self.room = 0
            return false
        }
        if let room { self.room = room - frame.count }
        bytes?.append(contentsOf: frame)
        synced += records.count
        syncedSize = size
        return true
    }

    /// An append at which the machine stops.
    mutating func interrupt(
        _ append: JournalAppend, _ write: InterruptedWrite, _ random: inout SeededGenerator
    ) {
        let (records, frame) = (append.records, append.frame)
        switch write {
        case .nothing:
            return
        case .torn:
            bytes?.append(contentsOf: frame.prefix(random.index(below: frame.count)))
        case .everything:
            bytes?.append(contentsOf: frame)
            synced += records.count
            syncedSize = size
        case .reordered:
            let written = withoutSomeSectors(frame, &random)
            bytes?.append(contentsOf: written)
        case .misdirected:
            let size = size
            guard size > frame.count else { return }
            let start = random.index(below: size - frame.count)
            bytes?.replaceSubrange(start..<(start + frame.count), with: frame)
            noteDamage(at: start)
        }
    }

    /// A frame as it is found where the file has its new length and some sectors did not arrive, one
    /// at least.
    private func withoutSomeSectors(
        _ frame: [UInt8], _ random: inout SeededGenerator
    ) -> [UInt8] {
        var written = frame
        let first = size / Self.sector
        let last = (size + frame.count - 1) / Self.sector
        let lost = first + random.index(below: last - first + 1)
        for sector in first...last where sector == lost || random.chance(perMille: 500) {
            let start = max(sector * Self.sector, size) - size
            let end = min((sector + 1) * Self.sector, size + frame.count) - size
            // A share of a few bytes cannot be told from content: all of it is lost then.
            if sector == lost, end - start < Self.smallestShare { return [] }
            for position in start..<end { written[position] = 0 }
        }
        return written
    }

    /// Flips one bit; false where there is nothing to damage.
    mutating func flipBit(_ random: inout SeededGenerator) -> Bool {
        let size = size
        guard size > 0 else { return false }
        let position = random.index(below: size)
        bytes?[position] ^= 1 << UInt8(random.index(below: 8))
        noteDamage(at: position)
        return true
    }

    private mutating func noteDamage(at position: Int) {
        if position < syncedSize {
            damage = .synced
        } else if damage == .none {
            damage = .unsynced
        }
    }

    /// Writes the file anew, as a whole.
    mutating func replace(_ rewrite: JournalRewrite) {
        bytes = rewrite.bytes
        synced = rewrite.records.count
        syncedSize = size
        damage = .none
    }

    /// Reads the file as a node does at its start, and cuts off a torn end.
    ///
    /// - Parameter signed: a round in which the key signed, as it was noted with a block.
    mutating func replay(chainID: Bytes32, key: Bytes32, signed: Round?) -> JournalState {
        guard let bytes else { return .missing }
        let state = Journal.replay(bytes, chainID: chainID, key: key, signed: signed)
        if case .intact(_, let length) = state { self.bytes?.removeLast(bytes.count - length) }
        return state
    }

    /// D6: what is wrong with what a replay found; nil for nothing. An append that a crash
    /// interrupted may be found whole, or not at all.
    mutating func fault(of state: JournalState) -> String? {
        switch state {
        case .intact(let records, _):
            if damage == .synced {
                return "damage went unnoticed: \(records.count) of \(synced) records"
            }
            guard records.count >= synced else {
                return "\(synced - records.count) synced records are lost"
            }
            synced = records.count
            syncedSize = size
            damage = .none
            return nil
        case .corrupt(let position):
            return damage != .none ? nil : "corrupt at \(position) without damage"
        case .missing: return bytes == nil ? nil : "\(state)"
        case .outdated: return damage != .none ? nil : "\(state)"
        }
    }
}
