package import Codec

/// Whether votes of a chain count: a training chain has its own domain in every signature.
package enum ChainKind: UInt8, Sendable, CaseIterable {
    case official = 1
    case training = 2

    package var name: String {
        switch self {
        case .official: "official"
        case .training: "training"
        }
    }
}

/// What a signature is for. The text is part of the signed bytes.
package enum SigningPurpose: String, Sendable {
    case vote
    case transaction
    case promise
    case peer
}

/// The chain that signatures belong to. Signed bytes are
/// `veche/<kind>/<purpose>/v1`, a zero byte, the chain id (32 bytes), then the content.
package struct SigningDomain: Hashable, Sendable {
    package let kind: ChainKind
    package let chainID: Bytes32

    package init(kind: ChainKind, chainID: Bytes32) {
        self.kind = kind
        self.chainID = chainID
    }

    /// The bytes that are signed for `content`.
    package func message(_ purpose: SigningPurpose, _ content: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 64 + content.count)
        writer.write(raw: [UInt8]("veche/\(kind.name)/\(purpose.rawValue)/v1".utf8))
        writer.write(UInt8(0))
        writer.write(chainID)
        writer.write(raw: content)
        return writer.bytes
    }
}

extension ChainKind: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) { writer.write(rawValue) }
    package init(from reader: inout ByteReader) throws(CodecError) {
        let byte = try reader.readUInt8()
        guard let kind = ChainKind(rawValue: byte) else { throw .unknownTag(byte) }
        self = kind
    }
}
