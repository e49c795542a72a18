/// Whole files, written so that a crash leaves the old or the new one, never a part.
package enum WholeFile {
    /// Writes the file, in the place of one that is there.
    ///
    /// - Parameters:
    ///   - permissions: as for `chmod(2)`.
    ///   - draft: the name that it has until it is whole.
    /// - Returns: the file, still open.
    @discardableResult
    package static func replace(
        _ path: String, with bytes: [UInt8], permissions: UInt16, draft: String? = nil
    ) throws(DiskFailure) -> OpenFile {
        let draft = draft ?? freshName(beside: path)
        do throws(DiskFailure) {
            let file = try write(bytes, to: draft, permissions: permissions)
            try FileNames.rename(draft, to: path)
            return file
        } catch {
            // The first error is the one to report. A draft that stays has a name of its own.
            try? FileNames.remove(draft)
            throw error
        }
    }

    /// Writes the file where there is none.
    ///
    /// - Parameter permissions: as for `chmod(2)`.
    /// - Throws: `.system` with EEXIST where the name is taken, whoever came first.
    package static func create(
        _ path: String, with bytes: [UInt8], permissions: UInt16
    ) throws(DiskFailure) {
        let draft = freshName(beside: path)
        // A draft that cannot be removed is harmless: it has a name of its own and the same mode.
        defer { try? FileNames.remove(draft) }
        _ = try write(bytes, to: draft, permissions: permissions)
        try FileNames.link(draft, as: path)
    }

    private static func write(
        _ bytes: [UInt8], to draft: String, permissions: UInt16
    ) throws(DiskFailure) -> OpenFile {
        let file = try OpenFile(draft, .create)
        // Set while the file is empty.
        try file.setPermissions(permissions)
        try file.write(bytes, at: 0)
        try file.synchronize()
        return file
    }

    /// A name that no other writer has.
    private static func freshName(beside path: String) -> String {
        path + ".new-" + String(UInt64.random(in: 0...(.max)), radix: 16)
    }
}
