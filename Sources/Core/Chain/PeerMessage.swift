import Admission
package import BlockSync
package import Codec
package import Consensus
package import Ledger
import TransparencyLog

/// What nodes say to each other (PROTOCOL 9.7).
package enum PeerMessage: Hashable, Sendable {
    /// Between validators.
    case consensus(ConsensusMessage)
    /// Between any nodes.
    case sync(SyncMessage)
    /// Admitted transactions, between validators.
    case transactions(PushedTransactions)
    /// From any node.
    case checkpoint(CheckpointLines)
    /// To a validator.
    case submission(RelayedSubmission)
    /// From a validator.
    case answer(RelayedAnswer)

    /// Whether it carries content: such messages queue behind all others.
    package var isBulk: Bool {
        switch self {
        case .consensus(let message): message.isBulk
        case .sync(let message): message.isBulk
        case .transactions, .submission, .answer: true
        case .checkpoint: false
        }
    }
}

/// The types of frames between nodes.
package enum FrameType: UInt8, CaseIterable, Sendable {
    case consensus = 0x01
    case sync = 0x02
    case transactions = 0x03
    case checkpoint = 0x04
    case submission = 0x05
    /// An answer of version 1.
    case oldAnswer = 0x06
    case answer = 0x07
}

extension PeerMessage {
    package var frameType: FrameType {
        switch self {
        case .consensus: .consensus
        case .sync: .sync
        case .transactions: .transactions
        case .checkpoint: .checkpoint
        case .submission: .submission
        case .answer(let answer): answer.isOld ? .oldAnswer : .answer
        }
    }

    package var payload: [UInt8] {
        switch self {
        case .consensus(let message): message.canonicalBytes
        case .sync(let message): message.canonicalBytes
        case .transactions(let pushed): pushed.canonicalBytes
        case .checkpoint(let lines): lines.canonicalBytes
        case .submission(let submission): submission.canonicalBytes
        case .answer(let answer):
            answer.isOld ? OldRelayedAnswer(answer).canonicalBytes : answer.canonicalBytes
        }
    }

    /// Decodes a frame.
    ///
    /// - Throws: for a type or a payload that no node sends.
    package init(type: UInt8, payload: [UInt8]) throws(CodecError) {
        guard let type = FrameType(rawValue: type) else { throw .unknownTag(type) }
        switch type {
        case .consensus: self = .consensus(try ConsensusMessage(canonicalBytes: payload))
        case .sync: self = .sync(try SyncMessage(canonicalBytes: payload))
        case .transactions:
            self = .transactions(try PushedTransactions(canonicalBytes: payload))
        case .checkpoint: self = .checkpoint(try CheckpointLines(canonicalBytes: payload))
        case .submission: self = .submission(try RelayedSubmission(canonicalBytes: payload))
        case .oldAnswer:
            self = .answer(try OldRelayedAnswer(canonicalBytes: payload).answer)
        case .answer: self = .answer(try RelayedAnswer(canonicalBytes: payload))
        }
    }
}

/// Admitted transactions on their way to another validator.
package struct PushedTransactions: Hashable, Sendable {
    package let transactions: [Entry]

    package init(transactions: [Entry]) { self.transactions = transactions }

    /// The messages for a list: each within the bounds of one.
    package static func messages(_ transactions: [Entry]) -> [PushedTransactions] {
        var messages: [PushedTransactions] = []
        var current: [Entry] = []
        var size = 0
        for transaction in transactions {
            let count = transaction.bytes.count
            if current.count == ChainLimits.pushedTransactions
                || (!current.isEmpty && size + count > ChainLimits.pushedBytes)
            {
                messages.append(PushedTransactions(transactions: current))
                current = []
                size = 0
            }
            current.append(transaction)
            size += count
        }
        if !current.isEmpty { messages.append(PushedTransactions(transactions: current)) }
        return messages
    }
}

extension PushedTransactions: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(UInt32(transactions.count))
        for transaction in transactions { transaction.encode(to: &writer) }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let count = Int(try reader.readUInt32())
        guard count <= ChainLimits.pushedTransactions else {
            throw .overLimit(count: count, limit: ChainLimits.pushedTransactions)
        }
        var transactions: [Entry] = []
        for _ in 0..<count { transactions.append(try Entry(from: &reader)) }
        self.transactions = transactions
    }
}

/// Signature lines of one checkpoint: the log's own and validators' cosignatures.
package struct CheckpointLines: Hashable, Sendable {
    /// At most `LogLimits.treeSize`.
    package let size: UInt64
    package let root: Bytes32
    /// Lines of a signed note, as text.
    package let lines: [[UInt8]]

    package init(size: UInt64, root: Bytes32, lines: [[UInt8]]) {
        self.size = size
        self.root = root
        self.lines = lines
    }
}

extension CheckpointLines: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(size)
        writer.write(root)
        writer.write(UInt32(lines.count))
        for line in lines { writer.write(variable: line, limit: ChainLimits.cosignatureBytes) }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        size = try reader.readUInt64()
        guard size <= LogLimits.treeSize else { throw .invalid("a tree size is below 2^63") }
        root = try reader.readBytes32()
        let count = Int(try reader.readUInt32())
        guard count <= ChainLimits.cosignatureLines else {
            throw .overLimit(count: count, limit: ChainLimits.cosignatureLines)
        }
        var lines: [[UInt8]] = []
        for _ in 0..<count {
            lines.append(try reader.readVariable(limit: ChainLimits.cosignatureBytes))
        }
        self.lines = lines
    }
}
