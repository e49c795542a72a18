package import Codec
package import Ledger

/// What was found in a vote journal.
package enum JournalState: Equatable, Sendable {
    /// All frames up to `length` bytes are good. What follows is a torn last append: the file is cut
    /// to `length` before anything is added.
    case intact([JournalRecord], length: Int)
    /// A bad frame before good ones, or not a journal of this key on this chain. Something that was
    /// signed may be lost: the validator must not vote.
    case corrupt(at: Int)
    /// No file. A validator's home is made with an empty journal, so one was lost.
    case missing
    /// A good journal of an earlier time, as from a backup: the key signed in this round.
    case outdated(Round)
}

/// The vote journal's bytes: a header, then frames, each of which was appended and synced as one.
///
/// A frame is a mark (4 bytes), the payload's length (u32), CRC-32C over the frame's offset in the
/// file (u64), the length and the payload (u32), the payload: records one after another. One frame a
/// sync: unsynced writes may be kept in any order, and a lost frame before a kept one would look
/// like damage. The offset is in the checksum so that a journal inside a block's transactions, or an
/// old frame at another place, is no frame.
package enum Journal {
    private static let magic = [UInt8]("veche/journal/v1".utf8)
    private static let mark: [UInt8] = [0xA7, 0x56, 0x4A, 0x31]
    private static let frameOverhead = 12
    /// What a disk writes as one.
    private static let sectorBytes = 512
    /// So many zeros in a row do not occur at the end of a signature or hash.
    private static let missingBytes = 32

    /// The first bytes of the journal of `key` (the consensus key) on a chain.
    package static func header(chainID: Bytes32, key: Bytes32) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(raw: magic)
        writer.write(chainID)
        writer.write(key)
        return writer.bytes
    }

    /// The frame that is appended at `offset`, the journal's size in bytes until now.
    package static func frame(_ records: [JournalRecord], at offset: UInt64) -> [UInt8] {
        var payload = ByteWriter()
        for record in records { record.encode(to: &payload) }
        let length = UInt32(payload.bytes.count)
        var frame = ByteWriter(reservingCapacity: payload.bytes.count + frameOverhead)
        frame.write(raw: mark)
        frame.write(length)
        frame.write(checksum(offset: offset, length: length, payload: payload.bytes[...]))
        frame.write(raw: payload.bytes)
        return frame.bytes
    }

    /// Reads a whole journal. It never fails: damage is a finding.
    ///
    /// - Parameter signed: a round in which the key signed, as the driver noted it elsewhere; nil for
    ///   none.
    package static func replay(
        _ bytes: [UInt8], chainID: Bytes32, key: Bytes32, signed: Round? = nil
    ) -> JournalState {
        let state = replay(bytes, chainID: chainID, key: key)
        guard case .intact(let records, length: _) = state, let signed else { return state }
        let isKnown = records.contains {
            switch $0 {
            case .signer(let record): record.round >= signed
            case .resumed(let round): round >= signed
            case .quarantined: true
            case .certificate, .vote, .block: false
            }
        }
        return isKnown ? state : .outdated(signed)
    }

    private static func replay(
        _ bytes: [UInt8], chainID: Bytes32, key: Bytes32
    ) -> JournalState {
        let header = header(chainID: chainID, key: key)
        guard bytes.starts(with: header) else { return .corrupt(at: 0) }
        var records: [JournalRecord] = []
        var offset = header.count
        while offset < bytes.count {
            guard let (payload, end) = readFrame(bytes, at: offset) else {
                let isTorn = isTornAppend(bytes, at: offset) && !hasFrame(bytes, after: offset)
                return isTorn ? .intact(records, length: offset) : .corrupt(at: offset)
            }
            // The checksum fits: who wrote this meant it, and another version may have signed.
            guard let frameRecords = decode(payload) else { return .corrupt(at: offset) }
            records += frameRecords
            offset = end
        }
        return .intact(records, length: offset)
    }

    /// Whether the bytes from `offset` on can be an append that a crash interrupted: the file ends
    /// within the frame, or a sector of it never arrived and reads as zeros. A frame that is there in
    /// full and does not fit its checksum was synced and then damaged: a vote may be lost with it.
    private static func isTornAppend(_ bytes: [UInt8], at offset: Int) -> Bool {
        if hasMissingSector(bytes, from: offset) { return true }
        let rest = bytes.count - offset
        let markEnd = min(rest, mark.count)
        guard bytes[offset..<(offset + markEnd)].elementsEqual(mark.prefix(markEnd)) else {
            return false
        }
        guard rest >= frameOverhead else { return true }
        let start = offset + frameOverhead
        guard let whole = UInt32(exactly: bytes.count - start), word(bytes, at: offset + 4) > whole
        else { return false }
        // A length that was damaged makes a whole frame look like a part of one.
        return checksum(offset: UInt64(offset), length: whole, payload: bytes[start...])
            != word(bytes, at: offset + 8)
    }

    /// Whether the share of a sector in what follows `start` is all zeros, as where a write never
    /// arrived. Of the first share a byte is enough, since a mark has no zeros; others that are too
    /// small to tell from content do not count.
    private static func hasMissingSector(_ bytes: [UInt8], from start: Int) -> Bool {
        var position = start
        while position < bytes.count {
            let next = min(bytes.count, (position / sectorBytes + 1) * sectorBytes)
            let isLargeEnough = position == start || next - position >= missingBytes
            if isLargeEnough, bytes[position..<next].allSatisfy({ $0 == 0 }) { return true }
            position = next
        }
        return false
    }

    /// The payload of the good frame at `offset` and where it ends.
    private static func readFrame(
        _ bytes: [UInt8], at offset: Int
    ) -> (payload: ArraySlice<UInt8>, end: Int)? {
        guard bytes.count - offset >= frameOverhead, hasMark(bytes, at: offset) else { return nil }
        let length = word(bytes, at: offset + 4)
        let start = offset + frameOverhead
        guard Int(length) <= bytes.count - start else { return nil }
        let payload = bytes[start..<(start + Int(length))]
        let expected = checksum(offset: UInt64(offset), length: length, payload: payload)
        guard word(bytes, at: offset + 8) == expected else { return nil }
        return (payload, start + Int(length))
    }

    /// The records of a payload; nil where they are not this version's.
    private static func decode(_ payload: ArraySlice<UInt8>) -> [JournalRecord]? {
        var reader = ByteReader([UInt8](payload))
        var records: [JournalRecord] = []
        while reader.remaining > 0 {
            do throws(CodecError) {
                records.append(try JournalRecord(from: &reader))
            } catch {
                return nil
            }
        }
        return records
    }

    /// Whether a good frame begins anywhere after a bad one.
    private static func hasFrame(_ bytes: [UInt8], after bad: Int) -> Bool {
        var offset = bad + 1
        while offset + frameOverhead <= bytes.count {
            if readFrame(bytes, at: offset) != nil { return true }
            offset += 1
        }
        return false
    }

    private static func hasMark(_ bytes: [UInt8], at offset: Int) -> Bool {
        bytes[offset..<(offset + mark.count)].elementsEqual(mark)
    }

    private static func word(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func checksum(
        offset: UInt64, length: UInt32, payload: ArraySlice<UInt8>
    ) -> UInt32 {
        var prefix = ByteWriter(reservingCapacity: 12)
        prefix.write(offset)
        prefix.write(length)
        var checksum = CRC32C()
        checksum.update(prefix.bytes[...])
        checksum.update(payload)
        return checksum.value
    }
}

/// CRC-32C (Castagnoli), reflected polynomial 0x82F63B78: finds torn and damaged frames. It protects
/// from accidents alone; who can write the file can also write its checksums.
struct CRC32C {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in
            value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
        }
    }

    private var state: UInt32 = .max

    var value: UInt32 { ~state }

    mutating func update(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes { state = Self.table[Int((state ^ UInt32(byte)) & 0xFF)] ^ state >> 8 }
    }
}
