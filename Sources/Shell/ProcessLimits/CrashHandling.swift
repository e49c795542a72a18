import Glibc

/// How a process ends that has to: at once.
package enum CrashHandling {
    /// The signals for which the Swift runtime installs handlers that write a backtrace.
    private static let signals = [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP]

    /// Gives the signals of a crash back to the system. The runtime's handlers start another program
    /// that looks at the process for up to half a minute, at a terminal until somebody answers, and
    /// meanwhile the dead node holds its ports and its data directory. A supervisor can start the node
    /// again at once; `SWIFT_BACKTRACE` does not change that.
    package static func endAtOnce() {
        for signal in signals { _ = Glibc.signal(signal, SIG_DFL) }
    }
}
