internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#endif

/// Questions to the person at the terminal.
package enum Terminal {
    /// Why there is no answer.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The process has no terminal.
        case missing
        /// The terminal cannot be told to show nothing.
        case echo
        case unreadable

        package var description: String {
            switch self {
            case .missing: "There is no terminal to ask on."
            case .echo: "The terminal's echo cannot be turned off."
            case .unreadable: "The terminal cannot be read."
            }
        }
    }

    private static let path = "/dev/tty"

    /// The typed line, without echo and without its line break.
    ///
    /// A signal that ends or stops the process, as Ctrl-C and Ctrl-Z send it, acts after the terminal
    /// has its echo again. A process that goes on after it asks once more.
    ///
    /// - Parameter limit: bytes that are read at most; a longer line is cut after one more.
    package static func askSecret(
        _ question: String, limit: Int
    ) throws(Failure) -> [UInt8] {
        // SAFETY: the path is a Swift string, which ends with a zero for the call.
        let terminal = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { throw .missing }
        defer { close(terminal) }
        while true {
            switch try ask(question, limit: limit, on: terminal) {
            case .typed(let line): return line
            // The default action ends or stops the process here.
            case .signal(let number): kill(getpid(), number)
            }
        }
    }

    private enum Answer {
        case typed([UInt8])
        case signal(Int32)
    }

    private static func ask(
        _ question: String, limit: Int, on terminal: Int32
    ) throws(Failure) -> Answer {
        var before = termios()
        // SAFETY: the call writes one record, which `before` is.
        guard unsafe tcgetattr(terminal, &before) == 0 else { throw .echo }
        let signals = try SignalPipe()
        defer { signals.close() }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO | ECHONL)
        // What was typed ahead stays.
        guard set(silent, on: terminal) else { throw .echo }
        defer {
            _ = set(before, on: terminal)
            // Only the line break after the answer is lost.
            write("\n", to: terminal)
        }
        write(question, to: terminal)
        return try read(limit: limit, from: terminal, signals)
    }

    private static func read(
        limit: Int, from terminal: Int32, _ signals: SignalPipe
    ) throws(Failure) -> Answer {
        var line: [UInt8] = []
        while line.last != 0x0A, line.count <= limit {
            var requests = [
                pollfd(fd: terminal, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.reader, events: Int16(POLLIN), revents: 0),
            ]
            // SAFETY: two records are passed, as the count says.
            guard unsafe poll(&requests, 2, -1) >= 0 else {
                guard errno == EINTR else { throw .unreadable }
                continue
            }
            if let number = signals.received { return .signal(number) }
            guard requests[0].revents != 0 else { continue }
            var byte: UInt8 = 0
            // SAFETY: one byte is read, which `byte` is.
            switch unsafe Glibc.read(terminal, &byte, 1) {
            case 1: line.append(byte)
            // The end of the input, as Ctrl-D sends it.
            case 0: return .typed(line)
            default: if errno != EINTR, errno != EAGAIN { throw .unreadable }
            }
        }
        if line.last == 0x0A { line.removeLast() }
        return .typed(line)
    }

    /// A process in the background is stopped by this until it is in the foreground.
    private static func set(_ state: termios, on terminal: Int32) -> Bool {
        var state = state
        while true {
            // SAFETY: the call reads one record, which `state` is.
            if unsafe tcsetattr(terminal, TCSADRAIN, &state) == 0 { return true }
            guard errno == EINTR else { return false }
        }
    }

    private static func write(_ text: String, to terminal: Int32) {
        let bytes = Array(text.utf8)
        // SAFETY: the call reads at most `count` bytes of the buffer that it is given.
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(terminal, $0.baseAddress, $0.count) }
    }
}

/// Turns signals into bytes of a pipe while a question waits. One at a time in a process.
private struct SignalPipe {
    private static let numbers = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP]

    let reader: Int32
    private let writer: Int32
    private let previous: [(Int32, __sighandler_t?)]

    init() throws(Terminal.Failure) {
        var ends: [Int32] = [-1, -1]
        // SAFETY: the call writes two numbers, which the array has.
        guard unsafe pipe(&ends) == 0 else { throw .unreadable }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (reader, writer) = (ends[0], ends[1])
        signalWriter.store(writer, ordering: .releasing)
        previous = Self.numbers.map { number in
            let before = signal(number, report)
            // A signal that the process was started to ignore, as `nohup` does, stays ignored.
            if isIgnored(before) { _ = signal(number, SIG_IGN) }
            return (number, before)
        }
    }

    /// The signal that came, if one did.
    var received: Int32? {
        var byte: UInt8 = 0
        // SAFETY: one byte is read, which `byte` is.
        return unsafe Glibc.read(reader, &byte, 1) == 1 ? Int32(byte) : nil
    }

    func close() {
        for (number, handler) in previous { _ = signal(number, handler) }
        signalWriter.store(-1, ordering: .releasing)
        Glibc.close(reader)
        Glibc.close(writer)
    }
}

/// Where the handler writes; -1 while no question waits.
private let signalWriter = Atomic<Int32>(-1)

/// Handles a signal with nothing but what a handler may call: an atomic read and a write.
private func report(_ number: Int32) {
    let code = errno
    var byte = UInt8(truncatingIfNeeded: number)
    // SAFETY: one byte is written, which `byte` is.
    _ = unsafe Glibc.write(signalWriter.load(ordering: .acquiring), &byte, 1)
    errno = code
}

private func isIgnored(_ handler: __sighandler_t?) -> Bool {
    // SAFETY: the two are compared as numbers and never called.
    unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}
