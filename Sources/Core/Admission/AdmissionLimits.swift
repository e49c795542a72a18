/// The bounds of admission, each with its reason.
package enum AdmissionLimits {
    /// Transactions checked together, at most: the more there are, the less each one costs.
    package static let batch = 512
    /// Milliseconds from one batch to the next, unless as many as `gathered` wait: what comes meanwhile is
    /// checked, stored, answered and pushed together, which costs far less. A single ballot does not
    /// wait.
    package static let gatherMilliseconds: UInt64 = 25
    package static let gathered = 128
    /// Batches that are checked side by side: as many as a node has cores, about.
    package static let batchesAtOnce = 2
    /// Leaders' refusals after which a transaction is dropped: every state refuses it.
    package static let refusals = 8
    /// Transactions judged again after one final block.
    package static let rechecks = 128
    /// Milliseconds after which a transaction that is still not final is judged again.
    package static let recheckMilliseconds: UInt64 = 2000
    /// How old the newest final block may be, besides two heartbeats, for a promise to be given.
    package static let freshMilliseconds: UInt64 = 10_000
    /// Heights within which a promised ballot must be in the log.
    package static let promisedBlocks: UInt64 = 500
    /// Milliseconds that a ballot waits for the registrar's count before operators are told: honest
    /// counts come every second.
    package static let quotaMilliseconds: UInt64 = 30_000
    /// Seconds after which a client whose submission found no place asks again.
    package static let busyRetrySeconds = 5
    /// Seconds after which a client asks again whose submission a stopped node did not take, or one
    /// that passes nothing on.
    package static let stoppedRetrySeconds = 30
    /// Submissions of one peer under check.
    package static let submissionsPerPeer = 64
    /// Submissions on their way through an observer, of all clients and of one site, and milliseconds
    /// until a validator that does not answer is given up.
    package static let relayed = 256
    package static let relayedPerSite = 64
    package static let relayMilliseconds: UInt64 = 8000
}
