// Console: what the tools say to the person at the terminal, or to the program that reads them. It is
// the one place that writes to standard output and standard error. It knows no document.

internal import PlainText
internal import Synchronization
internal import SystemErrors

#if canImport(Glibc)
    internal import Glibc
#endif

/// Standard output and standard error: written line by line, without commands for a terminal, and
/// with a memory of what could not be written.
package enum Output {
    /// Why lines of the result did not arrive.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// Whoever read them has gone, as `head` does; nobody misses what follows.
        case closed
        /// The number of the system's error, as in `ENOSPC`.
        case failed(Int32)

        package var description: String {
            switch self {
            case .closed: "Nobody reads the output any more."
            case .failed(let code):
                "The output could not be written: \(Self.reason(code)). What was printed is not"
                    + " complete."
            }
        }

        /// The exit status of a command whose output is not complete: that of a file that cannot be
        /// used.
        package static let status: Int32 = 66

        private static func reason(_ code: Int32) -> String {
            code == EBADF ? "standard output is closed" : SystemError.reason(code)
        }
    }

    private static let state = Mutex<Failure?>(nil)

    /// The first failure to write to standard output in this process; nothing is written after it.
    package static var failure: Failure? { state.withLock { $0 } }

    /// Whether a line of the result would still be written. A command that prints until it is stopped
    /// ends when this is false.
    package static var isOpen: Bool { failure == nil }

    /// What `runProgram` asks when a command has done its work. A reader that has gone is no failure.
    ///
    /// - Throws: why standard output is not complete.
    package static func check() throws(Failure) {
        if let failure, failure != .closed { throw failure }
    }

    /// Gives a process that was started without standard input, output or error streams that cannot
    /// be used. Without them the next file or connection that it opens would take their place, and
    /// would be written into.
    package static func openMissingStreams() {
        ignoreBrokenPipes
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is this one. For reading alone: a write gives EBADF.
            // SAFETY: the path is a literal, and ends with a zero.
            _ = unsafe open("/dev/null", O_RDONLY)
        }
    }

    /// Writes to standard output, whole, at once.
    fileprivate static func write(_ text: String) {
        state.withLock { failure in
            guard failure == nil else { return }
            failure = write(Array(text.printable.utf8), to: STDOUT_FILENO)
        }
    }

    /// Writes to standard error. Where that fails nobody is left to be told.
    fileprivate static func writeError(_ text: String) {
        _ = write(Array(text.printable.utf8), to: STDERR_FILENO)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Failure? {
        ignoreBrokenPipes
        var rest = bytes[...]
        while !rest.isEmpty {
            // SAFETY: the call reads at most `count` bytes of the buffer that it is given.
            let written = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
            }
            switch (written, errno) {
            case (0..., _): rest = rest.dropFirst(written)
            case (_, EINTR): continue
            case (_, EAGAIN): waitUntilWritable(descriptor)
            case (_, EPIPE): return .closed
            case (_, let code): return .failed(code)
            }
        }
        return nil
    }

    /// Somebody else may have made the pipe or terminal one that does not block.
    private static func waitUntilWritable(_ descriptor: Int32) {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // SAFETY: one record is passed, as the count says.
        _ = unsafe poll(&request, 1, 1000)
    }

    /// A write to a closed pipe is to be an error that we see, not the end of the process.
    private static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
}

/// Writes a line of the result to standard output.
///
/// A failure to write is remembered (`Output.failure`) and reported when the command ends: what it
/// does must not stop half-way because nobody reads on.
package func say(_ text: some CustomStringConvertible = "", terminator: String = "\n") {
    Output.write("\(text)\(terminator)")
}

/// Writes to standard error why a command failed.
package func note(failure: any Error) {
    note("Error: \(SystemError.describe(failure))")
}

/// Writes a line to standard error: progress, failures, and what is not the command's result.
package func note(_ line: String) {
    Output.writeError(line + "\n")
}
