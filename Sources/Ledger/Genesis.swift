package import Codec
import Ristretto

/// What all validators of a chain must agree on besides the rules themselves.
package struct Parameters: Hashable, Codable, Sendable {
    /// E: heights of one epoch (`consensus.md` b.11).
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

    /// The epoch of a height above 0: epoch e holds heights eE + 1 ... (e + 1)E.
    package func epoch(of height: Height) -> Epoch {
        precondition(height > .genesis, "genesis belongs to no epoch")
        return Epoch((height.rawValue - 1) / UInt64(epochLength))
    }

    /// The last height of an epoch, B in `consensus.md` b.11.
    package func lastHeight(of epoch: Epoch) -> Height {
        Height((epoch.rawValue &+ 1) &* UInt64(epochLength))
    }
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

    /// Every rule that the document breaks; empty for a usable one.
    package var faults: [DocumentFault] {
        var faults: [DocumentFault] = []
        func require(_ condition: Bool, _ path: String, _ problem: String) {
            if !condition { faults.append(DocumentFault(path: path, problem: problem)) }
        }
        require(!name.isEmpty, "name", "must not be empty")
        require(isKeyName(origin), "origin", "needs printable ASCII without space and +")
        let n = validators.count
        require(
            (Limits.validatorsMinimum...Limits.validators).contains(n), "validators",
            "\(Limits.validatorsMinimum) to \(Limits.validators) validators are needed, not \(n)")
        require(
            Set(validators.validators.map(\.name)).count == n, "validators",
            "two validators share a name")
        for (index, validator) in validators.validators.enumerated() {
            require(
                isKeyName(validator.name), "validators[\(index)].name",
                "needs printable ASCII without space and +")
        }
        var keys = validators.validators.flatMap { [$0.consensusKey, $0.cosigningKey, $0.nodeKey] }
        keys.append(logKey)
        require(Set(keys).count == keys.count, "validators", "one key serves two purposes")
        faults += commission.faults(at: "commission")
        let p = parameters
        require(
            (4...65_536).contains(p.epochLength), "parameters.epochLength", "must be 4 to 65536")
        require(
            (10...10_000).contains(p.blockIntervalMilliseconds),
            "parameters.blockIntervalMilliseconds", "must be 10 to 10000")
        require(
            p.heartbeatMilliseconds >= p.blockIntervalMilliseconds
                && p.heartbeatMilliseconds <= 600_000,
            "parameters.heartbeatMilliseconds", "must be from the block interval to 600000")
        require(
            (10...60_000).contains(p.baseDelayMilliseconds), "parameters.baseDelayMilliseconds",
            "must be 10 to 60000")
        require(
            p.maximumDelayMilliseconds >= p.baseDelayMilliseconds
                && p.maximumDelayMilliseconds <= 60_000,
            "parameters.maximumDelayMilliseconds", "must be from the base delay to 60000")
        require(
            (10...10_000).contains(p.precisionMilliseconds), "parameters.precisionMilliseconds",
            "must be 10 to 10000")
        require(
            (10...30_000).contains(p.messageDelayMilliseconds),
            "parameters.messageDelayMilliseconds", "must be 10 to 30000")
        require(
            Int(p.maximumBodyBytes) >= Limits.entryBytes
                && Int(p.maximumBodyBytes) <= Limits.bodyBytes,
            "parameters.maximumBodyBytes",
            "must be \(Limits.entryBytes) to \(Limits.bodyBytes)")
        require(
            p.maximumTransactions >= 1
                && Int(p.maximumTransactions) <= Limits.transactionsPerBlock,
            "parameters.maximumTransactions", "must be 1 to \(Limits.transactionsPerBlock)")
        return faults
    }
}

/// Whether a text may name a key in a signed note: printable ASCII without space and `+`.
private func isKeyName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2B }
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
