package import Codec
import Ledger

/// Checkpoints, transactions and submissions (`Sources/PROTOCOL.md`, 9.7), and the transport's own
/// frames (9.6).
extension PeerTraffic {
    mutating func checkpointLines() -> ByteWriter {
        var writer = ByteWriter()
        let known = block().header
        let size =
            choices.chance(50) ? known.logSize : choices.number(near: known.logSize)
        let root = choices.chance(60) ? known.logRoot : hash()
        writer.write(size)
        writer.write(root)
        let count = choices.pick([0, 1, 1, 2, 64, 65]) ?? 0
        writer.write(UInt32(count))
        for _ in 0..<count { writer.write(variable: checkpointLine(size, root), limit: 512) }
        return writer
    }

    private mutating func checkpointLine(_ size: UInt64, _ root: Bytes32) -> [UInt8] {
        if let hostile = knowledge.hostile, choices.chance(60) {
            let line = hostile.cosign(size, root)
            guard choices.chance(20), !line.isEmpty else { return line }
            var wrong = line
            wrong[choices.below(line.count)] ^= 1 << UInt8(choices.below(7))
            return wrong
        }
        let text = choices.pick([
            "\u{2014} name AAAAAAAA\n", "\u{2014}  AAAA\n", "\u{2014} name =\n", "\n",
            "\u{2014} \u{2014} \u{2014}\n", "name AAAA\n", "",
        ])
        return [UInt8]((text ?? "").utf8)
    }

    mutating func pushedTransactions() -> ByteWriter {
        var writer = ByteWriter()
        let count = choices.pick([0, 1, 4, 256, 257]) ?? 0
        let claimed = choices.chance(90) ? UInt64(count) : choices.number(near: UInt64(count))
        writer.write(UInt32(truncatingIfNeeded: claimed))
        for _ in 0..<count { writer.write(variable: transaction(), limit: Limits.entryBytes) }
        return writer
    }

    mutating func submission() -> ByteWriter {
        var writer = ByteWriter()
        writer.write(choices.number(near: 1))
        writer.write(variable: transaction(), limit: Limits.entryBytes)
        return writer
    }

    mutating func answer() -> ByteWriter {
        var writer = ByteWriter()
        writer.write(choices.number(near: 1))
        if choices.chance(50) {
            writer.write(true)
            writer.write(hash())
            writer.write(choices.pick(["", "accepted", "final"]) ?? "", limit: 32)
            writer.write(choices.pick(["", "00", "zz"]) ?? "", limit: 4096)
        } else {
            writer.write(false)
            writer.write(choices.pick([0, 200, 404, 422, 429, 503, .max] as [UInt16]) ?? 0)
            writer.write(choices.pick(["", "E_SEQUENCE"]) ?? "", limit: 32)
            writer.write(choices.pick(["", "no"]) ?? "", limit: 4096)
            writer.write(UInt32(truncatingIfNeeded: choices.number(near: 3)))
        }
        return writer
    }

    /// The first frame of a connection, for a role: 1 for a validator, 2 for an observer.
    package static func hello(
        chainID: Bytes32, role: UInt8, instance: UInt64, version: UInt16 = 1
    ) -> PeerFrame {
        var writer = ByteWriter()
        writer.write(raw: [0x56, 0x45, 0x43, 0x48])
        writer.write(version)
        writer.write(chainID)
        writer.write(role)
        writer.write(instance)
        return PeerFrame(.hello, writer)
    }

    mutating func transportFrame() -> PeerFrame {
        var writer = ByteWriter()
        switch choices.below(6) {
        case 0:
            return Self.hello(
                chainID: choices.chance(50) ? knowledge.domain.chainID : hash(),
                role: UInt8(truncatingIfNeeded: choices.below(4)), instance: choices.word(),
                version: UInt16(truncatingIfNeeded: choices.number(near: 1)))
        case 1:
            writer.write(UInt8(truncatingIfNeeded: choices.below(10)))
            return PeerFrame(.refusal, writer)
        case 2, 3:
            writer.write(raw: choices.noise(choices.pick([8, 8, 8, 0, 7, 9, 64]) ?? 8))
            return PeerFrame(choices.chance(50) ? .ping : .pong, writer)
        case 4:
            writer.write(raw: syncMessage().bytes)
            return PeerFrame(.part, writer)
        default:
            writer.write(choices.pick(PeerFrameKind.allCases)?.rawValue ?? 0)
            writer.write(raw: syncMessage().bytes)
            return PeerFrame(.lastPart, writer)
        }
    }
}
