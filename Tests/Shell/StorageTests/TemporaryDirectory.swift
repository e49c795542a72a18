import Foundation

/// A fresh directory that is gone with the value. A suite holds one: each test has its own instance.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("veche-storage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        // What is left over harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }
}
