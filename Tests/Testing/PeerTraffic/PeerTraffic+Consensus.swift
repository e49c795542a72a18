import Codec
import Consensus
import Ledger

/// Messages of agreement (`Sources/PROTOCOL.md`, 9.3), signed where the peer has a validator's key.
extension PeerTraffic {
    mutating func consensusMessage() -> ByteWriter {
        var writer = ByteWriter()
        let tag = 1 + choices.below(15)
        writer.write(UInt8(truncatingIfNeeded: tag))
        switch tag {
        case 1: writeProposal(to: &writer)
        case 2: writeVote(to: &writer)
        case 3: writeCertificate(to: &writer)
        case 4: writeFinalized(to: &writer)
        case 5: writeStatus(to: &writer)
        case 6:
            writer.write(number(near: status.round.epoch.rawValue))
            writer.write(choices.number(near: 0))
            writer.write(choices.number(near: status.round.view.rawValue))
        case 7:
            let count = choices.pick([0, 1, 3, 64, 65]) ?? 0
            writer.write(UInt32(count))
            for _ in 0..<count { writeCertificate(to: &writer) }
        case 8: writer.write(hash())
        case 9: writeBlock(to: &writer)
        case 10: writeTransactionRequest(to: &writer)
        case 11: writeTransactions(to: &writer)
        case 12, 14: writer.write(nonce())
        case 13:
            writer.write(nonce())
            writer.write(number(near: status.round.epoch.rawValue))
            writer.write(choices.number(near: status.round.view.rawValue))
            let isThere = choices.chance(70)
            writer.write(isThere)
            if isThere { writeCertificate(to: &writer) }
        default:
            writer.write(nonce())
            let isThere = choices.chance(80)
            writer.write(isThere)
            if isThere { writeVote(to: &writer) }
        }
        return writer
    }

    /// Mostly the number itself: with another one little is reached.
    private mutating func number(near value: UInt64) -> UInt64 {
        choices.chance(75) ? value : choices.number(near: value)
    }

    private mutating func nonce() -> Bytes32 {
        if choices.chance(80), let heard = choices.pick(nonces) { return heard }
        return Bytes32(choices.noise(Bytes32.size)[...])
    }

    /// The present round, one in the window, or any.
    private mutating func round() -> Round {
        let view =
            choices.chance(60)
            ? status.round.view.adding(UInt64(choices.below(4)))
            : View(choices.number(near: status.round.view.rawValue))
        return Round(epoch: Epoch(number(near: status.round.epoch.rawValue)), view: view)
    }

    /// Mostly the next round that the peer leads: a proposal of another one is refused at once.
    private mutating func ledRound() -> Round {
        guard let hostile = knowledge.hostile, choices.chance(70) else { return round() }
        var round = status.round
        for _ in 0..<knowledge.validators.count
        where round.view == .root || knowledge.validators.leader(of: round) != hostile.index {
            round = Round(epoch: round.epoch, view: round.view.next)
        }
        return round
    }

    private func message(
        _ kind: VoteKind, _ round: Round, parentView: UInt64, block: Bytes32
    ) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(kind, round, parentView: parentView, block: block)
        return knowledge.domain.message(.vote, writer.bytes)
    }

    /// A vote with a signature of the peer's key, where it has one, under its own place or another's.
    private mutating func writeVote(
        _ kind: VoteKind, _ round: Round, parentView: UInt64, block: Bytes32,
        to writer: inout ByteWriter
    ) {
        writer.write(kind, round, parentView: parentView, block: block)
        let own = UInt64(knowledge.hostile?.index.rawValue ?? 1)
        writer.write(
            UInt16(truncatingIfNeeded: choices.chance(90) ? own : choices.number(near: own)))
        let message = message(kind, round, parentView: parentView, block: block)
        if let hostile = knowledge.hostile, choices.chance(90) {
            writer.write(hostile.sign(message))
        } else {
            writer.write(Bytes64(choices.noise(Bytes64.size)[...]))
        }
    }

    private mutating func writeVote(to writer: inout ByteWriter) {
        let round = round()
        guard let kind = choices.pick(VoteKind.allCases), kind != .nullify else {
            return writeVote(.nullify, round, parentView: 0, block: .zero, to: &writer)
        }
        let parentView = number(near: status.floorView.rawValue)
        writeVote(kind, round, parentView: parentView, block: hash(), to: &writer)
    }

    /// A known finalization, or a certificate that too few signed.
    mutating func writeCertificate(to writer: inout ByteWriter) {
        let height = block().header.height
        if choices.chance(30), let known = knowledge.finalizations[height] {
            known.encode(to: &writer)
            return
        }
        let kind = choices.pick(VoteKind.allCases) ?? .nullify
        let isNullify = kind == .nullify
        writeCertificate(
            kind, round(),
            parentView: isNullify ? 0 : number(near: status.floorView.rawValue),
            block: isNullify ? .zero : hash(), to: &writer)
    }

    /// The peer's own signature, if it has a key, and noise for the others of the bitmap.
    mutating func writeCertificate(
        _ kind: VoteKind, _ round: Round, parentView: UInt64, block: Bytes32,
        to writer: inout ByteWriter
    ) {
        writer.write(kind, round, parentView: parentView, block: block)
        let places = choices.pick([0, 1, 0b0111, 0b1111, 0b1110, 1 << 31, .max] as [UInt32]) ?? 0
        writer.write(places)
        let message = message(kind, round, parentView: parentView, block: block)
        for place in UInt16(0)..<32 where places >> UInt32(place) & 1 == 1 {
            if let hostile = knowledge.hostile, hostile.index.rawValue == place {
                writer.write(hostile.sign(message))
            } else {
                writer.write(Bytes64.zero)
            }
        }
    }

    /// A child of the attacked node's floor or of a block that it named, in a round that the peer
    /// leads or does not; right in every field, or wrong in one.
    private mutating func writeProposal(to writer: inout ByteWriter) {
        let round = ledRound()
        var header = RawHeader(block().header).child()
        header[.epoch] = round.epoch.rawValue
        header[.view] = round.view.rawValue
        header[.parentView] = status.floorView.rawValue
        header[.height] = status.floorHeight.next.rawValue
        header.set(.parentHash, status.floorHash)
        header[.time] = status.clock.adding(milliseconds: 1).milliseconds
        header[.proposer] = UInt64(knowledge.validators.leader(of: round).rawValue)
        header.set(.validatorsHash, knowledge.validators.hash)
        header.set(.nextValidatorsHash, knowledge.validators.hash)
        if let parent = choices.pick(proposals)?.header, choices.chance(40) {
            header.set(.parentHash, parent.hash)
            header[.parentView] = parent.view.rawValue
            header[.height] = parent.height.next.rawValue
        }
        let count = choices.pick([0, 0, 0, 1, 2, 65]) ?? 0
        let ids = (0..<count).map { _ in hash() }
        header[.transactionCount] = UInt64(count)
        header[.bodyBytes] = UInt64(count * 3)
        header.set(.bodyRoot, Block.bodyRoot(ids: ids))
        header[.logSize] = header[.height]
        if choices.chance(40) { header.spoil(&choices) }
        writer.write(header)
        writer.write(list: ids, limit: Limits.transactionsPerBlock)
        let parentView =
            choices.chance(80) ? header[.parentView] : choices.number(near: header[.parentView])
        writeVote(
            .notarize, round, parentView: parentView, block: header.hash, to: &writer)
        let hasParent = choices.chance(20)
        writer.write(hasParent)
        if hasParent { writeCertificate(to: &writer) }
        hashes.append(header.hash)
    }

    private mutating func writeStatus(to writer: inout ByteWriter) {
        writer.write(number(near: status.round.epoch.rawValue))
        writer.write(choices.number(near: status.round.view.rawValue))
        writer.write(choices.number(near: status.floorHeight.rawValue))
        writer.write(hash())
        writer.write(choices.number(near: status.floorView.rawValue))
        writer.write(choices.number(near: status.clock.milliseconds))
    }

    private mutating func writeBlock(to writer: inout ByteWriter) {
        let known = block()
        var header = RawHeader(known.header)
        if choices.chance(50) { header.spoil(&choices) }
        writer.write(header)
        writer.write(UInt32(known.transactions.count))
        for bytes in known.transactions {
            writer.write(variable: bytes, limit: Limits.entryBytes)
        }
    }

    private mutating func writeTransactionRequest(to writer: inout ByteWriter) {
        writer.write(choices.pick(proposals)?.header.hash ?? hash())
        let indices = choices.pick(
            [[], [0], [0, 0], [1, 0], [0, 1, 2], [.max], [0, .max], Array(0..<4097)] as [[UInt32]])
        writer.write(UInt32(indices?.count ?? 0))
        for index in indices ?? [] { writer.write(index) }
    }

    private mutating func writeTransactions(to writer: inout ByteWriter) {
        writer.write(hash())
        let count = choices.pick([0, 1, 2, 64]) ?? 0
        writer.write(UInt32(count))
        for place in 0..<count {
            writer.write(UInt32(truncatingIfNeeded: choices.number(near: UInt64(place))))
            writer.write(variable: transaction(), limit: Limits.entryBytes)
        }
    }

    /// A true transaction or bytes that are none.
    mutating func transaction() -> [UInt8] {
        if choices.chance(50), let known = choices.pick(block().transactions) { return known }
        return choices.noise(choices.pick([0, 1, 3, 40]) ?? 0)
    }
}
