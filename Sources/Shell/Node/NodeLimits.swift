/// The bounds of a node that no operator needs to choose, each with its reason.
enum NodeLimits {
    /// Stored transactions that are read at once when the node starts.
    static let restoredPage = 512
    /// Ballots of one verification task: at 512 the sum costs 40 us a ballot less than at 16, beyond
    /// that little less; fewer than 16 are not worth a task of their own.
    static let proofBatch = 512
    static let smallProofBatch = 16
    /// Verification tasks side by side, at most as many as cores.
    static let proofTasks = 8
    /// Threads that execute blocks, and as many that check transactions: as a node has cores, about.
    static let workers = 2
    /// The niceness of those that check transactions: beside one that executes blocks, such a thread has
    /// a tenth of a core.
    static let checkNiceness: Int32 = 10
    /// Milliseconds that a leader spends on executing its own block: every other validator spends
    /// as many before it votes.
    static let buildMilliseconds: Int64 = 120
    /// Seconds after which who asked a node that is not ready asks again.
    static let readinessRetrySeconds = 5
    /// Seconds that a starting node waits for the process that holds its consensus key.
    static let signerSeconds = 60
    /// Seconds that requests in flight have when the node is asked to stop.
    static let shutdownSeconds = 5
}
