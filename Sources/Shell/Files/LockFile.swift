import Glibc

/// A lock that one process at a time holds, and within it one value, as long as that lives. The file
/// tells the others which process it is. The system drops the lock when the process ends, however it
/// ends.
package struct LockFile: ~Copyable, Sendable {
    /// Why the lock was not taken.
    package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// Somebody has it: `process`, unless that has not said so yet.
        case taken(process: Int32?)
        case failed(DiskFailure)

        package var description: String {
            switch self {
            case .taken(let process?): "Process \(process) holds the lock."
            case .taken(nil): "Another process holds the lock."
            case .failed(let failure): "\(failure)"
            }
        }
    }

    private let file: OpenFile

    /// Takes the lock at once or not at all; its file is made where it is missing.
    package init(_ path: String) throws(Refusal) { file = try Self.take(path) }

    private static func take(_ path: String) throws(Refusal) -> OpenFile {
        let holder: [UInt8]
        do throws(DiskFailure) {
            // A lock of the open file (flock), not of the process: a second value in this process is
            // refused as well. A child that is started does not hold it on.
            let file = try OpenFile(path, .update)
            if try file.tryLock() {
                try file.setSize(0)
                try file.write([UInt8]("\(getpid())\n".utf8), at: 0)
                return file
            }
            holder = try file.read(count: 16)
        } catch {
            throw .failed(error)
        }
        throw .taken(process: Int32(String(decoding: holder, as: UTF8.self).prefix { $0 != "\n" }))
    }
}
