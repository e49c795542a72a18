import Glibc
import SystemPackage

/// Names in directories: what is there, and changes of it that are on the disk when they return.
package enum FileNames {
    /// Whether the path leads to something.
    package static func exists(_ path: String) -> Bool {
        // What cannot be looked at is nothing that we can use.
        (try? FilePath(path).stat()) != nil
    }

    /// A name below a directory.
    package static func path(of name: String, in directory: String) -> String {
        FilePath(directory).appending(name).string
    }

    /// The directory that holds a name.
    private static func parent(of path: String) -> String {
        let parent = FilePath(path).removingLastComponent()
        return parent.isEmpty ? "." : parent.string
    }

    /// Waits until the names beside `path` are on the disk.
    package static func synchronize(beside path: String) throws(DiskFailure) {
        try OpenFile(parent(of: path), .directory).synchronize()
    }

    /// Makes a directory for its owner alone, and those above it, where they are missing.
    package static func makeDirectory(_ path: String) throws(DiskFailure) {
        guard !make(path) else { return try synchronize(beside: path) }
        if errno == EEXIST { return }
        let above = parent(of: path)
        guard errno == ENOENT, above != ".", above != path else {
            throw .system(operation: "make the directory", path: path, code: errno)
        }
        try makeDirectory(above)
        guard make(path) || errno == EEXIST else {
            throw .system(operation: "make the directory", path: path, code: errno)
        }
        try synchronize(beside: path)
    }

    private static func make(_ path: String) -> Bool {
        // SAFETY: mkdir reads the path up to its terminator, which String's bridging provides.
        unsafe mkdir(path, 0o700) == 0
    }

    /// Gives a file another name, also one that is taken.
    static func rename(_ path: String, to name: String) throws(DiskFailure) {
        // SAFETY: rename reads both paths up to their terminators, which bridging provides.
        guard unsafe Glibc.rename(path, name) == 0 else {
            throw .system(operation: "rename", path: path, code: errno)
        }
        try synchronize(beside: name)
    }

    /// Gives a file one more name, which must be free: of two writers one wins.
    static func link(_ path: String, as name: String) throws(DiskFailure) {
        // SAFETY: link reads both paths up to their terminators, which bridging provides.
        guard unsafe Glibc.link(path, name) == 0 else {
            throw .system(operation: "make", path: name, code: errno)
        }
        try synchronize(beside: name)
    }

    /// Removes a name, if it is there. That may be undone by a crash.
    static func remove(_ path: String) throws(DiskFailure) {
        // SAFETY: unlink reads the path up to its terminator, which String's bridging provides.
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw .system(operation: "remove", path: path, code: errno)
        }
    }
}
