/// The bounds of the queue of checks. Places are counted in bytes, and a transaction takes 8 KiB at
/// least, so that a bound in bytes is one in number as well.
package struct CheckLimits: Sendable {
    /// What a transaction counts at least: four ballots of an ordinary size. A transaction has at most
    /// 64 KiB.
    package var smallest = 8 * 1024
    /// What clients may have under check: 1,024 transactions. Two cores check as many in a second.
    package var clients = 8 * 1024 * 1024
    /// What nodes may that pass on for their clients.
    package var relays = 4 * 1024 * 1024
    /// What validators may that push what they admitted: an honest one pushes as fast as it admits,
    /// so their share is the largest.
    package var validators = 16 * 1024 * 1024
    /// What this node itself may: it submits a few transactions now and then.
    package var node = 2 * 1024 * 1024
    /// Which part of its kind's places one sender may hold: a quarter, and half for one site.
    package var senderPart = 4
    package var sitePart = 2

    /// Transactions of one client's or relay's site that are checked together: so many false ones cost this
    /// node their checks before the first is known to have failed, and it may be two batches.
    package var siteBatch = 64

    /// How long a failed check is held against its sender.
    package var suspectMilliseconds: UInt64 = 60_000
    /// Suspect senders and sites that are remembered. Each has cost its owner an address or a key, and
    /// this node a check: more than these in a minute are no single machine's.
    package var suspectSenders = 4096
    /// Suspect networks of a site after which the site is suspect.
    package var suspectsPerSite = 4
    /// What one suspect may have waiting, and all: 16 and 256 transactions.
    package var suspect = 128 * 1024
    package var suspects = 2 * 1024 * 1024
    /// Transactions of suspects that are checked together, each alone. Their checks take a core for a
    /// hundredth of a second.
    package var suspectBatch = 4
    /// Batches of others after which suspects have a turn: an honest voter behind a suspect address
    /// waits, but not for ever.
    package var batchesPerSuspectTurn = 16

    package init() {}

    /// What senders of a kind may hold.
    func places(of kind: AdmissionSender.Kind) -> Int {
        switch kind {
        case .clients: clients
        case .relays: relays
        case .validators: validators
        case .node: node
        }
    }
}
