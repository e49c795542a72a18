// ProcessLimits: what the process of a node or registrar may take of its machine, and how it ends when
// it must. It knows neither what the descriptors are for nor who takes the memory.

import Glibc

/// How many descriptors (files, sockets, timers) this process may have open at a time:
/// `RLIMIT_NOFILE`, as `ulimit -n` shows it.
package struct DescriptorLimit: Hashable, Sendable {
    /// What holds now.
    package let soft: Int
    /// What the process may raise it to by itself.
    package let hard: Int

    package init(soft: Int, hard: Int) {
        self.soft = soft
        self.hard = hard
    }

    /// The limit that holds now.
    package static var current: DescriptorLimit {
        var limit = rlimit()
        // SAFETY: getrlimit fills the one structure it is given. It fails for a wrong resource alone.
        let status = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        precondition(status == 0, "every system has a limit of descriptors")
        return DescriptorLimit(
            soft: Int(clamping: limit.rlim_cur), hard: Int(clamping: limit.rlim_max))
    }

    /// Raises the soft limit to `count`, or to the hard one where that is lower; never lowers it.
    ///
    /// - Returns: the limit that holds then.
    package static func raise(to count: Int) -> DescriptorLimit {
        let now = current
        let wanted = min(count, now.hard)
        guard wanted > now.soft else { return now }
        var limit = rlimit(rlim_cur: rlim_t(wanted), rlim_max: rlim_t(now.hard))
        // SAFETY: setrlimit reads the one structure it is given. Where the system refuses, what holds
        // is what `current` says.
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return current
    }
}
