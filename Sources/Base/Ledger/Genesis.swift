package import Codec
import Hashing

/// What all validators of a chain must agree on besides the rules themselves.
package struct Parameters: Hashable, Codable, Sendable {
    /// E: heights of one epoch (PROTOCOL 2).
    package let epochLength: UInt32
    /// T_MIN: least time between blocks while transactions wait.
    package let blockIntervalMilliseconds: UInt32
    /// T_IDLE: time from a block to an empty heartbeat block.
    package let heartbeatMilliseconds: UInt32
    /// D0: the base of the view timers.
    package let baseDelayMilliseconds: UInt32
    /// CAP: what the base may grow to.
    package let maximumDelayMilliseconds: UInt32
    /// PRECISION: how far validators' clocks may differ (b.7).
    package let precisionMilliseconds: UInt32
    /// MSGDELAY: how old a proposal may be on arrival (b.7).
    package let messageDelayMilliseconds: UInt32
    /// Bytes of one block's transactions, at most `Limits.bodyBytes`.
    package let maximumBodyBytes: UInt32
    /// Transactions of one block, at most `Limits.transactionsPerBlock`.
    package let maximumTransactions: UInt32

    package init(
        epochLength: UInt32 = 1024,
        blockIntervalMilliseconds: UInt32 = 100,
        heartbeatMilliseconds: UInt32 = 5000,
        baseDelayMilliseconds: UInt32 = 250,
        maximumDelayMilliseconds: UInt32 = 5000,
        precisionMilliseconds: UInt32 = 500,
        messageDelayMilliseconds: UInt32 = 2000,
        maximumBodyBytes: UInt32 = 1024 * 1024,
        maximumTransactions: UInt32 = 2000
    ) {
        self.epochLength = epochLength
        self.blockIntervalMilliseconds = blockIntervalMilliseconds
        self.heartbeatMilliseconds = heartbeatMilliseconds
        self.baseDelayMilliseconds = baseDelayMilliseconds
        self.maximumDelayMilliseconds = maximumDelayMilliseconds
        self.precisionMilliseconds = precisionMilliseconds
        self.messageDelayMilliseconds = messageDelayMilliseconds
        self.maximumBodyBytes = maximumBodyBytes
        self.maximumTransactions = maximumTransactions
    }

    /// The epoch of a height: epoch e holds heights eE + 1 ... (e + 1)E. Genesis belongs to none; it
    /// is given the first one.
    package func epoch(of height: Height) -> Epoch {
        height > .genesis ? Epoch((height.rawValue - 1) / heightsPerEpoch) : .first
    }

    /// The last height of an epoch, B in PROTOCOL 2; the largest number for an epoch that no
    /// block can be in.
    package func lastHeight(of epoch: Epoch) -> Height {
        let (count, isTooLate) = epoch.rawValue.addingReportingOverflow(1)
        let (height, isTooHigh) = count.multipliedReportingOverflow(by: heightsPerEpoch)
        return Height(isTooLate || isTooHigh ? .max : height)
    }

    /// E, or 1 for the 0 of a document whose faults nobody has asked for yet.
    private var heightsPerEpoch: UInt64 { UInt64(max(epochLength, 1)) }
}

/// The document that makes a chain. Its SHA-256 is the chain id; its encoding is entry 0 of the log.
package struct Genesis: Hashable, Codable, Sendable {
    package let kind: ChainKind
    /// A short name for people.
    package let name: String
    /// The time of height 0.
    package let time: Timestamp
    /// The log's origin (C2SP tlog-checkpoint), as in `deg.example/2026`.
    package let origin: String
    /// The key of the log's own checkpoint line; it routes, trust comes from cosignatures alone.
    package let logKey: Bytes32
    package let validators: ValidatorSet
    /// The chain's commission: creates elections.
    package let commission: Commission
    package let parameters: Parameters

    package init(
        kind: ChainKind, name: String, time: Timestamp, origin: String, logKey: Bytes32,
        validators: ValidatorSet, commission: Commission, parameters: Parameters
    ) {
        self.kind = kind
        self.name = name
        self.time = time
        self.origin = origin
        self.logKey = logKey
        self.validators = validators
        self.commission = commission
        self.parameters = parameters
    }

    /// SHA-256 of the canonical encoding: the hash of "block 0" and a part of every signature.
    package var chainID: Bytes32 { SHA256.digest(canonicalBytes) }

    package var domain: SigningDomain { SigningDomain(kind: kind, chainID: chainID) }

    /// The cosigner name of a validator in checkpoints: origin, `/`, name.
    package func cosignerName(of validator: Validator) -> String {
        origin + "/" + validator.name
    }
}

extension Parameters: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        writer.write(epochLength)
        writer.write(blockIntervalMilliseconds)
        writer.write(heartbeatMilliseconds)
        writer.write(baseDelayMilliseconds)
        writer.write(maximumDelayMilliseconds)
        writer.write(precisionMilliseconds)
        writer.write(messageDelayMilliseconds)
        writer.write(maximumBodyBytes)
        writer.write(maximumTransactions)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            epochLength: try reader.readUInt32(),
            blockIntervalMilliseconds: try reader.readUInt32(),
            heartbeatMilliseconds: try reader.readUInt32(),
            baseDelayMilliseconds: try reader.readUInt32(),
            maximumDelayMilliseconds: try reader.readUInt32(),
            precisionMilliseconds: try reader.readUInt32(),
            messageDelayMilliseconds: try reader.readUInt32(),
            maximumBodyBytes: try reader.readUInt32(),
            maximumTransactions: try reader.readUInt32())
    }
}

extension Genesis: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        EntryTag.genesis.encode(to: &writer)
        kind.encode(to: &writer)
        writer.write(name, limit: Limits.name)
        time.encode(to: &writer)
        writer.write(origin, limit: Limits.identifier)
        writer.write(logKey)
        validators.encode(to: &writer)
        commission.encode(to: &writer)
        parameters.encode(to: &writer)
    }

    /// Decodes the form alone; `faults` says whether the content is usable.
    package init(from reader: inout ByteReader) throws(CodecError) {
        guard try EntryTag(from: &reader) == .genesis else { throw .invalid("not a genesis") }
        self.init(
            kind: try ChainKind(from: &reader),
            name: try reader.readString(limit: Limits.name),
            time: try Timestamp(from: &reader),
            origin: try reader.readString(limit: Limits.identifier),
            logKey: try reader.readBytes32(),
            validators: try ValidatorSet(from: &reader),
            commission: try Commission(from: &reader),
            parameters: try Parameters(from: &reader))
    }
}
