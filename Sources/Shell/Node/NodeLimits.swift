/// The bounds of a node that no operator needs to choose, each with its reason.
enum NodeLimits {
    /// Peers in the configuration: all validators and some more.
    static let configuredPeers = 128
    /// Reverse proxies in the configuration: each is compared with the peer of every request.
    static let trustedProxies = 64
    /// Observers that always have a place: each is a connection that nothing else may take.
    static let knownObservers = 128
    /// How old the newest final block may be, besides two heartbeats, for a promise to be given.
    static let freshMilliseconds: UInt64 = 10_000
    /// Requests for blocks that wait for an answer, of all peers and of one: a synchronizing node has
    /// 16 on their way to all of its peers.
    static let answerQueue = 256
    static let questionsPerPeer = 16
    /// Transactions checked together: proofs are cheaper in batches, answers come sooner without.
    static let admissionBatch = 48
    /// Stored transactions that are read at once when the node starts.
    static let restoredPage = 512
    /// Ballots of one verification task, and tasks side by side: as many as a node has cores, about.
    static let proofBatch = 16
    static let proofTasks = 8
    /// Blocks that wait for execution: the views ahead hold few.
    static let executionQueue = 256
    /// Milliseconds that a leader spends on executing its own block: every other validator spends
    /// as many before it votes.
    static let buildMilliseconds: Int64 = 120
    /// Seconds after which who asked a node that is not ready asks again.
    static let readinessRetrySeconds = 5
    /// Blocks that a node may lie behind another without catching up.
    static let ordinaryDistance: UInt64 = 8
    /// Heights within which a promised ballot must be in the log.
    static let promisedBlocks: UInt64 = 500
    /// Transactions of one frame that pushes them, and its size in bytes.
    static let pushedTransactions = 256
    static let pushedBytes = 512 * 1024
    /// Seconds after which a client whose submission found no place asks again.
    static let busyRetrySeconds = 5
    /// Waiting transactions that a validator is sent when it connects.
    static let resentTransactions = 2000
    /// Transactions judged again after one final block.
    static let rechecks = 128
    /// Milliseconds after which a transaction that is still not final is judged again.
    static let recheckMilliseconds: UInt64 = 2000
    /// Leaders' refusals after which a transaction is dropped: every state refuses it.
    static let refusals = 8
    /// Submissions of one peer under check.
    static let submissionsPerPeer = 64
    /// Submissions on their way through this node, of all clients and of one site, and milliseconds
    /// until one is given up.
    static let relayed = 256
    static let relayedPerSite = 64
    static let relayMilliseconds: UInt64 = 8000
    /// Seconds that a starting node waits for the process that holds its consensus key.
    static let signerSeconds = 60
    /// Milliseconds between statements of a node that it is ready to become a validator.
    static let readinessMilliseconds: UInt64 = 5000
    /// Sizes of checkpoints for which one validator's cosignatures are kept: one a second, and a node
    /// that hears of none for so long has other troubles.
    static let checkpointSizes = 32
    /// Milliseconds that a ballot waits for the registrar's count before operators are told: honest
    /// counts come every second.
    static let quotaMilliseconds: UInt64 = 30_000
    /// Seconds that requests in flight have when the node is asked to stop.
    static let shutdownSeconds = 5
    /// Contradicting cosignatures of one validator that are reported: more prove nothing more.
    static let reports = 64
    /// Milliseconds after which the floor has rested and is cosigned.
    static let restMilliseconds: UInt64 = 500
    /// Milliseconds between repetitions of cosignatures that are still too few.
    static let cosignatureRepeat: UInt64 = 2000
    /// The vote journal is written anew above this size.
    static let journalBytes = 64 * 1024 * 1024
    /// A frame's lists of cosignature lines.
    static let cosignatureLines = 64
}
