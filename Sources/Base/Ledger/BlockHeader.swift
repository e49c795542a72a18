package import Codec
import Hashing
import TransparencyLog

/// A block's header (PROTOCOL 3). Its encoding is a log entry of the block after it.
package struct BlockHeader: Sendable {
    package let chainID: Bytes32
    package let epoch: Epoch
    /// One of `Height.blocks`: no header has the height of genesis.
    package let height: Height
    package let view: View
    /// The view in which the parent was notarized; 0 for genesis and for the last block of the
    /// epoch before.
    package let parentView: View
    package let parentHash: Bytes32
    /// Chain time: strictly above the parent's.
    package let time: Timestamp
    package let proposer: ValidatorIndex
    package let transactionCount: UInt32
    /// The sum of the transactions' sizes in bytes.
    package let bodyBytes: UInt32
    /// RFC 6962 root with the transaction ids as leaf hashes.
    package let bodyRoot: Bytes32
    /// Entries of the log after this block.
    package let logSize: UInt64
    /// RFC 6962 root of the log after this block.
    package let logRoot: Bytes32
    /// Root of the state's sparse Merkle tree after the parent.
    package let stateDigestAfterParent: Bytes32
    package let validatorsHash: Bytes32
    /// The set of the next height.
    package let nextValidatorsHash: Bytes32
    /// SHA-256 of the encoding, taken once, when the header is made or decoded.
    package private(set) var hash: Bytes32 = .zero

    /// - Precondition: `height` is one of `Height.blocks`.
    package init(
        chainID: Bytes32, epoch: Epoch, height: Height, view: View, parentView: View,
        parentHash: Bytes32, time: Timestamp, proposer: ValidatorIndex, transactionCount: UInt32,
        bodyBytes: UInt32, bodyRoot: Bytes32, logSize: UInt64, logRoot: Bytes32,
        stateDigestAfterParent: Bytes32, validatorsHash: Bytes32, nextValidatorsHash: Bytes32
    ) {
        precondition(Height.blocks.contains(height), "a block has a height of blocks")
        self.chainID = chainID
        self.epoch = epoch
        self.height = height
        self.view = view
        self.parentView = parentView
        self.parentHash = parentHash
        self.time = time
        self.proposer = proposer
        self.transactionCount = transactionCount
        self.bodyBytes = bodyBytes
        self.bodyRoot = bodyRoot
        self.logSize = logSize
        self.logRoot = logRoot
        self.stateDigestAfterParent = stateDigestAfterParent
        self.validatorsHash = validatorsHash
        self.nextValidatorsHash = nextValidatorsHash
        hash = SHA256.digest(canonicalBytes)
    }

    package var round: Round { Round(epoch: epoch, view: view) }
}

/// Two headers are equal if all their fields are, which the hash covers.
extension BlockHeader: Hashable {
    package func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

/// A header and the transactions in order.
package struct Block: Hashable, Sendable {
    package let header: BlockHeader
    package let entries: [Entry]

    package init(header: BlockHeader, entries: [Entry]) {
        self.header = header
        self.entries = entries
    }

    /// A block of transactions whose ids nobody has taken yet.
    package init(header: BlockHeader, transactions: [[UInt8]]) {
        self.init(header: header, entries: transactions.map { Entry($0) })
    }

    /// The transactions' bytes in order.
    package var transactions: [[UInt8]] { entries.map(\.bytes) }

    /// The ids of the transactions in order.
    package var transactionIDs: [Bytes32] { entries.map(\.id) }

    /// RFC 6962 root over transaction ids as leaf hashes.
    package static func bodyRoot(ids: [Bytes32]) -> Bytes32 {
        var frontier = Frontier()
        for id in ids { frontier.append(leaf: id) }
        return frontier.root
    }

    /// Whether the transactions are the ones that the header commits to. No transaction is hashed.
    package var bodyMatchesHeader: Bool {
        UInt32(exactly: entries.count) == header.transactionCount
            && entries.reduce(0, { $0 + $1.bytes.count }) == Int(header.bodyBytes)
            && Self.bodyRoot(ids: transactionIDs) == header.bodyRoot
    }
}

extension BlockHeader: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        EntryTag.header.encode(to: &writer)
        writer.write(chainID)
        epoch.encode(to: &writer)
        height.encode(to: &writer)
        view.encode(to: &writer)
        parentView.encode(to: &writer)
        writer.write(parentHash)
        time.encode(to: &writer)
        proposer.encode(to: &writer)
        writer.write(transactionCount)
        writer.write(bodyBytes)
        writer.write(bodyRoot)
        writer.write(logSize)
        writer.write(logRoot)
        writer.write(stateDigestAfterParent)
        writer.write(validatorsHash)
        writer.write(nextValidatorsHash)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        guard try EntryTag(from: &reader) == .header else { throw .invalid("not a block header") }
        let chainID = try reader.readBytes32()
        let epoch = try Epoch(from: &reader)
        let height = try Height(from: &reader)
        guard Height.blocks.contains(height) else {
            throw .invalid("a block's height is from 1 to 2^63 - 1")
        }
        self.init(
            chainID: chainID,
            epoch: epoch,
            height: height,
            view: try View(from: &reader),
            parentView: try View(from: &reader),
            parentHash: try reader.readBytes32(),
            time: try Timestamp(from: &reader),
            proposer: try ValidatorIndex(from: &reader),
            transactionCount: try reader.readUInt32(),
            bodyBytes: try reader.readUInt32(),
            bodyRoot: try reader.readBytes32(),
            logSize: try reader.readUInt64(),
            logRoot: try reader.readBytes32(),
            stateDigestAfterParent: try reader.readBytes32(),
            validatorsHash: try reader.readBytes32(),
            nextValidatorsHash: try reader.readBytes32())
    }
}

extension Block: CanonicalCodable {
    package func encode(to writer: inout ByteWriter) {
        header.encode(to: &writer)
        writer.write(list: entries, limit: Limits.transactionsPerBlock)
    }

    /// Decodes the form; `bodyMatchesHeader` says whether the two belong together.
    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            header: try BlockHeader(from: &reader),
            entries: try reader.readList(limit: Limits.transactionsPerBlock))
    }
}
