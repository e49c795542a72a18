import APISchema
import Codec
import Ledger
import NodeAPI
import TransparencyLog

/// The types of frames between nodes.
enum FrameType: UInt8 {
    /// `ConsensusMessage`, between validators.
    case consensus = 0x01
    /// `SyncMessage`, between any nodes.
    case sync = 0x02
    /// `PushedTransactions`, between validators.
    case transactions = 0x03
    /// `CheckpointLines`, from any node.
    case checkpoint = 0x04
    /// `RelayedSubmission`, to a validator.
    case submission = 0x05
    /// `RelayedAnswer`, from a validator.
    case answer = 0x06
}

/// Admitted transactions on their way to another validator.
struct PushedTransactions: CanonicalCodable, Sendable {
    let entries: [Entry]

    func encode(to writer: inout ByteWriter) {
        writer.write(list: entries, limit: NodeLimits.pushedTransactions)
    }

    init(entries: [Entry]) { self.entries = entries }

    init(from reader: inout ByteReader) throws(CodecError) {
        entries = try reader.readList(limit: NodeLimits.pushedTransactions)
    }

    /// The frames for a list: each within the bounds of one.
    static func frames(_ entries: [Entry]) -> [PushedTransactions] {
        var frames: [PushedTransactions] = []
        var current: [Entry] = []
        var size = 0
        for entry in entries {
            if current.count == NodeLimits.pushedTransactions
                || (!current.isEmpty && size + entry.bytes.count > NodeLimits.pushedBytes)
            {
                frames.append(PushedTransactions(entries: current))
                current = []
                size = 0
            }
            current.append(entry)
            size += entry.bytes.count
        }
        if !current.isEmpty { frames.append(PushedTransactions(entries: current)) }
        return frames
    }
}

/// Signature lines of one checkpoint: the log's own and validators' cosignatures.
struct CheckpointLines: CanonicalCodable, Sendable {
    /// At most `LogLimits.treeSize`.
    let size: UInt64
    let root: Bytes32
    /// Lines of a signed note, as text.
    let lines: [[UInt8]]

    private static let lineBytes = 512

    init(size: UInt64, root: Bytes32, lines: [[UInt8]]) {
        self.size = size
        self.root = root
        self.lines = lines
    }

    func encode(to writer: inout ByteWriter) {
        writer.write(size)
        writer.write(root)
        writer.write(UInt32(lines.count))
        for line in lines { writer.write(variable: line, limit: Self.lineBytes) }
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        size = try reader.readUInt64()
        guard size <= LogLimits.treeSize else { throw .invalid("a tree size is below 2^63") }
        root = try reader.readBytes32()
        let count = Int(try reader.readUInt32())
        guard count <= NodeLimits.cosignatureLines else {
            throw .overLimit(count: count, limit: NodeLimits.cosignatureLines)
        }
        var lines: [[UInt8]] = []
        for _ in 0..<count { lines.append(try reader.readVariable(limit: Self.lineBytes)) }
        self.lines = lines
    }
}

/// A transaction that a node passes on for its client.
struct RelayedSubmission: CanonicalCodable, Sendable {
    /// The sender's own number of this submission.
    let number: UInt64
    let bytes: [UInt8]

    init(number: UInt64, bytes: [UInt8]) {
        self.number = number
        self.bytes = bytes
    }

    func encode(to writer: inout ByteWriter) {
        writer.write(number)
        writer.write(variable: bytes, limit: Limits.entryBytes)
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        number = try reader.readUInt64()
        bytes = try reader.readVariable(limit: Limits.entryBytes)
    }
}

typealias SubmissionResult = Result<SubmissionAnswer, ServiceFailure>

/// What became of a relayed submission.
struct RelayedAnswer: CanonicalCodable, Sendable {
    let number: UInt64
    let result: SubmissionResult

    private static let wordBytes = 32
    private static let textBytes = 4096

    init(number: UInt64, result: SubmissionResult) {
        self.number = number
        self.result = result
    }

    func encode(to writer: inout ByteWriter) {
        writer.write(number)
        switch result {
        case .success(let answer):
            writer.write(true)
            writer.write(answer.transactionID)
            writer.write(answer.status, limit: Self.wordBytes)
            writer.write(answer.promise ?? "", limit: Self.textBytes)
        case .failure(let failure):
            writer.write(false)
            writer.write(UInt16(clamping: failure.kind.rawValue))
            writer.write(Self.cut(failure.failure.code, Self.wordBytes), limit: Self.wordBytes)
            writer.write(Self.cut(failure.failure.message, Self.textBytes), limit: Self.textBytes)
            writer.write(UInt32(clamping: failure.failure.retryAfterSeconds ?? 0))
        }
    }

    init(from reader: inout ByteReader) throws(CodecError) {
        number = try reader.readUInt64()
        if try reader.readBool() {
            let id = try reader.readBytes32()
            let status = try reader.readString(limit: Self.wordBytes)
            let promise = try reader.readString(limit: Self.textBytes)
            result = .success(
                SubmissionAnswer(
                    transactionID: id, status: status, promise: promise.isEmpty ? nil : promise))
            return
        }
        guard let kind = ServiceFailure.Kind(rawValue: Int(try reader.readUInt16())) else {
            throw .invalid("a failure has an HTTP status")
        }
        let code = try reader.readString(limit: Self.wordBytes)
        let message = try reader.readString(limit: Self.textBytes)
        let seconds = Int(try reader.readUInt32())
        result = .failure(
            ServiceFailure(
                kind: kind,
                failure: APIFailure(
                    code: code, message: message,
                    retryAfterSeconds: seconds == 0 ? nil : seconds)))
    }

    /// The text, or as many of its characters as fit.
    private static func cut(_ text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var result = ""
        for character in text where result.utf8.count + character.utf8.count <= limit {
            result.append(character)
        }
        return result
    }
}
