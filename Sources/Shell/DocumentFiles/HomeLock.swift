internal import Foundation
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#endif

/// The one lock of a directory in which one process at a time may work: a voter's, a trustee's. It
/// holds until it is closed or the process ends, however that ends.
package final class HomeLock: Sendable {
    /// Another process works in the directory.
    package struct InUse: Error, Hashable, Sendable, CustomStringConvertible {
        /// The directory.
        package let path: String
        /// The process that works there; nil where it has not said so yet.
        package let process: Int32?

        package var description: String {
            let who = process.map { "Process \($0)" } ?? "Another process"
            return
                "\(who) works in \(path) at this moment. Nothing was done. Wait until it has ended,"
                + " then run the command again: it goes on where things stand."
        }
    }

    private static let held = Mutex<[HomeLock]>([])

    /// Takes the lock of a directory for as long as this process lives.
    ///
    /// - Throws: `InUse`; `FileFailure`.
    package static func holdUntilExit(directory path: String) throws {
        let lock = try HomeLock(directory: path)
        held.withLock { $0.append(lock) }
    }

    // The descriptor holds the lock.
    private let file: FileHandle

    /// Takes the lock of a directory, which is made if there is none.
    ///
    /// - Throws: `InUse`; `FileFailure`.
    package init(directory path: String) throws {
        try LocalFile.makePrivateDirectory(path)
        let name = path + "/home.lock"
        // Opened for writing so that nobody who may only read can hold it.
        if !FileManager.default.fileExists(atPath: name) {
            _ = FileManager.default.createFile(
                atPath: name, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        guard let file = FileHandle(forUpdatingAtPath: name) else {
            throw FileFailure.notWritable(path: name, reason: "it cannot be opened")
        }
        // A child that is started must not hold it on.
        _ = fcntl(file.fileDescriptor, F_SETFD, FD_CLOEXEC)
        guard flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else {
            let text = (try? file.read(upToCount: 16)).map { String(decoding: $0, as: UTF8.self) }
            throw InUse(
                path: path, process: text.flatMap { Int32($0.trimmingCharacters(in: .newlines)) })
        }
        self.file = file
        do {
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data("\(getpid())\n".utf8))
        } catch {
            throw FileFailure.notWritable(path: name, reason: "no space is left, or the disk fails")
        }
    }
}
