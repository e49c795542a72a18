/// The kinds of faults that a simulation can inject.
package enum FaultKind: String, CaseIterable, Sendable {
    // The network.
    /// Messages vanish.
    case loss
    /// Messages take up to 1.5 s, and so overtake each other.
    case delay
    /// Messages come twice.
    case duplication
    /// Two halves do not hear each other.
    case partition
    /// Single links work in one direction.
    case oneWay = "one-way"

    // Processes and clocks.
    /// Nodes stop anywhere, in the middle of a broadcast too, lose or tear what was not synced, and
    /// start again.
    case crash
    /// Whoever handles the last block of an epoch stops right there.
    case boundaryCrash = "boundary-crash"
    /// Nodes stand still for seconds, and find all that came meanwhile.
    case pause
    /// Clocks differ by up to 200 ms.
    case skew
    /// Clocks of up to f validators jump by up to ten minutes, forth and back.
    case clockJump = "clock-jump"

    // Disks.
    /// Syncs take up to 2 s: what follows them leaves late.
    case slowSync = "slow-sync"
    /// Every sync and every batch of the store takes tens of milliseconds.
    case slowDisk = "slow-disk"
    /// Writes and syncs fail, having taken effect or not: the node stops.
    case diskError = "disk-error"
    /// A disk takes so many bytes more and then fails, until it is freed.
    case fullDisk = "full-disk"
    /// The sectors of an interrupted append arrive in any order, or at a wrong place.
    case misdirected
    /// A bit of a stopped node's journal flips.
    case bitFlip = "bit-flip"
    /// A validator loses all but its key.
    case wipedDisk = "wiped-disk"
    /// A validator loses the chain and keeps its journal.
    case wipedStore = "wiped-store"
    /// A validator comes back with an old copy of its whole disk.
    case backup
    /// A copy of a validator's disk is started beside it, with the same key.
    case copy

    // Load.
    /// Clients send many times more than the cluster can carry. Only in runs of load alone.
    case overload
    /// A transaction takes its executions milliseconds, and one execution waits for another.
    case slowExecution = "slow-execution"

    // Validators.
    /// Validators join and leave.
    case membership

    // Byzantine validators, up to f of one kind or of two.
    /// They never say anything.
    case silent
    /// They run twice with one key, each half seen by some others.
    case twins
    /// They vote for everything, and as leaders skip certified parents or build on uncertified ones.
    case liar
    /// They propose and sign up to three blocks a view.
    case equivocator
    /// They propose times up to ten minutes off.
    case timeShifter = "time-shifter"
    /// They propose transactions that nobody else gets.
    case withholder
    /// They propose blocks that the application refuses.
    case invalidContent = "invalid-content"
    /// What they say reaches some of the others, each time other ones.
    case selective
    /// They vote for everything in views far ahead.
    case lateFlooder = "late-flooder"
    /// They send again what was sent long ago, in other views and epochs.
    case replayer
    /// They send damaged messages, through the real decoder.
    case garbage
    /// They sign contradictions in many views.
    case evidenceSpammer = "evidence-spammer"
    /// They claim final blocks and serve ranges that are none.
    case falseServer = "false-server"

    /// Whether it makes validators Byzantine.
    package var isByzantine: Bool {
        switch self {
        case .silent, .twins, .liar, .equivocator, .timeShifter, .withholder, .invalidContent,
            .selective, .lateFlooder, .replayer, .garbage, .evidenceSpammer, .falseServer:
            true
        case .loss, .delay, .duplication, .partition, .oneWay, .crash, .boundaryCrash, .pause,
            .skew, .clockJump, .slowSync, .diskError, .fullDisk, .misdirected, .bitFlip,
            .wipedDisk, .wipedStore, .backup, .copy, .membership, .slowDisk, .overload,
            .slowExecution:
            false
        }
    }

    /// Whether it is something that happens now and then, as `Cluster.act` chooses.
    var isAction: Bool {
        switch self {
        case .crash, .partition, .oneWay, .pause, .clockJump, .diskError, .fullDisk, .bitFlip,
            .wipedDisk, .wipedStore, .backup, .copy:
            true
        case .loss, .delay, .duplication, .boundaryCrash, .skew, .slowSync, .misdirected,
            .membership, .slowDisk, .overload, .slowExecution, .silent, .twins, .liar, .equivocator,
            .timeShifter, .withholder,
            .invalidContent, .selective, .lateFlooder, .replayer, .garbage, .evidenceSpammer,
            .falseServer:
            false
        }
    }
}
