/// The bounds of a node's core, each with its reason.
package enum ChainLimits {
    /// Requests for blocks that wait for an answer, of all peers and of one: a synchronizing node has
    /// 16 on their way to all of its peers.
    package static let questions = 256
    package static let questionsPerPeer = 16
    /// Blocks that wait for execution: the views ahead hold few.
    package static let executions = 256
    /// Blocks that a node may lie behind another without catching up.
    package static let ordinaryDistance: UInt64 = 8
    /// Transactions of one frame that pushes them, and its size in bytes.
    package static let pushedTransactions = 256
    package static let pushedBytes = 512 * 1024
    /// Waiting transactions that a validator is sent when it connects.
    package static let resentTransactions = 2000
    /// Milliseconds without a final block until a validator pushes what waits longest again, as many as one
    /// frame holds: what it pushed was lost with a connection or a full queue, or leaders that do not have
    /// it rest until the heartbeat. It doubles up to the longest.
    package static let repushMilliseconds: UInt64 = 2000
    package static let longestRepushMilliseconds: UInt64 = 32_000
    /// Milliseconds between statements of a node that it is ready to become a validator.
    package static let readinessMilliseconds: UInt64 = 5000
    /// The vote journal is written anew above this size.
    package static let journalBytes = 64 * 1024 * 1024
    /// Lines of one frame with cosignatures, and bytes of one.
    package static let cosignatureLines = 64
    package static let cosignatureBytes = 512
    /// Final blocks whose transactions are remembered: a transaction that is judged, or pushed by a peer
    /// that lags, is compared with them.
    package static let rememberedBlocks: UInt64 = 16
}
