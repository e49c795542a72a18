internal import Files
internal import Synchronization

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

    private let lock: LockFile

    /// Takes the lock of a directory, which is made if there is none.
    ///
    /// - Throws: `InUse`; `FileFailure`.
    package init(directory path: String) throws {
        try LocalFile.makePrivateDirectory(path)
        let name = FileNames.path(of: "home.lock", in: path)
        do throws(LockFile.Refusal) {
            lock = try LockFile(name)
        } catch {
            switch error {
            case .taken(let process): throw InUse(path: path, process: process)
            case .failed(let failure):
                throw FileFailure.notWritable(path: name, reason: LocalFile.reason(failure))
            }
        }
    }
}
