internal import Foundation

#if canImport(Glibc)
    internal import Glibc
#endif

/// Questions to the person at the terminal.
enum Terminal {
    private static let path = "/dev/tty"

    /// The typed line, without echo and without its line break.
    static func askSecret(_ question: String) throws(FileFailure) -> [UInt8] {
        guard let terminal = FileHandle(forUpdatingAtPath: path) else {
            throw .passphrase(
                problem: "There is no terminal to ask for the passphrase on; "
                    + "give a file of mode 0600 with --passphrase-file FILE.")
        }
        // The terminal was only asked; nothing is lost if closing it fails.
        defer { try? terminal.close() }
        // stty is a child in a group of its own, and a terminal stops such groups when they change
        // its settings, unless they ignore this signal as their parent does.
        let handler = signal(SIGTTOU, SIG_IGN)
        defer { _ = signal(SIGTTOU, handler) }
        guard setEcho(false) else {
            throw .passphrase(
                problem: "The terminal's echo cannot be turned off; use --passphrase-file FILE.")
        }
        defer {
            _ = setEcho(true)
            // Only the line break after the answer is lost.
            try? terminal.write(contentsOf: Data([0x0A]))
        }
        do {
            try terminal.write(contentsOf: Data(question.utf8))
            var line: [UInt8] = []
            while line.last != 0x0A, line.count <= Passphrase.sizeLimit {
                guard let chunk = try terminal.read(upToCount: 1), !chunk.isEmpty else { break }
                line += chunk
            }
            if line.last == 0x0A { line.removeLast() }
            return line
        } catch {
            throw .passphrase(problem: "The terminal cannot be read; use --passphrase-file FILE.")
        }
    }

    private static func setEcho(_ isOn: Bool) -> Bool {
        let stty = Process()
        stty.executableURL = URL(fileURLWithPath: "/bin/stty")
        stty.arguments = ["-F", path, isOn ? "echo" : "-echo"]
        do {
            try stty.run()
        } catch {
            return false
        }
        stty.waitUntilExit()
        return stty.terminationStatus == 0
    }
}
