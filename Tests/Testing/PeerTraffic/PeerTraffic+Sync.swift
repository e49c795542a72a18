import Codec
import Consensus
import Ledger

/// Block synchronization: requests, and answers to what was asked (`Sources/PROTOCOL.md`, 9.5).
extension PeerTraffic {
    mutating func syncMessage() -> ByteWriter {
        var writer = ByteWriter()
        switch choices.below(12) {
        case 0: writer.write(UInt8(1))
        case 1, 2:
            writer.write(UInt8(2))
            let isThere = choices.chance(90)
            writer.write(isThere)
            if isThere { writeFinalized(to: &writer) }
        case 3, 4:
            writer.write(UInt8(3))
            writer.write(choices.number(near: status.floorHeight.rawValue))
            writer.write(UInt32(truncatingIfNeeded: choices.number(near: 128)))
            writer.write(UInt32(truncatingIfNeeded: choices.number(near: 1 << 20)))
        case 5:
            writer.write(UInt8(5))
            let asked = choices.pick(asked)?.first.rawValue ?? 0
            writer.write(choices.chance(70) ? asked : choices.number(near: asked))
        default:
            writer.write(UInt8(4))
            writeRange(to: &writer)
        }
        return writer
    }

    /// A final block: true, changed, or far ahead under validators that nobody knows.
    mutating func writeFinalized(to writer: inout ByteWriter) {
        let known = block()
        var header = RawHeader(known.header)
        switch choices.below(4) {
        case 0: break
        case 1: header.spoil(&choices)
        default:
            header[.height] = choices.number(near: status.floorHeight.rawValue)
            header[.epoch] = choices.number(near: header[.epoch])
            if choices.chance(50) { header.set(.validatorsHash, hash()) }
        }
        writer.write(header)
        writeCertificate(of: header, at: known.header.height, to: &writer)
    }

    /// The known finalization of a height, or one for a header that too few signed, or none did.
    mutating func writeCertificate(
        of header: RawHeader, at height: Height, to writer: inout ByteWriter
    ) {
        if choices.chance(50), let known = knowledge.finalizations[height] {
            known.encode(to: &writer)
            return
        }
        let round = Round(epoch: Epoch(header[.epoch]), view: View(header[.view]))
        writeCertificate(
            choices.chance(80) ? .finalize : .notarize, round, parentView: header[.parentView],
            block: header.hash, to: &writer)
    }

    /// Blocks from the height that was asked for on, true or nearly; then headers that lead on from
    /// them, of which one may be anything.
    private mutating func writeRange(to writer: inout ByteWriter) {
        let asked = choices.pick(asked) ?? (block().header.height, 8)
        let first = knowledge.blocks.firstIndex { $0.header.height == asked.first }
        let limit = 1 + choices.below(Int(min(asked.count, 16)))
        let blocks = first.map { Array(knowledge.blocks[$0...].prefix(limit)) } ?? [block()]
        let spoiled = choices.chance(30) ? choices.below(blocks.count) : nil
        let count = choices.chance(5) ? choices.number(near: UInt64(blocks.count)) : nil
        writer.write(UInt32(truncatingIfNeeded: count ?? UInt64(blocks.count)))
        var last = RawHeader(blocks[0].header)
        for (place, block) in blocks.enumerated() {
            last = RawHeader(block.header)
            if first == nil { last[.height] = asked.first.rawValue }
            if place == spoiled { last.spoil(&choices) }
            writer.write(last)
            writer.write(UInt32(block.transactions.count))
            for bytes in block.transactions {
                writer.write(variable: bytes, limit: Limits.entryBytes)
            }
        }
        let height = blocks[blocks.count - 1].header.height
        last = writeHeaders(after: last, at: height, to: &writer)
        writeCertificate(of: last, at: height, to: &writer)
    }

    private mutating func writeHeaders(
        after header: RawHeader, at height: Height, to writer: inout ByteWriter
    ) -> RawHeader {
        var last = header
        var headers: [RawHeader] = []
        let count = choices.chance(50) ? 0 : 1 + choices.below(6)
        let spoiled = choices.chance(60) ? choices.below(max(count, 1)) : nil
        for place in 0..<count {
            last = last.child()
            if place == spoiled { last.spoil(&choices) }
            headers.append(last)
        }
        let claimed = choices.chance(4) ? choices.number(near: UInt64(count)) : UInt64(count)
        writer.write(UInt32(truncatingIfNeeded: claimed))
        for header in headers { writer.write(header) }
        return last
    }
}
