// ProcessHarness: what tests of the built programs share. It starts and ends processes, finds the
// programs, makes directories and ports, and speaks raw HTTP.

import Foundation
import Glibc
import Synchronization

/// A process that a test started. It is ended by its id at the latest when the tests end.
package final class LocalProcess: Sendable {
    package let name: String
    package let id: Int32
    /// Files with what it wrote.
    package let outputFile: String
    package let errorFile: String

    /// Starts a program with its output in files named after `name` in the directory.
    package init(
        _ program: Program, _ arguments: [String], name: String, directory: String,
        environment: [String: String] = [:]
    ) throws {
        self.name = name
        outputFile = directory + "/" + name + ".out"
        errorFile = directory + "/" + name + ".err"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try program.path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Self.appending(to: outputFile)
        process.standardError = try Self.appending(to: errorFile)
        let end = EndBox()
        process.terminationHandler = { process in
            // What a shell would say of a process that a signal ended.
            end.set(
                process.terminationReason == .uncaughtSignal
                    ? 128 + process.terminationStatus : process.terminationStatus)
        }
        try process.run()
        id = process.processIdentifier
        self.end = end
        Keeper.shared.add(id)
    }

    private let end: EndBox

    private static func appending(to path: String) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.createFile(atPath: path, contents: nil) else {
                throw HarnessFailure("\(path) cannot be made.")
            }
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seekToEnd()
        return handle
    }

    /// The exit status (128 and the number for a signal), nil while it runs.
    package var status: Int32? { end.value }

    package var output: String { Self.text(of: outputFile) }
    package var errors: String { Self.text(of: errorFile) }

    private static func text(of path: String) -> String {
        // A missing file is one that nothing was written to.
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// Sends a signal, unless it has ended.
    package func signal(_ number: Int32) {
        if status == nil { kill(id, number) }
    }

    /// Waits for the end.
    ///
    /// - Returns: the exit status, or nil if it still runs after `limit`.
    package func wait(atMost limit: Duration) async throws -> Int32? {
        let end = ContinuousClock.now + limit
        while status == nil, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(10))
        }
        if status != nil { Keeper.shared.remove(id) }
        return status
    }

    /// Asks it to end, and ends it if it does not.
    ///
    /// - Returns: the exit status; 137 if it had to be killed.
    @discardableResult
    package func stop(atMost limit: Duration = .seconds(15)) async throws -> Int32 {
        signal(SIGTERM)
        if let status = try await wait(atMost: limit) { return status }
        return try await kill()
    }

    /// Ends it at once, as a power failure would.
    @discardableResult
    package func kill() async throws -> Int32 {
        signal(SIGKILL)
        guard let status = try await wait(atMost: .seconds(10)) else {
            throw HarnessFailure("The process \(id) (\(name)) does not end.")
        }
        return status
    }

    private func kill(_ id: Int32, _ number: Int32) { _ = Glibc.kill(id, number) }
}

/// The exit status of a process, set by the thread that watches it.
private final class EndBox: Sendable {
    private let status = Mutex<Int32?>(nil)

    var value: Int32? { status.withLock { $0 } }

    func set(_ value: Int32) { status.withLock { $0 = value } }
}

/// Ends what the tests started when their process ends, in whatever way: a shell that learns the ids
/// through a pipe, and acts when the pipe's other end is gone.
private final class Keeper: Sendable {
    static let shared = Keeper()

    private let ids: Mutex<FileHandle?>

    private init() {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = [
            "-c",
            """
            trap '' INT TERM HUP
            declare -A ids=()
            while read -r what id; do
                if [ "$what" = add ]; then ids[$id]=1; else unset "ids[$id]"; fi
            done
            for signal in TERM KILL; do
                for id in "${!ids[@]}"; do kill -$signal "$id" 2>/dev/null; done
                [ ${#ids[@]} -eq 0 ] || sleep 2
            done
            """,
        ]
        let pipe = Pipe()
        shell.standardInput = pipe
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        do {
            try shell.run()
            ids = Mutex(pipe.fileHandleForWriting)
        } catch {
            // Without bash every process is still ended by the test that started it.
            ids = Mutex(nil)
        }
    }

    func add(_ id: Int32) { write("add \(id)\n") }
    func remove(_ id: Int32) { write("remove \(id)\n") }

    private func write(_ line: String) {
        ids.withLock { handle in
            // If the shell is gone, the tests still end what they started.
            try? handle?.write(contentsOf: Data(line.utf8))
        }
    }
}
