package import Admission
package import Codec
package import Ledger

/// A transaction that a node passes on for its client.
package struct RelayedSubmission: Hashable, Sendable {
    /// The sender's own number of this submission. Its highest bit asks for an answer of version 2.
    package let number: UInt64
    package let transaction: Entry

    /// The highest bit of a number: who sets it reads answers of version 2.
    package static let newAnswer: UInt64 = 1 << 63

    package init(number: UInt64, transaction: Entry) {
        self.number = number
        self.transaction = transaction
    }
}

extension RelayedSubmission: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(number)
        transaction.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        number = try reader.readUInt64()
        transaction = try Entry(from: &reader)
    }
}

/// What became of a relayed submission.
package struct RelayedAnswer: Hashable, Sendable {
    /// The submission's.
    package let number: UInt64
    package let transactionID: Bytes32
    package let outcome: SubmissionOutcome

    package init(number: UInt64, transactionID: Bytes32, outcome: SubmissionOutcome) {
        self.number = number
        self.transactionID = transactionID
        self.outcome = outcome
    }

    /// Whether it goes to a node that reads only answers of version 1, or came from one that writes them.
    package var isOld: Bool { number & RelayedSubmission.newAnswer == 0 }
}

/// Bounds of the texts in answers, in bytes.
private enum AnswerLimits {
    static let word = 32
    static let promise = 2048
    static let text = 4096
}

/// The text, or as many of its characters as fit.
private func cut(_ text: String, _ limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var result = ""
    for character in text {
        guard result.utf8.count + character.utf8.count <= limit else { break }
        result.append(character)
    }
    return result
}

extension RelayedAnswer: CanonicalCodable {
    private enum Tag {
        static let accepted: UInt8 = 1
        static let waiting: UInt8 = 2
        static let final: UInt8 = 3
        static let refused: UInt8 = 4
        static let deferred: UInt8 = 5
    }

    package func encode(to writer: inout ByteWriter) {
        writer.write(number)
        writer.write(transactionID)
        switch outcome {
        case .accepted(let promise):
            writer.write(Tag.accepted)
            writer.write(variable: promise ?? [], limit: AnswerLimits.promise)
        case .waiting(let promise):
            writer.write(Tag.waiting)
            writer.write(variable: promise ?? [], limit: AnswerLimits.promise)
        case .final: writer.write(Tag.final)
        case .refused(let code, let reason):
            writer.write(Tag.refused)
            writer.write(cut(code, AnswerLimits.word), limit: AnswerLimits.word)
            writer.write(cut(reason, AnswerLimits.text), limit: AnswerLimits.text)
        case .deferred(let deferral, let seconds):
            writer.write(Tag.deferred)
            writer.write(deferral.wireCode)
            writer.write(UInt32(clamping: seconds))
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        number = try reader.readUInt64()
        guard number & RelayedSubmission.newAnswer != 0 else {
            throw .invalid("an answer of version 2 belongs to a number with the highest bit")
        }
        transactionID = try reader.readBytes32()
        let tag = try reader.readUInt8()
        switch tag {
        case Tag.accepted:
            let promise = try reader.readVariable(limit: AnswerLimits.promise)
            outcome = .accepted(promise: promise.isEmpty ? nil : promise)
        case Tag.waiting:
            let promise = try reader.readVariable(limit: AnswerLimits.promise)
            outcome = .waiting(promise: promise.isEmpty ? nil : promise)
        case Tag.final: outcome = .final
        case Tag.refused:
            outcome = .refused(
                code: try reader.readString(limit: AnswerLimits.word),
                reason: try reader.readString(limit: AnswerLimits.text))
        case Tag.deferred:
            let code = try reader.readUInt8()
            guard let deferral = Deferral(wireCode: code) else { throw .unknownTag(code) }
            outcome = .deferred(deferral, retrySeconds: Int(try reader.readUInt32()))
        default: throw .unknownTag(tag)
        }
    }
}

extension Deferral {
    /// The number that stands for it between nodes.
    fileprivate var wireCode: UInt8 {
        switch self {
        case .nodeFull: 1
        case .shareTaken: 2
        case .countAwaited: 3
        case .suspect: 4
        case .peerBusy: 5
        case .siteBusy: 6
        case .relaysBusy: 7
        case .noValidator: 8
        case .noMember: 9
        case .stopped: 10
        case .backlog: 11
        }
    }

    fileprivate init?(wireCode: UInt8) {
        switch wireCode {
        case 1: self = .nodeFull
        case 2: self = .shareTaken
        case 3: self = .countAwaited
        case 4: self = .suspect
        case 5: self = .peerBusy
        case 6: self = .siteBusy
        case 7: self = .relaysBusy
        case 8: self = .noValidator
        case 9: self = .noMember
        case 10: self = .stopped
        case 11: self = .backlog
        default: return nil
        }
    }
}

/// An answer of version 1, which names a failure by three numbers of its own: 422 refused, 429 the
/// sender has too much of it, 503 the node has. Nodes of earlier releases write and read only this one.
package struct OldRelayedAnswer: Hashable, Sendable {
    package let answer: RelayedAnswer

    package init(_ answer: RelayedAnswer) { self.answer = answer }

    private enum Failure {
        static let refused: UInt16 = 422
        static let senderBusy: UInt16 = 429
        static let broken: UInt16 = 500
        static let nodeBusy: UInt16 = 503
    }

    private static let busy = "BUSY"
    private static let unavailable = "UNAVAILABLE"
}

extension OldRelayedAnswer: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(answer.number)
        switch answer.outcome {
        case .accepted(let promise): encode("accepted", promise, to: &writer)
        case .waiting(let promise): encode("waiting", promise, to: &writer)
        case .final: encode("final", nil, to: &writer)
        case .refused(let code, let reason):
            encode(Failure.refused, code, reason, seconds: 0, to: &writer)
        case .deferred(let deferral, let seconds):
            let isUnavailable = deferral == .noMember || deferral == .stopped
            encode(
                deferral.isOfSender ? Failure.senderBusy : Failure.nodeBusy,
                isUnavailable ? Self.unavailable : Self.busy, deferral.description,
                seconds: seconds, to: &writer)
        }
    }

    private func encode(_ status: String, _ promise: [UInt8]?, to writer: inout ByteWriter) {
        writer.write(true)
        writer.write(answer.transactionID)
        writer.write(status, limit: AnswerLimits.word)
        writer.write(promise.map(Hexadecimal.encode) ?? "", limit: AnswerLimits.text)
    }

    private func encode(
        _ failure: UInt16, _ code: String, _ text: String, seconds: Int,
        to writer: inout ByteWriter
    ) {
        writer.write(false)
        writer.write(failure)
        writer.write(cut(code, AnswerLimits.word), limit: AnswerLimits.word)
        writer.write(cut(text, AnswerLimits.text), limit: AnswerLimits.text)
        writer.write(UInt32(clamping: seconds))
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let number = try reader.readUInt64()
        var id = Bytes32.zero
        let outcome: SubmissionOutcome
        if try reader.readBool() {
            id = try reader.readBytes32()
            let status = try reader.readString(limit: AnswerLimits.word)
            let text = try reader.readString(limit: AnswerLimits.text)
            let promise = text.isEmpty ? nil : Hexadecimal.decode(text)
            guard text.isEmpty || promise != nil else { throw .invalid("a promise is hexadecimal") }
            switch status {
            case "accepted": outcome = .accepted(promise: promise)
            case "waiting": outcome = .waiting(promise: promise)
            case "final": outcome = .final
            default: throw .invalid("a submission is accepted, waiting or final")
            }
        } else {
            let failure = try reader.readUInt16()
            let code = try reader.readString(limit: AnswerLimits.word)
            let text = try reader.readString(limit: AnswerLimits.text)
            let seconds = Int(try reader.readUInt32())
            switch failure {
            case Failure.refused: outcome = .refused(code: code, reason: text)
            case Failure.senderBusy: outcome = .deferred(.shareTaken, retrySeconds: seconds)
            case Failure.nodeBusy where code == Self.busy:
                outcome = .deferred(.nodeFull, retrySeconds: seconds)
            case Failure.nodeBusy, Failure.broken:
                outcome = .deferred(.stopped, retrySeconds: max(1, seconds))
            default: throw .invalid("a failure has one of four numbers")
            }
        }
        answer = RelayedAnswer(number: number, transactionID: id, outcome: outcome)
    }
}
