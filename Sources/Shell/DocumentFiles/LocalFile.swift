internal import Codec
internal import Cryptography
internal import Foundation
internal import Synchronization
internal import SystemErrors

#if canImport(Glibc)
    internal import Glibc
#endif

/// Who may read a file.
package enum FileMode: Sendable {
    /// 0600: its owner alone.
    case secret
    /// 0644.
    case document

    fileprivate var bits: Int {
        switch self {
        case .secret: 0o600
        case .document: 0o644
        }
    }

    fileprivate var creationMask: mode_t {
        switch self {
        case .secret: 0o077
        case .document: 0o022
        }
    }
}

/// Whole files, read with a limit and written so that a crash leaves the old or the new one.
package enum LocalFile {
    package static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
    }

    /// The file's bytes, at most `limit`.
    package static func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] {
        guard exists(path) else { throw .missing(path: path) }
        guard !isDirectory(path) else {
            throw .unreadable(path: path, reason: "it is a directory")
        }
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            // The handle is read alone; nothing is lost if closing it fails.
            defer { try? handle.close() }
            var bytes: [UInt8] = []
            while let chunk = try handle.read(upToCount: limit + 1 - bytes.count), !chunk.isEmpty {
                bytes += chunk
                guard bytes.count <= limit else {
                    throw FileFailure.tooLarge(path: path, limit: limit)
                }
            }
            return bytes
        } catch let failure as FileFailure {
            throw failure
        } catch {
            throw .unreadable(path: path, reason: SystemError.reason(error))
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        // Without attributes it is nothing that we can tell; opening it gives the reason.
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.type] as? FileAttributeType == .typeDirectory
    }

    /// Reads a secret; refuses a file that others than its owner may read.
    package static func readSecret(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] {
        guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
        let permissions: Int
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            permissions = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        } catch {
            throw .unreadable(path: path, reason: SystemError.reason(error))
        }
        guard permissions & 0o077 == 0 else {
            throw .tooPermissive(path: path, mode: UInt16(truncatingIfNeeded: permissions & 0o7777))
        }
        return try read(path, limit: limit)
    }

    /// Writes the whole file: into a new one beside it, synced, then put in place.
    ///
    /// - Throws: `.exists` if the file is there and is not to be replaced, whoever came first.
    package static func write(
        _ bytes: [UInt8], to path: String, mode: FileMode, replacing: Bool = false
    ) throws(FileFailure) {
        do {
            if replacing {
                try replace(path, with: bytes, mode: mode)
            } else {
                try create(path, with: bytes, mode: mode)
            }
            try synchronizeDirectory(of: path)
        } catch let failure as FileFailure {
            throw failure
        } catch {
            throw .notWritable(path: path, reason: SystemError.reason(error))
        }
    }

    private static func create(_ path: String, with bytes: [UInt8], mode: FileMode) throws {
        let manager = FileManager.default
        let draft = path + ".new-" + Hexadecimal.encode(SystemRandom.bytes(8))
        // A draft that cannot be removed is harmless: it has a name of its own and the same mode.
        defer { try? manager.removeItem(atPath: draft) }
        // The mode is set while the file is empty.
        guard
            manager.createFile(
                atPath: draft, contents: nil, attributes: [.posixPermissions: mode.bits])
        else {
            throw FileFailure.notWritable(
                path: path, reason: "its directory is missing or not writable")
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: draft))
        do {
            try handle.write(contentsOf: Data(bytes))
            try handle.synchronize()
            try handle.close()
        } catch {
            // The first error is the one to report.
            try? handle.close()
            throw error
        }
        // A hard link fails if the name is taken: of two writers one wins.
        do {
            try manager.linkItem(atPath: draft, toPath: path)
        } catch  where manager.fileExists(atPath: path) {
            throw FileFailure.exists(path: path)
        }
    }

    private static let creationMask = Mutex(())

    private static func replace(_ path: String, with bytes: [UInt8], mode: FileMode) throws {
        try creationMask.withLock { _ in
            // The draft that Foundation makes, syncs and renames has this mode from its beginning.
            let before = umask(mode.creationMask)
            defer { _ = umask(before) }
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        }
    }

    private static func synchronizeDirectory(of path: String) throws {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent()
        let handle = try FileHandle(forReadingFrom: directory)
        // Nothing was written through the handle.
        defer { try? handle.close() }
        try handle.synchronize()
    }

    /// Makes a directory for its owner alone, and those above it, where they are missing.
    package static func makePrivateDirectory(_ path: String) throws(FileFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw .notWritable(path: path, reason: SystemError.reason(error))
        }
    }
}
