internal import Files
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

    fileprivate var bits: UInt16 {
        switch self {
        case .secret: 0o600
        case .document: 0o644
        }
    }
}

/// The files that people name: read with a limit, written whole, refused in words for them.
package enum LocalFile {
    package static func exists(_ path: String) -> Bool { FileNames.exists(path) }

    /// The file's bytes, at most `limit`.
    package static func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] {
        try read(path, limit: limit, isSecret: false)
    }

    /// Reads a secret; refuses a file that others than its owner may read.
    package static func readSecret(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] {
        try read(path, limit: limit, isSecret: true)
    }

    private static func read(
        _ path: String, limit: Int, isSecret: Bool
    ) throws(FileFailure) -> [UInt8] {
        let mode: UInt16
        let content: [UInt8]?
        do throws(DiskFailure) {
            let file = try OpenFile(path, .read)
            mode = try file.permissions()
            content = isSecret && mode & 0o077 != 0 ? [] : try file.readToEnd(limit: limit)
        } catch {
            if case .system("open", _, ENOENT) = error { throw .missing(path: path) }
            throw .unreadable(path: path, reason: reason(error))
        }
        guard !isSecret || mode & 0o077 == 0 else { throw .tooPermissive(path: path, mode: mode) }
        guard let content else { throw .tooLarge(path: path, limit: limit) }
        return content
    }

    /// Writes the whole file: into a new one beside it, synced, then put in place.
    ///
    /// - Throws: `.exists` if the file is there and is not to be replaced, whoever came first.
    package static func write(
        _ bytes: [UInt8], to path: String, mode: FileMode, replacing: Bool = false
    ) throws(FileFailure) {
        do throws(DiskFailure) {
            if replacing {
                try WholeFile.replace(path, with: bytes, permissions: mode.bits)
            } else {
                try WholeFile.create(path, with: bytes, permissions: mode.bits)
            }
        } catch {
            switch error {
            case .system("make", _, EEXIST): throw .exists(path: path)
            case .system("open", _, ENOENT), .system("open", _, EACCES):
                throw .notWritable(path: path, reason: "its directory is missing or not writable")
            default: throw .notWritable(path: path, reason: reason(error))
            }
        }
    }

    /// Makes a directory for its owner alone, and those above it, where they are missing.
    package static func makePrivateDirectory(_ path: String) throws(FileFailure) {
        do throws(DiskFailure) {
            try FileNames.makeDirectory(path)
            _ = try OpenFile(path, .directory)
        } catch {
            throw .notWritable(path: path, reason: reason(error))
        }
    }

    /// What the system said, as it stands after a colon.
    static func reason(_ failure: DiskFailure) -> String {
        switch failure {
        case .system(_, _, let code): SystemError.reason(code)
        case .inUse, .missing, .damaged: "\(failure)"
        }
    }
}
