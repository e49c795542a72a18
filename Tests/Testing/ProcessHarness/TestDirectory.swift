import Foundation
import Synchronization

/// A new directory for one part of the tests. It stays where a test failed, for whoever looks.
package final class TestDirectory: Sendable {
    package let path: String
    private let counter = Mutex(0)

    package init(_ name: String) throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(
            "veche-test-\(ProcessInfo.processInfo.processIdentifier)-\(name)")
        try FileManager.default.createDirectory(
            at: root.appendingPathComponent("logs"), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        path = root.path
    }

    /// Where the output of programs is.
    package var logs: String { path + "/logs" }

    /// A name that no other run of a program has.
    package func freshName(_ name: String) -> String {
        counter.withLock { count in
            count += 1
            return "\(count)-\(name)"
        }
    }

    /// A path inside, and its directory made.
    package func file(_ name: String) throws -> String {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        return url.path
    }

    /// Writes a file that its owner alone may read.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        let path = try file(name)
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw HarnessFailure("\(path) cannot be written.") }
        return path
    }

    /// Removes it with all it holds.
    package func remove() {
        // What cannot be removed is left to the system's own cleaning.
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// Ports that nothing listens on.
package enum Ports {
    /// The first of `count` free ports in a row, below those that the system hands out.
    package static func free(_ count: Int) throws -> Int {
        var used: Set<Int> = []
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            let text = String(
                decoding: FileManager.default.contents(atPath: table) ?? Data(), as: UTF8.self)
            for line in text.split(separator: "\n").dropFirst() {
                let columns = line.split(separator: " ")
                guard columns.count > 1, let port = columns[1].split(separator: ":").last else {
                    continue
                }
                if let number = Int(port, radix: 16) { used.insert(number) }
            }
        }
        // Runs side by side begin at different places.
        let start = Int(ProcessInfo.processInfo.processIdentifier) * 41 % 8000
        for step in 0..<200 {
            let base = 11_000 + (start + step * 41) % 8000
            if (base..<base + count).allSatisfy({ !used.contains($0) && !taken(base) }) {
                _ = given.withLock { $0.insert(base) }
                return base
            }
        }
        throw HarnessFailure("No \(count) free ports in a row were found.")
    }

    /// Bases given to other networks of this run, whose nodes may not listen yet.
    private static let given = Mutex<Set<Int>>([])

    private static func taken(_ base: Int) -> Bool {
        given.withLock { $0.contains { abs($0 - base) < 64 } }
    }
}
