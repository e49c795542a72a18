package import Codec

/// Asks for another validator set from a later epoch on (PROTOCOL 7.12): signed by k of the
/// chain's commission.
package struct ChangeValidators: Hashable, Codable, Sendable {
    /// Counts the changes that the commission asked for, from 1: each asks once.
    package let number: UInt32
    /// The whole new set.
    package let validators: ValidatorSet

    package init(number: UInt32, validators: ValidatorSet) {
        self.number = number
        self.validators = validators
    }
}

/// A new member's word that it follows the chain: signed with its consensus key of the new set.
package struct ValidatorReady: Hashable, Sendable {
    /// The number of the change.
    package let number: UInt32
    /// The hash of the new set.
    package let setHash: Bytes32
    /// The signer's place in the new set.
    package let index: ValidatorIndex

    package init(number: UInt32, setHash: Bytes32, index: ValidatorIndex) {
        self.number = number
        self.setHash = setHash
        self.index = index
    }
}

extension ChangeValidators: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(number)
        validators.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            number: try reader.readUInt32(), validators: try ValidatorSet(from: &reader))
    }
}

extension ValidatorReady: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(number)
        writer.write(setHash)
        index.encode(to: &writer)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            number: try reader.readUInt32(), setHash: try reader.readBytes32(),
            index: try ValidatorIndex(from: &reader))
    }
}
