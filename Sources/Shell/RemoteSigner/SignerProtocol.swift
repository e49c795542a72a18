// RemoteSigner: a validator's consensus key in a process of its own. The process holds key and signer
// record, judges every request by the rule of `SignerState`, and has its record on the disk before a
// signature leaves; the node asks it over a Unix socket. It knows votes and their rounds: neither
// blocks, nor peers, nor elections.

package import Codec
package import Consensus
package import Ledger

/// What the two processes say to each other: one message to a frame, a u32 with its length first.
/// The signer speaks first, with `SignerGreeting`; after it every request has one answer.
enum SignerWire {
    static let magic = [UInt8]("veche/signer/v1".utf8)
    /// The longest message: a refusal with its text.
    static let messageBytes = 4096
    static let textBytes = 2048
}

/// The signer's first message.
package enum SignerGreeting: Hashable, Sendable {
    /// Whose key it holds, for which chain, and what it signed last.
    case ready(chainID: Bytes32, key: Bytes32, record: SignerRecord)
    /// It serves another node already: two nodes must not vote with one key.
    case busy
}

/// What a node asks. Only messages that the signer itself can take apart are signed, never bytes.
package enum SignerRequest: Hashable, Sendable {
    case vote(VoteSubject)
    case readiness(ValidatorReady)
}

extension SignerRequest: CustomStringConvertible {
    package var description: String {
        switch self {
        case .vote(let subject): subject.description
        case .readiness: "a statement that the validator is ready"
        }
    }
}

package enum SignerAnswer: Hashable, Sendable {
    case signed(Bytes64)
    /// The record says that something else was signed.
    case refused(String)
}

extension SignerGreeting: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(raw: SignerWire.magic)
        switch self {
        case .ready(let chainID, let key, let record):
            writer.write(UInt8(1))
            writer.write(chainID)
            writer.write(key)
            record.encode(to: &writer)
        case .busy: writer.write(UInt8(2))
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        for expected in SignerWire.magic where try reader.readUInt8() != expected {
            throw .invalid("a signer's greeting has another beginning")
        }
        let tag = try reader.readUInt8()
        switch tag {
        case 1:
            self = .ready(
                chainID: try reader.readBytes32(), key: try reader.readBytes32(),
                record: try SignerRecord(from: &reader))
        case 2: self = .busy
        default: throw .unknownTag(tag)
        }
    }
}

extension SignerRequest: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .vote(let subject):
            writer.write(UInt8(1))
            subject.encode(to: &writer)
        case .readiness(let body):
            writer.write(UInt8(2))
            body.encode(to: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let tag = try reader.readUInt8()
        switch tag {
        case 1: self = .vote(try VoteSubject(from: &reader))
        case 2: self = .readiness(try ValidatorReady(from: &reader))
        default: throw .unknownTag(tag)
        }
    }
}

extension SignerAnswer: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        switch self {
        case .signed(let signature):
            writer.write(UInt8(1))
            writer.write(signature)
        case .refused(let reason):
            writer.write(UInt8(2))
            writer.write(reason, limit: SignerWire.textBytes)
        }
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        let tag = try reader.readUInt8()
        switch tag {
        case 1: self = .signed(try reader.readBytes64())
        case 2: self = .refused(try reader.readString(limit: SignerWire.textBytes))
        default: throw .unknownTag(tag)
        }
    }
}
