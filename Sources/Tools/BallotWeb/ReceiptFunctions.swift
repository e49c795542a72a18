import BallotCryptography
import Codec
import Hashing
import Ristretto
import TransparencyLog

/// `chainId | genesis`: whom the receipts of a chain are judged by.
struct TrustPolicyInput: WebInput {
    private let chainID: Bytes32
    private let genesis: [UInt8]

    init(from reader: inout ByteReader) throws(CodecError) {
        self.chainID = try reader.readBytes32()
        self.genesis = try reader.readVariable(limit: WebLimits.entrySize)
    }

    /// The policy file (C2SP tlog-policy): a quorum of the validators that genesis names.
    func answer() throws(WebRefusal) -> [UInt8] {
        guard SHA256.digest(self.genesis) == self.chainID else { throw .policy }
        let outline: GenesisOutline
        do throws(CodecError) {
            outline = try GenesisOutline(self.genesis)
        } catch {
            throw .policy
        }
        guard let policy = outline.policy else { throw .policy }
        return policy.text
    }
}

/// What a receipt's judge needs of a genesis document (`PROTOCOL.md`, section 2). Its rules were
/// checked by whoever published the chain id.
struct GenesisOutline {
    private let origin: String
    private let logKey: Bytes32
    private let cosigners: [(name: String, key: Bytes32)]

    init(_ bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        guard try reader.readUInt8() == 0x01, try reader.readUInt8() == 0x01 else {
            throw .invalid("not a genesis of this version")
        }
        // Kind, name, time.
        _ = try reader.readUInt8()
        _ = try reader.readVariable(limit: 256)
        _ = try reader.readUInt64()
        self.origin = try reader.readString(limit: 96)
        self.logKey = try reader.readBytes32()
        let count = Int(try reader.readUInt32())
        guard count <= 31 else { throw .overLimit(count: count, limit: 31) }
        var cosigners: [(name: String, key: Bytes32)] = []
        for _ in 0..<count {
            let name = try reader.readString(limit: 16)
            _ = try reader.readBytes32()
            cosigners.append((self.origin + "/" + name, try reader.readBytes32()))
            _ = try reader.readBytes32()
        }
        self.cosigners = cosigners
    }

    var policy: TrustPolicy? {
        TrustPolicy(origin: self.origin, logKey: self.logKey, cosigners: self.cosigners)
    }
}

/// `u32 size | policy | u32 size | receipt | u32 size | transaction | bool given | P if given`.
struct VerifyReceiptInput: WebInput {
    private let policy: [UInt8]
    private let receipt: [UInt8]
    private let transaction: [UInt8]
    private let credentialKey: Bytes32?

    init(from reader: inout ByteReader) throws(CodecError) {
        self.policy = try reader.readVariable(limit: WebLimits.policySize)
        self.receipt = try reader.readVariable(limit: WebLimits.entrySize)
        self.transaction = try reader.readVariable(limit: WebLimits.entrySize)
        self.credentialKey = try reader.readOptional()
    }

    /// `electionId | u32 style | P | u32 sequence | ballotId | transactionId | tracker | tracking
    /// code | u64 index | u64 log size | root | u32 cosigners | (text name | u64 seconds)*`.
    func answer() throws(WebRefusal) -> [UInt8] {
        let policy = try self.trustPolicy()
        let outline = try self.outline()
        let receipt: Receipt
        do throws(ReceiptError) {
            receipt = try Receipt(
                self.receipt, transaction: self.transaction, tracker: outline.tracker,
                policy: policy, with: StrictEd25519())
        } catch {
            switch error {
            case .proof, .extensionLines, .noIdentifiers: throw .receipt
            case .otherTransaction, .otherTracker: throw .otherBallot
            }
        }
        let header = outline.header
        if let credentialKey, credentialKey != header.credentialKey { throw .otherVoter }
        var writer = ByteWriter()
        writer.write(header.electionID)
        writer.write(header.style)
        writer.write(header.credentialKey)
        writer.write(header.sequence)
        writer.write(outline.ballotID)
        writer.write(receipt.transactionID)
        writer.write(tracker: outline.tracker)
        writer.write(receipt.index)
        writer.write(receipt.certified.checkpoint.size)
        writer.write(receipt.certified.checkpoint.root)
        let cosigners = receipt.certified.cosigners
        writer.write(UInt32(cosigners.count))
        for cosigner in cosigners {
            writer.write(variable: cosigner.key.name.utf8, limit: LogLimits.keyNameSize)
            writer.write(cosigner.time ?? 0)
        }
        return writer.bytes
    }

    /// A policy that asks for no cosignature would believe the log's operator alone.
    private func trustPolicy() throws(WebRefusal) -> TrustPolicy {
        do throws(PolicyError) {
            let policy = try TrustPolicy(parsing: self.policy)
            guard policy.quorum != nil, !policy.isSatisfied(byWitnesses: []) else {
                throw PolicyError(line: 0, reason: .noQuorum)
            }
            return policy
        } catch {
            throw .policy
        }
    }

    private func outline() throws(WebRefusal) -> BallotOutline {
        let envelope: BallotEnvelope
        do throws(CodecError) {
            envelope = try BallotEnvelope(self.transaction)
        } catch {
            throw .input
        }
        do throws(RefusalCode) {
            return try BallotOutline(envelope.wire)
        } catch {
            throw .code(error)
        }
    }
}

/// The transaction that carries a ballot (`PROTOCOL.md`, section 5): `40 | 01 | u32 size | wire |
/// u32 size | certificate`.
struct BallotEnvelope {
    let wire: [UInt8]

    init(_ bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        guard try reader.readUInt8() == 0x40, try reader.readUInt8() == 0x01 else {
            throw .invalid("not a ballot transaction of this version")
        }
        self.wire = try reader.readVariable(limit: Limits.ballotSize)
        _ = try reader.readVariable(limit: Limits.modulusSize)
        try reader.finish()
    }
}
