package import Codec
import Hashing

/// One validator as genesis names it. Each of its keys is a different Ed25519 key (32 bytes).
package struct Validator: Hashable, Codable, Sendable {
    /// At most 16 bytes of printable ASCII without space and `+`: part of its cosigner name.
    package let name: String
    /// Signs votes.
    package let consensusKey: Bytes32
    /// Signs checkpoints of the log.
    package let cosigningKey: Bytes32
    /// Proves the node in TLS, and signs promises.
    package let nodeKey: Bytes32

    package init(name: String, consensusKey: Bytes32, cosigningKey: Bytes32, nodeKey: Bytes32) {
        self.name = name
        self.consensusKey = consensusKey
        self.cosigningKey = cosigningKey
        self.nodeKey = nodeKey
    }
}

/// The validators of one epoch in the order that gives them their index.
package struct ValidatorSet: Hashable, Sendable {
    package let validators: [Validator]

    package init(_ validators: [Validator]) { self.validators = validators }

    /// n, the number of validators.
    package var count: Int { validators.count }
    /// f, the number of faulty validators that the rules tolerate: (n - 1) / 3 rounded down.
    package var faultTolerance: Int { max(0, (count - 1) / 3) }
    /// q = n - f. Two quorums share an honest validator. "2f + 1" is less unless n = 3f + 1.
    package var quorum: Int { count - faultTolerance }

    package subscript(index: ValidatorIndex) -> Validator? {
        let position = Int(index.rawValue)
        return position < validators.count ? validators[position] : nil
    }

    /// The leader of a round: plain rotation, (view + epoch) mod n.
    package func leader(of round: Round) -> ValidatorIndex {
        precondition(count > 0, "a validator set is not empty")
        let sum = round.view.rawValue &+ round.epoch.rawValue
        return ValidatorIndex(UInt16(sum % UInt64(count)))
    }

    /// SHA-256 over the canonical encoding: `validatorsHash` of a header.
    package var hash: Bytes32 {
        SHA256.digest([UInt8]("veche/validator-set/v1".utf8) + [0], canonicalBytes)
    }
}

extension Validator: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(name, limit: Limits.validatorName)
        writer.write(consensusKey)
        writer.write(cosigningKey)
        writer.write(nodeKey)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            name: try reader.readString(limit: Limits.validatorName),
            consensusKey: try reader.readBytes32(),
            cosigningKey: try reader.readBytes32(),
            nodeKey: try reader.readBytes32())
    }
}

extension ValidatorSet: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(list: validators, limit: Limits.validators)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(try reader.readList(limit: Limits.validators))
    }
}
