package import Codec
package import Ledger

/// A connected peer.
package struct PeerStatus: Codable, Hashable, Sendable {
    /// The node key, hexadecimal.
    package let key: Bytes32
    /// The validator's name from genesis; nil for an observer.
    package let name: String?
    /// `validator` or `observer`.
    package let role: String
    /// The peer's last stated final height; a statement, not a proof.
    package let height: UInt64?

    package init(key: Bytes32, name: String? = nil, role: String, height: UInt64? = nil) {
        self.key = key
        self.name = name
        self.role = role
        self.height = height
    }
}

/// What a node says about itself.
package struct NodeStatus: Codable, Hashable, Sendable {
    package let software: String
    /// `official` or `training`.
    package let kind: ChainKind
    package let chainName: String
    package let chainID: Bytes32
    /// The validator's name, or nil for an observer.
    package let validator: String?
    /// Final height, its block hash and chain time.
    package let height: UInt64
    package let blockHash: Bytes32
    package let time: Timestamp
    package let epoch: UInt64
    package let view: UInt64
    /// Entries and root of the log after the final block.
    package let logSize: UInt64
    package let logRoot: Bytes32
    /// Size of the newest certified checkpoint, 0 before the first.
    package let certifiedSize: UInt64
    /// Whether the node votes; false for observers, while catching up, and when its journal is not trusted.
    package let voting: Bool
    /// Why it does not vote, for a person.
    package let votingNote: String?
    package let peers: [PeerStatus]
    /// Transactions that wait, and their bytes.
    package let pendingCount: Int
    package let pendingBytes: Int
    /// Of these, ballots that have waited for the registrar's count for more than 30 seconds (A_QUOTA).
    package let overdueBallots: Int

    package init(
        software: String, kind: ChainKind, chainName: String, chainID: Bytes32,
        validator: String? = nil, height: UInt64, blockHash: Bytes32, time: Timestamp,
        epoch: UInt64, view: UInt64, logSize: UInt64, logRoot: Bytes32, certifiedSize: UInt64,
        voting: Bool, votingNote: String? = nil, peers: [PeerStatus], pendingCount: Int,
        pendingBytes: Int, overdueBallots: Int = 0
    ) {
        self.software = software
        self.kind = kind
        self.chainName = chainName
        self.chainID = chainID
        self.validator = validator
        self.height = height
        self.blockHash = blockHash
        self.time = time
        self.epoch = epoch
        self.view = view
        self.logSize = logSize
        self.logRoot = logRoot
        self.certifiedSize = certifiedSize
        self.voting = voting
        self.votingNote = votingNote
        self.peers = peers
        self.pendingCount = pendingCount
        self.pendingBytes = pendingBytes
        self.overdueBallots = overdueBallots
    }
}

/// A node that does its work now says what it concludes that from.
package struct NodeReadiness: Codable, Hashable, Sendable {
    /// Final height and its chain time.
    package let height: UInt64
    package let time: Timestamp
    /// How old that block is by the node's clock, and how old it may be.
    package let blockAgeMilliseconds: UInt64
    package let oldestMilliseconds: UInt64
    /// Whether it votes: false for who is no validator in office.
    package let voting: Bool

    package init(
        height: UInt64, time: Timestamp, blockAgeMilliseconds: UInt64,
        oldestMilliseconds: UInt64, voting: Bool
    ) {
        self.height = height
        self.time = time
        self.blockAgeMilliseconds = blockAgeMilliseconds
        self.oldestMilliseconds = oldestMilliseconds
        self.voting = voting
    }
}

/// One block in a list.
package struct BlockSummary: Codable, Hashable, Sendable {
    package let height: UInt64
    package let hash: Bytes32
    package let epoch: UInt64
    package let view: UInt64
    package let time: Timestamp
    package let proposer: String
    package let transactionCount: UInt32
    package let logSize: UInt64
    package let logRoot: Bytes32

    package init(
        height: UInt64, hash: Bytes32, epoch: UInt64, view: UInt64, time: Timestamp,
        proposer: String, transactionCount: UInt32, logSize: UInt64, logRoot: Bytes32
    ) {
        self.height = height
        self.hash = hash
        self.epoch = epoch
        self.view = view
        self.time = time
        self.proposer = proposer
        self.transactionCount = transactionCount
        self.logSize = logSize
        self.logRoot = logRoot
    }
}

/// One transaction of a block.
package struct BlockTransaction: Codable, Hashable, Sendable {
    package let transactionID: Bytes32
    package let index: UInt64
    /// The entry type, as in `ballot`.
    package let type: String
    package let size: Int

    package init(transactionID: Bytes32, index: UInt64, type: String, size: Int) {
        self.transactionID = transactionID
        self.index = index
        self.type = type
        self.size = size
    }
}

/// One block whole.
package struct BlockDetail: Codable, Hashable, Sendable {
    package let summary: BlockSummary
    /// The header's canonical bytes, hexadecimal.
    package let header: String
    package let transactions: [BlockTransaction]
    /// Names of the validators that signed the stored finalization nearest at or above this block.
    package let finalizedBy: [String]

    package init(
        summary: BlockSummary, header: String, transactions: [BlockTransaction],
        finalizedBy: [String]
    ) {
        self.summary = summary
        self.header = header
        self.transactions = transactions
        self.finalizedBy = finalizedBy
    }
}
