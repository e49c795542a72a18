package import Codec
package import Ledger

/// One frame between nodes, after the length.
package struct PeerFrame: Hashable, Sendable {
    package let type: UInt8
    package let payload: [UInt8]

    package init(type: UInt8, payload: [UInt8]) {
        self.type = type
        self.payload = payload
    }

    init(_ kind: PeerFrameKind, _ writer: ByteWriter) {
        self.init(type: kind.rawValue, payload: writer.bytes)
    }
}

/// The types of frames between nodes (`Sources/PROTOCOL.md`, 9.6 and 9.7).
package enum PeerFrameKind: UInt8, CaseIterable, Sendable {
    case consensus = 0x01
    case sync = 0x02
    case transactions = 0x03
    case checkpoint = 0x04
    case submission = 0x05
    case answer = 0x06
    case hello = 0xF0
    case refusal = 0xF1
    case ping = 0xF2
    case pong = 0xF3
    case part = 0xF4
    case lastPart = 0xF5
}

/// The keys of a validator that the hostile peer is.
package struct HostileValidator: Sendable {
    package let index: ValidatorIndex
    /// Signs with the consensus key.
    package let sign: @Sendable ([UInt8]) -> Bytes64
    /// A signature line over a checkpoint of this size and root, with its line feed.
    package let cosign: @Sendable (UInt64, Bytes32) -> [UInt8]

    package init(
        index: ValidatorIndex, sign: @escaping @Sendable ([UInt8]) -> Bytes64,
        cosign: @escaping @Sendable (UInt64, Bytes32) -> [UInt8]
    ) {
        self.index = index
        self.sign = sign
        self.cosign = cosign
    }
}

/// What the hostile peer knows of the chain before it begins: whatever any node serves.
package struct ChainKnowledge: Sendable {
    package let domain: SigningDomain
    /// The validators in office.
    package let validators: ValidatorSet
    /// Final blocks, rising from some height without gaps; at least one.
    package let blocks: [Block]
    /// Finalizations of some of them, by height.
    package let finalizations: [Height: Certificate]
    /// Nil for a stranger.
    package let hostile: HostileValidator?

    package init(
        domain: SigningDomain, validators: ValidatorSet, blocks: [Block],
        finalizations: [Height: Certificate], hostile: HostileValidator?
    ) {
        precondition(!blocks.isEmpty, "a chain that nothing is known of is not attacked in depth")
        self.domain = domain
        self.validators = validators
        self.blocks = blocks
        self.finalizations = finalizations
        self.hostile = hostile
    }
}
