import Codec
import Ledger

/// Whether a replica votes, and what keeps it from voting (b.13).
enum ReplicaMode: Equatable, Sendable {
    case voting
    /// Restarted: listens for its own key, until a time or until as many views have passed.
    case listening(until: Instant, views: Int)
    /// What was signed may be lost: follows the chain and signs nothing.
    case quarantined(Quarantine)
    case halted(HaltReason)
}

/// What a validator in quarantine has learned.
struct Quarantine: Equatable, Sendable {
    /// By validator, the view of the certificate by which it entered its current view; 0 in the first
    /// view of an epoch.
    var entered: [ValidatorIndex: View] = [:]
    var nextRequest = Instant(microseconds: 0)
}
