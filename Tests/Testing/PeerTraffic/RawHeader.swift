package import Codec
import Hashing
package import Ledger

/// A block header by the places of its fields: it can hold what no `BlockHeader` can.
package struct RawHeader: Hashable, Sendable {
    /// The fields after the tag, in the order of the encoding.
    package enum Field: CaseIterable, Sendable {
        case chainID, epoch, height, view, parentView, parentHash, time, proposer
        case transactionCount, bodyBytes, bodyRoot, logSize, logRoot, stateDigest
        case validatorsHash, nextValidatorsHash

        var size: Int {
            switch self {
            case .chainID, .parentHash, .bodyRoot, .logRoot, .stateDigest, .validatorsHash,
                .nextValidatorsHash:
                Bytes32.size
            case .epoch, .height, .view, .parentView, .time, .logSize: 8
            case .transactionCount, .bodyBytes: 4
            case .proposer: 2
            }
        }

        var range: Range<Int> {
            let start = Self.allCases.prefix { $0 != self }.reduce(2) { $0 + $1.size }
            return start..<(start + size)
        }
    }

    package private(set) var bytes: [UInt8]

    package init(_ header: BlockHeader) { bytes = header.canonicalBytes }

    package var hash: Bytes32 { SHA256.digest(bytes) }

    /// A field of at most eight bytes as a number.
    package subscript(_ field: Field) -> UInt64 {
        get { bytes[field.range].prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
        set {
            var shift = UInt64(8 * min(field.size, 8))
            for place in field.range.prefix(8) {
                shift -= 8
                bytes[place] = UInt8(truncatingIfNeeded: newValue >> shift)
            }
        }
    }

    package mutating func set(_ field: Field, _ digest: Bytes32) {
        precondition(field.size == Bytes32.size, "the field is a digest")
        bytes.replaceSubrange(field.range, with: digest.bytes)
    }

    /// Makes one field what it should not be.
    package mutating func spoil(_ choices: inout Choices) {
        // Heights are what is computed with most.
        let field = choices.chance(40) ? .height : choices.pick(Field.allCases) ?? .height
        guard field.size < Bytes32.size else {
            set(field, Bytes32(choices.noise(Bytes32.size)[...]))
            return
        }
        self[field] = choices.number(near: self[field])
    }

    /// A child that fits, without transactions.
    package func child() -> RawHeader {
        var child = self
        child.set(.parentHash, hash)
        child[.height] = self[.height] &+ 1
        child[.parentView] = self[.view]
        child[.view] = self[.view] &+ 1
        child[.time] = self[.time] &+ 1
        child[.logSize] = self[.logSize] &+ 1
        child[.transactionCount] = 0
        child[.bodyBytes] = 0
        child.set(.bodyRoot, Block.bodyRoot(ids: []))
        return child
    }
}

extension ByteWriter {
    mutating func write(_ header: RawHeader) { write(raw: header.bytes) }

    /// A signed vote's or certificate's subject.
    mutating func write(_ kind: VoteKind, _ round: Round, parentView: UInt64, block: Bytes32) {
        write(kind.rawValue)
        write(round.epoch.rawValue)
        write(round.view.rawValue)
        write(parentView)
        write(block)
    }
}
