import Codec
import Ledger

/// Whether a replica votes, and what keeps it from voting (b.13).
enum ReplicaMode: Equatable, Sendable {
    case voting
    /// Restarted: listens for its own key.
    case listening(Listening)
    /// What was signed may be lost: follows the chain and signs nothing.
    case quarantined(Quarantine)
    case halted(HaltReason)
}

/// How long a validator listens for its own key, and who has told it what was heard of that.
struct Listening: Equatable, Sendable {
    /// The window ends then, or when `views` more views have passed; nil before it begins.
    var until: Instant?
    var views: Int
    /// Others that answered after the window: what they had received until then, they would have told.
    var answered: Set<ValidatorIndex> = []
    /// Of these, those that answered after as much time again.
    var answeredLate: Set<ValidatorIndex> = []
    /// When they were asked first after the window; nil before.
    var askedSince: Instant?

    var isAsking: Bool { askedSince != nil }

    func isOver(at now: Instant) -> Bool { views <= 0 || until.map { now >= $0 } ?? false }
}

/// What a validator in quarantine has learned.
struct Quarantine: Equatable, Sendable {
    /// By validator, the view of the certificate by which it entered its current view; 0 in the first
    /// view of an epoch.
    var entered: [ValidatorIndex: View] = [:]
    var nextRequest = Instant(microseconds: 0)
}
